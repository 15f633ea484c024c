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
json_true '.loss >= 0 and .loss < 0.1 and .train_loss > 0 and .images_per_second > 0' "loss and rate"
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

# Histograms: a layer table that a chip takes, whatever was there before.
# shellcheck disable=SC2086
run train imc:V8,R8 --data tiny --epochs 1 --seed 3 $plain --json
sed '/second/d' "$out" > without.json
echo "something else" > layers.csv
# shellcheck disable=SC2086
run train imc:V8,R8 --data tiny --epochs 1 --seed 3 $plain --json --histograms layers.csv
code_is 0 "a training with histograms"
json_true '.histograms == "layers.csv"' "the result names the table"
grep -v '"histograms"' "$out" | sed '/second/d; s/,$//' > with.json
sed 's/,$//' without.json > plain.json
same_files plain.json with.json "the training is the one without histograms"
condition=0
[ "$(wc -l < layers.csv)" -eq 9 ] || condition=1
check "$condition" "a row for each of 5 convolutions and 3 linear layers, and their heading"
LC_ALL=C awk -F, 'NR > 1 {
    for (c = 18; c <= 20; c++) {
        n = split($c, share, " ")
        sum = 0
        for (i = 1; i <= n; i++) sum += share[i]
        if (NF != 20 || n != 31 || sum < 0.999999 || sum > 1.000001) exit 1
    }
}' layers.csv
check $? "three histograms of 31 shares that sum to 1 in each"
mv layers.csv first.csv
# shellcheck disable=SC2086
run train imc:V8,R8 --data tiny --epochs 1 --seed 3 $plain --histograms layers.csv
out_has "layers.csv" "people read where it is"
same_files first.csv layers.csv "the same seed gives the same table"
# shellcheck disable=SC2086
run train imc:V8,R8 --data tiny --epochs 1 --seed 3 $plain --histograms layers.csv \
    --histogram-images 4
condition=0
cmp -s first.csv layers.csv && condition=1
check "$condition" "4 images give another table than all 24"
run estimate ./first.csv --chip basic-65nm-rram --json
code_is 0 "a chip takes the table"
if have jq; then
    measured=$(jq '.total.energy_j' "$out")
    cut -d, -f1-17 first.csv > assumed.csv
    run estimate ./assumed.csv --chip basic-65nm-rram --json
    json_true "(.total.energy_j / $measured - 1 | fabs) as \$d | \$d > 0.001 and \$d < 1" \
        "its energy is another one without the histograms"
else
    skip "the energies" "jq is not here"
fi
run train imc:V8 --data tiny --histograms layers.txt
code_is 2 "a table that could not be read back"
err_has ".csv" "says what it must end in"
run train imc:V8 --data tiny --histograms nowhere/layers.csv
code_is 4 "a folder that is not there is found before the training"
out_empty "nothing was trained"
run train imc:V8 --data tiny --histogram-images 4
code_is 2 "images for histograms that nobody wants"

# Ctrl-C: nothing is kept, and it is said.
called="weft train, stopped"
"$weft" train imc:V64,V64 --data tiny --epochs 100000 --threads 1 > "$out" 2> "$err" &
training=$!
sleep 1
kill -INT "$training"
code=0
wait "$training" || code=$?
code_is 130 "Ctrl-C"
err_has "interrupted: nothing of this training is kept" "says so"
out_empty "and prints no result"

finish
