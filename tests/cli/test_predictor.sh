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
json_true '[.[] | .kind == "mlp" or .kind == "table"] | all' "each is one of the two"

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
