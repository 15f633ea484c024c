#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft search, front and report: a search over hardware cost, one that trains, resuming, stopping.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1

cat > hardware.yaml << 'YAML'
weft: problem/1
name: hardware
space: imc-cnn
chip: mnsim-130nm-rram
objectives: [params max, energy min]
constraints: ["area <= 1e5"]
search: {optimizer: nsga2, trials: 200, batch: 20, seed: 5}
YAML

run search hardware.yaml --dry-run
code_is 0 "a plan"
for word in hardware imc-cnn 648232974 mnsim-130nm-rram nsga2 200 'params (most)' 'energy (least)' \
    hardware.db new; do
    out_has "$word" "the plan speaks of it"
done
run search hardware.yaml --dry-run --json --trials 7 --seed 9 --store other.db
json_valid "a plan"
json_true '.trials == 7 and .seed == 9 and .store == "other.db" and .store_exists == false' "options"
json_true '.accuracy == null and .data == null' "nothing is trained"
left=$(find . -name '*.db*' | wc -l)
condition=0
[ "$left" -eq 0 ] || condition=1
check "$condition" "a plan writes nothing"

run search hardware.yaml --json --jobs 1
code_is 0 "a search over hardware cost"
json_valid "its result"
json_true '.store == "hardware.db" and .trials == 200' "the store is named after the problem"
json_true '.ok + .infeasible + .failed == 200 and .ok > 0' "each trial has a state"
json_true '.hypervolume > 0 and .hypervolume <= 1.21' "the hypervolume"
err_has "200/200" "progress ends at the end"
cp "$out" search.json

run front hardware.db --json
json_valid "a front"
err_empty "a front as JSON"
json_true 'type == "array" and length > 1' "an array of designs"
json_true 'all(has("trial") and has("description") and has("accuracy") and has("test_accuracy") and
    has("energy_j") and has("latency_s") and has("area_mm2") and has("macs") and has("params") and
    has("crossbars") and has("utilisation") and has("genes"))' "with all their fields"
json_true 'all(.accuracy == null and .test_accuracy == null)' "nothing was trained"
json_true 'all(.energy_j > 0 and .latency_s > 0 and .area_mm2 > 0)' "costs are positive"
json_true 'all(.genes.depth as $d | [.genes[] | numbers, strings] | length == 1 + 2 * $d)' \
    "inactive genes are null"
json_true 'all(. as $a | true) and ([.[] | .params] == ([.[] | .params] | sort | reverse) or
    [.[] | .params] == ([.[] | .params] | sort))' "sorted by the first objective"
json_true '. as $f | [$f[] as $a | $f[] as $b |
    ($b.params >= $a.params and $b.energy_j < $a.energy_j) or
    ($b.params > $a.params and $b.energy_j <= $a.energy_j)] | any | not' "none dominates another"
cp "$out" front.json
if have jq; then
    jq .front search.json > a.json
    jq . front.json > b.json
    same_files a.json b.json "the search printed the same front"
    jq -r '.[0].description' front.json > description
    run estimate "imc:$(cat description)" --chip mnsim-130nm-rram --head-pool 2 --json
    energy=$(jq '.[0].energy_j' front.json)
    json_true ".total.energy_j == $energy" "weft estimate gives what the store has"
fi
run front hardware.db --all --json
json_valid "all trials"
json_true 'length == 200 and ([.[].trial] == [range(200)])' "in order of number"
json_true 'all((.state == "ok") == (.reason == null))' "each that is not ok has its reason"
cp "$out" all.json
if have jq; then
    jq '[.[] | select(.state == "ok")] | sort_by(-.params, .energy_j) | reduce .[] as $t ([];
        if all(.[]; .energy_j > $t.energy_j) then . + [$t] else . end) | [.[].params]' all.json \
        > "$folder/oracle"
    jq '[.[].params] | sort | reverse' front.json > "$folder/found"
    same_files oracle found "the front is that of all trials, worked out apart"
