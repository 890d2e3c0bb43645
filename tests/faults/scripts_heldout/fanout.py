import asyncio


async def probe(port):
    await asyncio.open_connection("127.0.0.1", port)


async def main():
    print("fanout-api: connecting to the broker (5672) and to the store (6333)", flush=True)
    async with asyncio.TaskGroup() as group:
        group.create_task(probe(5672))
        group.create_task(probe(6333))


asyncio.run(main())
