# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""A task that is about to reach the memory limit of its control group has an image from before the kernel ends it, and
goes on from there with more. Needs root, to make a group; tried with version 1 and version 2, whichever has the memory
controller here."""
import contextlib
import json
import os
import subprocess
import uuid

from case import expect
from harness import check

MIB = 1 << 20


class Group:
    """A control group with a memory limit; None from make() where there can be none."""

    FILES = (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max"))

    @classmethod
    def make(cls, size, user):
        for base, limit in cls.FILES:
            path = os.path.join(base, "ckpt-test-" + uuid.uuid4().hex[:8])
            try:
                os.mkdir(path)
                group = cls(path, os.path.join(path, limit))
                group.allow(size)
                os.chown(os.path.join(path, "cgroup.procs"), user.uid, -1)
                return group
            except OSError:
                if os.path.isdir(path):
                    os.rmdir(path)
        return None

    def __init__(self, path, limit):
        self.path, self.limit = path, limit

    def allow(self, size):
        with open(self.limit, "w", encoding="ascii") as f:
            f.write(str(size))

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
