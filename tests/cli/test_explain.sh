#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft explain: the tree, its figures, what is not there.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
chip=mnsim-130nm-rram

run explain imc:V32,V64 --chip $chip --part adc --layer 2
code_is 0 "an explanation"
err_empty "an explanation"
for word in "adc energy" "adc latency" "adc area" "parts at work" "adcs.aspdac-6b.power" \
    "Hardware_Model/ADC.py"; do
    out_has "$word" "it has '$word'"
done
cp "$out" by_row
run explain imc:V32,V64 --chip $chip --part adc --layer "conv3x3 32>32"
same_files "$out" by_row "a layer by its name"

run explain imc:V32,V64 --chip $chip --json
json_valid "all parts of all layers"
cp "$out" all.json
run estimate imc:V32,V64 --chip $chip --json
if have jq; then
    for pair in energy:energy_j latency:latency_s area:area_mm2; do
        name=${pair%%:*}
        condition=0
        [ "$(jq ".rows[] | select(.depth == 0 and .name == \"$name\") | .value" all.json)" = \
            "$(jq ".total.${pair##*:}" "$out")" ] || condition=1
        check "$condition" "$name is that of estimate"
    done
fi
run explain imc:V32,V64 --chip $chip --part adc --layer 2 --set adcs.aspdac-6b.power=5mW
code_is 0 "a value set"
out_has "set; the file says" "its source tells it"
run explain vgg8 --chip $chip --part link --classes 100
code_is 0 "another network"

# A hierarchical chip: actions, statistics of the operands, the class with its fields.
run explain resnet18 --chip neurosim-32nm-rram --part adc --layer 2
code_is 0 "a hierarchical chip"
for word in "reads ('readout')" "energy of a read" "adc is a sense-adc" "resolution"; do
    out_has "$word" "it has '$word'"
done

run explain imc:V32 --chip $chip --part adz
code_is 2 "an unknown part"
err_has "did you mean 'adc'?" "the nearest one"
for layer in 0 99 -1 convv3x3; do
    run explain imc:V32 --chip $chip --layer=$layer
    code_is 2 "there is no layer $layer"
done
run explain imc:V32
code_is 2 "no chip"
run explain --chip $chip
code_is 2 "no network"
run explain imc:V8,V8,V8,V8,V8,V8 --chip $chip
code_is 1 "a network that cannot be built"
run explain imc:V32 --chip $chip --set crossbar.rows=64
code_is 3 "values that contradict each other"

finish
