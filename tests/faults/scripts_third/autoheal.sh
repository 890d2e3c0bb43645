#!/bin/sh
echo "Monitoring containers for unhealthy status in 5 second(s)"
while :; do sleep 5; echo "$(date '+%d-%m-%Y %H:%M:%S') checked 1 container(s) labelled autoheal=true"; done
