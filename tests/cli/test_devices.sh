#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft devices: files joined, devices compared, a proxy adapted, a front pruned; bad input.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# 625 cells of NAS-Bench-201: latencies of three devices, one of them with failures, and accuracies.
awk 'BEGIN {
    print "ops,acc,phone_latency_ms,board_latency_ms,chip_latency_ms"
    split("0 1 10 25 6", phone); split("0 0 5 60 15", board)
    for (i = 0; i < 625; i++) {
        code = (i * 7919) % 15625; name = ""; a = 10; b = 10; c = 0
        for (e = 0; e < 6; e++) {
            op = code % 5; code = int(code / 5); name = name op
            a += phone[op + 1] * (1 + e / 10); b += board[op + 1]; c += op == 3
        }
        print name "," 80 + 2 * c + (i % 7) / 10 "," a "," (i % 50 == 3 ? "failed" : b) "," a + b / 9
    }
}' > table.csv

run devices import table.csv
code_is 0 "a table is checked"
err_empty "without a word"
out_has "625, cells of NAS-Bench-201" "what its architectures are"
run devices import table.csv --json
json_valid "as JSON"
json_true '.path == null and .architectures == 625 and (.columns | length) == 4' "its columns"
json_true '[.columns[] | select(.name == "board_latency_ms")][0] | .failed == 13 and .measured == 612' "failures are kept"
json_true '[.columns[] | select(.device)] | length == 3' "which of them are devices"

awk -F, 'NR % 9 == 1 { print $1 "," $5 }' table.csv | sed '1s/.*/ops,ms/' > own.csv
run devices import own.csv --device mine --out mine.csv
code_is 0 "one device with a name"
run devices import table.csv mine.csv --out all.csv --json
code_is 0 "files are joined"
json_true '(.columns | length) == 5 and .columns[4].name == "mine" and .architectures == 625' "into one table"
run devices import all.csv --json
json_true '[.columns[] | select(.name == "board_latency_ms")][0].failed == 13' "what failed stays failed"
run devices import table.csv table.csv
code_is 3 "the same device twice"
err_has "--device" "says how to name it"
run devices import table.csv mine.csv --device both
code_is 2 "one name for two files"

run devices correlate table.csv --svg heat.svg
code_is 0 "devices are compared"
out_has "cluster 1, proxy" "clusters with their proxy"
condition=0
grep -q "board_latency_ms, phone_latency_ms: 0\." heat.svg || condition=1
check "$condition" "the heat map has the pairs"
run devices correlate table.csv --devices "phone board acc" --threshold 0.5 --json
json_valid "the matrix"
json_true '.devices == ["phone_latency_ms", "board_latency_ms", "acc"]' "the columns asked for"
json_true '.srcc[0][0] == 1 and .srcc[0][1] == .srcc[1][0]' "it is symmetric"
json_true '[.pairs[] | .low <= .srcc and .srcc <= .high] | all' "with intervals"
json_true '.pairs[0].architectures == 612' "over what both have"
json_true '[.clusters[].devices[]] | length == 3' "each device in one cluster"
cp "$out" first.json
run devices correlate table.csv --devices "phone board acc" --threshold 0.5 --json
condition=0
cmp -s "$out" first.json || condition=1
check "$condition" "the same again"

run devices adapt --table table.csv --proxy phone --target board --n 40 --seed 2 --json
code_is 0 "a proxy is adapted"
json_valid "the adaptation"
json_true '.measurements == 40 and .rest == 572 and .failed == 0' "what was drawn and what is left"
json_true '.srcc_adapted > 0.97 and .srcc_adapted > .srcc_raw and .fallback == null' "it is better"
json_true '.srcc_low <= .srcc_loo and .srcc_loo <= .srcc_high' "with an interval"
for method in ridge published-1 published-2 published-inf; do
    run devices adapt --table table.csv --proxy phone --target board --method $method --json
    code_is 0 "method $method"
    json_true '.srcc_adapted > .srcc_raw and .parameters == 32' "method $method is better"
done
run devices adapt --table table.csv --proxy phone --target board --n 2 --json
json_true '.fallback != null and .srcc_adapted == .srcc_raw' "two measurements: the proxy, and it says so"
run devices adapt --table table.csv --proxy phone --target board --n 5 --until 0.95 --next 3 --out said.csv --json
json_true '.enough and .measurements < 100 and (.next | length) == 3' "it measures until it is enough"
condition=0
[ "$(wc -l < said.csv)" -eq 626 ] || condition=1
check "$condition" "a prediction for each"
run devices import said.csv
code_is 0 "which is a table itself"
run devices adapt --table table.csv --proxy phone --target board
code_is 0 "in words"
out_has "left out one by one" "what it is worth"

