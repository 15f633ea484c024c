#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft importance: tables, JSON, the figure, what is said of bad fits, and stores that tell nothing.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

cat > joint.yaml << 'YAML'
weft: problem/1
name: joint
space: cimnas-mobilenetv2-rram
chip: cimnas-32nm-rram
objectives: [energy min, area min]
search: {optimizer: nsga2, trials: 200, batch: 20}
YAML
run search joint.yaml --store joint.db --trials 200 --json
code_is 0 "a study"

run importance joint.db --svg genes.svg
code_is 0 "importance for people"
out_has "R2" "it says what the fit is worth"
out_has "Front (" "and what sets the front apart"
[ -s genes.svg ]
check $? "the figure is written"
grep -q "share of the variance" genes.svg
check $? "with its axis"
cp "$out" first
run importance joint.db
same_files "$out" first "the same again"

run importance joint.db --json --metric energy,area --log
json_valid "importance"
json_true '.importance | map(.quantity) == ["energy", "area"]' "the metrics asked for"
json_true '[.importance[] | ([.genes[].share] | add) + ([.pairs[].share] | add) + .rest - 1
            | fabs < 1e-6] | all' "shares add up to 1"
json_true '[.importance[] | .reliable == (.r2 >= 0.5)] | all' "whether it is reliable is said"
json_true '.front.genes | length > 5' "all genes are there"
json_true '[.front.genes[] | .corrected >= .p] | all' "corrected probabilities are no smaller"

run importance joint.db --metric enrgy
code_is 2 "an unknown metric"
err_has "did you mean 'energy'?" "the nearest one"
run importance joint.db --metric score
code_is 2 "a problem without a score"
run importance joint.db --trees 1
code_is 2 "too few trees"
run importance none.db
code_is 4 "a store that is not there"
run search joint.yaml --store small.db --trials 8 --json
run importance small.db
code_is 2 "too few trials"
err_has "search on" "says what to do"

run report joint.db --out page
code_is 0 "a report"
[ -s page/importance.svg ]
check $? "has the figure"
run report small.db --out few
[ ! -e few/importance.svg ]
check $? "of few trials there is none"

finish
