# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Descriptors that the shell which calls ckpt hands down to the task: they lead to the same place again, or a warning
says that they lead nowhere. The task goes on either way."""
import os
import socket

from case import expect, goes_on_after_restart, one_line
from harness import check

SCRIPT = """
echo before >&3
: >ready
until [ -e go ]; do sleep 0.01; done
echo after >&3 || echo "cannot write"
read -t 5 -u 4 line; echo "read $line"
"""
GIVEN = 'exec 3> >(cat >>outside) 4< <(echo hello; sleep 1000); exec "$@"'
NOT_GIVEN = 'exec "$@"'


def restarted(case, shell):
    task = case.task(["bash", "-c", SCRIPT])
    task.start(["bash", "-c", GIVEN, "bash", *task.run_line()])
    task.wait_ready()
    goes_on_after_restart(task, output=None, line=["bash", "-c", shell, "bash", *task.run_line()])
    return task


def outside(task):
    with open(task.path("outside"), encoding="utf-8") as f:
        return f.read()


def test_pipes_given_again(case):
    task = restarted(case, GIVEN)
    expect("output", task.log("stdout"), "read hello\n")
    expect("messages", task.messages(), [])
    expect("what went outside", outside(task), "before\nafter\n")


def test_pipes_not_given_again(case):
    task = restarted(case, NOT_GIVEN)
    expect("output", task.log("stdout"), "read \n")
    expect("what went outside", outside(task), "before\n")
    check(all(f"descriptor {n}, which ckpt had been given" in "\n".join(task.messages()) for n in (3, 4)),
          f"the warnings are {task.messages()}")


def test_lock_of_the_caller(case):
    """flock(1) around the whole line: the lock is the caller's, and its task may have it again."""
    line = ["flock", "lock"]
    task = case.waiting()
    task.start(line + task.run_line())
    task.wait_ready()
    goes_on_after_restart(task, line=line + task.run_line())
    expect("messages", task.messages(), [])


PASSED = """
import os, socket, sys, time
with socket.socket(socket.AF_UNIX) as client:
    client.connect(eval(sys.argv[1]))
    _, (pipe,), *_ = socket.recv_fds(client, 10, 1)
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
os.write(pipe, b"y")
print("pass")
"""


def test_pipe_that_somebody_outside_reads(case):
    """Got through a socket, so that ckpt never had it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0ckpt-pipe-{id(case)}")
        listener.listen(1)
        task = case.task(["python3", "-c", PASSED, repr(listener.getsockname())])
        task.start()
        connection, _ = listener.accept()
        reader, writer = os.pipe()
        with connection, os.fdopen(reader), os.fdopen(writer, "w"):
            socket.send_fds(connection, [b"1"], [writer])
            task.wait_ready()
            goes_on_after_restart(task)
    check("a pipe to somebody outside" in one_line(task), f"the warning is {task.messages()}")
