#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft predictor: the list, what stands in one, weights taken in, predictions compared.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

run predictor list
code_is 0 "the list"
err_empty "the list"
out_has "ofa-mobilenetv3-imagenet" "it has the predictors"
out_has "nasbench201-cifar10" "and the tables"
run predictor list --json
json_valid "the list"
json_true '[.[] | .kind == "mlp" or .kind == "table" or .kind == "topology"] | all' "each is of a known kind"

names=$("$weft" completion --values predictors)
for name in $names; do
    run predictor show "$name"
    code_is 0 "predictor show $name"
    run predictor show "$name" --json
    json_valid "predictor show $name --json"
done
run predictor show apq-proxyless-imagenet --json
json_true '.inputs == 772 and .params == 630801' "the published layout"
json_true '[.layers[] | .outputs] == [400, 400, 400, 400, 1]' "its layers"
json_true '[.features[] | select(.branch == 1) | .inputs] | add == 520' "520 inputs of the network"
json_true '[.features[] | select(.branch == 2) | .inputs] | add == 252' "252 inputs of the bits"
run predictor show aqp-proxyless-imagenet
code_is 3 "an unknown predictor"
err_has "did you mean 'apq-proxyless-imagenet'" "the nearest one"

# A predictor of two inputs: 10 % for each unit of `a`, 5 % for `op` being skip.
cat > own.yaml << 'YAML'
weft: predictor/1
name: own
kind: mlp
source: a test
accuracy: {unit: percent, offset: 50}
branches:
  - width: 1
    weight: w
    activation: none
    features:
      - {number: {}, genes: a}
      - {one_hot: [skip], genes: op}
YAML
npy() { # FILE SHAPE BYTES
    { printf '\223NUMPY\001\000\066\000%-53s\n' "{'descr':'<f4','fortran_order':False,'shape':$2}" &&
        printf '%b' "$3"; } > "$1"
}
mkdir weights
npy weights/w.npy '(1,2)' '\000\000\040\101\000\000\240\100' # 10, 5
run predictor import ./own.yaml weights --out made
code_is 0 "weights are taken in"
out_has "made/own.yaml" "its path is printed"
err_has "2 parameters" "what was taken"
[ -f made/own.safetensors ]
check $? "the weights lie beside it"
run predictor import ./own.yaml weights --out made
code_is 3 "not over another one"
err_has "there already" "the reason"
run predictor import ./own.yaml weights --out made --replace --json
code_is 0 "unless it may be replaced"
json_valid "an import"
json_true '.arrays == 1 and (.sha256 | length) == 64' "what was taken"

printf 'a,op,accuracy\n1,skip,65\n2,skip,75\n' > golden.csv
run predictor check made/own.yaml golden.csv --percent
code_is 0 "predictions that are right"
out_has "2 designs, 0 without" "how many"
printf '[{"a": 1, "op": "skip", "accuracy": 0.65}, {"a": 2, "op": "skip", "accuracy": 0.74}]' > golden.json
run predictor check made/own.yaml golden.json
code_is 6 "one that is not"
err_has "row 2 (from 1) is 0.01 off" "which one"
run predictor check made/own.yaml golden.json --json --tolerance 0.1
code_is 0 "within the tolerance"
json_valid "a check"
json_true '.n == 2 and .right and .worst_row == 2' "its figures"
run predictor check made/own.yaml golden.json --weights nowhere.npz
code_is 4 "weights that are not there"
printf 'a,op,b,accuracy\n1,skip,3,0.65\n' > more.csv
run predictor check made/own.yaml more.csv
code_is 3 "a gene that it does not know"
err_has '"b"' "its name"
run predictor check made/own.yaml more.csv --ignore b
code_is 0 "unless that is meant"

# What is wrong is said with file and line.
sed 's/op}/op, count: x}/' own.yaml > bad.yaml
run predictor show ./bad.yaml
code_is 3 "a bad file"
err_has "bad.yaml:12" "its line"
npy weights/w.npy '(2,1)' '\000\000\040\101\000\000\240\100'
run predictor import ./own.yaml weights --name turned
code_is 3 "weights of another shape"
err_has "expected 1 x 2" "which one is expected"
err_has "transposed: true" "what to do"
npy weights/w.npy '(1,2)' '\000\000\040\101\000\000\300\177' # a NaN
run predictor import ./own.yaml weights --name nan
code_is 3 "weights that are no numbers"
err_has "value 1" "which one"
[ ! -e nan.yaml ]
check $? "nothing was written"
run predictor import nasbench201-cifar10 weights
code_is 3 "a table has no weights"

# A predictor fitted to trials: the accuracies of a study are those of a perceptron that is known.
mkdir truth
one='\000\000\200\077' two='\000\000\000\100' four='\000\000\200\100' part='\000\000\000\076'
npy truth/w.npy '(1,13)' \
    "$four$two$one$four$two$one$four$two$one$four$part$part$part"
