# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A task that is started in another group than its user's own, as after newgrp(1), with supplementary groups."""
import os

from case import expect

GROUP, SUPPLEMENTARY = 60, 100
PROGRAM = """
import os, time
before = os.getresgid()
assert before == (60, 60, 60), before
made = open("made", "w")
assert open("theirs").read() == "kept from others"
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
assert os.getresgid() == before, os.getresgid()
assert os.fstat(made.fileno()).st_gid == 60, os.fstat(made.fileno())
assert open("theirs").read() == "kept from others"
open("made afterwards", "w").close()
assert os.stat("made afterwards").st_gid == 60
print("pass")
"""


def test_group_that_is_not_the_users_own(case):
    if case.user.is_caller:
        if case.user.uid != 0:
            print("left out groups.group_that_is_not_the_users_own: only root can start one")
        return
    case.user = case.user.in_group(GROUP, [SUPPLEMENTARY])
    task = case.task(["python3", "-c", PROGRAM])
    with open(task.path("theirs"), "w", encoding="ascii") as file:
        file.write("kept from others")
    os.chown(task.path("theirs"), 0, SUPPLEMENTARY)
    os.chmod(task.path("theirs"), 0o640)
    task.start()
    task.wait_ready()
    for restart in (1, 2):
        task.checkpoint()
        task.kill_tree()
        task.start()
        task.wait_restarted(restart)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
