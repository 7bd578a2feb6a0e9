#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# @timeout 60
"""Python's asyncio: a loop that sleeps in epoll, subprocesses with pipes, a TCP and a unix server with clients that
talk, a queue, an executor and timers."""
import asyncio
import os
import sys

SABOTAGED = "CKPT_TEST_SABOTAGE" in os.environ


async def wait_go():
    while not os.path.exists("go"):
        await asyncio.sleep(0.005)


async def echo(reader, writer):
    try:
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
    except asyncio.CancelledError:  # at the end of main(); some versions would print it
        pass
    finally:
        writer.close()


async def ask(stream, text):
    reader, writer = stream
    writer.write(text.encode() + b"\n")
    await writer.drain()
    answer = (await asyncio.wait_for(reader.readline(), 30)).decode().strip()
    assert answer == text.upper(), answer


async def main():
    tcp = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    await asyncio.start_unix_server(echo, "server.socket")
    streams = [await asyncio.open_connection("127.0.0.1", port), await asyncio.open_unix_connection("server.socket")]
    for stream in streams:
        await ask(stream, "before")
    cat = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    slow = await asyncio.create_subprocess_shell("until [ -e go ]; do sleep 0.01; done; echo slow; exit 7", stdout=-1)
    cat.stdin.write(b"one\n")
    assert await cat.stdout.readline() == b"one\n"
    ticks = asyncio.Queue()

    async def tick():
        for i in range(10 ** 9):
            await asyncio.sleep(0.01)
            await ticks.put(i)

    ticking = asyncio.create_task(tick())
    open("ready", "w", encoding="ascii").close()
    await wait_go()
    for stream in streams:
        await ask(stream, "after")
    for connect in (asyncio.open_connection("127.0.0.1", port), asyncio.open_unix_connection("server.socket")):
        await ask(await connect, "anew")
    output, _ = await slow.communicate()
    assert (output, slow.returncode) == (b"slow\n", 7 + SABOTAGED), (output, slow.returncode)
    output, _ = await cat.communicate(b"two\n")
    assert (output, cat.returncode) == (b"two\n", 0), (output, cat.returncode)
    count = ticks.qsize()
    assert [await ticks.get() for _ in range(count + 3)] == list(range(count + 3)), "ticks"
    assert await asyncio.to_thread(sum, range(100)) == 4950
    ticking.cancel()


try:
    asyncio.run(main())
    print("pass")
except AssertionError as error:
    print("fail:", error or "an assertion", flush=True)
    sys.exit(1)
