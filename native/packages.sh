# SPDX-License-Identifier: Apache-2.0
# Copyright 2026 The nf-checkpoint authors
# shellcheck shell=sh
#
# Sourced by the scripts that install what the project needs on Debian and its kin: each says `need` for every package,
# then calls install_missing.

missing=
need() { # PACKAGE COMMAND...: the package is wanted when the command fails
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has() { command -v "$1"; }
header() { printf '#include <%s>\n' "$1" | gcc -E -xc -; }

# install_missing APT-OPTION...: installs them. Without root or passwordless sudo it names them in one line and fails.
install_missing() {
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086  # words are wanted
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    if [ "$(id -u)" = 0 ]; then
        sudo=
    elif sudo -n true 2>/dev/null; then
        sudo='sudo -n'
    else
        sudo=none
    fi
    if [ "$sudo" = none ] || ! has apt-get >/dev/null; then
        echo "${0##*/}: please install these packages (names as in Debian): $missing" >&2
        return 1
    fi
    echo "${0##*/}: installing $missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # words are wanted
    $sudo apt-get -qq -o DPkg::Lock::Timeout=300 update &&
        $sudo apt-get -qq -o DPkg::Lock::Timeout=300 "$@" install -y --no-install-recommends $missing >/dev/null
}
