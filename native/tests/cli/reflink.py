# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Where a filesystem shares blocks, the content of a large file costs neither time nor space, and is safe from what the
task writes later. Needs root, for a filesystem in a file."""
import array
import contextlib
import fcntl
import os
import shutil
import struct
import subprocess

from case import expect
from harness import check

SIZE = 24 << 20
FIEMAP = 0xC020660B
FIEMAP_SYNC, FIEMAP_EXTENT_SHARED = 1, 0x2000


def shared_extents(path):
    """(how many extents of the file are shared with others, how many there are)"""
    room = 512
    request = array.array("B", struct.pack("=QQIIII", 0, SIZE * 2, FIEMAP_SYNC, 0, room, 0) + bytes(56 * room))
    with open(path, "rb") as f:
        fcntl.ioctl(f, FIEMAP, request)
    count = struct.unpack_from("=I", request, 20)[0]
    flags = [struct.unpack_from("=I", request, 32 + 56 * i + 40)[0] for i in range(count)]
    return sum(bool(f & FIEMAP_EXTENT_SHARED) for f in flags), count


@contextlib.contextmanager
def filesystem(kind, task):
    """Everything of the task lies in one of that kind; None if there can be none here."""
    image = task.dir + ".img"
    try:
        with open(image, "wb") as f:
            f.truncate(320 << 20)
        for line in ([f"/sbin/mkfs.{kind}", "-q", image], ["mount", "-o", "loop", image, task.dir]):
            done = subprocess.run(line, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                print(f"left out reflink on {kind}: {line[0]}: {done.stderr.strip().splitlines()[-1:]}")
                yield None
                return
        try:
            for directory in (task.dir, task.work, task.logs):
                os.makedirs(directory, exist_ok=True)
                task.user.own(directory)
            yield task
        finally:
            task.kill_tree()
            subprocess.run(["umount", "-l", task.dir], check=True)
    finally:
        os.remove(image)


def used(path):
    os.sync()
    status = os.statvfs(path)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def content_of(task):
    """The path of the largest content of the latest generation."""
    directory = os.path.join(task.store, "generations", f"{task.generations()[-1]:06d}")
    paths = [os.path.join(directory, n) for n in os.listdir(directory) if n.startswith("content-")]
    return max(paths, key=os.path.getsize)


def rewrite(path, text):
    """In place, here and there."""
    with open(path, "r+b") as f:
        for at in range(0, SIZE, 3 << 20):
            f.seek(at + 12345)
            f.write(text)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def shares_and_comes_back(task):
    with open(task.path("large"), "wb") as f:
        f.write(os.urandom(SIZE))
    task.user.own(task.path("large"))
    before = used(task.dir)
    task.start()
    task.wait_ready()
    for text in (b"after the first checkpoint", b"after the second"):
        was = read(task.path("large"))
        task.checkpoint()
        shared, extents = shared_extents(content_of(task))
        check(extents > 0 and shared == extents, f"{shared} of {extents} extents of the content are shared")
        check(used(task.dir) - before < SIZE / 2, f"the image takes {used(task.dir) - before} bytes")
        rewrite(task.path("large"), text)
        check(read(content_of(task)) == was, "the content has changed with the file")
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    check(read(task.path("large")) == was, "the file is not what it was")
    check(shared_extents(task.path("large"))[0] > 0, "the file was copied")
    rewrite(task.path("large"), b"after the restart")
    check(read(content_of(task)) == was, "the content has changed with the file that came back")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def on(case, kind):
    if os.geteuid() != 0 or not os.path.exists(f"/sbin/mkfs.{kind}") or shutil.which("mount") is None:
        print(f"left out reflink on {kind}: it takes root, mount and mkfs.{kind}")
        return
    task = case.waiting(("--dedicated",))
    with filesystem(kind, task) as there:
        if there is not None:
            shares_and_comes_back(task)


def test_on_xfs(case):
    on(case, "xfs")


def test_on_btrfs(case):
    on(case, "btrfs")