cat > truth.yaml << 'YAML'
weft: predictor/1
name: truth
kind: mlp
source: a test
accuracy: {unit: percent, offset: 50}
branches:
  - width: 1
    weight: w
    activation: none
    features:
      - {number: {}, genes: depth}
      - {one_hot: [VGG, MVGG, RES], genes: "block*", count: 3}
      - {number: {}, genes: "kernels*", count: 3}
YAML
cat > study.yaml << 'YAML'
weft: problem/1
name: study
space:
  base: imc-cnn
  name: small
  genes:
    depth: {integer: [1, 3]}
    block: {categorical: [VGG, MVGG, RES], repeat: 3, when: depth >= index}
    kernels: {ordinal: [8, 16, 32], repeat: 3, when: depth >= index}
chip: mnsim-130nm-rram
accuracy: {provider: mlp, file: ./truth.yaml, weights: ./truth}
objectives: [accuracy max, energy min]
search: {optimizer: random, trials: 40, batch: 20, seed: 1}
YAML
run search study.yaml --store study.db --quiet
code_is 0 "a study to learn from"
run predictor fit study.db --model gp --out fitted.yaml --json
code_is 0 "a predictor is fitted to its trials"
json_valid "a fit"
json_true '.n == 40 and .tau > 0.7 and .usable and .rmse < 0.05' "it learned what is to be learned"
json_true '.coverage >= 0.6 and .level == 0.9' "how much its intervals cover"
run predictor fit study.db --model gp --out fitted.yaml
code_is 3 "not over another one"
run predictor fit study.db --model gp --out fitted.yaml --replace --jobs 2
code_is 0 "unless it may be replaced"
out_has "Kendall's tau" "what it is worth is told"
run predictor show fitted.yaml
code_is 0 "what stands in it"
out_has "VGG, MVGG, RES" "its genes and values"
out_has "accuracy by mlp, space small" "and what it learned"
run predictor show fitted.yaml --json
json_valid "what stands in it"
json_true '.model == "gp" and (.genes | length) == 7' "its model and genes"
sed 's/seed: 1/seed: 5/' study.yaml > held.yaml
run search held.yaml --store held.db --quiet
run predictor check fitted.yaml held.db --json
code_is 0 "it is compared with designs held out"
json_true '.folds == 0 and .tau > 0.7' "and tells them apart"
sed 's/provider: mlp, file: .*weights: .\/truth/provider: predictor, file: .\/fitted.yaml/' study.yaml > with.yaml
run search with.yaml --store with.db --trials 200
code_is 0 "a search uses it"
run search with.yaml --store with.db --trials 220
code_is 0 "and goes on with it"
run predictor next study.db -n 6 --predictor fitted.yaml --json
code_is 0 "what to train next"
json_valid "what to train next"
json_true 'length == 6 and (map(.description) | unique | length) == 6' "six designs"
json_true '[.[] | .low <= .accuracy and .accuracy <= .high] | all' "with their intervals"
cp "$out" next.json
run front study.db --all --json
if have jq; then
    jq --slurpfile next next.json '[.[].design] - [$next[0][].description] | length == 40' "$out" > new.json
    cp new.json "$out"
    json_true . "none of them was tried"
fi
run predictor next study.db -n 3 --model trees --rule spread
code_is 0 "far from what is known"
run predictor next golden.csv
code_is 2 "of a study only"

# One that has not earned it is refused, unless it is forced.
run predictor fit study.db --model gp --bar 0.999 --out poor.yaml
code_is 0 "one below its bar is written"
err_has "below the bar" "and says so"
sed 's/fitted.yaml/poor.yaml/' with.yaml > poor-problem.yaml
run search poor-problem.yaml --store poor.db
code_is 3 "a search refuses it"
err_has "Kendall's tau is" "with its tau"
err_has "below the bar of 0.999, with 40 trained designs" "its bar and its trials"
err_has "force: true" "and what to do"
sed 's/poor.yaml/poor.yaml, force: true/' poor-problem.yaml > forced.yaml
run search forced.yaml --store forced.db
code_is 0 "unless it is forced"
sed 's/fitted.yaml/fitted.yaml, value: low/' with.yaml > low.yaml
run search low.yaml --store low.db
code_is 0 "the low end of the interval may count"
sed 's/fitted.yaml/fitted.yaml, value: least/' with.yaml > bad-value.yaml
run search bad-value.yaml --store bad.db
code_is 3 "no other value"
err_has "low" "the values there are"
run predictor check poor.yaml held.db
code_is 6 "a check below the bar"
run predictor next study.db -n 2 --predictor poor.yaml
code_is 0 "what is next by one below its bar"
err_has "below the bar of 0.999" "says so"

