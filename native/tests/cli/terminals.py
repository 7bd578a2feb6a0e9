# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""`ckpt run` by hand, in a terminal: the command finds a terminal as it would without ckpt, keys and sizes go through,
Ctrl-C is a final checkpoint, and another terminal goes on where the first one was."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from case import expect
from harness import check

SCRIPT = """
tty >tty.name; : >ready
while read -r line; do
    case $line in
    size) stty size ;;
    tty) [ "$(tty)" = "$(cat tty.name)" ] && echo same-terminal >/dev/tty ;;
    streams) [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all-terminals >&2 ;;
    quit) exit 3 ;;
    *) echo "got <$line>" ;;
    esac
done
echo end-of-file
"""


class Screen:
    """A terminal with ckpt in its foreground, as a shell would start it."""

    def __init__(self, task, line=None, rows=24, columns=80):
        self.task = task
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.seen = ""
        task.start_at(line or task.run_line(), self.slave)

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            self.seen += os.read(self.master, 4096).decode("utf-8", "replace")
        except OSError:
            return False
        return True

    def wait(self, text):
        """Reads until the text is on the screen, and forgets what was before it."""
        while text not in self.seen:
            check(time.monotonic() < self.task.deadline, f"no {text!r} on the screen: {self.seen[-300:]!r}")
            self.read(0.1)
        self.seen = self.seen.partition(text)[2]

    def ask(self, line, answer):
        self.type(line + "\r")
        self.wait(answer + "\r\n")

    def settings(self):
        return termios.tcgetattr(self.slave)

    def wait_mode(self, canonical):
        """Until keys come line by line, or each at once."""
        while bool(self.settings()[3] & termios.ICANON) != canonical:
            check(time.monotonic() < self.task.deadline, f"the terminal does not become {canonical=}")
            self.read(0.01)

    def close(self):
        os.close(self.master)
        os.close(self.slave)


def begin(case, options=(), script=SCRIPT):
    task = case.task(["bash", "-c", script], options)
    screen = Screen(task)
    task.wait_ready()
    return task, screen


def end(task, screen, status, before):
    expect("exit status", task.wait_end(), status)
    check(screen.settings() == before, "the terminal is not as it was")
    screen.close()


def test_a_terminal_as_without_ckpt(case):
    task = case.task(["bash", "-c", SCRIPT])
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    os.close(master)
    os.close(slave)
    screen = Screen(task)
    task.wait_ready()
    screen.ask("streams", "all-terminals")
    screen.ask("tty", "same-terminal")
    screen.ask("size", "24 80")
    screen.resize(30, 100)
    screen.ask("size", "30 100")
    screen.ask("wronx\x7fg", "got <wrong>")
    screen.type("quit\r")
    end(task, screen, 3, before)


def test_another_terminal_goes_on(case):
    task, screen = begin(case)
    screen.ask("one", "got <one>")
    screen.type("half ")
    screen.wait("half ")
    task.checkpoint()
    task.kill_tree()
    screen.close()
    screen = Screen(task, rows=11, columns=44)
    task.wait_restarted(1)
    screen.ask("a line", "got <half a line>")
    screen.ask("size", "11 44")
    screen.ask("tty", "same-terminal")
    task.checkpoint()
    task.kill_tree()
    screen.close()
    screen = Screen(task)
    task.wait_restarted(2)
    screen.ask("streams", "all-terminals")
    screen.type("\x04")
    screen.wait("end-of-file\r\n")
    expect("exit status", task.wait_end(), 0)
    task.check_nothing_left()
    screen.close()


def test_ctrl_c_is_a_final_checkpoint(case):
    task, screen = begin(case)
    screen.ask("one", "got <one>")
    screen.type("\x03")
    expect("exit status", task.wait_end(), 128 + signal.SIGINT)
    expect("state", task.json("status.json").get("state"), "stopped")
    check("got" not in screen.seen, "the command has seen the signal")
    screen.close()
    screen = Screen(task)
    task.wait_restarted(1)
    screen.ask("two", "got <two>")
    screen.type("quit\r")
    expect("exit status after", task.wait_end(), 3)
    screen.close()


