#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Checks that each room includes only the rooms below it (docs/architecture.md).
#
#   tools/check-rooms.sh [ROOT]     ROOT: the source tree, default the one this script lies in
#
# Prints file:line of every include that breaks a rule and exits with 1 if there is any.
set -eu

root=${1:-$(dirname "$0")/..}
cd "$root"

# The table: a room and the rooms it may include besides itself. CMakeLists.txt must say the same.
rooms() {
    cat <<'TABLE'
base
network base
hardware base network
learn base network hardware
accuracy base network hardware learn
transfer base network
search base
space base network hardware
study base network hardware learn accuracy transfer search space
report base network hardware search space study
cli base network hardware learn accuracy transfer search space study report
TABLE
}

# Every include of the library as "file:line:header", header with its <> or "".
includes() {
    find src include/weft \( -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' \) -exec grep -Hn '^[[:space:]]*#[[:space:]]*include' {} + |
        sed -E 's/^([^:]*:[0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*/\1:/' | sort
}

check_includes() {
    {
        rooms
        echo --
        includes
    } | awk '
        !in_files && $0 == "--" { in_files = 1; next }
        !in_files {
            known[$1] = 1
            for (i = 1; i <= NF; i++) may[$1, $i] = 1
            next
        }
        function offend(why) {
            print place ": " header ": " why
            offences++
        }
        {
            split($0, part, ":")
            file = part[1]
            place = file ":" part[2]
            header = part[3]
            sub(/[ \t].*$/, "", header)
            split(file, step, "/")
            public = step[1] == "include"
            room = step[2]
            if (public) {
                room = step[3]
                sub(/\.h$/, "", room)
                room = room == "gene" ? "base" : room
            }
            if (public && room == "weft") next
            if (!(room in known)) { offend("room " room " is not in the table"); next }
            inner = substr(header, 2, length(header) - 2)
            if (header ~ /^<weft\//) {
                other = substr(inner, 6)
                sub(/\.h$/, "", other)
                other = other == "gene" ? "base" : other
                if (other == "weft") {
                    if (room != "cli") offend("only the command line includes everything")
                } else if (!((room, other) in may)) {
                    offend("room " room " may not include room " other)
                }
            } else if (header ~ /^"/) {
                if (public) { offend("a public header includes public headers only"); next }
                if (inner == "weft_build_config.h") next
                if (inner !~ /\//) { offend("write the room: \"" room "/" inner "\""); next }
                other = inner
                sub(/\/.*$/, "", other)
                if (!((room, other) in may)) offend("room " room " may not include room " other)
            } else {
                # Some libraries have one home.
                home = ""
                if (inner == "libfyaml.h") home = "base"
                if (inner ~ /dnnl|^cu(da|dnn|blas)/) home = "learn"
                if (inner == "sqlite3.h") home = "study"
                if (inner == "zip.h") home = "accuracy"
                if (home != "" && room != home && room != "cli")
                    offend("only room " home " knows this library")
            }
        }
        END { exit offences > 0 }'
}

# The same table in CMakeLists.txt, by which the rooms are linked.
check_cmake() {
    [ -f CMakeLists.txt ] || return 0
    sed -n 's/^weft_room(\([a-z]*\)\(.*\))$/\1 \2/p' CMakeLists.txt |
        sed -e 's/ LIBRARIES.*$//' -e 's/ ROOMS / /' -e 's/  */ /g' -e 's/ $//' | sort > "$scratch/cmake"
    rooms | grep -v '^cli ' | sort > "$scratch/table"
    if ! diff "$scratch/table" "$scratch/cmake" > "$scratch/difference"; then
        echo "CMakeLists.txt: the rooms differ from the table (< table, > CMakeLists.txt):"
        grep '^[<>]' "$scratch/difference"
        return 1
    fi
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
check_includes || status=1
check_cmake || status=1
exit $status
