#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Searches over networks and chips from beginning to end: all designs, several seeds, explanations of
# stored designs, steps of genes, comparisons.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# problem NAME GOAL OPTIMIZER TRIALS MORE: 5760 chips for one network, as the published study counts.
problem() {
    cat > "$1.yaml" << EOF
weft: problem/1
name: $1
space: cimnas-mobilenetv2-hw
chip: cimnas-32nm-rram
accounting: cimnas-2025
$2
constraints: ["area <= 800"]
fixed: {groups: 1, tiles: 32, glb_depth: 2048, voltage: 0.5}
search: {optimizer: $3, trials: $4, batch: 50, seed: 7, population: 50}
$5
EOF
}
problem small "minimise: ela" ga 300 ""
problem pair "objectives: [energy min, area min, power_density min]" nsga2 200 ""
problem two "objectives: [latency min, area min]" nsga2 200 ""
problem chance "minimise: ela" random 300 ""

# ---- all designs -----------------------------------------------------------------------------------

run search small.yaml --exhaustive --keep 5 --jobs 1 --json
code_is 0 "all designs"
cp "$out" all.json
json_valid "all designs"
json_true '.designs == 5760 and .ok + .infeasible + .failed == 5760 and .failed == 0' \
    "every design is counted once"
json_true '(.ranking | length) == 5 and ([.ranking[].score] | . == sort)' "the best are in order"
json_true '.best == .ranking[0] and .front == [.best]' "the best is the first of them"
json_true '.accounting.name == "cimnas-2025" and .accounting.execution == "alone" and (.accounting.faults | length) == 8' \
    "the accounting is named"
json_true '[.ranking[] | .area_mm2 <= 800 and .genes.tiles == 32] | all' "what is fixed stays so"
run search small.yaml --exhaustive --keep 5 --jobs 3 --json
grep -v '_s"' "$out" > three.results
grep -v '_s"' all.json > one.results
same_files one.results three.results "the result does not depend on --jobs"
condition=0
[ -z "$(find . -name '*.db*')" ] || condition=1
check "$condition" "nothing is stored"
run search small.yaml --exhaustive
code_is 0 "all designs, as a table"
out_has "Best designs" "the table of the best"
condition=0
[ "$(wc -l < "$out")" -eq 12 ] || condition=1
check "$condition" "ten designs without --keep"
err_has "5760 designs" "the count is told"
run search pair.yaml --exhaustive --json
json_true '.ranking == null and (.front | length) > 1' "several objectives have a front"
json_true '[.front[] | [.energy_j, .area_mm2, .power_density_w_mm2]] as $f | [$f[] as $a | $f[] as $b |
    select($a != $b) | $b[0] <= $a[0] and $b[1] <= $a[1] and $b[2] <= $a[2]] | any | not' \
    "no design of the front is worse than another in all"
run search pair.yaml --exhaustive --quiet
out_has "power_density" "a front's table shows what the problem wants"
out_has "W/mm2" "in its unit"

sed '/^fixed/d; s/hw$/rram/' small.yaml > large.yaml
run search large.yaml --exhaustive
code_is 2 "too many designs"
err_has "too many for a walk" "which is told"
err_has "'fixed'" "with what helps"
sed 's/<= 800/<= 1e-3/' small.yaml > none.yaml
run search none.yaml --exhaustive
code_is 1 "a problem without feasible design"
err_has "no feasible design" "which is told"
run search small.yaml --exhaustive --store x.db
code_is 2 "--exhaustive stores nothing"
run search small.yaml --keep 3
code_is 2 "--keep belongs to --exhaustive"

# ---- several seeds ---------------------------------------------------------------------------------

run search small.yaml --seeds 3 --store runs/a.db --json
code_is 4 "a folder that is not there"
mkdir runs
run search small.yaml --seeds 3 --store runs/a.db --json
code_is 0 "three seeds"
json_valid "three seeds"
cp "$out" seeds.json
for seed in 7 8 9; do
    condition=0
    [ -s "runs/a-$seed.db" ] || condition=1
    check "$condition" "seed $seed has a store of its own"
