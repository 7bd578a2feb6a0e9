# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What can't be checkpointed runs to its end all the same, with one warning."""
import os
import re
import shutil
import signal

from case import PYTHON, expect, one_line
from harness import check


def test_static_program(case):
    task = case.task([case.program("static_program")], ("--interval", "50ms"))
    task.start()
    task.wait_ready()
    task.wait_for(task.messages, "a warning")
    status, _, err = task.ckpt("checkpoint", task.store)
    expect("exit status of ckpt checkpoint", status, 175)
    check("statically linked" in err, f"ckpt checkpoint says {err!r}")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    check("statically linked" in one_line(task), f"the warning is {task.messages()}")


def test_static_child(case):
    task = case.task(["bash", "-c", case.program("static_program") + "; exit 4"], ("--interval", "50ms"))
    task.start()
    task.wait_ready()
    task.wait_for(task.messages, "a warning")
    task.touch("go")
    expect("exit status", task.wait_end(), 4)
    expect("output", task.log("stdout"), "pass\n")
    check("statically linked" in one_line(task), f"the warning is {task.messages()}")


def test_checkpoints_work_again_after_a_static_child(case):
    script = f"{case.program('static_program')}; : >second; until [ -e end ]; do sleep 0.01; done; exit 5"
    task = case.task(["bash", "-c", script])
    task.start()
    task.wait_ready()
    expect("exit status of ckpt checkpoint", task.ckpt("checkpoint", task.store)[0], 175)
    task.touch("go")
    task.wait_for(lambda: task.exists("second"), "the second part")
    task.checkpoint()
    task.kill_tree()
    task.start()
    task.wait_restarted(1)
    task.touch("end")
    expect("exit status", task.wait_end(), 5)


def test_socket_of_another_family(case):
    script = ("import os, socket, time\n"
              "try: s = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)\n"
              "except OSError: s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # netfilter's, where there is no vsock\n"
              "open('ready', 'w')\n"
              "while not os.path.exists('go'): time.sleep(0.01)\nprint('pass')")
    task = case.task(["python3", "-c", script], ("--interval", "50ms"))
    task.start()
    task.wait_ready()
    task.wait_for(task.messages, "a warning")
    expect("exit status of ckpt checkpoint", task.ckpt("checkpoint", task.store)[0], 175)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    check("socket" in one_line(task), f"the warning is {task.messages()}")


def start_on_small_disk(task, size):
    """The store is a file system of that size, which only the task sees."""
    mount = f'mount -t tmpfs -o size={size},mode=700 tmpfs "$0" && exec "$@"'
    os.mkdir(task.store)
    task.user.own(task.store)
    check(shutil.which("unshare"), "unshare(1) is missing")
    task.start(["unshare", "-rm", "sh", "-c", mount, task.store, *task.run_line()])
    task.wait_ready()


def test_full_disk(case):
    """A store on a full file system: the task ends right, with one warning."""
    task = case.task([case.program("memory_private")], ("--interval", "50ms"))
    start_on_small_disk(task, "1m")
    task.wait_for(task.messages, "a warning")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")
    said = f"no room for an image in the store '{re.escape(task.store)}': its filesystem has \\d MiB free, the memory of the task is \\d+ MiB; "
    check(re.search(said + "there is no generation yet; the task runs on$", one_line(task)), f"the warning is {task.messages()}")


def test_disk_that_becomes_too_small(case):
    """The store is named, what is missing and what stays; so it is when the image was to be the last."""
    grow = ("import os, sys, time\nopen('ready', 'w')\nwhile not os.path.exists(sys.argv[1]): time.sleep(0.02)\n"
            "more = os.urandom(60 << 20)\nopen('grown', 'w')\nwhile True: time.sleep(1)")
    task = case.task([], ("--interval", "50ms"))
    task.command = [PYTHON, "-c", grow, os.path.join(task.store, "generations/000001/manifest.json")]
    start_on_small_disk(task, "50m")
    task.wait_for(lambda: task.exists("grown"), "more memory")
    task.wait_for(task.messages, "a warning")
    said = f"no room for an image in the store '{re.escape(task.store)}': its filesystem has \\d+ MiB free, the memory of the task is \\d+ MiB; "
    stays = said + "generation \\d+ stays the latest"
    check(re.search(stays + "; the task runs on$", one_line(task)), f"the warning is {task.messages()}")
    task.process.send_signal(signal.SIGTERM)
    expect("exit status", task.wait_end(), 128 + signal.SIGTERM)
    check(re.search("no final checkpoint: " + stays, task.messages()[-1]), f"it says {task.messages()}")


def test_store_that_cannot_be_made(case):
    """No store, no task: one line at once, before anything has run."""
    task = case.waiting()
    task.store = "/proc/no/store/here"
    task.start()
    check(task.wait_end() not in (0, 175, 176), "it ran")
    one_line(task)
    check(not task.exists("ready"), "the command was started")
