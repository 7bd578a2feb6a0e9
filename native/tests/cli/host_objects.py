# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Objects of the host: those of the tree move into the capsule; others get a warning, or are named."""
import ctypes
import errno
import json
import os
import subprocess
import time

from case import expect, generation_dir, one_line
from harness import check, wait_until

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


def rows(table):
    with open(f"/proc/sysvipc/{table}", encoding="ascii") as lines:
        return {int(line.split()[1]) for line in list(lines)[1:]}


def test_shared_memory_of_somebody_else(case):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    segment = libc.shmget(0, 4096, 0o666)
    check(segment >= 0, "shmget")
    try:
        make = f"libc.shmat.restype = ctypes.c_void_p; at = libc.shmat({segment}, None, 0); assert at"
        task = case.task(["python3", "-c", PROGRAM.format(make=make, remove="libc.shmdt(ctypes.c_void_p(at))")])
        task.start()
        task.wait_ready()
        task.checkpoint()
        task.checkpoint()
        check("System V shared memory" in one_line(task), f"the warning is {task.messages()}")
        check(any("shared memory" in w for w in task.json("status.json")["warnings"]), "status.json does not have it")
        finish(task)
    finally:
        libc.shmctl(segment, 0, None)


USED = """
import ctypes, os
libc = ctypes.CDLL(None)
s, q, m = libc.semget(0, 1, 0o600), libc.msgget(0, 0o600), libc.shmget(0, 4096, 0o600)
assert libc.semctl(s, 0, 16, 5) == 0 and libc.msgsnd(q, bytes([1] + 15 * [0]), 8, 0) == 0
print(os.getpid(), s, q, m)
"""
# A child with the pid $1 that starts a program, so that the library comes with it.
CHILD = """
import ctypes, os, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
pid = ctypes.c_int(int(sys.argv[1]))
libc.poll(None, 0, 50)
arguments = struct.pack("11Q", 0, 0, 0, 0, 17, 0, 0, 0, ctypes.addressof(pid), 1, 0)
child = libc.syscall(435, arguments, len(arguments))
if child == 0:
    os.execvp("sh", ["sh", "-c", ": >ready; until [ -e go ]; do sleep 0.01; done; echo pass"])
assert child == pid.value, ctypes.get_errno()
assert os.waitpid(child, 0)[1] == 0
"""


def test_pid_of_a_process_that_has_ended(case):
    """What it left on the host is not its successor's."""
    if case.user.uid != 0:
        return  # nobody else chooses a pid outside of a restart
    libc = ctypes.CDLL(None, use_errno=True)
    made = subprocess.run(["python3", "-c", USED], capture_output=True, text=True, check=True)
    pid, semaphores, queue, segment = map(int, made.stdout.split())
    ended = time.time()
    try:
        task = case.task(["python3", "-c", CHILD, str(pid)])
        wait_until(lambda: time.time() > ended + 3, task.deadline, "another second")
        task.start()
        task.wait_ready()
        task.checkpoint()
        expect("warnings", task.json("status.json")["warnings"], [])
        with open(os.path.join(generation_dir(task, 1), "tree.img"), encoding="utf-8") as image:
            expect("objects in the image", json.load(image)["systemV"], [])
        finish(task)
    finally:
        libc.semctl(semaphores, 0, 0)
        libc.msgctl(queue, 0, None)
        libc.shmctl(segment, 0, None)


MAKE = """
s = libc.semget(0, 3, 0o600)
q = libc.msgget(0, 0o600)
m = libc.shmget(0, 4096, 0o600)
assert libc.semctl(s, 1, 16, 5) == 0 and libc.msgsnd(q, bytes([1] + 15 * [0]), 8, 0) == 0 and m >= 0
with open("ids", "w") as ids:
    ids.write(f"{s} {q} {m}")
"""
REMOVE = """
assert libc.semctl(s, 1, 12) == 5, "the semaphore"
assert libc.msgrcv(q, ctypes.create_string_buffer(64), 8, 1, 0o4000) == 8, "the message"
assert libc.semctl(s, 0, 0) == 0 and libc.msgctl(q, 0, None) == 0 and libc.shmctl(m, 0, None) == 0
"""


