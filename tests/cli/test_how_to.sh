#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The commands of the how-tos about training work as they stand there, on a small data set in place of
# the one that they name.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
WEFT_CACHE=$folder/cache
export WEFT_CACHE
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
code_is 0 "the data"

# commands DOCUMENT: its sh blocks, one command a line, in lists too
commands() {
    awk '/^ *```sh *$/ { inside = 1; next } /^ *``` *$/ { inside = 0 } inside' "$1" |
        sed 's/^ *//; s/fashion-mnist/tiny/'
}

total=0
for name in quantize resume-a-training; do
    commands "$root/docs/how-to/$name.md" > "$name.txt"
    while IFS= read -r line; do
        # shellcheck disable=SC2086
        run ${line#weft } --no-progress
        code_is 0 "$name: $line"
        total=$((total + 1))
    done < "$name.txt"
done
condition=0
[ "$total" -ge 10 ] || condition=1
check "$condition" "$total commands were run"
for file in real four tuned integers long longer; do
    [ -s "$file.safetensors" ] || check 1 "$file.safetensors was written"
done

finish
