# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""Files of processes below /proc that have been read in part: a checkpoint waits for whoever reads on, for a while, and the
task runs meanwhile. What nobody reads is kept."""
import os
import subprocess

from case import PYTHON, expect
from harness import check

# A child has got the descriptor as well, as one does that is started in such a moment.
READER = """
import os, subprocess, time
fd = os.open('/proc/self/maps', os.O_RDONLY)
os.set_inheritable(fd, True)
child = subprocess.Popen(['cat', '/dev/fd/0'], stdin=subprocess.PIPE, close_fds=False)
begun = os.read(fd, 200)
open('ready', 'w').close()
while not os.path.exists('go'):
    time.sleep(0.01)
rest = b''
for piece in iter(lambda: os.read(fd, 65536), b''):
    rest += piece
child.stdin.close()
assert child.wait() == 0
lines = (begun + rest).splitlines()
for line in lines:
    addresses = line.split(b' ')[0].split(b'-')
    assert len(addresses) == 2 and int(addresses[0], 16) < int(addresses[1], 16), line
firsts = [int(line.split(b'-')[0], 16) for line in lines]
assert firsts == sorted(set(firsts)), lines
assert len(begun) > 0 and lines[-1].split()[-1] in (b'[vsyscall]', b'[stack]', b'[vdso]'), lines[-1]
print('pass')
"""


def begin_to_read(case):
    """A task that has begun to read the list of its mappings, and what tells that a checkpoint has met that."""
    task = case.task([PYTHON, "-c", READER])
    task.environ["CKPT_LOG"] = os.path.join(task.logs, "ckpt.log")
    task.start()
    task.wait_ready()

    def is_met():
        with open(task.environ["CKPT_LOG"], encoding="utf-8") as log:
            return "has been read half" in log.read()
    return task, is_met


def finish(task):
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_read_soon(case):
    task, is_met = begin_to_read(case)
    asks = subprocess.Popen([task.place.ckpt, "checkpoint", task.store], env=task.environ,
                            stdout=subprocess.DEVNULL, **task.user.popen_arguments())
    task.wait_for(is_met, "the obstacle")
    task.touch("go")
    finish(task)
    asks.wait()
    with open(task.environ["CKPT_LOG"], encoding="utf-8") as log:
        expect("tries before it was read", log.read().count("has been read half"), 1)


def test_not_read(case):
    """After a restart the rest is the rest: of the same lines, and of all of them."""
    task, is_met = begin_to_read(case)
    task.checkpoint()
    check(is_met(), "the obstacle was not met")
    for incarnation in (1, 2):
        task.kill_tree()
        task.start()
        task.wait_restarted(incarnation)
    task.touch("go")
    finish(task)


def test_not_read_at_the_end(case):
    """A final image waits for it as well."""
    task, is_met = begin_to_read(case)
    task.process.terminate()
    expect("exit status", task.wait_end(), 143)
    check(is_met(), "the obstacle was not met")
    expect("number of generations", len(task.generations()), 1)
    task.touch("go")
    task.start()
    finish(task)
