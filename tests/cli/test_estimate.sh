#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft estimate: fields, sums, the constants, networks that do not fit.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
chip=mnsim-130nm-rram
network=imc:R32,V64,R64,V128,R128,V128

run estimate $network --chip $chip --json
code_is 0 "the estimate of the first published design"
err_empty "an estimate"
json_valid "an estimate"
json_true '.network == "imc:R32,V64,R64,V128,R128,V128"' "the network is named"
json_true '.chip == "mnsim-130nm-rram"' "the chip is named"
json_true '.feasible == true' "it fits"
for key in latency_s energy_j area_mm2 crossbars tiles utilisation macs params; do
    json_true ".total.$key > 0" "total has $key"
done
json_true '.total.utilisation <= 1' "no more than all cells are used"
json_true '(.energy_by | keys | length) == 14' "all parts are named"

# Equal up to the rounding of a sum: 14 parts, some 30 layers.
close='def close(a; b): ((a - b) | fabs) <= 1e-12 * (b | fabs);'
for pair in energy:energy_j latency:latency_s area:area_mm2; do
    by=${pair%%:*}_by
    total=${pair##*:}
    json_true "$close close([.${by}[]] | add; .total.$total)" "parts sum to the total"
    json_true "$close close([.layers[].$total] | add; .total.$total)" "layers sum to the total"
    json_true "$close [.layers[] | close([.${by}[]] | add; .$total)] | all" \
        "parts of a layer sum to the layer"
done
json_true '([.layers[].crossbars] | add) == .total.crossbars' "crossbars of the layers add up"
json_true '[.layers[] | .utilisation >= 0 and .utilisation <= 1] | all' "utilisations are shares"
json_true '[.layers[].block | values] | (min == 0 and max == 5)' "six blocks"
cp "$out" first.json
run estimate R32,V64,R64,V128,R128,V128 -c $chip --json
same_files "$out" first.json "the family's name may be left out, and the same call gives the same"

close_to='def near(a; b): ((a - b) | fabs) <= 1e-9 * (b | fabs);'
json_true "$close_to .total | near(.tops; 2 * .macs / .interval_s / 1e12)" "TOPS count 2 a MAC"
json_true "$close_to .total | near(.tops_w; 2 * .macs / .energy_j / 1e12)" "TOPS/W are total over total"
json_true "$close_to .total | near(.power_w; .energy_j / .interval_s)" "power is the mean"
json_true "$close_to .total | near(.edap_j_s_mm2; .energy_j * .latency_s * .area_mm2)" "EDAP"
json_true '.total.bottleneck.name == .layers[.total.bottleneck.row].name' "the bottleneck is a layer"
json_true '.total.interval_s == .layers[.total.bottleneck.row].busy_s' "and sets the interval"
json_true "$close_to near([.levels[].energy_j] | add; .total.energy_j)" "levels sum to the total"
json_true '[.parts[].level] - [.levels[].level] == []' "every part stands at a level"
json_true '([.layers[].macs] | add) == .total.macs' "the layers' MACs are the network's"

# The same as a table, and as a figure.
run estimate $network --chip $chip --csv
code_is 0 "an estimate as CSV"
head -n 1 "$out" > header
printf 'network,chip,row,layer,name,part,level,energy_j,latency_s,area_mm2,actions\n' > expected
same_files header expected "the columns of the CSV"
if have jq; then
    condition=0
    sum=$(tail -n +2 "$out" | sed 's/^"[^"]*",//' | awk -F, '{ s += $7 } END { printf "%.9g", s }')
    [ "$sum" = "$(jq -r '.total.energy_j' first.json | awk '{ printf "%.9g", $1 }')" ] || condition=1
    check "$condition" "rows sum to the energy: $sum"
fi
run estimate $network --chip $chip --csv --json
code_is 2 "CSV and JSON at once"
run estimate $network --chip $chip --svg figure.svg
code_is 0 "an estimate with a figure"
condition=0
grep -q '^<svg ' figure.svg && grep -q 'Energy of each layer' figure.svg || condition=1
check "$condition" "the figure is there"
run estimate $network --chip $chip --svg ./nowhere/figure.svg
code_is 4 "a figure that cannot be written"

# Values of the chip can be set.
run estimate imc:V32 --chip $chip --json
cp "$out" plain.json
run estimate imc:V32 --chip $chip --json --set pe.adc=isaac-8b --set "cell.read_time=10 ns"
code_is 0 "two values set"
if have jq; then
    condition=0
    jq -e --slurpfile plain plain.json '.total.energy_j > $plain[0].total.energy_j' "$out" \
        > /dev/null || condition=1
    check "$condition" "they make a difference"
fi
for wrong in 'crossbar.rowz=64:2:crossbar.rows' 'rows=64:2:mesh.rows' 'crossbar.rows:2:PATH=VALUE' \
    'crossbar.rows=0:3:outside 1 to 65536' 'crossbar.rows=4 ns:3:unknown unit' \
    'pe.adc=isaac-9b:3:isaac-8b'; do
    rest=${wrong#*:}
    run estimate imc:V32 --chip $chip --set "${wrong%%:*}"
    code_is "${rest%%:*}" "--set ${wrong%%:*} is refused"
    err_has "${rest#*:}" "and says what to do"
done
run estimate imc:V32 --chip $chip --set crossbar.rows=64
code_is 3 "values that contradict each other"
err_has "sub-array" "they are named"
run estimate imc:V32 --chip $chip --set crossbar.rows=64 --set crossbar.subarray_rows=64
code_is 0 "they fit each other when both are set"

run estimate resnet18 --chip generic-rram --set resolutionn=4
code_is 2 "an unknown path of a hierarchical chip"
err_has "did you mean 'resolution'?" "the nearest one is named"
condition=0
grep -q 'generic-rram:' "$err" && condition=1
check "$condition" "no place in a text that nobody wrote"

# Networks by name.
run estimate vgg8 --chip $chip --json
code_is 0 "a network by name"
json_true '.network == "vgg8"' "it is named"
run estimate vgg8 --chip $chip --classes 100 --json
json_true '.network == "vgg8@classes=100"' "options make it another"
run estimate resnet88 --chip $chip
code_is 3 "a network that there is not"
err_has "did you mean" "the nearest one is named"

run estimate $network --chip $chip
code_is 0 "an estimate for people"
for word in energy latency interval bottleneck power area TOPS TOPS/W TOPS/mm2 EDAP crossbars \
    MACs parameters ADC "2 a MAC" "By level"; do
    out_has "$word" "it has the word"
done
out_lacks "conv1x1" "layers are shown on request"
run estimate $network --chip $chip --layers
out_has "conv1x1" "they are shown"

run estimate imc:V32 --chip $chip --json
cp "$out" small.json
run estimate imc:V32 --chip $chip --json --input 1,28,28 --classes 100 --hidden none
json_true '.feasible == true' "another input, other classes, no hidden layer"
if have jq; then
    condition=0
    [ "$(jq .total.params small.json)" != "$(jq .total.params "$out")" ] || condition=1
    check "$condition" "they make a difference"
fi

run estimate --chip $chip --constants
code_is 0 "the constants"
out_has "source" "with their source"
run estimate --chip $chip --constants --json
json_valid "the constants"
json_true '.constants | length > 10' "there are many"
json_true '[.constants[] | .source != "" and .unit != ""] | all' "each has unit and source"

# Not to be built, or too large.
run estimate imc:V8,V8,V8,V8,V8,V8 --chip $chip --json
code_is 1 "six halvings of a map of 32"
json_valid "an infeasible estimate"
json_true '.feasible == false and (.reason | length > 10)' "the reason is on stdout too"
run estimate V8,V8,V8,V8,V8,V8 --chip $chip --json
json_true '.network == "imc:V8,V8,V8,V8,V8,V8"' "its name is that of one that fits"
err_has "error:" "the reason is on stderr"
run estimate imc:V8,V8,V8,V8,V8,V8 --chip $chip
code_is 1 "the same for people"
out_empty "nothing on stdout"

# Wrong words.
for wrong in imc: imc:Q32 imc:V imc:V0 'imc:V32,' imc:V32,,R8 imc:V-3 imc:V99999 vgg:V32 ','; do
    run estimate "$wrong" --chip $chip
    condition=0
    [ "$code" -eq 2 ] || [ "$code" -eq 3 ] || condition=1
    check "$condition" "the network '$wrong' is refused"
    err_has "error:" "with a message"
done
long=imc:V32
i=0
while [ $i -lt 400 ]; do
    long=$long,M32
    i=$((i + 1))
done
run estimate "$long" --chip $chip
condition=0
[ "$code" -ge 1 ] && [ "$code" -le 3 ] || condition=1
check "$condition" "400 blocks are refused"

run estimate imc:V32 --chip mnsim-130nm-ram
code_is 3 "an unknown chip"
err_has "mnsim-130nm-rram" "the nearest one is named"
run estimate imc:V32 --chip ./nowhere.yaml
condition=0
[ "$code" -eq 3 ] || [ "$code" -eq 4 ] || condition=1
check "$condition" "a chip file that is not there"
sed 's/^description:/descripton:/' "$root/share/weft/chips/$chip.yaml" > wrong.yaml
run estimate imc:V32 --chip ./wrong.yaml
code_is 3 "a chip file with an unknown key"
err_has "wrong.yaml:" "file and line are named"
cp "$root/share/weft/chips/$chip.yaml" own.yaml
run estimate $network --chip ./own.yaml --json
code_is 0 "a chip file of one's own"

finish