done
json_true '[.seeds[].seed] == [7, 8, 9] and ([.seeds[].trials] == [300, 300, 300])' "each is searched"
json_true '[.seeds[] | .best.score == .best_value] | all' "the best design has the best score"
json_true '([.seeds[].best_value] | sort) as $b | .quartiles[0] == $b[0] and .quartiles[2] == $b[1] and
    .quartiles[4] == $b[2] and (.quartiles[1] - ($b[0] + $b[1]) / 2 | fabs) < 1e-12 * $b[0]' \
    "quartiles of three"
json_true '.attainment == null and ([.seeds[].hypervolume] == [null, null, null])' "a score has no front"
if have jq; then
    best=$(jq '.best.score' all.json)
    json_true "[.seeds[].best_value >= $best] | all" "no search beats all designs"
    jq '.seeds[1].best' seeds.json > second.json
    run front runs/a-8.db --json
    jq '.[0]' "$out" > front.json
    same_files second.json front.json "weft front prints the same design"
fi
run search small.yaml --seeds 3 --store runs/a.db --json
same_results "$out" seeds.json "the same command again finds the same"
run search small.yaml --seed 8 --store one.db --json
json_true '.best.score == '"$(jq '.seeds[1].best_value' seeds.json 2> /dev/null || echo 0)" \
    "a seed among several is that seed alone"
run search two.yaml --seeds 3 --json
code_is 0 "seeds of a front"
json_true '[.seeds[].hypervolume > 0] | all' "hypervolumes on one scale"
json_true '(.attainment.front | length) as $n | (.attainment.share | length) == $n and
    ([.attainment.share[] | . * 3 - (. * 3 | round) | fabs < 1e-9] | all) and
    (([.seeds[].attained] | add) - ([.attainment.share[]] | add * 3) | fabs) < 1e-9' \
    "shares count the seeds that attain each point"
json_true '[.attainment.front, .attainment.median | [.[][0]] | . == sort] | all' "by the first objective"
run search two.yaml --seeds 3
code_is 0 "seeds as a table"
out_has "quartiles" "the table has quartiles"
out_has "two-8.db" "and the stores"
run search small.yaml --seeds 0
code_is 2 "no seeds at all"

# ---- explain ---------------------------------------------------------------------------------------

run explain runs/a-7.db best --json
code_is 0 "explain a trial"
json_valid "explain a trial"
json_true 'def near(a; b): (a - b | fabs) <= 1e-9 * (b | fabs);
    .trial as $t | .networks[0] | near(.total.energy_j; $t.energy_j) and
    near(.total.latency_s; $t.latency_s) and near(.total.area_mm2; $t.area_mm2) and
    near([.energy_by[]] | add; $t.energy_j) and near([.latency_by[]] | add; $t.latency_s) and
    near([.area_by[]] | add; $t.area_mm2) and near([.layers[].energy_j] | add; $t.energy_j) and
    near([.layers[].latency_s] | add; $t.latency_s)' "parts and layers add up to the trial"
json_true '.trial.genes.rows != null and .accounting.faults[0] == "layer-owns-chip" and .explained == []' \
    "genes and faults are there"
cp "$out" best.json
run explain runs/a-7.db --json
same_files "$out" best.json "without a number it is the best"
run explain runs/a-7.db best --part adc --layer 3 --json
json_true '.networks[0].layers[2].energy_by.adc as $e | .explained[0] |
    (.rows[0].value - $e | fabs) <= 1e-12 * $e and
    ([.rows[] | select(.depth > 0 and .source != "")] | length) > 3' "down to constants with sources"
run explain runs/a-7.db best
code_is 0 "explain for people"
out_has "cimnas-2025" "the accounting"
out_has "layer-owns-chip" "its faults"
out_has "base_cycle" "the genes"
out_has "By layer" "the layers"
run explain runs/a-7.db best --layer 'conv3x3 3>32'
code_is 0 "a layer by its name"
out_has "How: " "the tree"
run explain runs/a-7.db 300
code_is 2 "a trial that is not there"
err_has "numbered 0 to 299" "those that there are"
run explain runs/a-7.db best --part adcs
code_is 2 "a part that is not there"
err_has "'adc'" "the nearest"
run explain runs/a-7.db best --layer 77
code_is 2 "a layer that is not there"
run explain runs/a-7.db best --region 1
code_is 2 "a region that is not there"
run explain runs/a-7.db best --chip isaac
code_is 2 "a trial has its chip"
run explain missing.db best
code_is 4 "a store that is not there"
run explain vgg8 --chip isaac --region 0
code_is 2 "a network has no regions"

