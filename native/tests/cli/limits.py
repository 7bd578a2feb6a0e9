# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A retry may run in a job with other limits: what the task has not set itself is that job's, and nothing keeps it from
being restarted."""
import json
import os
import re
import subprocess

from case import PYTHON, expect, reason_is_named
from harness import check

WAIT = ": >ready; until [ -e go ]; do sleep 0.01; done; "
OPEN_FILES = WAIT + "echo $(ulimit -Sn) $(ulimit -Hn)"


def start_in_job(task, limits):
    task.start(["bash", "-c", f'{limits}; exec "$@"', "-", *task.run_line()])


def after_retry(case, script, first, second):
    """What the script prints that began in a job with the first limits and was restarted in one with the second."""
    task = case.task(["bash", "-c", script])
    start_in_job(task, first)
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    start_in_job(task, second)
    task.wait_restarted(1)
    task.checkpoint()
    task.kill_tree()
    start_in_job(task, second)
    task.wait_restarted(2)
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    check(not task.messages(), f"messages {task.messages()}")
    return task.log("stdout").strip()


def test_more_than_before(case):
    got = after_retry(case, OPEN_FILES, "ulimit -Sn 400; ulimit -Hn 500", "ulimit -Sn 700; ulimit -Hn 800")
    expect("limits of open files", got, "700 800")


def test_less_than_before(case):
    got = after_retry(case, OPEN_FILES, "ulimit -Sn 700; ulimit -Hn 800", "ulimit -Sn 400; ulimit -Hn 500")
    expect("limits of open files", got, "400 500")


def test_what_the_task_set_is_kept(case):
    got = after_retry(case, "ulimit -Sn 300; " + OPEN_FILES, "ulimit -Sn 400; ulimit -Hn 500",
                      "ulimit -Sn 700; ulimit -Hn 800")
    expect("limits of open files", got, "300 800")


def test_what_the_task_set_is_kept_as_far_as_granted(case):
    got = after_retry(case, "ulimit -n 300; " + OPEN_FILES, "ulimit -n 500", "ulimit -n 200")
    expect("limits of open files", got, "200 200")


def test_file_size_that_no_image_fits_into(case):
    """The limit is an error of a write, which ends neither the task nor us."""
    task = case.task(["bash", "-c", WAIT + "echo pass"])
    start_in_job(task, "ulimit -f 100")
    task.wait_ready()
    reason_is_named(task, "File too large")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_memory_that_the_job_grants(case):
    """More memory for the retry arrives in the task; less than the task itself allows does not get in the way."""
    script = "ulimit -Sd 900000; " + WAIT + "echo $(ulimit -Sv) $(ulimit -Sd) $(ulimit -Hd)"
    got = after_retry(case, script, "ulimit -v 1000000", "ulimit -v 1500000")
    expect("limits of memory", got, "1500000 900000 unlimited")


def test_limit_the_task_is_near(case):
    """What the restart itself needs for a moment does not count against the task."""
    script = ("read -r _ now _ < <(grep VmSize /proc/self/status); ulimit -Sv $((now + 30000)); ulimit -Su 12000;" + WAIT +
              "echo $(ulimit -Hv)")
    got = after_retry(case, script, "true", "true")
    expect("limit of memory", got, "unlimited")


RESERVES = """
import mmap, os, time
memory = mmap.mmap(-1, 400 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
memory[300 << 20] = 7
print("pass")
"""


def test_addresses_beyond_the_limit(case):
    """It is said before anything is touched, and the image stays for a job that grants them."""
    task = case.task([PYTHON, "-c", RESERVES])
    task.start()
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    job = ["bash", "-c", 'ulimit -v 300000; exec "$@"', "-", task.place.ckpt]
    done = subprocess.run([*job, "check", task.store, "--json"], capture_output=True, text=True, check=False,
                          **task.user.popen_arguments())
    expect("exit status of ckpt check", done.returncode, 1)
    wrong = [c["name"] for c in json.loads(done.stdout)["checks"] if c["name"].startswith("image-") and not c["ok"]]
    expect("what does not fit", wrong, ["image-addresses"])
    task.start([*job, "restart", task.store])
    expect("exit status", task.wait_end(), 176)
    check("ulimit -v is 292 MiB, below the 4" in task.messages()[0], f"says {task.messages()}")
    check("MiB of addresses that process" in task.messages()[0], f"says {task.messages()}")
    start_in_job(task, "ulimit -v 1000000")
    task.wait_restarted(1)
    task.touch("go")
    expect("exit status with more", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


ADDRESSES = """
import ctypes, mmap, os, sys, time
kind, size = sys.argv[1], int(sys.argv[2]) << 20
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
if kind == "segment":
    segment = libc.shmget(0, ctypes.c_size_t(size), 0o1600)
    memory = (ctypes.c_ubyte * size).from_address(libc.shmat(segment, None, 0))
    libc.shmctl(segment, 0, None)
else:
    memory = mmap.mmap(-1, size, flags=mmap.MAP_ANONYMOUS | (mmap.MAP_SHARED if kind == "shared" else mmap.MAP_PRIVATE))
if kind == "scattered":
    memory.madvise(mmap.MADV_NOHUGEPAGE)
for at in range(0, size, 8192 if kind == "scattered" else 4096):
    memory[at] = 7
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
print("pass" if all(memory[at] == 7 for at in range(0, size, 8192)) else "fail")
"""


def job_with_addresses(task, mib, *command):
    return ["bash", "-c", f'ulimit -v {mib * 1024}; exec "$@"', "-", task.place.ckpt, *command]


def image_addresses(task, mib):
    """What `ckpt check` says of them under that limit: whether they fit, and how many MiB it counts."""
    done = subprocess.run(job_with_addresses(task, mib, "check", task.store, "--json"), capture_output=True, text=True,
                          check=False, **task.user.popen_arguments())
    found = next(c for c in json.loads(done.stdout)["checks"] if c["name"] == "image-addresses")
    return found["ok"], int(re.search(r"(\d+) MiB of addresses", found["detail"]).group(1))


def test_addresses_that_a_restart_takes(case):
    """What the check counts is what the restart needs: it is enough, and with less nothing is begun."""
    for kind, size in (("shared", 120), ("segment", 120), ("private", 120), ("scattered", 300)):
        task = case.task([PYTHON, "-c", ADDRESSES, kind, str(size)])
        task.start()
        task.wait_ready()
        task.checkpoint()
        task.kill_tree()
        fits, needed = image_addresses(task, 4000)
        check(fits, f"{kind}: not below 4000 MiB")
        expect(f"{kind}: with a MiB less", image_addresses(task, needed - 1), (False, needed))
        task.touch("go")
        task.start(job_with_addresses(task, needed, "restart", task.store))
        expect(f"{kind}: exit status", task.wait_end(), 0)
        expect(f"{kind}: output", task.log("stdout"), "pass\n")


def test_niceness_of_the_job(case):
    """A nicer job's retry is as nice, but for what the task made nicer still."""
    script = "nice -n 7 sleep 1000 & " + WAIT + "nice; ps -o ni= -p $!; kill $!"
    ours = os.nice(0)
    got = after_retry(case, script, "true", f"renice -n {ours + 3} $$ >/dev/null")
    expect("niceness", got.split(), [str(ours + 3), str(ours + 7)])
