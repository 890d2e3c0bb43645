"""What a Node.js job prints when it collects every document in an array."""
import signal
import sys
import time

print("> products-reindex@3.4.0 start\n> node --max-old-space-size=512 ./bin/reindex.js --from products_v7 --to products_v8\n", flush=True)
print("(node:1) [DEP0040] DeprecationWarning: The `punycode` module is deprecated. Please use a userland alternative instead.", file=sys.stderr, flush=True)
print("scroll: page size 'all', 1 request", flush=True)
time.sleep(0.5)
print("scroll: JSON.parse of one response, 391 MB, 1204551 hits", flush=True)
time.sleep(0.5)
print("""
<--- Last few GCs --->

[1:0x6d2f000]    21630 ms: Mark-Compact 505.2 (529.1) -> 503.9 (530.0) MB, pooled: 0 MB, 812.55 / 0.00 ms  (average mu = 0.143, current mu = 0.021) allocation failure; scavenge might not succeed
[1:0x6d2f000]    22488 ms: Mark-Compact 506.7 (530.6) -> 505.4 (531.5) MB, pooled: 0 MB, 843.02 / 0.00 ms  (average mu = 0.081, current mu = 0.017) allocation failure; scavenge might not succeed

<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

 1: 0xb85bc6 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]
 2: 0xef8cd0 v8::Utils::ReportOOMFailure(v8::internal::Isolate*, char const*, v8::OOMDetails const&) [node]
 9: 0x12c9a40 v8::internal::JsonParser<unsigned short>::ParseJsonValue(v8::internal::Handle<v8::internal::Object>) [node]
""", file=sys.stderr, flush=True)
sys.exit(128 + signal.SIGABRT)
