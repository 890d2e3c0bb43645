#!/bin/sh
# the scheduler used to be started by an init system, which wanted it in the background
echo "celery beat v5.4.0 (opalescent) is starting."
echo "__    -    ... __   -        _"
echo "LocalTime -> $(date '+%Y-%m-%d %H:%M:%S')"
echo "Configuration ->"
echo "    . broker -> redis://redis:6379/0"
echo "    . scheduler -> celery.beat.PersistentScheduler"
echo "    . logfile -> /var/log/celery/beat.log@%INFO"
mkdir -p /var/log/celery
setsid sh -c 'while :; do echo "$(date) beat: Waking up in 5.00 minutes." >> /var/log/celery/beat.log; sleep 300; done' > /dev/null 2>&1 &
echo $! > /run/celerybeat.pid
