#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft supernet, and searches by one, over a space of small networks and data that they can learn.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
code_is 0 "the data"
cat > space.yaml <<'YAML'
weft: space/1
name: tiny-space
family: imc
input: [1, 16, 16]
classes: 4
head: {pool: 2, hidden: [16]}
genes:
  depth:   {integer: [1, 3]}
  block:   {categorical: [VGG, RES], repeat: 3, when: depth >= index}
  kernels: {ordinal: [4, 8, 12], repeat: 3, when: depth >= index}
YAML
plain="--data tiny --batch 16 --crop-pad 0 --flip off --validation 0.25 --no-progress"

# shellcheck disable=SC2086
run supernet train space.yaml $plain --dry-run --json
code_is 0 "what a training would be"
json_valid "its plan"
json_true '.space == "tiny-space" and .designs == "258" and .images == 120' "space and images"
json_true '.tensors > 10 and .parameters > 1000 and .bytes > 4 * 4 * .parameters' "its size"
json_true '.steps == 7 * 20 and .networks == .steps' "steps"

echo '{"epoch":1,"step":3}' > log.jsonl
# shellcheck disable=SC2086
run supernet train ./space.yaml $plain --epochs 12 --seed 5 --threads 1 --log log.jsonl \
    --out one.safetensors --json
code_is 0 "a training"
err_empty "no progress is wanted, none is shown"
json_true '.steps == 84 and .networks == 84 and .loss < 1' "it learns"
json_true '.cosines.conv.pairs == 0 and .cosines.conv.mean == null' "one kind of networks"
condition=0
[ "$(wc -l < log.jsonl)" -eq 12 ] || condition=1
check "$condition" "a line an epoch, and none of another training"
# shellcheck disable=SC2086
run supernet train ./space.yaml $plain --epochs 12 --seed 5 --threads 2 --out two.safetensors
code_is 0 "the same on two threads"
out_has "weights" "people read where it is"
same_files one.safetensors two.safetensors "to the same bytes"

# Killed at any moment, the same command goes on, to the same bytes.
called="weft supernet train, killed"
rm -f two.safetensors
# shellcheck disable=SC2086
set -- supernet train ./space.yaml $plain --epochs 12 --seed 5 --out two.safetensors \
    --checkpoint run.checkpoint --checkpoint-every 0 --log killed.jsonl
"$weft" "$@" > "$out" 2> "$err" &
training=$!
waited=0
while [ ! -e run.checkpoint ] && [ "$waited" -lt 200 ]; do
    sleep 0.05
    waited=$((waited + 1))
done
kill -KILL "$training" 2> /dev/null
wait "$training" 2> /dev/null
[ -e run.checkpoint ] || check 1 "there is a checkpoint"
printf '{"epoch":13,"step":91}\n{"epoch":12,"step":2}\n{"epoch":14' >> killed.jsonl
run "$@"
code_is 0 "it goes on"
same_files one.safetensors two.safetensors "and ends with the same bytes"
same_files log.jsonl killed.jsonl "each epoch is told once"
# shellcheck disable=SC2086
run supernet train ./space.yaml $plain --epochs 11 --seed 5 --out two.safetensors \
    --checkpoint run.checkpoint
code_is 3 "a checkpoint of other settings"
err_has "other settings" "says so"

# Measuring.
run supernet measure one.safetensors --space ./space.yaml --data tiny --random 6 --seed 2 \
    --ends both --recalibrate 64 --json
code_is 0 "accuracies"
json_true 'length == 8 and all(.accuracy >= 0 and .accuracy <= 1)' "of eight networks"
json_true 'all(.images_measured == 40)' "on the images that it did not learn from"
json_true '.[0].description == "R12,R12,R12" and .[1].description == "V4"' "the ends"
json_true '.[0].genes.depth == 3' "with their genes"
run supernet measure one.safetensors --space ./space.yaml --data tiny --random 6 --seed 2 \
    --ends both --recalibrate 64 --batch 96 --threads 2 --csv
code_is 0 "as CSV"
[ "$(wc -l < "$out")" -eq 9 ] || check 1 "a row a network"
run supernet measure one.safetensors --space ./space.yaml --data tiny --recalibrate 64 \
    --genes 'depth=2,block*=RES,kernels*=8' --cut cut.safetensors --json
