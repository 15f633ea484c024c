#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft train on a small data set that a network can learn.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
code_is 0 "the data"
plain="--crop-pad 0 --flip off --batch 16 --threads 1 --no-progress"

# shellcheck disable=SC2086
run train imc:V8,M8 --data tiny --epochs 12 --seed 3 $plain --json
code_is 0 "a training"
err_empty "no progress is wanted, none is shown"
json_valid "its result"
json_true '.split == "test" and .images_measured == 40' "it is measured on the test set"
json_true '.images_trained == 12 * 160' "twelve passes over 160 images"
json_true '.accuracy > 0.9 and .accuracy <= 1' "it learns"
json_true '.loss > 0 and .loss < 1 and .images_per_second > 0' "loss and rate"
json_true '.network == "imc:V8,M8" and .data == "tiny" and .seed == 3' "what was trained"
sed '/second/d' "$out" > first.json
# shellcheck disable=SC2086
run train imc:V8,M8 --data tiny --epochs 12 --seed 3 $plain --json
sed '/second/d' "$out" > second.json
same_files first.json second.json "the same seed gives the same to the last digit"

# shellcheck disable=SC2086
run train V8 --data tiny --epochs 0.5 --split validation --validation 0.25 $plain --json
json_true '.split == "validation" and .images_measured == 40' "a quarter of 160 validates"
json_true '.images_trained == 64 or .images_trained == 60' "half a pass over 120 images"

run train imc:V8 --data tiny --epochs 1 --batch 16
code_is 0 "a training for people"
out_has "accuracy" "prints the accuracy"
err_has "ETA" "shows progress"
run train imc:V8 --data tiny --epochs 1 --batch 16 --quiet
err_empty "--quiet is quiet"

# shellcheck disable=SC2086
run train imc:V8 --data tiny --epochs 5 --learning-rate 1e6 $plain
code_is 6 "a training that leaves the finite numbers"
err_has "error:" "with its reason"
run train imc:V8,V8,V8,V8,V8 --data tiny --epochs 1
code_is 1 "five halvings of a map of 16"
run train imc:V8 --data nothing-like-it
code_is 3 "an unknown data set"
run train --store nowhere.db --trial 1
condition=0
[ "$code" -eq 4 ] || [ "$code" -eq 5 ] || condition=1
check "$condition" "a store that is not there"
[ ! -e nowhere.db ] || check 1 "it is not made"

# Ctrl-C: nothing is kept, and it is said.
called="weft train, stopped"
"$weft" train imc:V64,V64 --data tiny --epochs 100000 --threads 1 > "$out" 2> "$err" &
training=$!
sleep 1
kill -INT "$training"
code=0
wait "$training" || code=$?
code_is 130 "Ctrl-C"
err_has "interrupted" "says so"
out_empty "and prints no result"

finish
