# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A content that generations share is damaged in the store: the next generation has it anew, while its file is still there."""
import glob
import os

from case import expect, goes_on_after_restart, one_line
from harness import check

SIZE = 5_000_000
ALL_BLOCKS = 16  # generations, by when each block of the files was looked at


def flip(path):
    with open(path, "r+b") as f:
        f.seek(SIZE // 2)
        byte = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte[0] ^ 1]))


def flip_unseen(path):
    """As a disk would: no time tells."""
    before = os.stat(path)
    flip(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path):
    os.truncate(path, SIZE // 2)


def begun(case, damage, change=lambda path: None):
    """Two files with an image, of which the store's copy of one gets damaged; then the file changes."""
    task = case.task([case.program("waits_then_exits.sh")], ("--dedicated", "--keep", "3"))
    for name in ("data", "other"):
        with open(task.path(name), "wb") as f:
            f.write(os.urandom(SIZE))
        task.user.own(task.path(name))
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.checkpoint()
    contents = [p for p in glob.glob(os.path.join(task.store, "generations/000002/content-*")) if os.path.getsize(p) == SIZE]
    expect("contents", len(contents), 2)
    with open(task.path("data"), "rb") as f:
        data = f.read()
    damage(next(p for p in contents if open(p, "rb").read() == data))
    change(task.path("data"))
    return task


def heals(task, within=1):
    """In so many generations: each reads a block of what it shares with the one before, in turn."""
    with open(task.path("data"), "rb") as f:
        data = f.read()
    for _ in range(within):
        if not task.messages():
            task.checkpoint()
    latest = task.generations()[-1]
    check(f"generation {latest} has them anew" in one_line(task), f"not said: {task.messages()}")
    expect("exit status of ckpt verify", task.ckpt("verify", task.store, "--generation", str(latest))[0], 0)
    os.remove(task.path("data"))
    goes_on_after_restart(task_after_crash(task))
    with open(task.path("data"), "rb") as f:
        check(f.read() == data, "the file is not what it was")


def task_after_crash(task):
    """The restart is from the generation that has healed: no further one is taken."""
    task.checkpoint = lambda: None
    return task


def test_damage_that_its_time_tells(case):
    heals(begun(case, flip))


def test_damage_that_nothing_tells(case):
    heals(begun(case, flip_unseen), ALL_BLOCKS)


def test_a_content_that_was_cut(case):
    heals(begun(case, cut))


def test_a_content_that_is_gone(case):
    heals(begun(case, os.remove))


def test_damage_of_a_file_that_grows(case):
    def grow(path):
        with open(path, "ab") as f:
            f.write(b"more")
    heals(begun(case, flip, grow))
    heals(begun(case, flip_unseen, grow), ALL_BLOCKS)


def test_damage_of_a_file_that_changes(case):
    def change(path):
        with open(path, "r+b") as f:
            f.write(b"changed")
    heals(begun(case, flip_unseen, change))
