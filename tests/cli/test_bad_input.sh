#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Problem files and stores that are not as they should be: a clear error, the documented exit code,
# nothing lost.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

cat > good.yaml << 'YAML'
weft: problem/1
name: good
space: imc-cnn
chip: mnsim-130nm-rram
objectives: [energy min, latency min]
search: {optimizer: random, trials: 20, batch: 4, seed: 3}
YAML
run search good.yaml --dry-run
code_is 0 "the problem that the others are made from"

# bad WHAT LINE SED-SCRIPT WORD: the changed problem is refused at that line.
bad() {
    sed "$3" good.yaml > bad.yaml
    run search bad.yaml --dry-run
    code_is 3 "$1"
    err_has "bad.yaml:$2:" "$1: the place"
    err_has "^" "$1: a caret"
    err_has "$4" "$1: what is wrong"
    out_empty "$1"
}
bad "an unknown key" 6 's/trials:/trails:/' "trials"
bad "an unknown key at the top" 6 's/^search:/serch:/' "search"
bad "a word for a number" 6 's/trials: 20/trials: many/' "many"
bad "a real for a whole number" 6 's/trials: 20/trials: 2.5/' "2.5"
bad "a number out of range" 6 's/trials: 20/trials: -1/' "-1"
bad "an unknown optimizer" 6 's/random/randon/' "random"
bad "an unknown metric" 5 's/energy/enrgy/' "energy"
bad "a list for a text" 2 's/name: good/name: [good]/' "name"
bad "another format" 1 's/problem.1/problem\/9/' "problem/1"
bad "no objective" 5 's/objectives:.*/objectives: []/' "objectives"
bad "a constraint that is none" 6 's/^search/constraints: ["energy < "]\nsearch/' "energy"
bad "a constraint on nothing known" 6 's/^search/constraints: ["enrgy <= 1"]\nsearch/' "energy"
err_has "bad.yaml:6:16:" "the place within the quotes"
bad "a constraint with a unit" 6 's/^search/constraints: ["area <= 8 cm2"]\nsearch/' "without units"
bad "an unknown space" 3 's/imc-cnn/imc-cmn/' "imc-cnn"
bad "an unknown chip" 4 's/130nm/13nm/' "mnsim-130nm-rram"

sed 's/^name: good/name: good\nname: bad/' good.yaml > bad.yaml
run search bad.yaml --dry-run
code_is 3 "a repeated key"
err_has "bad.yaml:3:" "a repeated key: the place"
sed '/^chip/d' good.yaml > bad.yaml
run search bad.yaml --dry-run
code_is 3 "a missing key"
err_has "chip" "a missing key is named"
sed 's/energy min/accuracy max/' good.yaml > bad.yaml
run search bad.yaml --dry-run
code_is 3 "accuracy without data"
err_has "data" "what is missing"
sed 's/^objectives.*/&\nscore: energy/' good.yaml > bad.yaml
run search bad.yaml --dry-run
code_is 3 "objectives and a score"
printf 'weft: problem/1\n\tname: x\n' > bad.yaml
run search bad.yaml --dry-run
code_is 3 "a tab"
: > bad.yaml
run search bad.yaml --dry-run
code_is 3 "an empty file"
head -c 4096 /dev/urandom > bad.yaml
run search bad.yaml --dry-run
code_is 3 "noise"
run space imc-cmn.yaml
code_is 4 "a space that is not there"
err_has "such as 'imc-cnn'" "the one of that name is offered"
sed 's/mnsim-130nm-rram/none/' good.yaml > bad.yaml
run search bad.yaml --dry-run
err_has ", ...; a file of yours" "a list of names ends between two"
run search nowhere.yaml
code_is 4 "a problem that is not there"
err_has "nowhere.yaml" "is named"
run search .
condition=0
[ "$code" -eq 3 ] || [ "$code" -eq 4 ] || condition=1
check "$condition" "a folder"
left=$(find . -name '*.db*' | wc -l)
condition=0
[ "$left" -eq 0 ] || condition=1
check "$condition" "none of them made a store"

# Stores.
run search good.yaml --store runs.db --quiet
code_is 0 "a store"
run front runs.db --json
cp "$out" before.json

for command in front report; do
    run $command nowhere.db
    condition=0
    [ "$code" -eq 4 ] || [ "$code" -eq 5 ] || condition=1
    check "$condition" "$command of a store that is not there"
    err_has "nowhere.db" "$command names it"
    [ ! -e nowhere.db ] || check 1 "$command does not make it"
