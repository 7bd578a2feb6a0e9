# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Programs that remember files by device and inode find them by these after a restart that made them anew."""
import os
import shutil

from case import expect
from harness import check


def new_directory(task, number):
    path = os.path.join(task.dir, f"attempt{number}")
    os.mkdir(path)
    task.user.own(path)
    return path


def changes_await(task, directory):
    """Until it has gone on to write there, again and again."""
    times = set()

    def changed():
        times.add(max((os.stat(directory, follow_symlinks=False).st_mtime_ns, *map(mtime, os.listdir(directory)))))
        return len(times) > 3

    def mtime(name):
        try:
            return os.lstat(os.path.join(directory, name)).st_mtime_ns
        except FileNotFoundError:  # a journal
            return 0
    task.wait_for(changed, "changes")


def in_new_directories(task, old_ones_go=False, writes=False):
    """Three times: a checkpoint, kill -9, and on in another directory."""
    directory = task.work
    task.start()
    task.wait_ready()
    for number in range(1, 4):
        task.checkpoint()
        task.kill_tree()
        before, directory = directory, new_directory(task, number)
        if old_ones_go:
            shutil.rmtree(before)
        task.start(cwd=directory)
        task.wait_restarted(number)
        if writes:
            changes_await(task, directory)
    with open(os.path.join(directory, "go"), "w", encoding="utf-8"):
        pass
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    expect("what ckpt said", [m for m in task.messages() if "restarted from" not in m], [])
    check(not os.path.exists(os.path.join(task.store, "numbers")), "the table of numbers was left behind")


def test_in_new_directories(case):
    in_new_directories(case.task([case.program("file_numbers")], ("--dedicated",)))


def test_in_new_directories_while_the_old_ones_go(case):
    """The filesystem gives the old numbers to other files."""
    in_new_directories(case.task([case.program("file_numbers")], ("--dedicated",)), old_ones_go=True)


def test_made_anew_in_place(case):
    task = case.task([case.program("file_numbers")], ("--dedicated",))
    task.start()
    task.wait_ready()
    for number in range(1, 4):
        task.checkpoint()
        task.kill_tree()
        shutil.rmtree(task.path("d"))
        os.remove(task.path("fifo"))
        task.start()
        task.wait_restarted(number)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_archive_of_files_that_are_read_meanwhile(case):
    """tar looks whether a file has changed as it read it."""
    script = """head -c 1000000 /dev/urandom >large; cp large small
        : >ready
        tar cf - large small | { until [ -e go ]; do sleep 0.02; done; tar xOf - | cmp - <(cat large small); }
        [ "${PIPESTATUS[*]}" = '0 0' ] && echo pass"""
    in_new_directories(case.task(["bash", "-c", script], ("--dedicated",)))


def test_databases_in_new_directories(case):
    """They compare what they have open with what its name leads to, before each write."""
    for name in ("python_sqlite_in_memory.py", "python_sqlite_wal.py", "sqlite3_by_commands.sh", "python_shelves.py"):
        if name.startswith("sqlite3") and shutil.which("sqlite3") is None:
            print("left out sqlite3_by_commands in new directories: no sqlite3 here")
            continue
        task = case.task([case.program(name)], ("--dedicated",))
        task.deadline += 60 * case.patience
        in_new_directories(task, writes=True)
