#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rooms of this tree obey the table, and a tree that breaks a rule is caught.
set -eu
check=$(pwd)/tools/check-rooms.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"$check"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# A tree of one file: refuse PATH INCLUDE, allow PATH INCLUDE.
plant() {
    rm -rf "$folder/tree"
    mkdir -p "$folder/tree/$(dirname "$1")" "$folder/tree/src" "$folder/tree/include/weft"
    printf '/* planted */\n#include %s\n' "$2" > "$folder/tree/$1"
}
refuse() {
    plant "$1" "$2"
    if "$check" "$folder/tree" > "$folder/out"; then
        fail "$1 may include $2"
    fi
    grep -q "^$1:2: " "$folder/out" || fail "no place for $2 in $1: $(cat "$folder/out")"
}
allow() {
    plant "$1" "$2"
    "$check" "$folder/tree" || fail "$1 may not include $2"
}

refuse src/search/tpe.c '"network/layer.h"'
refuse src/search/tpe.c '<weft/space.h>'
refuse src/hardware/cost.c '<weft/search.h>'
refuse src/network/layer.c '"hardware/chip.h"'
refuse src/base/doc.c '<weft/network.h>'
refuse src/space/space.c '<weft/search.h>'
refuse src/accuracy/train.c '"study/store.h"'
refuse src/study/store.c '"cli/print.h"'
refuse src/study/store.c '<weft/weft.h>'
refuse src/search/tpe.c '"tpe.h"'
refuse src/attic/old.c '<stdio.h>'
refuse src/search/tpe.c '<sqlite3.h>'
refuse src/accuracy/train.c '<oneapi/dnnl/dnnl.h>'
refuse include/weft/search.h '<weft/network.h>'
refuse include/weft/study.h '"study/store.h"'
allow src/search/tpe.c '<weft/gene.h>'
allow src/search/tpe.c '"base/rng.h"'
allow src/search/tpe.c '<math.h>'
allow src/cli/main.c '<weft/weft.h>'
allow src/cli/doctor.c '<sqlite3.h>'
allow src/study/run.c '<weft/search.h>'
allow include/weft/study.h '<weft/space.h>'
allow src/base/build_info.c '"weft_build_config.h"'

# A table in CMakeLists.txt that says otherwise.
plant src/search/tpe.c '<math.h>'
sed 's/^weft_room(search .*/weft_room(search ROOMS base network)/' CMakeLists.txt \
    > "$folder/tree/CMakeLists.txt"
if "$check" "$folder/tree" > "$folder/out"; then
    fail "CMakeLists.txt may link search with network"
fi
grep -q "CMakeLists.txt: the rooms differ" "$folder/out" || fail "$(cat "$folder/out")"
