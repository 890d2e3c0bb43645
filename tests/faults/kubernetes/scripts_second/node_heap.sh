#!/bin/sh
# Tells what node says when its heap is full.
echo "sitemap: reading products.ndjson"
sleep 2
cat >&2 <<'TEXT'

<--- Last few GCs --->

[1:0x7f1c3c000cc0]    41211 ms: Mark-Compact 2046.2 (2083.4) -> 2045.9 (2083.1) MB, 1102.11 / 0.00 ms  (average mu = 0.081, current mu = 0.004) allocation failure; scavenge might not succeed

<--- JS stacktrace --->

FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0xb8ce2c node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
TEXT
exit 134
