#!/bin/sh
# Tells what Redis says of a directive that it does not know; the file is the one mounted.
number=$(grep -n polcy /etc/redis/redis.conf | cut -d: -f1)
[ -z "$number" ] && exec sleep 86400
echo
echo "*** FATAL CONFIG FILE ERROR (Redis 7.2.5) ***" >&2
echo "Reading the configuration file, at line $number" >&2
echo ">>> '$(sed -n "${number}p" /etc/redis/redis.conf)'" >&2
echo "Bad directive or wrong number of arguments" >&2
exit 1