fi
run front hardware.db --csv
code_is 0 "a front as CSV"
lines=$(wc -l < "$out")
columns=$(head -n 1 "$out" | awk -F, '{ print NF }')
condition=0
[ "$columns" -eq 42 ] || condition=1
check "$condition" "trial, description, 25 figures and 15 genes"
if have jq; then
    condition=0
    [ "$lines" -eq $(($(jq length front.json) + 1)) ] || condition=1
    check "$condition" "a line for each design"
fi
run front hardware.db
code_is 0 "a front for people"
out_has "energy" "with a header"

# The same command goes on: nothing is left to do, and nothing changes.
run search hardware.yaml --json --jobs 1
code_is 0 "a search that is done"
err_has "going on with hardware.db: 200 of 200" "it says where it goes on"
same_results "$out" search.json "the result is the same"
# With more trials it goes on to them, and gives what a search in one go gives, at any --jobs.
run search hardware.yaml --trials 260 --json --jobs 2
code_is 0 "more trials"
json_true '.trials == 260' "60 more"
run search hardware.yaml --trials 260 --jobs 1 --store whole.db --quiet --json
err_empty "--quiet is quiet"
run front hardware.db --json
cp "$out" resumed.json
run front whole.db --json
same_results "$out" resumed.json "resumed or not, one job or two: the same front"
run search hardware.yaml --seed 6 --trials 20 --store seed.db --json
code_is 0 "another seed"
run search hardware.yaml --seed 7 --trials 20 --store seed.db
code_is 5 "a store of another seed is not gone on with"

# A search that finds no feasible design says so.
sed 's/area <= 1e5/macs <= 1/; s/trials: 200/trials: 20/; s/name: .*/name: none/' hardware.yaml > none.yaml
run search none.yaml --json
code_is 1 "no feasible design"
json_true '.front == [] and .infeasible == 20' "the result is told all the same"
err_has "none of 20 trials" "and why"

run report hardware.db --out page
code_is 0 "a report"
out_has "page/index.html" "its path is printed"
condition=0
[ -s page/index.html ] && [ -s page/hypervolume.svg ] || condition=1
check "$condition" "page and figures are there"
run report hardware.db --json
json_valid "a report"
json_true '.report == "hardware-report/index.html"' "the folder is named after the store"
run report hardware.db --out page --trial 100000
condition=0
[ "$code" -ge 2 ] || condition=1
check "$condition" "a trial that is not there"

# One score.
sed 's/^objectives:.*/score: params \/ energy/; s/name: hardware/name: score/' hardware.yaml \
    > score.yaml
run search score.yaml --trials 60 --json
code_is 0 "a search for one score"
json_true '.hypervolume == null and (.front | length) == 1' "one design is best"
json_true '.front[0].score > 0' "it has a score"
run front score.db --all
out_has "reason" "the table of all trials has their reasons"
run front score.db --all --json
cp "$out" all.json
json_true '([.[].score | values] | max) as $best | $best > 0' "the scores are there"
if have jq; then
    best=$(jq '[.[].score | values] | max' all.json)
    run front score.db --json
    json_true ".[0].score == $best" "the front is the best of them"
fi

# Training.
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
cat > train.yaml << 'YAML'
weft: problem/1
name: trained
space:
  base: imc-cnn
  name: trained
  genes:
    depth: {integer: [1, 2]}
    block: {categorical: [VGG, MVGG, RES], repeat: 2, when: depth >= index}
    kernels: {ordinal: [8, 16], repeat: 2, when: depth >= index}
