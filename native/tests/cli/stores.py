# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What a store holds, who may read it, and who may use it."""
import os
import re
import signal
import stat
import subprocess
import time

from case import PYTHON, expect, generation_dir, last_restart, one_line, parse
from harness import check


def test_files_are_private(case):
    task = case.waiting()
    old = os.umask(0)
    try:
        task.start()
    finally:
        os.umask(old)
    task.wait_ready()
    task.checkpoint()
    for where, directories, files in os.walk(task.store):
        expect(f"mode of {where}", stat.S_IMODE(os.stat(where).st_mode), 0o700)
        for name in files:
            expect(f"mode of {name}", stat.S_IMODE(os.lstat(os.path.join(where, name)).st_mode), 0o600)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def test_second_run_is_refused(case):
    task = case.waiting()
    task.start()
    task.wait_ready()
    first = task.process
    status, out, err = task.ckpt(*task.run_line()[1:])
    check(status not in (0, 175, 176), f"the second run gave {status}")
    check(err.startswith("ckpt: ") and err.count("\n") == 1 and out == "", f"it says {out!r} {err!r}")
    task.touch("go")
    expect("exit status of the first", task.wait_end(), 0)
    check(first is task.process and task.log("stdout") == "pass\n", "the first was disturbed")


def test_checkpoint_of_a_dead_store(case):
    task = case.waiting()
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    status, _, err = task.ckpt("checkpoint", task.store, timeout=10)
    expect("exit status", status, 175)
    check(err.startswith("ckpt: ") and err.count("\n") == 1, f"it says {err!r}")


def test_checkpoint_where_no_store_is(case):
    task = case.waiting()
    status, _, err = task.ckpt("checkpoint", task.path("nothing"), timeout=10)
    check(status in (2, 175), f"exit status {status}")
    check(err.startswith("ckpt: ") and err.count("\n") == 1, f"it says {err!r}")


def test_keep_and_numbers(case):
    """The newest generations stay, two by default; numbers are never used again, also over restarts."""
    for options, count in (((), 2), (("--keep", "1"), 1), (("--keep", "3"), 3)):
        task = case.waiting(options)
        task.start()
        task.wait_ready()
        for _ in range(4):
            task.checkpoint()
        expect(f"generations with {options}", task.generations(), [1, 2, 3, 4][4 - count:])
        task.kill_tree()
        task.start()
        task.wait_restarted(1)
        expect("restarted from", last_restart(task), 4)
        task.checkpoint()
        expect("generations after the restart", task.generations()[-1], 5)
        task.touch("go")
        expect("exit status", task.wait_end(), 0)


def test_remove_unused(case):
    """Of a command that has ended well without an image nothing is left; all else is told by its store."""
    short = case.task([PYTHON, "-c", "pass"], ("--remove-unused",))
    short.start()
    expect("exit status", short.wait_end(), 0)
    check(not os.path.exists(short.store), "its store is left")
    expect("what lies beside it", [name for name in os.listdir(os.path.dirname(short.store)) if "store" in name], [])

    failing = case.task([PYTHON, "-c", "raise SystemExit(3)"], ("--remove-unused",))
    failing.start()
    expect("exit status", failing.wait_end(), 3)
    expect("what its store tells", failing.json("status.json")["exitStatus"], 3)

    long = case.waiting(("--remove-unused",))
    long.start()
    long.wait_ready()
    long.checkpoint()
    long.kill_tree()
    long.start()
    long.touch("go")
    expect("exit status", long.wait_end(), 0)
    expect("restarts that its store tells of", len(long.json("status.json")["restarts"]), 1)


def test_interval(case):
    task = case.waiting(("--interval", "50ms"))
    task.start()
    task.wait_ready()
    task.wait_for(lambda: max(task.generations(), default=0) >= 3, "three generations")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_status_of_a_task_that_has_just_begun(case):
    """What the lease tells, and what is not on record yet."""
    task = case.waiting(("--interval", "7min"))
    task.start()
    task.wait_ready()
    task.process.send_signal(signal.SIGSTOP) # as in the first second, which is over here at some time
    if task.exists(os.path.join(task.store, "status.json")):
        os.unlink(os.path.join(task.store, "status.json"))
    status, out, err = task.ckpt("status", task.store)
    task.process.send_signal(signal.SIGCONT)
    expect("exit status", (status, err), (0, ""))
    check(f"running, pid {task.process.pid} on " in out, f"it says {out}")
    check("interval    on record when the task has run for a second\n" in out, f"it says {out}")
    task.checkpoint()
    status, out, err = task.ckpt("status", task.store)
    check("interval    on record" not in out and re.search(r"interval +(7|420)", out), f"it says {out}")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def test_what_the_files_say(case):
    task = case.waiting(("--label", "task=ALIGN (1)", "--label", "engine=none"))
    task.start()
    task.wait_ready()
    task.checkpoint()
    document = task.json("task.json")
    expect("argv", document.get("argv"), task.command)
    expect("workdir", document.get("workdir"), task.work)
    expect("labels", document.get("labels"), {"task": "ALIGN (1)", "engine": "none"})
    expect("incarnation", document.get("incarnation"), 1)
    expect("state", task.json("status.json").get("state"), "running")
    expect("generation", task.json("status.json").get("generation"), 1)
    manifest = task.json("generations/000001/manifest.json")
    expect("cause", manifest.get("cause"), "request")
    names = {f["name"]: f["size"] for f in manifest.get("files", [])}
    on_disk = {n: os.path.getsize(os.path.join(generation_dir(task, 1), n))
               for n in os.listdir(generation_dir(task, 1)) if n != "manifest.json"}
    expect("files of the manifest", names, on_disk)
    check(manifest.get("processes") and manifest["pauseSeconds"] < 5, f"manifest {manifest}")
    expect("requests left", os.listdir(os.path.join(task.store, "requests")), [])
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def test_commands_that_read_a_store(case):
    task = case.waiting()
    task.start()
    task.wait_ready()
    task.checkpoint()
    for command in ("list", "status", "inspect", "verify"):
        for options in ((), ("--json",)):
            status, out, err = task.ckpt(command, task.store, *options)
            expect(f"exit status of {command} {options}", status, 0)
            check(out != "" and err == "", f"{command} says {out!r} {err!r}")
            if options:
                parse(out)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)


