# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What a process can have that no checkpoint carries: the reason is named, with process and object, in the answer to
`ckpt checkpoint`, in the one warning and in `ckpt status`; the task ends as it would have; and once the reason is gone
checkpoints are taken again."""
import os
import shutil
import sys
import time

from case import PYTHON, expect, one_line, parse, reason_is_named
from harness import check

# Makes the object in `do`, waits for `go`, drops it in `undo`, says so and waits for `end`.
HOLDER = """
import ctypes, os, subprocess, time
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
def map_shared(fd, protection):
    return libc.mmap(None, ctypes.c_size_t(4096), protection, 1, fd, ctypes.c_long(0))
def unmap(at):
    libc.munmap(ctypes.c_void_p(at), ctypes.c_size_t(4096))
def call(*arguments):
    ret = libc.syscall(*map(ctypes.c_long, arguments))
    if ret < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ret
def wait(name):
    while not os.path.exists(name):
        time.sleep(0.01)
{do}
open('ready', 'w')
wait('go')
{undo}
open('without', 'w')
wait('end')
print('pass')
"""


def refused_while_there(case, words, do, undo, environ=()):
    task = case.task([PYTHON, "-c", HOLDER.format(do=do, undo=undo)], ("--interval", "10min"))
    task.environ.update(environ)
    task.start()
    task.wait_ready()
    reason_is_named(task, words)
    task.touch("go")
    task.wait_for(lambda: task.exists("without"), "the object's end")
    task.checkpoint()
    task.touch("end")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    expect("other standard error", task.other_stderr(), "")
    one_line(task)


def test_memory_wiped_in_children(case):
    """The library watches madvise(2) of libc; by a bare call nobody learns of it before the snapshot is read."""
    refused_while_there(case, "MADV_WIPEONFORK", "import mmap\narea = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE)\n"
                        "area[:4] = b'what'\nat = ctypes.addressof(ctypes.c_char.from_buffer(area))\n"
                        "call(28, at, 4096, 18)", "call(28, at, 4096, 19)")


def test_io_uring(case):
    refused_while_there(case, "io_uring", "params = ctypes.create_string_buffer(120)\n"
                        "fd = call(425, 4, ctypes.addressof(params))", "os.close(fd)")


def test_io_uring_that_only_a_mapping_is_left_of(case):
    refused_while_there(case, "mapped: an io_uring", "params = ctypes.create_string_buffer(120)\n"
                        "fd = call(425, 4, ctypes.addressof(params))\nat = map_shared(fd, 3)\nos.close(fd)", "unmap(at)")


def test_userfaultfd(case):
    refused_while_there(case, "userfaultfd", "fd = call(323, 1)", "os.close(fd)")


def test_bpf(case):
    if case.user.uid == 0:
        refused_while_there(case, "BPF", "attr = (ctypes.c_uint32 * 12)(2, 4, 4, 1)\n"
                            "fd = call(321, 0, ctypes.addressof(attr), 48)", "os.close(fd)")


# A question about an interface that there is, in `fd`, which the answer then waits for.
ASK_ROUTE = ("import socket, struct\nfd = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)\n"
             "fd.send(struct.pack('=IHHIIBxHiII', 32, 18, 1, 1, 0, 0, 0, 1, 0, 0))")


def test_netlink_answer_that_nobody_has_read(case):
    refused_while_there(case, "netlink socket has messages that nobody has read", ASK_ROUTE, "fd.recv(65536)")


def test_netlink_protocol_with_registrations(case):
    refused_while_there(case, "netlink socket of protocol 12", "import socket\n"
                        "fd = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)", "fd.close()")


def test_socket_with_filter(case):
    refused_while_there(case, "SO_ATTACH_FILTER", "import socket, struct\n"
                        "fd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                        "accept = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 65535))\n"
                        "fd.setsockopt(socket.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(accept)))",
                        "fd.setsockopt(socket.SOL_SOCKET, 27, 0)")


def test_notifications_about_a_directory(case):
    """F_NOTIFY: what is asked for stands nowhere."""
    refused_while_there(case, "F_NOTIFY", "import fcntl, signal\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\n"
                        "fd = os.open('.', os.O_RDONLY)\n"
                        "fcntl.fcntl(fd, fcntl.F_NOTIFY, fcntl.DN_RENAME | fcntl.DN_MULTISHOT)", "os.close(fd)")


INOTIFY = ("import random\nfd = libc.inotify_init()\nlibc.inotify_add_watch(fd, b'.', 0x100)\n"
           "def event():\n open('made', 'w').close()\n os.unlink('made')\n")


def test_inotify_event_that_nobody_reads(case):
    refused_while_there(case, "inotify descriptor has events that nobody has read", INOTIFY + "event()\n",
                        "wait_read = os.read(fd, 4096)\nlibc.inotify_rm_watch(fd, 1)\nos.read(fd, 4096)")


def test_inotify_events_that_are_read_soon(case):
    """At times there are some: a checkpoint waits for a better moment."""
    script = HOLDER.split("{do}", maxsplit=1)[0] + INOTIFY + (
        "open('ready', 'w')\nos.read(fd, 4096)\nwhile not os.path.exists('go'):\n event()\n time.sleep(0.02 * random.random())\n"
        " os.read(fd, 4096)\n time.sleep(0.08 * random.random())\nprint('pass')\n")
    task = case.task([PYTHON, "-c", script], ("--interval", "10min"))
    task.start()
    task.wait_ready()
    for _ in range(20):
        task.checkpoint()
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_fanotify(case):
    if case.user.uid == 0:
        refused_while_there(case, "fanotify", "fd = call(300, 0, 0)", "os.close(fd)")


def test_performance_counter(case):
    if case.user.uid == 0:  # a software counter of the process's own
        refused_while_there(case, "performance counter", "attr = (ctypes.c_uint32 * 32)(1, 128)\n"
                            "fd = call(298, ctypes.addressof(attr), 0, -1, -1, 0)", "os.close(fd)")


def test_device(case):
    """A descriptor of a device that has a state."""
    if case.user.uid == 0:
        refused_while_there(case, "'/dev/kmsg': a device", "fd = os.open('/dev/kmsg', os.O_RDONLY)", "os.close(fd)")


def test_device_mapping(case):
    """As a GPU's memory is mapped, the descriptor closed; here a device that gives everybody who may open it a page."""
    device = next((d for d in ("/dev/mem", "/dev/loop0") if os.path.exists(d)), None)
    if case.user.uid == 0 and device:
        refused_while_there(case, f"has '{device}' mapped", f"fd = os.open('{device}', os.O_RDONLY)\n"
                            "at = map_shared(fd, 1)\nos.close(fd)", "unmap(at)")


