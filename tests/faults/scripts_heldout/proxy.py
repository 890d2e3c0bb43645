import asyncio
import sys


async def main():
    print(
        "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\nINFO:     Application startup complete.",
        file=sys.stderr,
        flush=True,
    )
    try:
        await asyncio.start_server(lambda r, w: None, "0.0.0.0", 80)
    except OSError as error:
        print(f"ERROR:    {error}", file=sys.stderr)
        print("INFO:     Waiting for application shutdown.\nINFO:     Application shutdown complete.", file=sys.stderr)
        sys.exit(1)


asyncio.run(main())
