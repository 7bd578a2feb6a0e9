# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What the test drivers share: a place to run in, tasks under `ckpt run`, and the death of whole trees.

A Place holds copies of the binaries that any user can read. A Task is one `ckpt run` line in a directory of its own;
each start of that line is an incarnation with logs of its own. Every process of a task carries CKPT_TEST_ID in its
environment, which is how its tree is found from outside even when a process has lost its parent.
"""
import copy
import fcntl
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import termios
import time
import uuid

LIVING_SHOWN = 20  # processes in the report on a failure
TICK = 0.005  # seconds between two looks at something that has no event to wait for


class Failure(Exception):
    """A check that did not hold; the text says which."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def wait_until(condition, deadline, what):
    while not condition():
        check(time.monotonic() < deadline, f"timed out waiting for {what}")
        time.sleep(TICK)


class User:
    """Whom a task runs as: the caller, or somebody else if the caller is root."""

    def __init__(self, name=None):
        entry = pwd.getpwnam(name) if name else pwd.getpwuid(os.geteuid())
        self.name, self.uid, self.gid, self.home = entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir
        self.is_caller = self.uid == os.geteuid()
        self.groups = []

    def in_group(self, group, others):
        """The same user with another group than the own, which takes root."""
        changed = copy.copy(self)
        changed.gid, changed.groups = group, others
        return changed

    def popen_arguments(self):
        return {} if self.is_caller else {"user": self.uid, "group": self.gid, "extra_groups": self.groups}

    def own(self, path):
        if not self.is_caller:
            os.chown(path, self.uid, self.gid)


ORDINARY = "ckpt-tests"


def ordinary_user():
    """An ordinary user for a run by root; True in the result if it was made now and has to go at the end."""
    try:
        pwd.getpwnam(ORDINARY)
        return ORDINARY, False
    except KeyError:
        made = subprocess.run(["useradd", "--system", "--no-create-home", "--home-dir", "/", ORDINARY],
                              capture_output=True, text=True, check=False)
    try:
        pwd.getpwnam(ORDINARY)  # another run may have made it at the same moment
    except KeyError:
        raise SystemExit(f"useradd {ORDINARY}: {made.stderr.strip()}; name a user with --as USER") from None
    return ORDINARY, made.returncode == 0


def without(setting, line):
    """That line where user.SETTING is 0: namespaces are counted for each user namespace, so a new one can have a limit of
    its own. Its owner's rights end with the second exec, but for root."""
    return ["unshare", "--user", "--map-current-user", "--keep-caps", "sh", "-c",
            'echo 0 > "/proc/sys/user/$0" && exec setpriv --inh-caps=-all --ambient-caps=-all "$@"', setting, *line]


class Place:
    """Binaries in a directory that everybody can read, and room for tasks."""

    def __init__(self, build):
        self.root = tempfile.mkdtemp(prefix="ckpt-tests.", dir=os.environ.get("TMPDIR"))
        os.chmod(self.root, 0o755)
        self.bin = os.path.join(self.root, "bin")
        os.mkdir(self.bin)
        for name in ("ckpt", "libckpt.so"):
            if os.path.exists(os.path.join(build, name)):
                self.add(os.path.join(build, name))
        self.ckpt = os.path.join(self.bin, "ckpt")
        self.library = os.path.join(self.bin, "libckpt.so")

    def add(self, path):
        target = os.path.join(self.bin, os.path.basename(path))
        shutil.copy(path, target)
        os.chmod(target, 0o755)
        return target

    def remove_if_empty(self):
        """Failed tests leave their directories, and those the binaries they ran."""
        left = [n for n in os.listdir(self.root) if n != "bin"]
        if not left:
            shutil.rmtree(self.root, ignore_errors=True)
        return left


