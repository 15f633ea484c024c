#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Searches in brackets, on the example's problem with small data: killed and gone on with it is the same study;
# only whole trials are compared, and that is said; without batches it ends, too.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
code_is 0 "the data"
sed 's/data: fashion-mnist/data: tiny/; s/share: 0.1/share: 1/; s/macs <= 6e6/macs <= 3e6/' \
    "$root/examples/fashion-hyperband.yaml" > problem.yaml

run search problem.yaml --dry-run
code_is 0 "a plan"
out_has "hyperband over 3 fidelities, reduction 3" "the plan tells the brackets"
out_has "0.5 epochs on 100 %, then 1 epochs on 100 %, then 3 epochs on 100 %" "and their steps"
run search problem.yaml --dry-run --json --asynchronous
json_valid "a plan"
json_true '.brackets == "hyperband" and .asynchronous and (.accuracy.fidelity | length) == 3' "its keys"

run search problem.yaml --store whole.db --jobs 1 --no-final
code_is 0 "a search in brackets"
err_has "of them whole and compared" "what compares is said"
run front whole.db --all --json
json_valid "all trials"
json_true 'length == 66 and all(.partial == (.fidelity < 2))' "each has its fidelity"
json_true '[group_by(.design)[] | [.[].fidelity] | . == (. | unique)] | all' \
    "a design has a fidelity once"
json_true '[group_by(.design)[] | [.[].genes] | unique | length == 1] | all' \
    "and the same genes in all of its trials"
json_true '[.[] | select(.bracket == 0 and .state != "infeasible")] |
    ([.[] | select(.rung == 0)] | length) == 9 and ([.[] | select(.rung == 1)] | length) <= 3' \
    "the first bracket has 9 designs, and a third of them goes on"
cp "$out" whole.json
run front whole.db --json
json_true 'length > 0 and all(.partial == false and .fidelity == 2)' "a front of whole trials"
run front whole.db
err_has "stopped at a lower fidelity, and are not compared" "which is said"
run front whole.db --all
out_has "2 whole" "a table says what is whole"
run front whole.db --all --csv
out_has "trial,description,design,fidelity,bracket,rung,partial,state" "and so do commas"
run report whole.db --out report
code_is 0 "a report"
condition=0
grep -q "of them whole: figures, tables and the front show those alone" report/index.html || condition=1
check "$condition" "which says what it shows"

# Killed at several moments, and gone on with.
kills=0
for moment in 0.3 0.7 0.2 0.5 1.0 0.4; do
    "$weft" search problem.yaml --store killed.db --jobs 2 --no-final --quiet > "$out" 2> "$err" &
    search=$!
    sleep "$moment"
    if kill -9 "$search" 2> /dev/null; then
        kills=$((kills + 1))
    fi
    wait "$search" 2> /dev/null
done
condition=0
[ "$kills" -ge 1 ] || condition=1
check "$condition" "the search was killed $kills times"
run search problem.yaml --store killed.db --jobs 2 --no-final --quiet
code_is 0 "it goes on"
run front killed.db --all --json
if have jq; then
    condition=0
    jq 'map(del(.seconds, .started, .finished))' "$out" > killed.json
    jq 'map(del(.seconds, .started, .finished))' whole.json | cmp -s - killed.json || condition=1
    check "$condition" "and is the same study"
fi

for moment in 0.4 0.3 0.5; do
    "$weft" search problem.yaml --store free.db --jobs 4 --no-final --asynchronous --quiet > "$out" 2> "$err" &
    search=$!
    sleep "$moment"
    kill -9 "$search" 2> /dev/null
    wait "$search" 2> /dev/null
done
run search problem.yaml --store free.db --jobs 2 --no-final --asynchronous --json
code_is 0 "without batches"
json_true '.trials == 66 and .designs > 9 and .spent < 66 and .partial > 9' "it ends, and tells what it cost"
if have jq; then
    designs=$(jq .designs "$out")
    run front free.db --all --json
    json_true "([.[].design] | unique | length) == $designs" "designs that a kill lost are not counted"
    json_true '[group_by(.design)[] | [.[].fidelity] | length == (unique | length)] | all' \
        "a design has a fidelity once here, too"
fi
run search problem.yaml --store whole.db --asynchronous --no-final
code_is 5 "a study in batches stays one"
err_has "asynchronous" "which is said"
finish