# A gene that stood still while the predictor learned, and stands still in the search, changes nothing.
sed 's/^search:/fixed: {kernels1: 16}\nsearch:/' study.yaml > still.yaml
run search still.yaml --store still.db --quiet
run predictor fit still.db --model gp --out still-fitted.yaml --json
code_is 0 "trials of one value of a gene"
sed 's/provider: mlp, file: .*weights: .\/truth/provider: predictor, file: .\/still-fitted.yaml, force: true/' \
    still.yaml > still-with.yaml
run search still-with.yaml --store still-with.db --trials 20 --quiet
code_is 0 "a search with the gene fixed"
sed '/^fixed:/d' still-with.yaml > moved.yaml
run search moved.yaml --store moved.db
code_is 3 "one that varies it"
err_has 'does not depend on gene "kernels1"' "is refused"

# What a store or a predictor says itself is not asked for.
run predictor fit study.db --model gp --sample 20 --json
json_true '.n == 20' "a sample of a store"
run predictor fit study.db --percent
code_is 2 "percentages of a store"
err_has "--percent has no use with a store" "are refused"
run predictor fit with.db
code_is 3 "what a predictor said is not learned from"
err_has "expected measured ones" "the reason"
run predictor check fitted.yaml with.db
code_is 3 "nor compared with"
run predictor check fitted.yaml held.db --tolerance 0.1
code_is 2 "a tolerance of a fitted one"
run predictor check made/own.yaml golden.csv --percent --table nasbench201-cifar10
code_is 2 "a table of another"
run predictor next study.db --predictor fitted.yaml --model gp
code_is 2 "a model beside a predictor"
# Where nothing can be written is told before anything is learned, or even read.
run predictor fit nowhere.db --out fitted.yaml
code_is 3 "a name that is taken"
err_has "there already" "is told first"
run predictor fit nowhere.db --out fitted.txt
code_is 3 "a name that is none"
err_has "ends in .yaml" "likewise"
run predictor fit nowhere.db --out no-folder/fitted.yaml
code_is 4 "a folder that is not there"
err_has "no-folder" "likewise"

# Designs from a file, and what cannot be learned from.
{
    echo "a,b,accuracy"
    awk 'BEGIN { for (a = 0; a < 6; a++) for (b = 0; b < 5; b++) print a "," b "," 40 + 5 * a + 3 * b }'
} > file.csv
run predictor fit file.csv --percent --model trees --out from-file.yaml
code_is 0 "a CSV file"
run predictor check from-file.yaml file.csv --percent
code_is 0 "checked with it"
run predictor check from-file.yaml file.csv
code_is 3 "accuracies that are percentages"
err_has "is 40, expected 0 to 1" "are no shares"
printf 'a,b,accuracy\n1,1,50\n1,2,50\n2,2,50\n' > equal.csv
run predictor check from-file.yaml equal.csv --percent
code_is 6 "designs without an order"
out_has "tau          none" "have no tau"
err_has "all one accuracy" "the reason"
run predictor fit file.csv --percent --table nasbench201-cifar10
code_is 2 "percentages of a table"
err_has "says itself in which unit" "are its own"
run predictor fit file.csv --model trees
code_is 3 "accuracies that are percentages"
err_has "is 40, expected 0 to 1" "which one"
run predictor fit file.csv --percent --sample 10
code_is 3 "too few designs"
err_has "10 designs" "how many"
run predictor fit file.csv --percent --model forest
code_is 2 "an unknown model"
run predictor fit nowhere.db
code_is 4 "a file that is not there"
sed 's/tau: [0-9.]*/tau: 0.99x/' from-file.yaml > broken.yaml
run predictor show broken.yaml
code_is 3 "a damaged predictor"
err_has "broken.yaml:" "with its line"
nb=$root/../shared/data/nasbench201/nb201_table.csv
if [ -f "$nb" ]; then
    run predictor fit "$nb" --table nasbench201-cifar10 --sample 100 --model trees --out nb.yaml --json
    code_is 0 "NAS-Bench-201, from 100 networks"
    run predictor check nb.yaml "$nb" --table nasbench201-cifar10 --json
    code_is 0 "all of it"
    json_true '.n == 15625 and .tau > 0.5' "is told apart"
else
    skip "NAS-Bench-201" "../shared/data/nasbench201 is not here"
fi

# The published predictions of Once-for-All, where they are at hand.
ofa=$root/../shared/data/ofa/acc_predictor
if [ -d "$ofa" ]; then
    run predictor check ofa-mobilenetv3-imagenet "$ofa/golden_20.json" --weights "$ofa" --json
    code_is 0 "the published predictions of Once-for-All"
    json_true '.n == 20 and .worst < 1e-5' "all 20"
else
    skip "the published predictions of Once-for-All" "../shared/data/ofa is not here"
fi

finish
