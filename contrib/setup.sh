#!/bin/sh
# Sets up hmsvcd in this folder: the system packages that are missing, a virtual environment in
# .venv, and hmsvcd in it. With `dev`, also what the tests need. May be run again at any time.
#
#     sh contrib/setup.sh [dev]
set -eu

cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$@" >&2; }
fail() { say "$@"; exit 1; }

case "${1-}" in
    '') kind=run requirement=. ;;
    dev) kind=dev requirement='.[dev]' ;;
    *) fail "unknown argument '$1'" "usage: sh contrib/setup.sh [dev]" ;;
esac

# Nothing is done again for the same place and the same pyproject.toml.
place=.venv/setup-place
stamp=.venv/setup-$kind
project=$(cksum <pyproject.toml)
is_in_place() { printf '%s\n' "$PWD" | cmp -s - "$place"; }
is_up_to_date() {
    is_in_place && printf '%s\n' "$project" | cmp -s - "$stamp" &&
        .venv/bin/python -c 'import hmsvcd' 2>/dev/null
}

# Prints the first Python that is new enough and can make virtual environments with pip.
find_python() {
    for python in python3.11 python3.12 python3.13 python3.14 python3; do
        "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            2>/dev/null && command -v "$python" && return
    done
    return 1
}

# Prints what is missing, by Debian's names.
missing_packages() {
    is_up_to_date || find_python >/dev/null || echo python3 python3-venv
    [ -x /usr/lib/systemd/systemd ] || [ -x /lib/systemd/systemd ] || echo systemd
    command -v dbus-daemon >/dev/null || echo dbus
    [ -e /usr/lib/systemd/user/dbus.socket ] || echo dbus-user-session
    command -v unshare >/dev/null && command -v setpriv >/dev/null || echo util-linux
    command -v mount >/dev/null || echo mount
    [ "$kind" = run ] || missing_for_tests
}

# php-fpm's package starts a server of the system, which no laptop has to have: tests without it
# are skipped there, and only CI may not skip.
missing_for_tests() {
    command -v openssl >/dev/null || echo openssl
    [ "${CI-}" != true ] || ls /usr/sbin/php-fpm* >/dev/null 2>&1 || echo php-fpm
}

install_packages() {
    command -v apt-get >/dev/null || fail "this system is not known here; please install what is" \
        "missing and run this again (Python must be 3.11 or newer)" \
        "  by Debian's names:      $*" \
        "  Fedora, openSUSE:       python3 systemd dbus-daemon util-linux" \
        "  Arch:                   python systemd dbus util-linux"
    say "installing what is missing: $*"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "please run as root: apt-get install $*"
        as_root=sudo
    fi
    $as_root apt-get update -qq >&2
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" >&2
}

missing=$(missing_packages | tr '\n' ' ')
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086  # names of packages, to be split
    install_packages $missing
fi
is_up_to_date && exit

# Programs in a virtual environment name its place, so that one that was moved is made anew.
if ! is_in_place || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(find_python) || fail "this system has no Python 3.11 or newer with venv and pip"
    say "making the virtual environment .venv with $python"
    "$python" -m venv --clear .venv
    printf '%s\n' "$PWD" >"$place"
fi
say "installing hmsvcd into .venv"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable "$requirement"
printf '%s\n' "$project" >"$stamp"
[ "$kind" = run ] || cp "$stamp" .venv/setup-run
