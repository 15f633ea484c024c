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
json_true '[.networks[] | .synflow, .naswot, .grad_norm, .snip, .combined, .nn_degree] | all(. > 0)' "all scores"
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

run score resnet8 imc:V8 imc:V8,R8 --scores params --rank macs,naswot,synflow --images 16 --json
code_is 0 "ranks"
json_true '[.networks[].rank_sum] | . == (sort | reverse) and add == 18' \
    "best first, all ranks given out"
json_true '.networks[0] | has("params") and has("synflow") and (has("snip") | not)' "what was asked for"
run score resnet8 imc:V8 --rank params --csv
out_has "rank_sum" "a column of its own"
run score resnet8 --rank flow
code_is 2 "a rank in no score"
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

# Searches by a score.
run search "$root/examples/training-free.yaml" --trials 15 --store free.db --jobs 1 --json
code_is 0 "the example"
json_true '.front | length > 3 and all(.proxy > 0 and .accuracy == null)' "a front of proxies"
cp "$out" one.json
rm -f free.db*
run search "$root/examples/training-free.yaml" --trials 15 --store free.db --jobs 2 --json
same_results one.json "$out" "the same with two jobs"
run search "$root/examples/training-free.yaml" --dry-run
out_has "combined, a score without training, of 64 images, random ones" "what the search goes by"
run report free.db --out page
code_is 0 "a report"
condition=0
grep -q "not an accuracy" page/index.html || condition=1
check "$condition" "which says what a proxy is"

cat > small.yaml <<'YAML'
weft: problem/1
name: small
space: {weft: space/1, name: blocks, family: imc, input: [1, 16, 16], classes: 4,
        head: {pool: 2, hidden: [16]},
        genes: {depth: {integer: [1, 2]},
                block: {categorical: [VGG, RES], repeat: 2, when: depth >= index},
                kernels: {ordinal: [4, 8], repeat: 2, when: depth >= index}}}
chip: generic-rram
data: tiny
accuracy: {provider: score, score: snip, images: 16}
objectives: [proxy max, energy min]
search: {optimizer: random, trials: 8, batch: 4, seed: 1}
YAML
run search small.yaml --store small.db --jobs 2 --json
code_is 0 "SNIP of images"
json_true '.failed == 0 and (.front | length >= 1)' "all designs have it"
run search small.yaml --dry-run --json
json_true '.proxy == {score: "snip", data: "tiny", images: 16} and .accuracy == null' "the plan"
sed 's/proxy max/accuracy max/' small.yaml > bad.yaml
run search bad.yaml
code_is 3 "a score is no accuracy"
err_has 'proxy max' "what to write"
sed 's/provider: score, score: snip, images: 16/epochs: 1/' small.yaml > bad.yaml
run search bad.yaml
code_is 3 "a proxy without a score"
err_has 'provider: score' "what to write"
sed 's/score: snip/score: snipe/' small.yaml > bad.yaml
run search bad.yaml
code_is 3 "an unknown score in a problem"
err_has "'snip'" "the nearest one"
sed 's/images: 16/epochs: 2/' small.yaml > bad.yaml
run search bad.yaml
code_is 3 "a key of another provider"
err_has 'epochs' "which"
sed 's/images: 16/images: 4000/' small.yaml > bad.yaml
run search bad.yaml --store bad.db
code_is 3 "more images than the data have"
finish
