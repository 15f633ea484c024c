#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft flash and searches in closed form.
. "$(dirname "$0")/lib.sh"
examples=$(CDPATH='' cd -- "$here/../../examples" && pwd)
cd "$folder" || exit 1

run search "$examples/flash.yaml" --json
code_is 0 "the search in closed form"
json_valid "one object"
json_true '.designs == "63808191936" and .elapsed_s > 0' "the exact count, the time"
json_true '.best | .accuracy >= 0.75 and .area_mm2 > 0 and .energy_j > 0 and .latency_s > 0' "best"
json_true '.best | .accuracy_low < .accuracy and .accuracy < .accuracy_high' "its interval"
condition=0
[ -z "$(ls ./*.db 2>/dev/null)" ] || condition=1
check "$condition" "nothing is stored"
run search "$examples/flash.yaml"
code_is 0 "for people"
out_has "cells-concat@depth=" "the network"
run search "$examples/flash.yaml" --store x.db
code_is 2 "a store"
err_has "stores nothing" "has no use"

cat > small.yaml <<'END'
weft: flash/1
name: small
space:
  base: flash
  name: small
  genes: {depth1: {integer: [3, 4]}, depth2: {integer: [3, 3]}, depth3: {integer: [3, 6]},
          skips1: {ordinal: [0, 12]}, skips2: {ordinal: [0, 24]}, skips3: {ordinal: [0, 48, 96]}}
accuracy: flash-fashion-mnist
hardware: flash-rram-tree
minimise: energy
constraints: ["accuracy >= 0.7"]
END
run search small.yaml --exhaustive --json
code_is 0 "every design"
json_true '.evaluations.all == 69984' "all of them"
cp "$out" all.json
run search small.yaml --json
json_true ".best.score == $(jq .best.score all.json)" "the same optimum"
run search "$examples/flash.yaml" --exhaustive
code_is 2 "too many designs to walk"
sed 's/0\.7"/0.9"/' small.yaml > none.yaml
run search none.yaml
code_is 1 "nothing feasible"
err_has "accuracy >= 0.9" "what is broken"
sed 's/energy/enrgy/' small.yaml > bad.yaml
run search bad.yaml
code_is 3 "an unknown metric"
err_has "did you mean 'energy'" "the nearest one"

run flash degree resnet20 cells-concat --json
code_is 0 "degrees"
json_true '.[1].degree == 196 and .[0].cells[0].layers == 7' "by definition"
run flash degree cells-concat --cells
out_has "cell 3, 8 x 8" "a row each cell"

run flash choose flash --networks 5 --held 3 --csv
code_is 0 "choosing"
condition=0
[ "$(wc -l < "$out")" -eq 9 ] || condition=1
check "$condition" "eight networks"
run flash choose flash --networks 5 --held 0 --curve flash-fashion-mnist --json
code_is 0 "where the band is widest"
json_true '.networks | length == 5' "five"

run flash fit "$examples/flash/fashion-mnist.csv" --out curve.yaml --json
code_is 0 "a curve"
json_true '.networks == 25 and .held.networks == 10 and .loo > 0' "of 25, and 10 held out"
run predictor show ./curve.yaml
out_has "fitted to    25 networks" "in words"
printf 'network,accuracy\nresnet20,0.9\nresnet32,failed\n' > few.csv
run flash fit "$examples/flash/fashion-mnist.csv" --svg curve.svg
code_is 0 "a picture of it"
condition=0
[ "$(grep -c '<title>cells-concat@' curve.svg)" -eq 35 ] || condition=1
check "$condition" "with all networks"
run flash fit few.csv
code_is 3 "fewer networks than parameters"
err_has "at least 5" "how many there must be"

run flash forms flash-rram-mesh --networks 30 --held 10 --out forms.yaml --json
code_is 0 "closed forms"
json_true '.area.held_worst < 0.001 and .energy.held_error < 0.1' "errors on what is held out"
printf 'network,latency\ncells-add,0.1\ncells-concat,0.2\nresnet20,0.1\n' > board.csv
run flash forms flash-rram-mesh --measured board.csv
code_is 3 "fewer measurements than features"
run flash forms mnsim-130nm-rram
code_is 3 "a chip without tiles of crossbars"

run flash check small.yaml --json
code_is 0 "the winner by the cost model"
json_true '(.area.relative_error | fabs) < 0.01 and .accuracy.found == null' "how far off"
run flash check small.yaml --epochs 2
code_is 2 "a setting of a training that is not asked for"

cat > other.yaml <<'END'
weft: problem/1
name: other
space: flash
chip: flash-rram-mesh
accuracy: {provider: topology, file: flash-fashion-mnist}
objectives: [accuracy, energy]
search: {optimizer: random, trials: 5, seed: 1}
END
run search other.yaml --json
code_is 0 "the curve in another search"
json_true '.ok == 5 and .best.accuracy > 0.5' "tells accuracies"
finish