# From a file of samples.
awk -F, 'NR % 12 == 1 { print $1 "," $4 }' table.csv | sed '1s/.*/ops,new/' > samples.csv
run devices adapt --table table.csv --proxy phone --target new --samples samples.csv --next 4 --json
code_is 0 "samples of a target"
json_true '.srcc_adapted == null and .srcc_loo > 0.9 and (.next | length) == 4' "judged by themselves"
sed '3s/,.*/,/; 4s/,.*/,failed/' samples.csv > holes.csv
run devices adapt --table table.csv --proxy phone --target new --samples holes.csv --json
json_true ".failed == 3 and .measurements == $(($(wc -l < samples.csv) - 2))" "an empty cell is no measurement"
sed '3s/^[0-9]*/012349/' samples.csv > wrong.csv
run devices adapt --table table.csv --proxy phone --target new --samples wrong.csv
code_is 3 "an unknown architecture"
err_has "not in the table of the proxy" "is named"
err_has "did you mean '0" "with the nearest one"
run devices adapt --table table.csv --proxy phone --target new --samples samples.csv --n 3
code_is 2 "a draw from samples"
run devices adapt --table table.csv --proxy phon --target board
code_is 3 "an unknown proxy"
err_has "did you mean 'phone'" "has a suggestion"
run devices adapt --table table.csv --proxy phone --target phone
code_is 2 "a device for itself"
run devices adapt --table table.csv --proxy phone --target board --n 700
code_is 3 "more than there are"
err_has "612 measured architectures in common" "says how many there are"
run devices adapt --table none.csv --proxy a --target b
code_is 4 "no such file"

run devices front --table table.csv --accuracy acc --proxy phone --target board --n 40 --json
code_is 0 "a front"
json_true '.hypervolume_ratio > 0.98 and .hypervolume_ratio <= 1 and (.front | length) > 1' "is nearly the true one"
json_true '.front as $f | [range(1; $f | length) | $f[.].measured >= $f[. - 1].measured and $f[.].accuracy > $f[. - 1].accuracy] | all' "nothing in it is beaten"
run devices front --table table.csv --accuracy acc --proxy phone --target new --samples samples.csv --json
json_true '.hypervolume_ratio == null and (.to_measure | length) > 0' "what is to be measured"
run devices front --table table.csv --accuracy acc --proxy phone --target new --samples samples.csv
out_has "To be measured on new" "in words too"
printf 'ops,acc,p,t\n000001,1,3,3\n000002,2,2,2\n000003,3,1,1\n000004,0.5,4,4\n' > small.csv
run devices front --table small.csv --accuracy acc --proxy p --target t --n 1
code_is 3 "a space too small for a front"
err_has "too small" "is told"

# A search whose chip is the proxy: the target takes half of the chip's latency and a fixed time for each
# 3x3 convolution.
cat > cells.yaml << 'YAML'
weft: problem/1
name: cells
space: nasbench201
chip: generic-rram
objectives: [latency min, energy min]
search: {optimizer: random, trials: 300, batch: 50, seed: 1}
YAML
run search cells.yaml --store cells.db --target board.csv --json
code_is 0 "a search for a target that has measured nothing yet"
json_valid "its result"
json_true '.target.measurements == 0 and (.target.fallback | length) > 0 and .target.front == []' "says that nothing is measured"
json_true '(.target.to_measure | length) == (.front | length)' "and what is to be"
run front cells.db --all --json
jq -r '"trial,board_ms", (.[] | select(.trial % 4 == 0) |
    "\(.trial),\(500 * .latency_s + 0.2 * ((.description | split("=")[1] | split("3") | length) - 1))")' \
    "$out" > board.csv
run devices prune cells.db --samples board.csv --json
code_is 0 "its front by the target's measurements"
json_valid "the front"
json_true '.measurements > 60 and .srcc_loo > .srcc_proxy and .fallback == null' "it adapts"
json_true '(.front | length) > 0 and ([.front[] | .measured > 0] | all) and ([.to_measure[] | .measured == null] | all)' "what is measured, and what is not"
run search cells.yaml --store cells.db --target board.csv --target-metric latency
code_is 0 "the same search ends with it"
out_has "Front on the target" "in words"
# Designs that no architecture names: by their genes, in a column `design`.
cat > chains.yaml << 'YAML'
weft: problem/1
name: chains
space: imc-cnn-small
chip: mnsim-130nm-rram
objectives: [latency min, energy min]
search: {optimizer: random, trials: 150, batch: 50, seed: 1}
YAML
run search chains.yaml --store chains.db --json
run front chains.db --all --json
jq -r '"design,board", (.[] | select(.state == "ok" and .trial % 3 == 0) |
    "\"\(.description)\",\(.latency_s + 0.0002 * ((.description | split("R") | length) - 1))")' "$out" > chains.csv
run devices prune chains.db --samples chains.csv --json
code_is 0 "designs by their genes"
json_true '.measurements >= 10 and .srcc_loo >= .srcc_proxy - 0.05 and (.front | length) > 0' "are adapted"
printf 'design,x\nnasbench201@arch=999999,1\n' > wrong.csv
run devices prune cells.db --samples wrong.csv
code_is 3 "designs that nobody tried"
err_has "none of the 1 designs" "are told"
printf 'name,x\na,1\n' > wrong.csv
run devices prune cells.db --samples wrong.csv
code_is 3 "no column of designs"
err_has "column 'trial'" "says which is expected"
sed 's/objectives.*/objectives: [energy min, area min]/' cells.yaml > other.yaml
run search other.yaml --store other.db --target board.csv
code_is 3 "a metric that is no objective"
err_has "no front with latency" "is told"
run search cells.yaml --target board.csv --seeds 2
code_is 2 "a target for several seeds"

finish
