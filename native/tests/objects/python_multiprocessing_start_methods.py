#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# @timeout 90
"""Python's multiprocessing with each start method: processes at work, pools, queues, a manager with its listening
socket, and shared memory; children started before and after the checkpoint."""
import multiprocessing
import os
import sys
import time

SABOTAGED = "CKPT_TEST_SABOTAGE" in os.environ


def wait_go():
    while not os.path.exists("go"):
        time.sleep(0.005)


def square(n):
    wait_go()
    return n * n


def answer(connection, counter, lock):
    """Echoes numbers until None comes; counts in shared memory."""
    while (n := connection.recv()) is not None:
        with lock:
            counter.value += n
        connection.send(n + 1)


def fill(shared, queue, name):
    wait_go()
    for i in range(5):
        shared[f"{name}{i}"] = i
    queue.put(name)


def main():
    running = []
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        here, there = context.Pipe()
        counter, lock = context.Value("q", 0), context.Lock()
        process = context.Process(target=answer, args=(there, counter, lock))
        process.start()
        there.close()
        here.send(1)
        pool = context.Pool(2)
        manager = context.Manager()
        shared, queue = manager.dict(), context.Queue()
        filler = context.Process(target=fill, args=(shared, queue, method))
        filler.start()
        running.append((context, here, counter, lock, process, pool, pool.map_async(square, range(20)), manager, shared,
                        queue, filler))
    open("ready", "w", encoding="ascii").close()
    wait_go()
    for context, here, counter, lock, process, pool, squares, manager, shared, queue, filler in running:
        assert here.recv() == 2
        here.send(10)
        assert here.recv() == 11
        with lock:
            assert counter.value == 11, counter.value
        assert squares.get(60) == [n * n for n in range(20)]
        assert queue.get(timeout=60) in ("fork", "spawn", "forkserver")
        filler.join()
        assert sum(shared.values()) == 10 + SABOTAGED, shared
        here.send(None)
        process.join()
        assert process.exitcode == 0, process.exitcode
        late_here, late_there = context.Pipe()
        late = context.Process(target=answer, args=(late_there, counter, lock))
        late.start()
        late_here.send(5)
        assert late_here.recv() == 6
        late_here.send(None)
        late.join()
        pool.close()
        pool.join()
        manager.shutdown()
    print("pass")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        print("fail:", error or "an assertion", file=sys.stdout, flush=True)
        os._exit(1)
