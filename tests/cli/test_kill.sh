#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Kills a search with SIGKILL at 20 moments, resumes it each time, and compares with a search that
# nobody disturbed: no finished trial is repeated, and the front is the same byte for byte. Then
# Ctrl-C: exit code 130, and the study continues.
set -eu
weft=$1
here=$(dirname "$0")
. "$here/tiny_data.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export WEFT_DATA="$folder/data"
mkdir "$WEFT_DATA"

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# shellcheck disable=SC2046
"$weft" data add tiny $(tiny_data "$folder") > /dev/null
cat > "$folder/problem.yaml" <<'YAML'
weft: problem/1
name: killed
space:
  base: imc-cnn
  name: killed
  genes:
    depth: {integer: [1, 3]}
    block: {categorical: [VGG, MVGG, RES], repeat: 3, when: depth >= index}
    kernels: {ordinal: [8, 16, 24, 32], repeat: 3, when: depth >= index}
chip: mnsim-130nm-rram
data: tiny
accuracy: {epochs: 3, batch: 16, crop_pad: 0, flip: false, final_epochs: 2}
objectives: [accuracy max, energy min]
search: {optimizer: tpe, trials: 40, batch: 4, startup_trials: 8, seed: 7}
YAML

"$weft" search "$folder/problem.yaml" --store "$folder/whole.db" --jobs 1 --quiet > /dev/null
"$weft" front "$folder/whole.db" --json > "$folder/whole.json"

# What each finished trial looked like when it was first seen: number, start time.
dump() {
    "$weft" front "$1" --all --json > "$folder/all.json" 2> /dev/null || echo '[]' > "$folder/all.json"
}

kills=0
moment=0
while [ "$kills" -lt 20 ]; do
    moment=$(((moment * 69069 + 12345) % 4096))
    "$weft" search "$folder/problem.yaml" --store "$folder/killed.db" --jobs 1 --quiet \
        > "$folder/out" 2> "$folder/err" &
    search=$!
    sleep "$(LC_ALL=C awk -v m="$moment" 'BEGIN { printf "%.3f", 0.02 + 0.3 * m / 4096 }')"
    kill -9 "$search" 2> /dev/null || true
    status=0
    wait "$search" || status=$?
    case $status in
    137) ;;
    0) [ "$kills" -gt 0 ] || fail "the search ended before the first kill" ;;
    *) fail "the search ended with $status: $(cat "$folder/err")" ;;
    esac
    kills=$((kills + 1))
    [ ! -e "$folder/killed.db" ] || dump "$folder/killed.db"
    # Trials that were finished before are still there, with the same times.
    if [ -e "$folder/before.json" ]; then
        grep -o '"finished": *[0-9.e+]*' "$folder/before.json" | sort > "$folder/a"
        grep -o '"finished": *[0-9.e+]*' "$folder/all.json" | sort > "$folder/b"
        lost=$(comm -23 "$folder/a" "$folder/b" | wc -l)
        [ "$lost" -eq 0 ] || fail "$lost finished trials were lost or repeated after kill $kills"
    fi
    [ ! -e "$folder/all.json" ] || cp "$folder/all.json" "$folder/before.json"
done

"$weft" search "$folder/problem.yaml" --store "$folder/killed.db" --jobs 1 --quiet > /dev/null
"$weft" front "$folder/killed.db" --json > "$folder/killed.json"
cmp "$folder/whole.json" "$folder/killed.json" || fail "the fronts differ"
echo "20 kills: no finished trial repeated, same front"

# Ctrl-C.
sed -i 's/trials: 40/trials: 4000/; s/epochs: 3/epochs: 30/' "$folder/problem.yaml"
"$weft" search "$folder/problem.yaml" --store "$folder/stopped.db" --jobs 2 --quiet \
    > "$folder/out" 2> "$folder/err" &
search=$!
sleep 1
# A shell starts background commands with SIGINT ignored; the program must stop on SIGTERM alike.
kill -TERM "$search"
status=0
wait "$search" || status=$?
[ "$status" -eq 130 ] || [ "$status" -eq 143 ] || fail "stopped with $status: $(cat "$folder/err")"
"$weft" front "$folder/stopped.db" --json > /dev/null || fail "the stopped study cannot be read"
echo "stopped on request with $status, the store is sound"
