# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Programs that make namespaces of their own get them as without the checkpoint thread, which the kernel would count.
While such a process lives there is no checkpoint, and afterwards there is."""
import os
import shutil

from case import PYTHON, expect, goes_on_after_restart, reason_is_named
from harness import check

# The thread is there before the call, since the process has waited.
UNSHARE = """
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)
def become(flags):
    libc.poll(None, 0, 50)
    if libc.unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
child = os.fork()
if child == 0:
    become({flags})
    open('ready', 'w')
    wait('go')
    print('inside', flush=True)
    os._exit(0)
os.waitpid(child, 0)
open('alone', 'w')
wait('end')
print('pass')
"""


def namespaces_of(pid):
    """The namespaces of a process; nothing of one that ends or may not be looked into."""
    try:
        return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in ("mnt", "pid", "user", "net")}
    except OSError:
        return None


def inside_and_after(case, command, words, tries=1):
    """A child that is in the way prints `inside`; its parent can be checkpointed once it has ended."""
    task = case.task(command, ("--interval", "10min"))
    task.start()
    task.wait_ready()
    for _ in range(tries):
        reason_is_named(task, words)
    task.touch("go")
    task.wait_for(lambda: task.exists("alone"), "the end of the process inside")
    own = namespaces_of(task.process.pid)
    task.wait_for(lambda: all(namespaces_of(p) == own for p in task.tree()), "the end of all that was inside with it")
    goes_on_after_restart(task, "end", None)
    expect("output", task.log("stdout", 1) + task.log("stdout"), "inside\npass\n")


def test_forked_in_another_root_directory(case):
    """Not a namespace, but likewise: nobody sees /proc inside. Whoever has only gone there is carried, see
    objects/root_directory.c."""
    if case.user.uid == 0:
        script = UNSHARE.replace("become({flags})", "os.mkdir('jail')\n    os.chroot('jail')\n    if os.fork():\n"
                                                    "        os._exit(os.wait()[1] != 0)")
        inside_and_after(case, [PYTHON, "-c", script], "has a root directory of its own (chroot)")


def test_started_in_another_root_directory(case):
    """The loader there does not complain of a library that it cannot find."""
    if case.user.uid == 0:
        task = case.task(["bash", "-c", "chroot jail /bin/echo inside"])
        for file in ("/bin/echo", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"):
            to = task.path("jail" + file)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            shutil.copy(file, to)
        task.start()
        expect("exit status", task.wait_end(), 0)
        expect("output", task.log("stdout"), "inside\n")
        expect("standard error", task.log("stderr"), "")


def test_user_namespace(case):
    inside_and_after(case, [PYTHON, "-c", UNSHARE.format(flags="0x10000000")], "is in a user namespace of its own")


def test_user_and_network_namespace(case):
    inside_and_after(case, [PYTHON, "-c", UNSHARE.format(flags="0x50000000")], "namespace of its own")


def test_unshare_command(case):
    script = ("unshare -Ur sh -c ': >ready; until [ -e go ]; do sleep 0.01; done; echo inside'; : >alone; "
              "until [ -e end ]; do sleep 0.01; done; echo pass")
    check(shutil.which("unshare"), "unshare(1) is missing")
    inside_and_after(case, ["bash", "-c", script], "namespace of its own")


def test_bubblewrap(case):
    if not shutil.which("bwrap"):
        print("left out namespaces.bubblewrap: no bwrap (package bubblewrap) here")
        return
    script = ("bwrap --dev-bind / / --unshare-pid sh -c ': >ready; until [ -e go ]; do sleep 0.01; done; echo inside'; "
              ": >alone; until [ -e end ]; do sleep 0.01; done; echo pass")
    inside_and_after(case, ["bash", "-c", script], "namespace of its own")


def test_joins_a_namespace_that_exists(case):
    """setns, into the user namespace of another process; and nobody is parked for ever in the attempt."""
    script = """
import ctypes, os, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
other = subprocess.Popen(['unshare', '-Ur', 'sh', '-c', 'echo; exec sleep 1000'], stdout=subprocess.PIPE)
other.stdout.readline()
fd = os.open(f'/proc/{other.pid}/ns/user', os.O_RDONLY)
child = os.fork()
if child == 0:
    libc.poll(None, 0, 50)
    os._exit(0 if libc.setns(fd, 0) == 0 else ctypes.get_errno())
_, status = os.waitpid(child, 0)
other.kill()
print('pass' if status == 0 else os.strerror(os.waitstatus_to_exitcode(status)))
"""
    task = case.task([PYTHON, "-c", script], ("--interval", "20ms"))
    task.start()
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
