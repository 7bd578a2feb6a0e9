# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A task that is about to reach the memory limit of its control group has an image from before the kernel ends it, and
goes on from there with more. What needs a group needs root; tried with version 1 and version 2, whichever has the memory
controller here."""
import contextlib
import glob
import json
import os
import re
import signal
import subprocess
import time
import uuid

from case import expect
from harness import check

MIB = 1 << 20


class Group:
    """A control group with a memory limit; None from make() where there can be none."""

    FILES = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"),
             ("/sys/fs/cgroup", "memory.max", "memory.events"))

    @classmethod
    def make(cls, size, user):
        for base, limit, events in cls.FILES:
            path = os.path.join(base, "ckpt-test-" + uuid.uuid4().hex[:8])
            try:
                os.mkdir(path)
                group = cls(path, os.path.join(path, limit), os.path.join(path, events))
                group.allow(size)
                os.chown(os.path.join(path, "cgroup.procs"), user.uid, -1)
                return group
            except OSError:
                if os.path.isdir(path):
                    os.rmdir(path)
        return None

    def __init__(self, path, limit, events):
        self.path, self.limit, self.events = path, limit, events

    def allow(self, size):
        with open(self.limit, "w", encoding="ascii") as f:
            f.write(str(size))

    def kills(self):
        """How many processes the kernel has ended in it."""
        with open(self.events, encoding="ascii") as f:
            return int(dict(line.split() for line in f)["oom_kill"])

    def line(self, argv):
        """Starts in the group, as a batch system would have it."""
        return ["sh", "-c", 'echo $$ >"$0" && exec "$@"', os.path.join(self.path, "cgroup.procs"), *argv]

    def remove(self):
        for _ in range(200):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                subprocess.run(["sleep", "0.01"], check=False)


@contextlib.contextmanager
def limited(case, task, size):
    """A group for the task; None, with a line that says so, where there can be none."""
    group = Group.make(size, task.user) if os.geteuid() == 0 else None
    if group is None:
        print(f"left out {case.name}: no control group with a memory limit can be made here")
        yield None
        return
    try:
        yield group
    finally:
        task.kill_tree()
        group.remove()


def test_image_before_the_kernel_ends_the_task(case):
    task = case.task([case.program("grows"), "110", "60"])
    with limited(case, task, 128 * MIB) as group:
        if group is None:
            return
        task.environ["CKPT_LOG"] = os.path.join(task.logs, "ckpt.log")
        task.start(group.line(task.run_line("--memory", "80%")))
        task.wait_ready()
        task.wait_for(task.generations, "an image")
        with open(os.path.join(task.store, "generations/000001/manifest.json"), encoding="utf-8") as f:
            check('"memory"' in f.read(), "the cause is not the memory")
        with open(task.environ["CKPT_LOG"], encoding="utf-8") as f:
            check("stands still" in f.read(), "the image was taken beside a task that writes")
        expect("processes ended for the sake of the image", group.kills(), 0)
        task.touch("go")
        expect("exit status", task.wait_end(), 137)
        expect("processes ended for want of memory", task.json("status.json")["oomKills"], 1)
        task.kill_tree()
        group.allow(512 * MIB)
        task.start(group.line(task.run_line()))
        task.wait_restarted(1)
        expect("exit status with more", task.wait_end(), 0)
        expect("processes ended for want of it", task.json("status.json")["oomKills"], 0)
        expect("output", task.log("stdout"), "pass\n")
        expect("generations taken for the memory", task.generations(), [])


def memory_is_half_written(task):
    """The image under way, which the supervisor has just begun to write: the task runs again."""
    for path in glob.glob(os.path.join(task.store, "generations/*/*.mem")):
        number = int(path.split("/")[-2])
        if number not in task.generations() and 0 < os.stat(path).st_size < 25 * MIB:
            return True
    return False


def stop_in_the_middle(task):
    """A checkpoint whose writer stands still, as on a slow disk, and whoever waits for it."""
    supervisor = task.process.pid
    while True:
        asks = subprocess.Popen([task.place.ckpt, "checkpoint", task.store], cwd=task.dir, env=task.environ,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                **task.user.popen_arguments())
        while asks.poll() is None:
            if memory_is_half_written(task):
                os.kill(supervisor, signal.SIGSTOP)
                if memory_is_half_written(task):
                    return asks
                os.kill(supervisor, signal.SIGCONT)
        check(time.monotonic() < task.deadline, "no image could be met half written")


def copy_of(task):
    """The process that is read in the place of the task's own, and that one."""
    found = {}
    for pid in task.tree():
        with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
            found[f.read().strip()] = pid
    return found["ckpt-snapshot"], found["grows"]


def oom_score_adj(pid):
    with open(f"/proc/{pid}/oom_score_adj", encoding="ascii") as f:
        return int(f.read())