def environ_of(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as f:
            return f.read().split(b"\0")
    except OSError:
        return []


def parents():
    """pid -> (parent, state) of every process that can be seen."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as f:
                    rest = f.read().rpartition(b")")[2].split()
                table[int(name)] = (int(rest[1]), rest[0].decode())
            except OSError:
                pass
    return table


class Task:
    def __init__(self, place, user, name, command, options=(), timeout=30.0):
        self.place, self.user, self.command, self.options = place, user, list(command), list(options)
        self.dir = os.path.join(place.root, f"{name}.{user.name}.{uuid.uuid4().hex[:6]}")
        self.work, self.store = os.path.join(self.dir, "work"), os.path.join(self.dir, "store")
        self.logs = os.path.join(self.dir, "logs")
        for d in (self.dir, self.work, self.logs):
            os.mkdir(d)
            user.own(d)
        self.id = uuid.uuid4().hex
        dropped = ("LD_PRELOAD", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")  # we may be run by make ourselves
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("CKPT_") and k not in dropped}
        self.environ.update(CKPT_TEST_ID=self.id, HOME=user.home, USER=user.name, LC_ALL="C")
        self.environ.setdefault("SHELL", "/bin/sh")  # where there is none, bash asks a name service at each start
        self.deadline = time.monotonic() + timeout
        self.incarnation = 0
        self.process = None

    # -- files

    def path(self, name):
        return os.path.join(self.work, name)

    def exists(self, name):
        return os.path.exists(self.path(name))

    def touch(self, name):
        with open(self.path(name), "w", encoding="utf-8"):
            pass

    def log(self, stream, incarnation=None):
        with open(os.path.join(self.logs, f"{stream}.{incarnation or self.incarnation}"), "rb") as f:
            return f.read().decode("utf-8", "replace")

    def messages(self, incarnation=None):
        """The lines of ckpt itself in the log of standard error."""
        return [line for line in self.log("stderr", incarnation).splitlines() if line.startswith("ckpt: ")]

    def other_stderr(self):
        return "".join(l for l in self.log("stderr").splitlines(True) if not l.startswith("ckpt: "))

    def json(self, name):
        try:
            with open(os.path.join(self.store, name), encoding="utf-8") as f:
                return json.load(f)
        except (OSError, ValueError):
            return {}

    def generations(self):
        """The numbers of all complete generations, in order."""
        base = os.path.join(self.store, "generations")
        try:
            names = sorted(os.listdir(base))
        except OSError:
            return []
        return [int(n) for n in names if n.isdigit() and os.path.exists(os.path.join(base, n, "manifest.json"))]

    # -- starting

    def run_line(self, *more):
        return [self.place.ckpt, "run", "--dir", self.store, "--interval", "0", *self.options, *more, "--",
                *self.command]

    def start(self, argv=None, cwd=None, environ=None):
        self.incarnation += 1
        logs = [open(os.path.join(self.logs, f"{s}.{self.incarnation}"), "wb") for s in ("stdout", "stderr")]
        for f in logs:
            self.user.own(f.name)
        try:
            self.process = subprocess.Popen(argv or self.run_line(), cwd=cwd or self.work, stdin=subprocess.DEVNULL,
                                            stdout=logs[0], stderr=logs[1], env=environ or self.environ,
                                            start_new_session=True, **self.user.popen_arguments())
        finally:
            for f in logs:
                f.close()
        return self.process

    def start_at(self, argv, terminal):
        """Starts the line as a shell would in that terminal, which controls a session of its own."""
        self.incarnation += 1
        self.process = subprocess.Popen(
            argv, cwd=self.work, stdin=terminal, stdout=terminal, stderr=terminal, env=self.environ,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **self.user.popen_arguments())

    def wait_for(self, condition, what):
        """Waits for something the task does; its end is a failure."""
        def met():
            if condition():
                return True
            ended = self.process.poll()
            check(ended is None or condition(), f"ended with status {ended} before {what}")
            return False
        wait_until(met, self.deadline, what)

    def wait_ready(self):
        self.wait_for(lambda: self.exists("ready"), "'ready'")

    def restarts(self):
        return self.json("status.json").get("restarts") or []

    def wait_restarted(self, number):
        """Waits until this incarnation has been restarted, `number` restarts in all."""
        self.wait_for(lambda: len(self.restarts()) >= number, f"restart {number}")

    def wait_end(self):
        """The exit status, 128+n for a signal as a shell has it."""
        try:
            status = self.process.wait(max(0.0, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Failure("timed out waiting for the end") from None
        return status if status >= 0 else 128 - status

    def ckpt(self, *arguments, timeout=None):
        """Runs another ckpt command to its end: (status, stdout, stderr)."""
        left = max(0.1, self.deadline - time.monotonic())
        try:
            done = subprocess.run([self.place.ckpt, *arguments], cwd=self.dir, env=self.environ, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout or left,
                                  check=False, **self.user.popen_arguments())
        except subprocess.TimeoutExpired:
            raise Failure(f"ckpt {' '.join(arguments)} did not come back") from None
        return done.returncode, done.stdout, done.stderr

    def checkpoint(self):
        status, out, err = self.ckpt("checkpoint", self.store)
        check(status == 0, f"ckpt checkpoint gave {status}: {(out + err).strip()}")

    # -- ending

    def tree(self):
        """Every living process of the task, the supervisor first."""
        tag = b"CKPT_TEST_ID=" + self.id.encode()
        found = {int(n) for n in os.listdir("/proc") if n.isdigit() and tag in environ_of(n)}
        if self.process is not None and self.process.poll() is None:
            table = parents()
            below = {self.process.pid}
            while True:
                more = {p for p, (parent, _) in table.items() if parent in below} - below
                if not more:
                    break
                below |= more
            found |= {p for p in below if table.get(p, (0, "X"))[1] not in "ZX"}
        return sorted(found)

    def kill_tree(self):
        """kill -9 of the supervisor and all below it, as the death of a node would do it."""
        while True:
            pids = self.tree()
            if not pids:
                break
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            time.sleep(TICK)
        if self.process is not None:
            self.process.wait()

    def check_nothing_left(self):
        """After the end: the processes of the tree end with it, give or take the kernel's time to bury them."""
        end = time.monotonic() + 2
        while (left := self.tree()) and time.monotonic() < end:
            time.sleep(TICK)
        check(not left, f"processes survived: {left}")

    def close(self, keep):
        self.kill_tree()
        if not keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def living(self):
        """What each process that is left does, a line each with how many of its threads wait where."""
        lines = []
        for pid in self.tree():
            places = {}
            try:
                for tid in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{tid}/wchan", encoding="ascii") as f:
                        where = f.read()
                    places[where] = places.get(where, 0) + 1
                with open(f"/proc/{pid}/cmdline", "rb") as f:
                    command = f.read().replace(b"\0", b" ").decode("utf-8", "replace")[:80]
            except OSError:
                continue
            lines.append(f"      {pid} {command}: " + ", ".join(f"{n} in {w}" for w, n in places.items()))
        more = [f"      and {len(lines) - LIVING_SHOWN} more"] if len(lines) > LIVING_SHOWN else []
        return ["    alive:"] + lines[:LIVING_SHOWN] + more if lines else []

    def report(self):
        """The living and the tails of all logs, for a failure."""
        text = self.living()
        for name in sorted(os.listdir(self.logs), key=lambda n: (int(re.sub(r"\D", "", n) or 0), n)):
            with open(os.path.join(self.logs, name), "rb") as f:
                tail = f.read()[-1500:].decode("utf-8", "replace").rstrip()
            if tail:
                text += [f"    {name}:"] + [f"      | {line}" for line in tail.splitlines()[-12:]]
        failure = self.json("status.json").get("failure")
        if failure:
            text.append(f"    status.json failure: {failure}")
        return "\n".join(text)