cat > four.yaml << 'EOF'
weft: problem/1
name: four
space: joint-rram-4
chip: cimnas-32nm-rram
minimise: ela
search: {optimizer: random, trials: 60, batch: 10, seed: 1}
EOF
run search four.yaml --quiet --json
code_is 0 "four networks on a chip"
run explain four.db --json
json_true 'def near(a; b): (a - b | fabs) <= 1e-9 * (b | fabs);
    (.networks | length) == 4 and near([.networks[].total.energy_j] | max; .trial.energy_j) and
    near([.networks[].total.latency_s] | max; .trial.latency_s) and
    near([.networks[].total.area_mm2] | max; .trial.area_mm2)' "a trial is the worst of its networks"
run explain four.db best --network vgg16 --part adc
code_is 0 "one network by its name"
run explain four.db best --network 2 --json
json_true '[.networks[].network] == ["vgg16"]' "by its number"
run explain four.db best --network vgg17
code_is 2 "an unknown network"
err_has "did you mean 'vgg16'?" "the nearest"
run explain four.db best --part adc
code_is 2 "a part of which network"

cat > regions.yaml << 'EOF'
weft: problem/1
name: regions
space: xpert-vgg
chip: weft-32nm-rram
minimise: ela
search: {optimizer: random, trials: 40, batch: 10, seed: 1}
EOF
run search regions.yaml --quiet --json
code_is 0 "a chip of regions"
run explain regions.db --json --part adc
json_true 'def near(a; b): (a - b | fabs) <= 1e-9 * (b | fabs);
    near([.networks[0].energy_by[]] | add; .trial.energy_j) and
    near([.networks[0].area_by[]] | add; .trial.area_mm2)' "parts of all regions add up"
json_true '([.explained[].region] | length) == 14 and
    (([.explained[].rows[] | select(.depth == 0 and .name == "adc energy") | .value] | add) -
    .networks[0].energy_by.adc | fabs) < 1e-9 * .networks[0].energy_by.adc' \
    "the tree of each region is of its own layers"
run explain regions.db best --region 3 --part adc --json
json_true '[.explained[].region] == [3]' "one region"

# ---- sensitivity -----------------------------------------------------------------------------------

run sensitivity small.yaml --genes base_cycle=2,rows=128,cell_bits=8,columns=32,macros=32 --json
code_is 0 "steps of genes"
json_valid "steps of genes"
json_true '.genes[] | select(.gene == "base_cycle") | (.up.value == "4" and .down.value == "1" and
    (.up.factors.latency - 2 | fabs) < 1e-12 and (.down.factors.latency - 0.5 | fabs) < 1e-12 and
    .up.factors.energy == 1 and .up.factors.area == 1)' "latency follows the cycle, nothing else does"
json_true '[.genes[].effect] | . == (sort | reverse)' "the strongest first"
json_true '.genes[] | select(.gene == "cell_bits") | .up == null and .down.value == "7"' \
    "the end of a list has no step"
json_true '.metrics as $m | [.genes[] | .down, .up | select(. != null and .state == "ok") | . as $s | $m |
    to_entries[] | ($s.metrics[.key] / .value - $s.factors[.key] | fabs) < 1e-12] | all' \
    "factors are quotients"
cp "$out" steps.json
run sensitivity small.yaml --genes base_cycle=2,rows=256,cell_bits=8,columns=32,macros=32 --json
if have jq; then
    jq -S '.metrics | del(.score)' "$out" > beside.json
    jq -S '.genes[] | select(.gene == "rows") | .up.metrics | del(.score)' steps.json > step.json
    same_files beside.json step.json "a step is the design beside it"
