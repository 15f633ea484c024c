#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft doctor: what it finds, and what it says about what it does not find.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

run doctor
code_is 0 "a sound machine"
for word in oneDNN SQLite libfyaml cores GPU share "can be written to" "data sets"; do
    out_has "$word" "it speaks of $word"
done
left=$(find . -name '.weft-doctor*' | wc -l)
condition=0
[ "$left" -eq 0 ] || condition=1
check "$condition" "it leaves no file"

run doctor --json
json_valid "doctor --json"
json_true '.cores >= 1 and .writable and (.share | length > 0)' "cores, folder, share"
json_true '(.gpu == null) != (.no_gpu == null)' "a GPU, or why there is none"
json_true '.libraries.onednn | test("^[0-9]+[.][0-9]+")' "the version of oneDNN"
json_true '[.data[].name] | index("fashion-mnist") != null' "the built-in data set is listed"
json_true '[.problems[] | select(.needed)] | length == 0' "nothing needed is missing"

mkdir empty
share=${WEFT_SHARE:-}
WEFT_SHARE=$folder/empty
export WEFT_SHARE
run doctor
code_is 7 "without the folder of chips and spaces"
err_has "WEFT_SHARE" "what to do"
run doctor --json
json_valid "doctor --json where something is missing"
json_true '.share == null and ([.problems[] | select(.needed)] | length) == 1' "it is in the JSON"
WEFT_SHARE=$share
[ -n "$share" ] || unset WEFT_SHARE

if [ "$(id -u)" -ne 0 ]; then
    mkdir locked
    chmod 555 locked
    cd locked || exit 1
    run doctor
    code_is 7 "in a folder that cannot be written to"
    cd ..
    chmod 755 locked
else
    skip "a read-only folder" "root may write everywhere"
fi

finish
