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

# The problem of the supernet, on as few images and designs as there are here.
awk '/^ *```yaml *$/ { inside = 1; next } /^ *``` *$/ { inside = 0 } inside' \
    "$root/docs/how-to/search-with-a-supernet.md" |
    sed 's/fashion-mnist/tiny/; s/recalibrate: [0-9]*/recalibrate: 64/; s/trials: [0-9]*/trials: 10/;
         s/final_epochs: [0-9]*/final_epochs: 1/; s/population: [0-9]*/population: 10/' \
        > by-supernet.yaml

total=0
for name in quantize resume-a-training search-with-a-supernet; do
    commands "$root/docs/how-to/$name.md" > "$name.txt"
    while IFS= read -r line; do
        # shellcheck disable=SC2086
        run ${line#weft } --no-progress
        code_is 0 "$name: $line"
        total=$((total + 1))
    done < "$name.txt"
done
condition=0
[ "$total" -ge 16 ] || condition=1
check "$condition" "$total commands were run"
for file in real four tuned integers long longer imc start; do
    [ -s "$file.safetensors" ] || check 1 "$file.safetensors was written"
done

finish
