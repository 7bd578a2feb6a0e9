#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""An interactive bash under Python's pty: Ctrl-C ends its job only, Ctrl-Z stops one, the prompt comes back."""
import os
import pty
import sys
import time

START = os.getcwd()


def touch(name):
    open(os.path.join(START, name), "w", encoding="utf-8").close()


def fail(why):
    print(f"fail: {why}")
    sys.exit(1)


seen = b""


def wait_text(master, text):
    """Reads on until the text, and not beyond."""
    global seen
    while text not in seen:
        try:
            got = os.read(master, 4096)
        except OSError:
            got = b""
        if not got:
            fail(f"the shell ended; it had shown {seen!r}")
        seen += got
    seen = seen.partition(text)[2]


def main():
    pid, master = pty.fork()
    if pid == 0:
        os.environ.update(PS1="> ", TERM="dumb")
        os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
    wait_text(master, b"> ")
    # A word from the job itself: the shell has put it into the foreground by then.
    os.write(master, b"sh -c 'echo job-$((20+2)); exec sleep 1000'; echo not this\n")
    wait_text(master, b"job-22\r\n")
    touch("ready")
    while not os.path.exists("go"):
        time.sleep(0.01)
    if "CKPT_TEST_SABOTAGE" in os.environ:
        os.kill(pid, 9)
    os.write(master, b"\x03")  # ends sleep and the line
    wait_text(master, b"> ")
    os.write(master, b"echo half-")
    os.write(master, b"typed-$((40+2))\n")
    wait_text(master, b"half-typed-42")
    os.write(master, b"sh -c 'echo second-$((20+3)); exec cat'\n")
    wait_text(master, b"second-23\r\n")
    os.write(master, b"\x1a")
    wait_text(master, b"Stopped")
    wait_text(master, b"> ")
    os.write(master, b"kill -9 %1; wait; echo left-$(tty); exit 7\n")
    wait_text(master, b"left-/dev/pts/")
    _, status = os.waitpid(pid, 0)
    if os.waitstatus_to_exitcode(status) != 7:
        fail(f"wait status {status:#x}")
    print("pass")


main()