json_true '.[0].description == "R8,R8"' "a network by its genes"
run train imc:R8,R8 --head-pool 2 --hidden 16 --data tiny --epochs 0.2 --weights cut.safetensors
code_is 0 "its own weights are where a training goes on"
run train imc:R8,V8 --head-pool 2 --hidden 16 --data tiny --epochs 0.2 --weights cut.safetensors
code_is 3 "but not one of another network"

# Ranking, killed in between: of networks that do not all know everything yet.
# shellcheck disable=SC2086
run supernet train ./space.yaml $plain --epochs 4 --seed 5 --out short.safetensors
set -- supernet rank short.safetensors --space ./space.yaml --data tiny --networks 5 --epochs 0.9 \
    --batch 16 --crop-pad 0 --flip off --recalibrate 64 --seed 3 --jobs 2 --threads 1 --no-progress
run "$@" --json --keep rank.csv
code_is 0 "a study of ranks"
json_valid "its result"
json_true '.networks == 5 and (.rows | length) == 5' "of five networks"
json_true '.tau >= -1 and .tau <= 1 and .tau_low <= .tau and .tau <= .tau_high' "with an interval"
json_true '[.rows[].index] | . == (sort | unique)' "each drawn once"
json_true '.trained_seconds > 0 and .supernet_seconds > 0' "and the cost of both"
sed '/second/d' "$out" > first.json
sed -i '$d' rank.csv
printf '2,0.5,' >> rank.csv
run "$@" --json --keep rank.csv
code_is 0 "it goes on behind what is there"
sed '/second/d' "$out" > second.json
same_files first.json second.json "to the same figures"
[ "$(wc -l < rank.csv)" -eq 7 ] || check 1 "each network is in the file once"
run "$@" --csv --keep rank.csv
[ "$(wc -l < "$out")" -eq 6 ] || check 1 "as CSV"
awk -F, -v OFS=, 'NR > 2 { $4 = "0.5" } 1' rank.csv > equal.csv
run "$@" --keep equal.csv
code_is 0 "accuracies without an order"
out_has "none: all accuracies from scratch are equal" "have no tau"
out_lacks "nan" "and no figure that is none"
run "$@" --keep equal.csv --json
json_true '.tau == null and .tau_low == null and .spearman == null' "in JSON neither"
run "$@" --keep rank.csv --epochs 3
code_is 3 "a file of other settings"
err_has "other settings" "says so"
echo "7,none" >> rank.csv
run "$@" --keep rank.csv
code_is 3 "a line that is none"
err_has "rank.csv:8" "is named"

# What is no file of ranks stays as it is; so do the rows behind a line that is broken.
sed -i '$d' rank.csv
printf '\0\n' > zero.csv
{ sed -n 1,3p rank.csv && printf '3,0.\0,1,1,1\n' && sed -n '5,$p' rank.csv; } > broken.csv
for file in short.safetensors train-images zero.csv broken.csv; do
    cp "$file" before
    run "$@" --keep "$file"
    code_is 3 "$file as the file of ranks"
    same_files "$file" before "is left as it is"
done
err_has "broken.csv:4" "the line is named"
head -n 2 rank.csv | head -c 70 > begun.csv
run "$@" --csv --keep begun.csv
code_is 0 "a file whose head was being written"
[ "$(wc -l < begun.csv)" -eq 7 ] || check 1 "is begun anew"
WEFT_DATA=$folder/other-data
cp train-images other-images
printf '\001' | dd of=other-images bs=1 seek=900 conv=notrunc 2> /dev/null
run data add tiny --format idx --train-images other-images --train-labels train-labels \
    --test-images test-images --test-labels test-labels
run "$@" --keep rank.csv
code_is 3 "other images under the name of the data set"
err_has "data set" "are found"
WEFT_DATA=$folder/data

# The networks of a quantized supernet are trained quantized, too.
# shellcheck disable=SC2086
run supernet train ./space.yaml $plain --bits 2,2 --epochs 0.3 --seed 5 --out two.safetensors
run supernet rank two.safetensors --space ./space.yaml --data tiny --networks 5 --epochs 0.9 \
    --batch 16 --crop-pad 0 --flip off --recalibrate 64 --seed 3 --threads 1 --json --no-progress
code_is 0 "ranks by a supernet of two bits"
sed '/second/d' "$out" > two.json
for key in index trained; do
    for side in first two; do
        grep "\"$key\":" $side.json > $side.$key
    done
done
same_files first.index two.index "of the same networks"
! cmp -s first.trained two.trained
check $? "are of trainings with two bits"

