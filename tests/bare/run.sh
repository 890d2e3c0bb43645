#!/usr/bin/env bash
# Proves on a bare Debian (Python 3.11, git, make, python3-venv and nothing else) that three commands are all that people type:
# make diagnose, make demo, make test; that .ci/run installs the rest and leaves nothing out; and, with python3-venv taken away, that one line
# names what to install.
#
#     sudo tests/bare/run.sh [DEBIAN-MIRROR]          minutes; needs root, debootstrap and a way to a package index
#
# It clones the last commit. The mirror of this machine's apt is used if none is given; pip's settings, proxies and certificates of this
# machine are handed in when it runs.
set -euo pipefail
suite=bookworm

if [ -z "${BARE_INSIDE:-}" ]; then # mounts of our own, gone when we are
    BARE_INSIDE=1 exec unshare --mount --propagation private "$0" "$@"
fi
source_tree=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
mirror=${1:-$(apt-get indextargets --format '$(REPO_URI)' "Codename: $suite" "Created-By: Packages" 2>/dev/null | head -n 1)}
work=$(mktemp -d)
tree=$work/debian
trap 'umount --recursive --quiet "$tree" || true; rm -rf --one-file-system "$work"' EXIT

hand_in_settings() { # how this machine reaches the network and a package index
    cp --dereference /etc/resolv.conf "$tree/etc/resolv.conf"
    cp --dereference "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$tree/etc/ssl/certs/ca-certificates.crt"
    for settings in /etc/pip.conf ~/.config/pip/pip.conf ~/.pip/pip.conf "${PIP_CONFIG_FILE:-}"; do
        if [ -f "$settings" ]; then cat "$settings" >>"$tree/etc/pip.conf"; fi
    done
}

inside() { # USER COMMAND…: in the tree, with an environment of its own
    local user=$1 handed=()
    shift
    for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        if [ -n "${!name:-}" ]; then handed+=("$name=${!name}"); fi
    done
    for name in SSL_CERT_FILE PIP_CERT; do
        if [ -n "${!name:-}" ]; then handed+=("$name=/etc/ssl/certs/ca-certificates.crt"); fi
    done
    chroot --userspec="$user:$user" "$tree" env -i "HOME=/people/$user" LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin "${handed[@]}" "$@"
}

clone() { # USER: a clean clone that is the user's
    mkdir -p "$tree/people/$1" "$tree/clones"
    git clone --quiet "file://$source_tree" "$tree/clones/$1"
    chown -R "$1:$1" "$tree/people/$1" "$tree/clones/$1"
}

failed=0
expect() { # WHAT WANTED-CODE PATTERN USER COMMAND…: run it, show how it ended, and hold it to that
    local what=$1 wanted=$2 pattern=$3 code=0 began=$SECONDS
    shift 3
    inside "$@" >"$work/out" 2>&1 || code=$?
    if [ "$code" = "$wanted" ] && grep --quiet -- "$pattern" "$work/out"; then
        echo "ok      $what ($((SECONDS - began)) s)"
        tail -n 3 "$work/out" | sed 's/^/            /'
    else
        echo "FAILED  $what: ended with $code, wanted $wanted and a line with '$pattern'"
        tail -n 60 "$work/out" | sed 's/^/            /'
        failed=1
    fi
}

echo "debootstrap $suite …"
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,git,make "$suite" "$tree" ${mirror:+"$mirror"} >"$work/out" 2>&1 || { cat "$work/out"; exit 1; }
mount --bind "$tree" "$tree" # what is / in there is a mount, as on a machine
mount -t proc proc "$tree/proc"
for folder in sys dev; do mount --rbind "/$folder" "$tree/$folder"; done
hand_in_settings

clone 1000
expect "an ordinary user: make diagnose" 0 'diagnose ended with [013]' 1000 make -C /clones/1000 diagnose
expect "an ordinary user: make demo" 0 'diagnose ended with [01]' 1000 make -C /clones/1000 demo
expect "an ordinary user: make test" 0 'passed' 1000 make -C /clones/1000 test
clone 0
expect "root: make test" 0 'passed' 0 make -C /clones/0 test
printf 'exit 101\n' >"$tree/usr/sbin/policy-rc.d" # packages start no service of their own in there
chmod +x "$tree/usr/sbin/policy-rc.d"
expect "root: .ci/run" 0 'passed' 0 /clones/0/.ci/run

inside 0 dpkg --purge python3-venv python3.11-venv >/dev/null
clone 1001
expect "without venv: make diagnose" 2 'install the package python3-venv' 1001 make -C /clones/1001 diagnose
rm -f "$tree"/usr/bin/python3*
expect "without Python: make diagnose" 2 'needs Python 3.11 or later' 1001 make -C /clones/1001 diagnose
exit "$failed"
