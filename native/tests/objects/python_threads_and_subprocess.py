#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Python: threads, locks, a queue, a subprocess with pipes, generators, an open file and a multiprocessing pool."""
import hashlib
import multiprocessing
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time

SABOTAGED = "CKPT_TEST_SABOTAGE" in os.environ


def wait_go():
    while not os.path.exists("go"):
        time.sleep(0.005)


def square(n):
    wait_go()
    return n * n


def generator():
    total = 0
    while True:
        total += yield total


def main():
    work, results = queue.Queue(), queue.Queue()

    def worker():
        while (n := work.get()) is not None:
            results.put(hashlib.sha256(str(n).encode()).hexdigest())

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for t in threads:
        t.start()
    accumulate = generator()
    next(accumulate)
    accumulate.send(5)
    with tempfile.TemporaryFile("w+", dir=".") as deleted, multiprocessing.get_context("fork").Pool(2) as pool:
        # Started after the pool, whose workers would otherwise hold its standard input open.
        child = subprocess.Popen(["sed", "-u", "s/^/sed /"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        child.stdin.write("one\n")
        child.stdin.flush()
        deleted.write("kept")
        squares = pool.map_async(square, range(20))
        with open("ready", "w", encoding="ascii"):
            pass
        wait_go()
        for n in range(100):
            work.put(n)
        for _ in threads:
            work.put(None)
        for t in threads:
            t.join()
        child.stdin.write("two\n" if not SABOTAGED else "three\n")
        out, _ = child.communicate(timeout=10)
        deleted.seek(0)
        want = {hashlib.sha256(str(n).encode()).hexdigest() for n in range(100)}
        ok = (out == "sed one\nsed two\n" and child.returncode == 0 and accumulate.send(1) == 6
              and deleted.read() == "kept" and squares.get(10) == [n * n for n in range(20)]
              and {results.get_nowait() for _ in range(100)} == want)
        pool.close()
        pool.join()
    print("pass" if ok else f"fail: {out!r}")
    sys.exit(0 if ok else 1)


main()
