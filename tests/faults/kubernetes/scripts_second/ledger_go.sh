#!/bin/sh
# Tells what a Go program says when it goes through a nil pointer.
echo '{"level":"info","ts":"2026-11-24T06:20:14.118Z","caller":"cmd/main.go:31","msg":"starting","version":"v1.18.0"}' >&2
sleep 1
cat >&2 <<'TEXT'
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6c3f0e]

goroutine 1 [running]:
github.com/acme/settlement/internal/rates.(*Table).Lookup(...)
	/src/internal/rates/table.go:47
main.main()
	/src/cmd/settlement/main.go:52 +0x24e
TEXT
exit 2
