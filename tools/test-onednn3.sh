#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds and runs the tests of src/learn against oneDNN 3.x, in a Debian 13 of its own.
#
#   tools/test-onednn3.sh [TEST ...]     TEST: as in tests/learn/test_TEST.c; default all of them
#
# Makes a chroot by debootstrap where there is none yet (300 MB to load, 1.3 GB on disk) and builds in
# it, outside the source tree, which is only read. Needs root, debootstrap and a Debian mirror; exits
# with 77 without.
#
# Environment: WEFT_CHROOT   its folder, default /var/tmp/weft-trixie
#              WEFT_MIRROR   default http://deb.debian.org/debian
set -eu

cd "$(dirname "$0")/.."
root=$(pwd)
chroot=${WEFT_CHROOT:-/var/tmp/weft-trixie}
mirror=${WEFT_MIRROR:-http://deb.debian.org/debian}
packages=gcc,libc6-dev,cmake,ninja-build,pkg-config,libfyaml-dev,libjansson-dev,libsqlite3-dev
packages=$packages,libdnnl-dev,zlib1g-dev,libpng-dev,libzip-dev,librandom123-dev,libxxhash-dev
packages=$packages,libnlopt-dev,libcmocka-dev

skip() {
    printf 'test-onednn3: skipped: %s\n' "$*" >&2
    exit 77
}

inside() {
    chroot "$chroot" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        WEFT_CACHE=/build/kernels WEFT_SHARE=/weft/share/weft \
        WEFT_TEST_SCALE="${WEFT_TEST_SCALE:-}" sh -euc "$1"
}

unmount() {
    for folder in proc weft; do
        if mountpoint -q "$chroot/$folder"; then
            umount "$chroot/$folder"
        fi
    done
}

# ---- the system ---------------------------------------------------------------------------------

[ "$(id -u)" -eq 0 ] || skip "only root can make a chroot"
if [ ! -e "$chroot/usr/include/oneapi/dnnl/dnnl.h" ]; then
    command -v debootstrap > /dev/null || skip "debootstrap is not installed"
    mkdir -p "$chroot"
    debootstrap --variant=minbase --include="$packages" trixie "$chroot" "$mirror" ||
        skip "Debian 13 could not be loaded from $mirror"
fi
mkdir -p "$chroot/weft" "$chroot/build"
trap unmount EXIT
trap 'exit 130' INT TERM
mountpoint -q "$chroot/proc" || mount -t proc proc "$chroot/proc"
mountpoint -q "$chroot/weft" || mount --bind -o ro "$root" "$chroot/weft"

# ---- the tests ----------------------------------------------------------------------------------

if [ $# -eq 0 ]; then
    for file in tests/learn/test_*.c; do
        name=${file#tests/learn/test_}
        set -- "$@" "${name%.c}"
    done
fi
targets=
for name in "$@"; do
    targets="$targets test_${name}_learn"
done
inside "cmake -S /weft -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DWEFT_BENCH=OFF > /build/log ||
    { cat /build/log; exit 6; }
ninja -C /build $targets"
failed=
for name in "$@"; do
    status=0
    inside "cd /weft && timeout 600 /build/test_${name}_learn" || status=$?
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then
        failed="$failed $name"
    fi
done
[ -z "$failed" ] || {
    printf 'test-onednn3: failed:%s\n' "$failed" >&2
    exit 1
}
