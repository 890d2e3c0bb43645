"""What a Go service prints when it follows a nil pointer in its first handler registration."""
import sys
import time

print(f"{time.strftime('%Y/%m/%d %H:%M:%S')} webhook-router v0.19.0 starting, 4 routes from routes.yaml", file=sys.stderr, flush=True)
print(f"{time.strftime('%Y/%m/%d %H:%M:%S')} route /stripe has no signature check configured", file=sys.stderr, flush=True)
time.sleep(0.2)
print("""\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x28 pc=0x7a41c6]

goroutine 1 [running]:
github.com/example/webhook-router/internal/routes.(*Table).Register(0x0, {0xc0000b6050, 0x7}, 0xc00011a1e0)
	/src/internal/routes/table.go:52 +0x46
main.main()
	/src/cmd/router/main.go:71 +0x2f5""", file=sys.stderr, flush=True)
sys.exit(2)
