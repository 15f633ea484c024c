#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/how-to/joint-search.md on a small budget, then the studies of a network, its bits and a chip in
# examples/cimnas with a predicted accuracy, whose weights are not part of the source.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# The problem of the how-to, as it stands there.
awk '/^```yaml/ { inside = 1; next } /^```/ { if (inside) exit } inside' \
    "$root/docs/how-to/joint-search.md" > joint.yaml
run space ofa-mobilenetv3-rram
code_is 0 "the space is printed"
out_has "6.3922e46" "with its size"
run search joint.yaml --store joint.db --trials 400 --json
code_is 0 "the search runs"
json_true '.front | length > 5' "it finds a front"
json_true '[.front[] | .area_mm2 <= 858 and .macs >= 1e8] | all' "constraints hold"
run front joint.db
code_is 0 "the front is printed"
out_has "columns_a_mux" "genes of the chip are columns"
run front joint.db --json
cp "$out" whole.json
run front joint.db --top 4 --json
json_true 'length == 4' "as many designs as --top says"
run explain joint.db --json
if have jq; then
    best=$(jq .trial.trial "$out")
    run front joint.db --top 4 --json
    json_true "map(.trial) | index($best) != null" "the knee is among them"
    jq --slurpfile all whole.json '[.[0], .[3]] == [$all[0][0], $all[0][-1]]' "$out" > ends.json
    cp ends.json "$out"
    json_true . "and both ends of the front"
fi
run front joint.db --top 4 --all
code_is 2 "--top is of the front"

# A plan opens what the search opens, and says what is left to vary.
sed 's/^search: .*/search: {optimizer: ga, trials: 10}/' joint.yaml > plan.yaml
run search plan.yaml --dry-run
code_is 2 "an optimizer that has one objective"
out_empty "no plan of what cannot run"
run search "$root/examples/cimnas/rram-hardware.yaml" --dry-run
code_is 0 "a plan of the chip alone"
out_has "423360 designs of the 10 genes of 141 that vary" "what is left"
out_has "expansion*=6" "what is fixed"
out_has "4.087e81" "a short count"
run explain joint.db
code_is 0 "a design is explained"
out_has "columns_a_mux" "with its genes"
out_has "ADCs" "and where its energy goes"
run explain joint.db --layer 999
code_is 2 "there is no such layer"
out_empty "nothing is said of a layer that is not there"
run explain joint.db --part adcc
code_is 2 "there is no such part"
out_empty "nothing is said of a part that is not there"
err_has "did you mean 'adc'?" "the nearest part"