done
echo "this is not a database, though it is a file of some length" > text.db
cp text.db text.copy
run front text.db
code_is 5 "front of a file that is no database"
run search good.yaml --store text.db
code_is 5 "search into a file that is no database"
same_files text.db text.copy "the file is as it was"
run search good.yaml --store good.yaml
code_is 5 "search into its own problem file"
run search good.yaml --store nowhere/runs.db
condition=0
[ "$code" -eq 4 ] || [ "$code" -eq 5 ] || condition=1
check "$condition" "search into a folder that is not there"
err_has "nowhere" "the folder is named"

sed 's/latency min/area min/' good.yaml > other.yaml
run search other.yaml --store runs.db
code_is 5 "the store of another problem"
err_has "runs.db" "is named"
head -c 5000 runs.db > cut.db
run front cut.db
code_is 5 "a truncated store"
if have sqlite3; then
    cp runs.db foreign.db
    sqlite3 foreign.db 'PRAGMA application_id = 7' > /dev/null
    run front foreign.db
    code_is 5 "a database of another program"
    cp runs.db newer.db
    sqlite3 newer.db 'PRAGMA user_version = 99' > /dev/null
    run front newer.db
    code_is 5 "a store of a newer version"
    err_has "newer" "says so"
    run search good.yaml --store newer.db
    code_is 5 "which is not gone on with"
else
    # The version lies at byte 60 of the file, four bytes, the highest first.
    cp runs.db newer.db
    printf '\143' | dd of=newer.db bs=1 seek=63 conv=notrunc 2> /dev/null
    run front newer.db
    code_is 5 "a store of a newer version"
fi

# In use.
sed 's/trials: 20/trials: 100000000/' good.yaml > long.yaml
"$weft" search long.yaml --store used.db --jobs 1 > "$folder/used.out" 2> "$folder/used.err" &
search=$!
sleep 1
run search long.yaml --store used.db
code_is 5 "a store that another search uses"
err_has "$search" "the process is named"
run front used.db --json
code_is 0 "which may be looked at"
json_valid "its front"
kill "$search"
wait "$search"
run front used.db
code_is 0 "and after it"

# A folder that may not be written to; root puts itself aside for it.
as_nobody=
if [ "$(id -u)" -eq 0 ]; then
    as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    chmod 755 "$folder"
    $as_nobody "$weft" version > "$out" 2> "$err" || as_nobody=none
fi
if [ "$as_nobody" = none ]; then
    skip "a read-only folder" "root may write everywhere, and there is no way to be another user"
else
    mkdir locked
    cp runs.db locked/
    chmod 555 locked
    called="weft in a read-only folder"
    for words in "search good.yaml --store locked/new.db" "report runs.db --out locked/page"; do
        code=0
        # shellcheck disable=SC2086 # words
        $as_nobody "$weft" $words > "$out" 2> "$err" || code=$?
        code_is 4 "$words where nothing may be written"
        err_has "locked" "the place is named"
    done
    code=0
    $as_nobody "$weft" front locked/runs.db --json > "$out" 2> "$err" || code=$?
    code_is 0 "a store in a read-only folder may be looked at"
    same_files "$out" before.json "it shows the same"
    chmod 755 locked
fi

# A full disk: a small one is mounted where that is allowed.
mkdir disk
if mount -t tmpfs -o size=600k tmpfs disk 2> /dev/null; then
    trap 'umount "$folder/disk" 2> /dev/null; rm -rf "$folder"' EXIT
    sed 's/trials: 20/trials: 3000/' good.yaml > many.yaml
    run search many.yaml --store disk/full.db --no-progress
    code_is 4 "a search that fills the disk"
    err_has "full" "says so"
    run front disk/full.db --all --json
    code_is 0 "what is stored may be looked at"
    cp "$out" kept.json
    json_true 'length > 0' "it holds trials"
    run report disk/full.db --out disk/page
    code_is 4 "a report on a full disk"
    mount -o remount,size=20m disk
    run search many.yaml --store disk/full.db --quiet --json
    code_is 0 "with room again the same command goes on"
    cp "$out" resumed.json
    run front disk/full.db --all --json
    cp "$out" all.json
    if have jq; then
        # Several trials run at once: the one that found the disk full may have a smaller number
        # than one that was stored.
        jq --slurpfile kept kept.json '($kept[0] - .) == []' all.json > "$out"
        json_true '.' "no finished trial was lost or repeated"
    fi
    run search many.yaml --store whole.db --quiet --json
    if have jq; then
        jq 'del(.store)' resumed.json > a.json
        jq 'del(.store)' "$out" > b.json
        same_results a.json b.json "the end is that of an undisturbed search"
    fi
    umount disk
else
    skip "a full disk" "no file system may be mounted here"
fi
run report runs.db --out text.db
code_is 4 "a report into a file"

run front runs.db --json
same_files "$out" before.json "after all this the good store is as it was"

finish