def test_ctrl_c_is_the_commands_where_it_wants_the_key(case):
    task, screen = begin(case, script="stty raw -echo; : >ready; key=$(head -c 1 | od -An -tu1); stty sane; echo $key")
    screen.type("\x03")
    screen.wait("3\r\n")
    expect("exit status", task.wait_end(), 0)
    screen.close()


def stopped(task):
    with open(f"/proc/{task.process.pid}/stat", encoding="ascii") as f:
        return f.read().rpartition(")")[2].split()[0] == "T"


def test_ctrl_z_and_fg(case):
    """The whole job stops and our terminal is the shell's again; fg brings both back."""
    script = ": >ready; i=0; while ! [ -e go ]; do echo $((i = i + 1)) >>ticks; sleep 0.01; done; read -r x; echo got $x"
    task = case.task(["bash", "-c", script])
    shell = case.program("job_control.sh")
    screen = Screen(task, [shell, *task.run_line()])
    task.wait_ready()
    task.wait_for(lambda: task.exists("ticks"), "ticks")
    screen.wait_mode(canonical=False)
    screen.type("\x1a")
    screen.wait("stopped\r\n")
    screen.wait_mode(canonical=True)
    size = os.path.getsize(task.path("ticks"))
    time.sleep(0.2)
    expect("ticks while stopped", os.path.getsize(task.path("ticks")), size)
    screen.type("\r")
    task.wait_for(lambda: os.path.getsize(task.path("ticks")) > size, "ticks again")
    task.touch("go")
    screen.type("back\r")
    screen.wait("got back\r\n")
    expect("exit status", task.wait_end(), 0)
    screen.close()


def test_terminal_is_mended_after_a_kill(case):
    task, screen = begin(case)
    check(not screen.settings()[3] & termios.ICANON, "the terminal is not in raw mode")
    os.kill(task.process.pid, signal.SIGKILL)
    screen.wait_mode(canonical=True)
    screen.close()


def test_only_some_streams_are_terminals(case):
    """Output to a file is what the command wrote, byte for byte; the others are still terminals."""
    script = '[ -t 0 ] && [ -t 2 ] && ! [ -t 1 ] && echo fine; : >ready; read -r x; echo "got <$x>"; echo asked >&2'
    task = case.task(["bash", "-c", script])
    line = ["sh", "-c", '"$@" >out', "sh", *task.run_line()]
    screen = Screen(task, line)
    task.wait_ready()
    task.checkpoint()
    task.kill_tree()
    screen.close()
    os.unlink(task.path("out"))
    screen = Screen(task, line)
    task.wait_restarted(1)
    screen.type("word\r")
    screen.wait("asked\r\n")
    expect("exit status", task.wait_end(), 0)
    with open(task.path("out"), encoding="utf-8") as f:
        expect("standard output", f.read(), "got <word>\n")
    screen.close()


def test_terminal_lost_for_good(case):
    """Begun by hand, gone on in a batch system: the command keeps its terminal, its input is at its end."""
    task, screen = begin(case)
    task.checkpoint()
    task.kill_tree()
    screen.close()
    task.start()
    task.wait_restarted(1)
    expect("exit status", task.wait_end(), 0)
    check("end-of-file\r\n" in task.log("stdout"), "the output")


def test_job_in_the_background(case):
    """It prints, does not touch the terminal, and can be checkpointed; its input is not the shell's."""
    script = "echo started; : >ready; until [ -e go ]; do sleep 0.01; done; echo done"
    task = case.task(["bash", "-c", script])
    shell = case.program("job_control.sh")
    screen = Screen(task, [shell, "--background", *task.run_line()])
    screen.wait("started\r")
    check(screen.settings()[3] & termios.ICANON, "the terminal has been touched")
    task.checkpoint()
    task.touch("go")
    screen.wait("done\r")
    expect("exit status", task.wait_end(), 0)
    screen.close()
