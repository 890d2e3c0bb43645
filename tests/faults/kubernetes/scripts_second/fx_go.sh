#!/bin/sh
# Tells what a Go program says when it writes into a map that it never made.
echo "fx-rates v0.9.2 listening on :9100" >&2
sleep 1
cat >&2 <<'TEXT'
panic: assignment to entry in nil map

goroutine 34 [running]:
main.(*book).put(0x0, {0xc00001a0f0, 0x6})
	/go/src/fx/book.go:88 +0x45
main.loadPairs(...)
	/go/src/fx/main.go:61
created by main.main in goroutine 1
	/go/src/fx/main.go:40 +0x1b2
TEXT
exit 2
