import multiprocessing
import time


def worker(index, queue, ready):
    shard = bytearray(b"\1") * 40_000_000
    ready.put(index)
    while True:
        time.sleep(1)


def main():
    queue, ready = multiprocessing.Queue(), multiprocessing.Queue()
    print("train: 12 decoding processes, prefetch_factor=8", flush=True)
    workers = []
    for index in range(12):
        workers.append(multiprocessing.Process(target=worker, args=(index, queue, ready), daemon=True))
        workers[-1].start()
        time.sleep(0.2)
        print(f"worker {index} started, {sum(one.is_alive() for one in workers)} alive", flush=True)
        gone = [one.pid for one in workers if not one.is_alive()]
        if gone:
            try:
                queue.get(timeout=1)
            except Exception as error:
                raise RuntimeError(f"DataLoader worker (pid(s) {', '.join(map(str, gone))}) exited unexpectedly") from error


main()