def test_check(case):
    task = case.waiting()
    status, out, _ = task.ckpt("check", "--json")
    expect("exit status", status, 0)
    check(parse(out).get("usable") is True, f"this host is not usable: {out}")


def test_bytes_of_both_streams_are_kept(case):
    task = case.task(["bash", "-c", "echo out; echo err >&2; printf '\\0\\377'; exit 1"])
    task.start()
    expect("exit status", task.wait_end(), 1)
    expect("lines of ckpt", task.messages(), [])
    with open(os.path.join(task.store, "stdout"), "rb") as f:
        expect("DIR/stdout", f.read(), b"out\n\0\xff")
    with open(os.path.join(task.store, "stderr"), "rb") as f:
        expect("DIR/stderr", f.read(), b"err\n")


# A filesystem without locks, as far as the command that follows can see.
WITHOUT_LOCKS = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = b"".join(struct.pack("HBBI", *i) for i in ((0x20, 0, 0, 0), (0x15, 0, 1, 73), (0x06, 0, 0, 0x50000 | 38),
                                                  (0x06, 0, 0, 0x7fff0000)))
held = ctypes.create_string_buffer(code)
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(held)))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.c_void_p(ctypes.addressof(program)), 0, 0) == 0
os.execv(sys.argv[1], sys.argv[1:])
"""


def without_locks(*command):
    return [PYTHON, "-c", WITHOUT_LOCKS, *command]


def test_filesystem_without_locks(case):
    """The age of the lease tells that somebody has it."""
    def checkpoint():
        done = subprocess.run(without_locks(task.place.ckpt, "checkpoint", task.store), text=True, capture_output=True,
                              env=task.environ, check=False, **task.user.popen_arguments())
        expect("status of checkpoint", (done.returncode, done.stderr), (0, ""))

    task = case.waiting()
    lease = os.path.join(task.store, "lease")
    task.start(without_locks(*task.run_line()))
    task.wait_ready()
    check("no locks" in one_line(task, 1), "no warning")
    checkpoint()
    begun = os.stat(lease).st_mtime
    task.wait_for(lambda: os.stat(lease).st_mtime > begun + 1, "a younger lease")
    checkpoint()
    task.kill_tree()
    task.start(without_locks(*task.run_line()))
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("the lease, given back", os.path.getsize(lease), 0)


def lease_touched(task):
    """Waits until whoever holds it has done so again."""
    begun = os.stat(os.path.join(task.store, "lease")).st_mtime
    task.wait_for(lambda: os.stat(os.path.join(task.store, "lease")).st_mtime > begun + 1, "a younger lease")


def test_another_attempt_on_a_filesystem_without_locks(case):
    """It does not run beside one that lives, and goes on from its last image once that has ended."""
    task = case.waiting()
    first = task.start(without_locks(*task.run_line()))
    task.wait_ready()
    second = task.start(without_locks(*task.run_line()))
    lease_touched(task)
    expect("the lease's holder", task.json("lease")["pid"], first.pid)
    expect("restarts beside the first", task.restarts(), [])
    first.terminate()
    expect("exit status of the first", first.wait(), 143)
    task.wait_restarted(1)
    expect("the lease's next holder", task.json("lease")["pid"], second.pid)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


ALONE = """mkdir running || exit 9
: >ready; until [ -e go ]; do sleep 0.02; done
rmdir running; echo pass"""


def test_two_attempts_at_once_on_a_filesystem_without_locks(case):
    """One of them has it, and the other one's time comes when that has ended."""
    task = case.task(["bash", "-c", ALONE])
    both = [task.start(without_locks(*task.run_line())) for _ in range(2)]
    try:
        task.wait_ready()
        lease_touched(task)
        check(task.json("lease")["pid"] in [p.pid for p in both], "the lease is somebody else's")
        task.touch("go")
        for incarnation, process in enumerate(both, 1):
            expect("exit status", process.wait(max(0.1, task.deadline - time.monotonic())), 0)
            expect("output", task.log("stdout", incarnation), "pass\n")
    finally:
        for process in both:
            if process.poll() is None:
                process.kill()
                process.wait()
