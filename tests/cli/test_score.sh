#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft score: scores without training, on random numbers and on data.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
code_is 0 "the data"

run score imc:V8,R8 imc:V16,R16 --data tiny --threads 1 --json
code_is 0 "two networks on data"
json_valid "scores"
json_true '.data == "tiny" and .images == 64 and .seed == 1' "what was looked at"
json_true '[.networks[].network] == ["imc:V8,R8", "imc:V16,R16"]' "in the order of the call"
json_true '[.networks[] | .synflow, .naswot, .grad_norm, .snip] | all(. > 0)' "all scores"
json_true '.networks[1].params > .networks[0].params and .networks[1].macs > .networks[0].macs' \
    "parameters and MACs"
json_true '[.networks[].reasons] == [{}, {}]' "nothing is missing"
cp "$out" one.json
run score imc:V8,R8 imc:V16,R16 --data tiny --threads 2 --json
same_files one.json "$out" "the same on two threads"
run score imc:V8,R8 imc:V16,R16 --data tiny --seed 2 --json
condition=0
cmp -s one.json "$out" && condition=1
check "$condition" "another seed, other scores"

run score resnet8 'nasbench201@arch=000000,depth=1x1x1' --images 8 --json
code_is 0 "random images"
json_true '.data == null and .networks[0].naswot > 0' "no data are named"
json_true '.networks[1] | .synflow == null and .naswot == null and .snip == 0' "no score is null"
json_true '.networks[1].reasons | (.synflow | contains("no path")) and (.naswot | length > 0)' \
    "and says why"

run score resnet8 vgg8 --scores synflow,params --csv
code_is 0 "some scores"
out_has "network,synflow,params" "their names"
condition=0
[ "$(wc -l < "$out")" -eq 3 ] || condition=1
check "$condition" "a row each"
run score resnet8 --scores macs,params,synflow
code_is 0 "for people"
out_has "12.50 M" "MACs with a prefix"
run score 'nasbench201@arch=000000' --scores synflow
code_is 0 "no score is no failure"
err_has "no path leads" "the reason goes to people"

run score resnet8 --scores synflo
code_is 2 "an unknown score"
err_has "did you mean 'synflow'" "the nearest one"
run score resnet8 --json --csv
code_is 2 "two forms at once"
run score
code_is 2 "no network"
run score resnet9000
code_is 3 "an unknown network"
run score 'resnet8@input=3x32x32,classes=10' --data tiny
code_is 3 "a network for other images"
err_has "1 x 16 x 16" "what the data have"
run score imc:V8 --data tiny --images 4000
code_is 3 "more images than there are"
err_has "160" "how many there are"
run score imc:V8 --data tynie
code_is 3 "unknown data"
finish