fi
run sensitivity runs/a-7.db best --csv
code_is 0 "steps of a trial as CSV"
json_rows=$(wc -l < "$out")
condition=0
[ "$json_rows" -gt 8 ] && head -n 1 "$out" | grep -q '^gene,from,to,state,reason,score' || condition=1
check "$condition" "a line for each step"
run sensitivity runs/a-7.db best --metric area,energy --svg tornado.svg
code_is 0 "a figure"
out_has "accounting   cimnas-2025" "the accounting"
condition=0
grep -q '</svg>' tornado.svg && grep -q 'columns' tornado.svg || condition=1
check "$condition" "the figure is there"
run sensitivity small.yaml --genes base_cycle=2,rows=128,cell_bits=8,columns=32,macros=32
out_has "cells, the chip has" "a step that cannot be says why"
run sensitivity small.yaml --genes rows=128,macros=128,columns=256
code_is 0 "a design that is infeasible itself"
out_has "breaks 'area <= 800'" "with its reason"
run sensitivity small.yaml --genes rows=100
code_is 3 "a value that is not in the list"
err_has "32, 64, 128, 256, 512" "the list"
run sensitivity small.yaml --genes row=64
code_is 3 "a gene that is not there"
err_has "'rows'" "the nearest"
run sensitivity small.yaml --genes rows
code_is 2 "a gene without a value"
run sensitivity small.yaml --metric energi
code_is 2 "a metric that is not there"
err_has "'energy'" "the nearest"
run sensitivity two.yaml --metric score
code_is 2 "a problem without a score"
run sensitivity runs/a-7.db best --genes rows=64
code_is 2 "a trial has its genes"
run sensitivity runs/a-7.db best --json --csv
code_is 2 "--json and --csv"

# ---- compare ---------------------------------------------------------------------------------------

run compare published:cimnas-1 runs/a-7.db runs/a-8.db:best --json
code_is 0 "against a published design"
json_valid "compare"
json_true '.designs[0].metrics as $a | [.designs[].metrics.energy != null] | all' "all have an energy"
json_true '.designs[0].metrics as $a | .designs[1] | (.factors.energy - $a.energy / .metrics.energy | fabs)
    < 1e-12 and (.factors.edap - $a.edap / .metrics.edap | fabs) < 1e-12 * .factors.edap' \
    "a factor is a quotient"
json_true '.accountings_differ == false and .designs[0].source != null and .designs[1].source == null' \
    "the same accounting; the published one has a source"
err_empty "no warning"
run compare runs/a-7.db runs/a-7.db:best --json
json_true '[.designs[1].factors[] | select(. != null)] | all(. == 1)' "a design against itself"
run compare runs/a-7.db four.db
code_is 0 "other accountings"
err_has "accountings differ" "a warning"
out_has "cimnas-2025" "the first is named"
out_has "accounting chip (alone)" "the second is named"
out_has "B / A" "factors"
run compare runs/a-7.db four.db --csv
code_is 0 "as CSV"
run compare published:cimnas-4 runs/a-7.db
code_is 3 "an unknown published design"
err_has "cimnas-1" "the nearest"
run compare runs/a-7.db
code_is 2 "one design alone"
run compare runs/a-7.db:1000 four.db
code_is 2 "a trial that is not there"

run search chance.yaml --quiet --json
run compare --studies chance.db runs/a-7.db --json
code_is 0 "studies"
json_true '.trials == 300 and (.studies[1].factor - .studies[0].best_value / .studies[1].best_value |
    fabs) < 1e-12 * .studies[1].factor' "the factor of their best"
run compare --studies chance.db runs/a-7.db --trials 100 --json
json_true '[.studies[].finished] == [300, 300] and .trials == 100' "equal evaluations"
run compare --studies chance.db runs/a-7.db --trials 301
code_is 2 "more trials than there are"
run compare --studies two-7.db two-8.db
code_is 0 "studies of a front"
out_has "hypervolume" "hypervolumes"
run compare --studies two-7.db chance.db
code_is 2 "studies of other goals"
err_has "another goal" "which is told"
run compare two-7.db two-8.db --trials 3
code_is 2 "--trials belongs to --studies"

finish