# A design by its genes is the one of the trial that has them.
run explain joint.db --json
if have jq; then
    genes=$(jq -r '.trial.genes | to_entries | map(select(.value != null) | "\(.key)=\(.value)") |
        join(",")' "$out")
    jq '[.trial.genes, .trial.energy_j, .trial.latency_s, .networks]' "$out" > trial.json
    run explain joint.yaml --genes "$genes" --json
    code_is 0 "a design is explained by its genes"
    jq '[.trial.genes, .trial.energy_j, .trial.latency_s, .networks]' "$out" > named.json
    same_files named.json trial.json "as the trial that has them"
    run compare joint.db "joint.yaml:$genes" --json
    json_true '.designs[0].metrics == .designs[1].metrics and .accountings_differ == false' \
        "and compared as that"
fi
run explain joint.yaml --genes rows=128,base_cycle=no
code_is 3 "a value that a gene has not"
run explain joint.db best --genes rows=128
code_is 2 "a trial has its genes"
run search "$root/examples/cimnas/rram-sweep-published.yaml" --exhaustive --keep 1
code_is 0 "all designs are walked"
err_has "weft explain $root/examples/cimnas/rram-sweep-published.yaml --genes" "and the best can be asked about"
run sensitivity joint.db best --top 6
code_is 0 "steps of its genes are priced"
run sensitivity joint.db --metric accuracy
code_is 2 "a metric that the study has not"
err_has "the design has no accuracy" "it says which"
sed 's/hold: .*//; s/, hold: [a-z]*//' "$root/examples/cimnas/rram-joint.yaml" |
    sed "s|^space: |space: $root/examples/cimnas/|" > held.yaml
run sensitivity held.yaml
code_is 1 "a design that does not lie on its chip"
err_has "--genes" "what to do about it"
run explain held.yaml --genes rows=128
code_is 1 "nor is it explained"
err_has "hold: last" "what to do about that"
run train --store joint.db --trial 1
code_is 2 "a study without data"
err_has "this study has no data set" "says so"
run compare --list
code_is 0 "published designs are listed"
out_has "published:cimnas-1" "by the name that compare takes"
run compare --list --json
json_valid "the list"
json_true 'map(select(.design == "published:cimnas-1")) | .[0].metrics.energy > 0' "with figures"
run compare
code_is 2 "nothing to compare"
err_has "weft compare --list" "says where designs are listed"
run compare published:cimnas-1 joint.db
code_is 0 "a published design and one without accuracy"
err_has "A has an accuracy, B has none" "the warning"
run compare --list joint.db
code_is 2 "a list has no designs of its own"
run report joint.db --out report
code_is 0 "the report is written"
for figure in front.svg front-energy-latency.svg layers-energy.svg; do
    condition=0
    [ -s "report/$figure" ] || condition=1
    check "$condition" "it has $figure"
done
cp report/index.html "$out"
out_has "weight_bits" "the page has the genes of the design"
out_has "Costs are counted as the chip" "and names the accounting"
run report --picks joint.db
code_is 0 "what each objective picks"
out_lacks "V/M/R" "without columns that no design of this space has"
condition=0
sed 's/\\|//g' "$out" | awk -F'|' 'NF != 7 { exit 1 }' || condition=1
check "$condition" "a bar in the name of a design does not end its cell"
run sensitivity joint.db best --svg tornado.svg
cp tornado.svg "$out"
out_has "this design: " "the figure of its steps has the design's own value"
out_has " → " "and says from what to what"

# What a foundry would refuse is refused: each limit bites.
refused() { # SETTING REASON
    run estimate mobilenetv2 --chip weft-32nm-rram-exact --set resolution=10 --set groups=8 --set "$1"
    code_is 1 "$1"
    err_has "$2" "$1 is refused"
}
refused "rows=256" "voltage drop along a line of cells"
refused "cell_bits=5" "bits of an RRAM cell"
refused "resolution=8" "bits that converters leave off: 1 bit"
refused "comparison=0.01 ns" "over 2 times the best published"
refused "node=14 nm" "node of embedded RRAM"
refused "density_limit=1000" "W/cm2; the limit is 0.1 W/cm2"
refused "power_limit=1" "the limit is 1 W"
run estimate mobilenetv2 --chip weft-32nm-rram-exact --set resolution=10 --set groups=8
code_is 0 "the chip itself can be built"

# Without weights the search says what is missing; with them it searches.
cp "$root"/examples/cimnas/ofa-*.yaml .
run search ofa-mobilenetv3-rram.yaml --dry-run
code_is 4 "no plan without weights"
run search ofa-mobilenetv3-rram.yaml --store none.db
code_is 4 "without weights"
err_has "ofa-mobilenetv3-imagenet.safetensors" "the file is named"
err_has "weft predictor import" "and how to get it"
weights=$root/../shared/data/ofa/acc_predictor
if [ ! -d "$weights" ]; then
    skip "the studies with a predicted accuracy" "no weights in $weights"
    finish
fi
run predictor import ofa-mobilenetv3-imagenet "$weights" --out weights
code_is 0 "the weights are taken in"
for study in rram rram-random rram-two-stage sram; do
    run search "ofa-mobilenetv3-$study.yaml" --store "$study.db" --trials 1000 --json
    code_is 0 "the study $study"
    json_true '[.front[] | .accuracy > 0.5 and .accuracy < 0.9 and .area_mm2 <= 858] | all' \
        "predicted accuracies, and chips that one exposure takes"
done
sed 's/, penalty: .*//; /penalty:/d' ofa-mobilenetv3-rram.yaml > blind.yaml
run search blind.yaml --store blind.db
code_is 3 "without a penalty nobody knows the bits"
err_has "bits1_1" "the gene that changes no accuracy is named"
run report rram.db --out accuracy
code_is 0 "the report of a predicted accuracy"
cp accuracy/index.html "$out"
out_has "predicted by ofa-mobilenetv3-imagenet (mlp) less the penalty haq-mobilenetv2" "it says whose it is"
out_lacks "validation accuracy" "and claims no measurement"

finish
