# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Where namespaces cannot be had nothing is restarted: one line names what is missing, before anything is touched, and
the command starts from the beginning."""
from case import expect, one_line
from harness import check, without


def starts_again(case, kind, setting):
    task = case.waiting()
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    reason = f"namespaces: no {kind} namespace can be made here: user.{setting} allows no more; " \
             "an administrator, or whoever set up the container, can allow it"
    task.start(without(setting, [case.place.ckpt, "restart", task.store]))
    expect("exit status of ckpt restart", task.wait_end(), 176)
    expect("message", one_line(task), f"ckpt: {reason}")
    task.start(without(setting, task.run_line()))
    task.wait_for(lambda: task.messages(), "the reason")
    expect("message", one_line(task), f"ckpt: warning: no restart: {reason}; the command starts from the beginning")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    expect("refused", task.json("status.json")["refused"], [{"generation": 0, "reason": reason}])


def test_user_namespaces(case):
    if case.user.uid != 0:  # who needs none
        starts_again(case, "user", "max_user_namespaces")


def test_pid_namespaces(case):
    starts_again(case, "pid", "max_pid_namespaces")
