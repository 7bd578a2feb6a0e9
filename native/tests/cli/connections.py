# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A connection with somebody outside the tree ends at a restart, and one warning names it."""
import socket

from case import goes_on_after_restart, one_line
from harness import check

CLIENT = """
import socket, sys, time, os
s = socket.socket(getattr(socket, sys.argv[1]))
s.connect(eval(sys.argv[2]))
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
try:
    s.sendall(b"x")
    print("sent", s.recv(1))
except (ConnectionResetError, BrokenPipeError):
    print("reset")
"""


def reset_on_restart(case, family, address, name):
    listener = socket.socket(getattr(socket, family))
    with listener:
        listener.bind(address)
        listener.listen(1)
        address = listener.getsockname()
        task = case.task(["python3", "-c", CLIENT, family, repr(address)])
        task.start()
        task.wait_ready()
        connection, _ = listener.accept()
        with connection:
            goes_on_after_restart(task, output="reset\n")
            check(name(address) in one_line(task), f"the warning is {task.messages()}")


def test_unix_connection_outside(case):
    reset_on_restart(case, "AF_UNIX", f"\0ckpt-test-{id(case)}", lambda address: "@ckpt-test-")


def test_tcp_connection_outside(case):
    reset_on_restart(case, "AF_INET", ("127.0.0.1", 0), lambda address: f"127.0.0.1:{address[1]}")
