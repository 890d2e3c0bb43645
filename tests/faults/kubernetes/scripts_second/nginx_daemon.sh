#!/bin/sh
# Starts its server in the background and ends, as nginx does without "daemon off".
echo "2026/11/24 06:32:10 [notice] 1#1: nginx/1.27.2"
echo "2026/11/24 06:32:10 [notice] 1#1: start worker processes"
sleep 600 &
exit 0