def test_the_copy_goes_before_the_task(case):
    """What an image takes beside the task is given up before the task is: the copy is whom the kernel ends first. Nothing
    that was read of it becomes an image, and the task does not notice."""
    task = case.task([case.program("grows"), "50", "1"])
    task.start()
    task.wait_ready()
    asks = stop_in_the_middle(task)
    copy, process = copy_of(task)
    expect("the copy is chosen", oom_score_adj(copy), 1000)
    expect("the process is chosen as ever", oom_score_adj(process), oom_score_adj(os.getpid()))
    os.kill(copy, signal.SIGKILL)
    os.kill(task.process.pid, signal.SIGCONT)
    _, said = asks.communicate()
    expect("exit status of ckpt checkpoint", asks.returncode, 175)
    check(f"the copy of process {process} (grows) was killed while it was saved" in said, f"says {said!r}")
    task.touch("go")
    expect("exit status", task.wait_end(), 0)
    expect("output", task.log("stdout"), "pass\n")


def test_a_copy_that_goes_at_once(case):
    """Killed before anybody can read it, or even hear of it: the task, which stands still, goes on in that moment."""
    alone = [case.program("grows"), "4", "1"]
    for when, command in (("early", alone), ("late", alone), ("late", ["bash", "-c", '"$@"; exit $?', "bash", *alone])):
        task = case.task(command)
        task.start([case.program("kills_copies"), when, os.path.join(task.store, "task.json"), *task.run_line()])
        task.wait_for(lambda t=task: t.exists("ready") or t.process.poll() is not None, "the task")
        if task.process.poll() == 77:
            print(f"left out {case.name}: nobody may be traced here")
            return
        status, _, err = task.ckpt("checkpoint", task.store)
        expect("exit status of ckpt checkpoint", status, 175)
        check(re.search(r"the copy of process \d+ \((grows|bash)\) was killed before it could be saved", err), f"{when}: says {err!r}")
        task.checkpoint()
        task.touch("go")
        expect("exit status", task.wait_end(), 0)
        expect("output", task.log("stdout"), "pass\n")


def test_host_without_room_in_memory(case):
    """It is said before anything is touched, and the image stays for a host that has it."""
    task = case.task([case.program("grows"), "40", "1"])
    with limited(case, task, 32 * MIB) as group:
        if group is None:
            return
        task.start()
        task.wait_ready()
        task.checkpoint()
        task.kill_tree()
        done = subprocess.run(group.line([task.place.ckpt, "check", task.store, "--json"]), capture_output=True,
                              text=True, check=False, **task.user.popen_arguments())
        found = {c["name"]: c for c in json.loads(done.stdout)["checks"]}
        expect("exit status of ckpt check", done.returncode, 1)
        expect("image-memory", found["image-memory"]["ok"], False)
        check(all(found[n]["ok"] for n in ("image-processor", "image-pages", "image-ids")), f"{found}")
        task.start(group.line([task.place.ckpt, "restart", task.store]))
        expect("exit status", task.wait_end(), 176)
        check("MiB of memory, of which" in task.messages()[0], f"says {task.messages()}")
        task.touch("go")
        task.start()
        task.wait_restarted(1)
        expect("exit status elsewhere", task.wait_end(), 0)
        expect("output", task.log("stdout"), "pass\n")


def test_retry_with_less_memory(case):
    """It begins again, and the reason is on record."""
    task = case.task([case.program("grows"), "40", "1"])
    with limited(case, task, 32 * MIB) as group:
        if group is None:
            return
        task.start()
        task.wait_ready()
        task.checkpoint()
        task.kill_tree()
        task.start(group.line(task.run_line()))
        expect("exit status", task.wait_end(), 137)
        expect("processes ended for want of memory", task.json("status.json")["oomKills"], 1)
        check(any("MiB of memory, of which" in m for m in task.messages()), f"says {task.messages()}")
        refused, = task.json("status.json")["refused"]
        expect("generation", refused["generation"], 1)
        check("MiB of memory, of which" in refused["reason"], f"refused: {refused}")


def test_host_without_room_on_disk(case):
    """A new directory on a full filesystem: the reason is named, and the old directory does as well."""
    task = case.task(["bash", "-c", "head -c 3000000 /dev/zero >big; : >ready; until [ -e go ]; do sleep 0.02; done; "
                      "wc -c <big"], ["--dedicated"])
    small = os.path.join(task.dir, "small")
    os.mkdir(small)
    line = ["mount", "-t", "tmpfs", "-o", f"size=1m,mode=777,uid={task.user.uid}", "none", small]
    if os.geteuid() != 0 or subprocess.run(line, capture_output=True, check=False).returncode != 0:
        print(f"left out {case.name}: no small filesystem can be mounted here")
        return
    try:
        task.start()
        task.wait_ready()
        task.checkpoint()
        task.kill_tree()
        task.start(cwd=small)
        task.wait_for(task.messages, "a reason")
        check("its files need 3 MiB" in task.messages()[0], f"says {task.messages()}")
        task.wait_for(lambda: task.json("status.json").get("refused"), "a refusal on record")
        check("its files need 3 MiB" in task.json("status.json")["refused"][0]["reason"], "status.json does not name it")
    finally:
        task.kill_tree()
        subprocess.run(["umount", "-l", small], check=False)
