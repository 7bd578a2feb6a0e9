#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
"""The folders of src use one another in one direction. Names an include of each folder that takes part in a circle."""
import collections
import glob
import os
import re
import sys

SRC = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src")
INCLUDE = re.compile(r'^#include "(\w+)/[\w/]+\.h"', re.MULTILINE)


def uses():
    """For each folder those that it includes from, with a file that does."""
    found = collections.defaultdict(dict)
    for path in sorted(glob.glob(os.path.join(SRC, "**", "*.[chS]"), recursive=True)):
        file = os.path.relpath(path, SRC)
        folder = file.split(os.sep)[0]
        with open(path, encoding="utf-8") as f:
            for used in INCLUDE.findall(f.read()):
                if used != folder:
                    found[folder].setdefault(used, file)
    return found


def reachable(graph, start):
    seen, rest = set(), list(graph[start])
    while rest:
        folder = rest.pop()
        if folder not in seen:
            seen.add(folder)
            rest += graph.get(folder, ())
    return seen


def main():
    graph = uses()
    if len(graph) < 5:
        sys.exit(f"include_cycles: {SRC} has only {len(graph)} folders")
    circle = [folder for folder in sorted(graph) if folder in reachable(graph, folder)]
    for folder in circle:
        for used, file in graph[folder].items():
            if used in circle and folder in reachable(graph, used):
                print(f'{file}: includes from "{used}/", which depends on "{folder}/"', file=sys.stderr)
    return 1 if circle else 0


if __name__ == "__main__":
    sys.exit(main())
