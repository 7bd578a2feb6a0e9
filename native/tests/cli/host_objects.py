# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Objects of the host that no generation holds: a warning for System V ones, no checkpoint with a POSIX queue."""
from case import expect, one_line
from harness import check

PROGRAM = """
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
{make}
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
{remove}
print("pass")
"""


def finish(task):
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def warned(case, make, remove, what):
    task = case.task(["python3", "-c", PROGRAM.format(make=make, remove=remove)])
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.checkpoint()
    check(f"System V {what}" in one_line(task), f"the warning is {task.messages()}")
    check(any(what in w for w in task.json("status.json")["warnings"]), "status.json does not have it")
    finish(task)


def test_system_v_semaphores(case):
    warned(case, "i = libc.semget(0, 3, 0o600); assert libc.semctl(i, 1, 16, 5) == 0", "libc.semctl(i, 0, 0)",
           "semaphores")


def test_system_v_message_queue(case):
    warned(case, "i = libc.msgget(0, 0o600); assert libc.msgsnd(i, bytes([1] + 15 * [0]), 8, 0) == 0",
           "libc.msgctl(i, 0, None)", "message queue")


def test_system_v_shared_memory(case):
    warned(case, "i = libc.shmget(0, 4096, 0o600); assert i >= 0", "libc.shmctl(i, 0, None)", "shared memory")


def test_posix_message_queue(case):
    name = f"/ckpt-test-{case.user.name}-{id(case)}".encode()
    make = f"assert libc.mq_open({name!r}, os.O_RDWR | os.O_CREAT, 0o600, None) >= 0"
    task = case.task(["python3", "-c", PROGRAM.format(make=make, remove=f"libc.mq_unlink({name!r})")])
    task.start()
    task.wait_ready()
    expect("exit status of ckpt checkpoint", task.ckpt("checkpoint", task.store)[0], 175)
    check("POSIX message queue" in one_line(task), f"the warning is {task.messages()}")
    finish(task)
