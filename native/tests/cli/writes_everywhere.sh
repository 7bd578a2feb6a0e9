#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
#
# Counts, and appends each number to files here, in a directory of its own in /tmp and in /dev/shm, until a file `go` is
# there. Then each must hold what it has counted, and nothing that it has not made yet may be there.
set -u
there=$(mktemp -d)
shared=/dev/shm/ckpt-writes-everywhere.$$
n=0
echo "$there $shared" > places.new && mv places.new places
echo before > "$there/moved.0"
touch ready
while [ ! -e go ]; do
    n=$((n + 1))
    [ ! -e "$there/made.$n" ] || { echo "fail: made.$n is there already"; exit 1; }
    mkdir "$there/made.$n"
    mv "$there/moved.$((n - 1))" "$there/moved.$n"
    for file in here log "$there/made.1/file" "$shared"; do
        echo $n >> "$file"
    done
    if [ $((n % 10)) = 0 ]; then
        rm -f "$there/scratch" && mkdir -p "$there/scratch.d"
    else
        echo $n > "$there/scratch"
    fi
done
for file in here "$there/made.1/file" "$shared"; do
    cmp -s "$file" <(seq $n) || { echo "fail: $file"; tail -3 "$file"; exit 1; }
done
cmp -s log <(echo before; seq $n) || { echo "fail: log"; tail -3 log; exit 1; }
[ "$(cat "$there/moved.$n")" = before ] || { echo "fail: moved"; exit 1; }
[ "$(find "$there" -name 'made.*' | wc -l)" = $n ] || { echo "fail: made"; exit 1; }
rm -r "$there" "$shared"
echo pass
