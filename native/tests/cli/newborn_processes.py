# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A process connects to the supervisor some milliseconds after its birth. Nothing may be lost in between."""
import os
import shutil
import signal
import time

from case import expect
from harness import check, wait_until

BIRTHS = "for i in {1..200}; do sleep 300 & [ $i = 100 ] && : >ready; done; wait"


def test_end_with_a_killed_supervisor(case):
    task = case.task(["bash", "-c", BIRTHS])
    task.start()
    task.wait_ready()
    os.kill(task.process.pid, signal.SIGKILL)
    task.process.wait()
    task.check_nothing_left()


def test_do_not_reach_into_the_next_incarnation(case):
    """The old tree is dead before the new one begins, whatever was being started."""
    task = case.task(["bash", "-c", f"echo $$ >>pids; {BIRTHS}"])
    task.start()
    task.wait_ready()
    old = task.tree()
    os.kill(task.process.pid, signal.SIGKILL)
    task.process.wait()
    task.start()
    wait_until(lambda: os.path.exists(task.path("pids")) and len(open(task.path("pids")).read().split()) == 2,
               task.deadline, "the second incarnation")
    check(not set(old) & set(task.tree()), "processes of the first incarnation are still there")
    task.kill_tree()


def test_are_part_of_a_checkpoint(case):
    """Asked for while the tree does nothing but start processes."""
    task = case.task(["bash", "-c", "n=0; until [ -e go ]; do n=$((n + $(echo 1))); : >ready; done; (exit 0) && echo $n >n"
                                    "; echo pass"])
    task.start()
    task.wait_ready()
    for number in range(1, 4):
        task.checkpoint()
        task.kill_tree()
        task.start()
        task.wait_restarted(number)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    check(int(open(task.path("n")).read()) > 0, "it did not count")


def test_live_on_when_the_task_ends_by_itself(case):
    """As they would without ckpt, also those that they start later."""
    task = case.task(["bash", "-c", "(sleep 0.3; env true; bash -c 'sleep 0.1; echo late >late') >/dev/null 2>&1 & exit 3"])
    task.start()
    expect("exit status", task.wait_end(), 3)
    wait_until(lambda: task.exists("late"), time.monotonic() + 5, "the process left behind")


def test_in_another_network_are_left_alone(case):
    """Nobody listens there, which is no sign that the supervisor is dead."""
    check(shutil.which("unshare"), "unshare (util-linux) is missing")
    task = case.task(["unshare", "-rn", "bash", "-c", "sleep 0.05; bash -c 'sleep 0.05; exit 7'; exit $?"])
    task.start()
    expect("exit status", task.wait_end(), 7)