def test_objects_that_nobody_has_used_yet(case):
    """Made by a process that has ended, with and without a key; one with a key that was there before is not the tree's."""
    key = 0x4ab00000 + case.user.uid + os.getpid() % 65536 * 16
    make = f"""
if os.fork() == 0:
    s, q, m = libc.semget({key}, 2, 0o1600), libc.msgget(0, 0o600), libc.shmget({key + 1}, 4096, 0o3600)
    assert s >= 0 and q >= 0 and m >= 0
    open("ids", "w").write(f"{{s}} {{q}} {{m}}")
    os._exit(0)
assert os.wait()[1] == 0
s, q, m = map(int, open("ids").read().split())
assert libc.semget({key}, 2, 0o1600) == s and libc.semget({key}, 2, 0o3600) == -1"""
    remove = f"""
assert libc.semget({key}, 2, 0) == s and libc.shmget({key + 1}, 4096, 0) == m
assert libc.semctl(s, 0, 0) == 0 and libc.msgctl(q, 0, None) == 0 and libc.shmctl(m, 0, None) == 0"""
    task = case.task(["python3", "-c", PROGRAM.format(make=make, remove=remove)])
    task.start()
    task.wait_ready()
    task.checkpoint()
    ids = [int(i) for i in open(task.path("ids"), encoding="ascii").read().split()]
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    left = [table for table, i in zip(("sem", "msg", "shm"), ids) if i in rows(table)]
    check(not left, f"left on the host: {left}")
    finish(task)


def test_nothing_is_left_on_the_host(case):
    task = case.task(["python3", "-c", PROGRAM.format(make=MAKE, remove=REMOVE)])
    task.start()
    task.wait_ready()
    task.checkpoint()
    ids = [int(i) for i in open(task.path("ids"), encoding="ascii").read().split()]
    tables = list(zip(("sem", "msg", "shm"), ids))
    check(all(i in rows(table) for table, i in tables), "the objects are not on the host")
    task.kill_tree()
    check(all(i in rows(table) for table, i in tables), "the objects have ended with the tree")
    task.start()
    task.wait_restarted(1)
    left = [table for table, i in tables if i in rows(table)]
    check(not left, f"left on the host: {left}")
    check(not task.json("status.json")["warnings"], f"warnings: {task.messages()}")
    finish(task)


QUEUE = "q = libc.mq_open({name!r}, os.O_RDWR | os.O_CREAT, 0o600, None); assert q >= 0"


def queue_name(case):
    return f"/ckpt-test-{case.user.name}-{os.getpid()}-{id(case)}".encode()


def test_no_queue_is_left_on_the_host(case):
    libc = ctypes.CDLL(None, use_errno=True)
    name = queue_name(case)
    make = QUEUE.format(name=name) + "; assert libc.mq_send(q, b'kept', 4, 3) == 0"
    remove = (f"assert libc.mq_unlink({name!r}) == 0\n"
              "assert libc.mq_receive(q, ctypes.create_string_buffer(8192), 8192, None) == 4")
    task = case.task(["python3", "-c", PROGRAM.format(make=make, remove=remove)])
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    fd = libc.mq_open(name, os.O_RDONLY)
    check(fd >= 0, "the queue has ended with the tree")
    os.close(fd)
    task.start()
    task.wait_restarted(1)
    check(libc.mq_open(name, os.O_RDONLY) < 0 and ctypes.get_errno() == errno.ENOENT, "the queue is on the host")
    finish(task)


def test_queue_of_somebody_else(case):
    name = queue_name(case)
    program = PROGRAM.format(make=QUEUE.format(name=name), remove=f"libc.mq_unlink({name!r})")
    other, task = case.task(["python3", "-c", program]), case.task(["python3", "-c", program])
    other.start()
    other.wait_ready()
    task.start()
    task.wait_ready()
    expect("exit status of ckpt checkpoint", task.ckpt("checkpoint", task.store)[0], 175)
    check("is also held by process" in one_line(task), f"the warning is {task.messages()}")
    finish(other)
    task.checkpoint()
    finish(task)


def test_queue_that_tells_in_a_way_not_seen(case):
    name = queue_name(case)
    make = QUEUE.format(name=name) + """
event = struct.pack("QiiQQ", 0, 10, 0, 0, 0)
assert libc.syscall(244, q, event) == 0"""
    task = case.task(["python3", "-c", "import struct\n" + PROGRAM.format(make=make, remove=f"libc.mq_unlink({name!r})")])
    task.start()
    task.wait_ready()
    expect("exit status of ckpt checkpoint", task.ckpt("checkpoint", task.store)[0], 175)
    check("registration for notification" in one_line(task), f"the warning is {task.messages()}")
    finish(task)
