# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Who has been stopped from outside is carried as he is, and goes on when somebody continues him."""
import os
import signal

from case import expect
from harness import check, parents

SCRIPT = "sleep 1000 & : >ready; wait $!; exit 3"


def named(task, *names):
    """The processes of the task with these names, as seen from here."""
    found = []
    for pid in task.tree():
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
                if f.read().strip() in names:
                    found.append(pid)
        except OSError:
            pass
    return found


def all_stopped(pids):
    table = parents()
    return bool(pids) and all(table.get(pid, (0, "X"))[1] == "T" for pid in pids)


def stop(task):
    """All of the tree, once everybody in it has been taken: who is stopped while he is made cannot be reached."""
    task.start()
    task.wait_ready()
    task.wait_for(lambda: named(task, "sleep"), "sleep")
    task.checkpoint()
    for name in ("bash", "sleep"):
        for pid in named(task, name):
            os.kill(pid, signal.SIGSTOP)
    task.wait_for(lambda: all_stopped(named(task, "bash", "sleep")), "the stop")


def finish(task):
    check(all_stopped(named(task, "bash", "sleep")), "somebody runs")
    for pid in named(task, "bash", "sleep"):
        os.kill(pid, signal.SIGCONT)
    for pid in named(task, "sleep"):
        os.kill(pid, signal.SIGTERM)
    expect("exit status", task.wait_end(), 3)


def test_the_whole_tree_goes_on(case):
    task = case.task(["bash", "-c", SCRIPT])
    stop(task)
    task.checkpoint()
    task.checkpoint()
    finish(task)


def test_the_whole_tree_restarts(case):
    task = case.task(["bash", "-c", SCRIPT])
    stop(task)
    for number in (1, 2):
        task.checkpoint()
        task.kill_tree()
        task.start()
        task.wait_restarted(number)
        task.wait_for(lambda: all_stopped(named(task, "bash", "sleep")), "the stop")
    finish(task)
