#!/bin/sh
set -eu
step=none
ended() { code=$?; echo "[run.sh] $(date -u +%FT%TZ) step '$step' ended with $code"; }
trap ended EXIT
step=download
echo "[run.sh] + aws s3 sync s3://trades-raw/2026-10 /data --no-progress"
echo "warning: Skipping file s3://trades-raw/2026-10/_SUCCESS. Object is of storage class GLACIER."
sleep 0.5
step=positions
echo "[run.sh] + python /app/positions.py --month 2026-10"
python /app/positions.py --month 2026-10
step=upload
echo "[run.sh] + aws s3 cp /out/positions.parquet s3://trades-out/2026-10/"