# A search by it: candidates are measured, the front is trained.
cat > problem.yaml <<'YAML'
weft: problem/1
name: by-supernet
space: ./space.yaml
chip: basic-65nm-rram
data: tiny
accuracy: {provider: supernet, file: one.safetensors, recalibrate: 64, batch: 16, crop_pad: 0,
           flip: false, final_epochs: 2}
objectives: [accuracy max, energy min]
search: {optimizer: random, trials: 12, batch: 4, seed: 2}
YAML
run search problem.yaml --store runs.db --jobs 2 --json --no-progress
code_is 0 "a search"
run front runs.db --json
code_is 0 "its front"
json_valid "its front"
run search ./problem.yaml --store again.db --jobs 1 --quiet
code_is 0 "again, on one thread"
run supernet measure one.safetensors --space problem.yaml --random 1 --recalibrate 64
code_is 0 "the problem names space and data"
sed 's/VGG, RES/VGG, MVGG, RES/; s/tiny-space/other-space/' space.yaml > other.yaml
sed 's/space.yaml/other.yaml/' problem.yaml > wrong.yaml
run search wrong.yaml --store wrong.db
code_is 3 "a supernet of another space"
err_has "tiny-space" "names the space that it is of"
err_has "other-space" "and the one that was asked for"
run supernet measure one.safetensors --space ./other.yaml --data tiny --random 1
code_is 3 "likewise where it is measured"
sed 's/one.safetensors/missing.safetensors/' problem.yaml > wrong.yaml
run search wrong.yaml --store wrong.db
code_is 4 "weights that are not there"

# Bad input.
head -c 2000 one.safetensors > cut-off.safetensors
run supernet measure cut-off.safetensors --space ./space.yaml --data tiny --random 1
code_is 3 "a truncated file"
cp one.safetensors flipped.safetensors
printf 'X' | dd of=flipped.safetensors bs=1 seek=9000 conv=notrunc 2> /dev/null
run supernet measure flipped.safetensors --space ./space.yaml --data tiny --random 1
code_is 3 "one with a byte changed"
err_has "checksum" "is found by its checksum"
run supernet measure cut.safetensors --space ./space.yaml --data tiny --random 1
code_is 3 "weights of one network"
run supernet measure one.safetensors --space ./space.yaml --data tiny
code_is 2 "no network"
run supernet measure one.safetensors --data tiny --random 1
code_is 2 "no space"
run supernet measure one.safetensors --space ./space.yaml --data tiny --genes kernel=3
code_is 3 "a gene that is not there"
err_has "kernels" "with the nearest"
run supernet train ./space.yaml --data tiny
code_is 2 "nowhere to write"
run supernet train ./space.yaml --data tiny --out no-folder/a.safetensors
code_is 4 "a folder that is not there is found before the training"
run supernet train ./space.yaml --data tiny --out a.safetensors --distil on
code_is 2 "a teacher without the rule that has one"
for option in "--quant-steps min-max" "--per-channel on" "--ends-at-8 off" "--inherited-rate 0.3" \
    "--checkpoint-every 9"; do
    # shellcheck disable=SC2086
    run supernet train ./space.yaml --data tiny --out a.safetensors $option
    code_is 2 "$option alone"
    err_has "has no use without" "is told"
done
run supernet train ./space.yaml --data tiny --out a.safetensors --first-phase 0.5 --dry-run
code_is 3 "two phases of one kind of networks"
err_has "has attention" "says why"
for option in "--weight-decay 2" "--validation 0.95"; do
    # shellcheck disable=SC2086
    run supernet train ./space.yaml --data tiny --out a.safetensors $option
    code_is 2 "$option"
    err_has " to " "says what there is"
done
run supernet train ./nothing.yaml --data tiny --out a.safetensors
code_is 4 "a space that is not there"
run supernet train cimnas-mobilenetv2-hw --data tiny --out a.safetensors
code_is 3 "a space whose genes shape no network"

called="weft supernet train, stopped"
# shellcheck disable=SC2086
"$weft" supernet train ./space.yaml $plain --epochs 100000 --out b.safetensors > "$out" 2> "$err" &
training=$!
sleep 1
kill -INT "$training"
code=0
wait "$training" || code=$?
code_is 130 "Ctrl-C"
err_has "interrupted" "says so"
[ ! -e b.safetensors ] || check 1 "nothing was written"

finish