chip: mnsim-130nm-rram
data: tiny
accuracy: {epochs: 4, batch: 16, crop_pad: 0, flip: false, final_epochs: 6}
objectives: [accuracy max, energy min]
search: {optimizer: tpe, trials: 8, batch: 4, startup_trials: 4, seed: 2}
YAML
run search train.yaml --dry-run --json
json_true '.data == "tiny" and .accuracy.epochs == 4 and .accuracy.flip == false' "a plan that trains"
run search train.yaml --store runs.db --no-final --json
code_is 0 "a search that trains"
json_true '.trials == 8 and .failed == 0' "eight networks"
json_true '.front | all(.accuracy >= 0 and .accuracy <= 1 and .test_accuracy == null)' \
    "the test set is not touched"
run search train.yaml --store runs.db --json
code_is 0 "the final designs"
json_true '.front | all(.test_accuracy > 0.2)' "have a test accuracy"
json_true '.front | all((.test_accuracy - .accuracy - .gap | fabs) < 1e-12)' "and a gap to the search"
json_true '([.front[].gap] | add / length) as $mean | .gap.designs == (.front | length) and
    (.gap.mean - $mean | fabs) < 1e-12' "whose mean is told"
run front runs.db
out_has "gap" "the front shows them"
err_has "trained in full: test less searched accuracy" "and their mean"
run search train.yaml --store runs.db --json
cp "$out" final.json
run search train.yaml --store runs.db --json
same_results "$out" final.json "they are trained once"

# Candidates in steps: the weights between them lie beside the store.
sed 's/epochs: 4, batch/fidelity: [{epochs: 1, share: 0.5}, {epochs: 3}], bits: [4, 4], batch/' \
    train.yaml > steps.yaml
run search steps.yaml --dry-run --json
json_true '.accuracy | .epochs == 4 and .fidelity[0].share == 0.5 and .fidelity[1].epochs == 3 and
    .settings.quantized.weight_bits == 4' "a plan in steps"
run search steps.yaml --store steps.db --no-final --jobs 2 --json
code_is 0 "a search in steps"
cp "$out" steps.json
kept=$(find steps.db.weights -name '*-0.safetensors' | wc -l)
json_true ".trials == 8 and .failed == 0 and $kept > 0" "leaves the weights of the first ones"
run search steps.yaml --store steps2.db --no-final --json
sed 's/steps2.db/steps.db/' "$out" > steps2.json
same_results steps.json steps2.json "and has the same results with any number of jobs"
run report --picks runs.db score.db --json
json_valid "the picks"
json_true 'map(select(.store == "runs.db")) | map(.objective) | index("accuracy / energy") != null' \
    "with the published fitness functions"
json_true 'all(.depth == .blocks.V + .blocks.M + .blocks.R)' "blocks add up to the depth"
run report --picks runs.db score.db
code_is 0 "the picks as Markdown"
out_has "|---|" "it is a table"

if have jq; then
    trial=$(jq '.front[0].trial' final.json)
    design=$(jq -r '.front[0].description' final.json)
    run train --store runs.db --trial "$trial" --epochs 2 --json --no-progress
    code_is 0 "a trial of the store is trained"
    json_true ".network == \"$design\" and .data == \"tiny\" and .epochs == 2" "as it was"
    run train --store runs.db --trial 99 --epochs 1
    code_is 3 "a trial that is not there"
fi

# Stopped from outside: the exit code says how, and the same command goes on.
sed 's/trials: 200/trials: 100000000/; s/name: hardware/name: long/' hardware.yaml > long.yaml
for signal in INT:130 TERM:143; do
    called="weft search, stopped by SIG${signal%%:*}"
    "$weft" search long.yaml --store stopped.db --jobs 1 > "$out" 2> "$err" &
    search=$!
    sleep 1
    kill -"${signal%%:*}" "$search"
    code=0
    wait "$search" || code=$?
    code_is "${signal##*:}" "stopped by SIG${signal%%:*}"
    err_has "trials are safe in stopped.db; the same command resumes" "it says what is safe"
    cp "$err" "$folder/said"
    run front stopped.db --json
    code_is 0 "the store can be read"
done
grep -q "going on with stopped.db" said
check $? "the second one went on with the first"

finish
