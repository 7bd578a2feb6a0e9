# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""What tests/tools/run measures while a case runs, and the table it makes of it."""
import datetime
import os
import platform
import re

BEGIN, END = "<!-- tools: written by tests/tools/run --table -->", "<!-- tools: end -->"
COLUMNS = ("case", "version", "seconds", "processes", "threads", "resident MB", "checkpoints", "kills", "longest pause",
           "image MB", "result")
FORMAT = "{:<26} {:>12} {:>7} {:>9} {:>7} {:>11} {:>11} {:>5} {:>13} {:>8} {}"


class Measures:
    """The largest of everything seen in the manifests of one case, and what its log says."""

    def __init__(self, name):
        self.name, self.version, self.result = name, "", ""
        self.seconds = self.total_seconds = 0.0
        self.processes = self.threads = self.resident = self.image = self.checkpoints = self.kills = self.runs = 0
        self.pause = 0.0
        self.refused = {}
        self.seen = set()

    def look(self, task):
        """Takes in the manifests that have appeared since the last look."""
        for number in task.generations():
            if (task.id, number) in self.seen:
                continue
            self.seen.add((task.id, number))
            manifest = task.json(os.path.join("generations", f"{number:06d}", "manifest.json"))
            processes = manifest.get("processes", [])
            self.processes = max(self.processes, len(processes))
            self.threads = max(self.threads, sum(p["threads"] for p in processes))
            self.resident = max(self.resident, sum(p["residentBytes"] for p in processes))
            self.image = max(self.image, manifest.get("bytes", 0))

    def end(self, task):
        """Reads the log of a case that has ended."""
        self.runs += 1
        self.kills += task.incarnation - 1
        with open(task.environ["CKPT_LOG"], encoding="utf-8", errors="replace") as f:
            log = f.read()
        pauses = [float(p) for p in re.findall(r"generation \d+: pause ([\d.]+) s", log)]
        self.checkpoints += len(pauses)
        self.pause = max([self.pause, *pauses])
        for reason in re.findall(r"\] no checkpoint: (.*)", log):
            reason = re.sub(r"\d+", "N", reason)
            self.refused[reason] = self.refused.get(reason, 0) + 1

    def finish(self, seconds, total_seconds, problem):
        self.seconds, self.total_seconds = seconds, total_seconds
        self.result = "identical" if problem is None else "FAILED"

    def notes(self):
        return [f"{count} x no checkpoint: {reason}" for reason, count in self.refused.items()]

    def row(self):
        return (self.name, self.version, f"{self.seconds:.1f}", self.processes, self.threads, self.resident >> 20,
                self.checkpoints, self.kills, f"{self.pause * 1000:.0f} ms", f"{self.image / 2**20:.1f}", self.result)


def print_table_head():
    print(FORMAT.format(*COLUMNS), flush=True)


def print_row(measures):
    print(FORMAT.format(*(str(v) for v in measures.row())), flush=True)


def machine():
    """The kind of this machine: nothing that names it."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"model name\s*: (.*)", f.read())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    kernel = ".".join(platform.release().split(".")[:2])
    try:
        system = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        system = "Linux"
    return (f"{os.cpu_count()} x {model.group(1) if model else platform.machine()}, {memory:.0f} GiB, "
            f"{system}, kernel {kernel}")


def write_table(path, measures, interval):
    """Puts the row of one case between the two marks in that file, where the rows of the other cases stay."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    before, _, rest = text.partition(BEGIN)
    between, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{path}: the lines '{BEGIN}' and '{END}' are not there")
    date = datetime.datetime.now(datetime.timezone.utc).date()
    rows = {line.split("|")[1].strip(): line for line in between.splitlines() if line.startswith("| ")}
    rows.pop(COLUMNS[0], None)
    rows[measures.name] = "| " + " | ".join(str(v) for v in (*measures.row(), date)) + " |"
    lines = [BEGIN, f"Last on {machine()}; a checkpoint every {interval}.", "",
             "| " + " | ".join((*COLUMNS, "date")) + " |", "|" + "---|" * (len(COLUMNS) + 1),
             *(rows[name] for name in sorted(rows))]
    with open(path, "w", encoding="utf-8") as f:
        f.write(before + "\n".join(lines) + "\n" + END + after)