def test_traced_process(case):
    """As under strace or gdb."""
    seize = 0x4206
    refused_while_there(case, "(sleep) is traced by process",
                        f"child = subprocess.Popen(['sleep', '1000'])\nlibc.ptrace({seize}, child.pid, None, None)",
                        "child.kill()\nchild.wait()")


def test_32_bit_program(case):
    program = case.program("program_32_bit")
    if not os.path.exists(program):
        print("left out uncarried.32_bit_program: this gcc has no -m32")
        return
    task = case.task(["bash", "-c", program + "; exit 4"], ("--interval", "10min"))
    task.start()
    task.wait_ready()
    reason_is_named(task, "is a 32-bit program")
    task.touch("go")
    expect("exit status", task.wait_end(), 4)
    expect("output", task.log("stdout"), "pass\n")


def test_set_user_id_program(case):
    """No library is loaded into one; while it runs there is no checkpoint."""
    if os.geteuid() != 0 or case.user.uid == 0:
        return  # takes root to make one, and somebody else to be given privileges by it
    program = os.path.join(case.place.root, f"privileged.{case.name}")
    shutil.copy(case.program("dynamic_program"), program)
    os.chmod(program, 0o4755)
    task = case.task(["bash", "-c", f"{program}; : >second; until [ -e end ]; do sleep 0.01; done"],
                     ("--interval", "10min"))
    try:
        task.start()
        task.wait_ready()
        reason_is_named(task, "other privileges")
        task.touch("go")
        task.wait_for(lambda: task.exists("second"), "the second part")
        task.checkpoint()
        task.touch("end")
        expect("exit status", task.wait_end(), 0)
        expect("output", task.log("stdout"), "pass\n")
    finally:
        os.unlink(program)


def test_next_checkpoint_as_soon_as_it_can_be(case):
    """Not only after the interval: the end of what was in the way is waited for."""
    script = f"{case.program('static_program')}; until [ -e end ]; do sleep 0.01; done"
    task = case.task(["bash", "-c", script], ("--interval", "10min"))
    task.start()
    task.wait_ready()
    reason_is_named(task, "(static_program) is statically linked")
    task.touch("go")
    began = time.monotonic()
    task.wait_for(task.generations, "a generation")
    check(time.monotonic() - began < 10, "it took as long as without an event")
    task.wait_for(lambda: not task.json("status.json").get("failure"), "the failure to be past")
    task.touch("end")
    expect("exit status", task.wait_end(), 0)


def test_task_does_not_stand_still_for_nothing(case):
    """While a program is in the way nobody is parked: a process beside it counts on."""
    script = ("import time\nlast = time.monotonic()\nworst = 0\nopen('counting', 'w')\nimport os\n"
              "while not os.path.exists('go'):\n time.sleep(0.001)\n now = time.monotonic()\n"
              " worst = max(worst, now - last)\n last = now\nopen('worst', 'w').write(str(worst))\n")
    task = case.task(["bash", "-c", f"{PYTHON} -c \"$1\" & {case.program('static_program')}; wait", "-", script],
                     ("--interval", "10min"))
    task.start()
    task.wait_ready()
    task.wait_for(lambda: task.exists("counting"), "the process beside it")
    for _ in range(3):
        expect("exit status of ckpt checkpoint", task.ckpt("checkpoint", task.store)[0], 175)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    with open(task.path("worst"), encoding="ascii") as f:
        worst = float(f.read())
    check(worst < 1.5, f"it stood still for {worst:.1f} s")
