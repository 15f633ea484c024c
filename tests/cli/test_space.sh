#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft space: counts that were worked out by hand, samples, wrong words.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# Depth d has 3^d choices of blocks and 6^d of kernels: the sum of 18^d for d = 1..7.
run space imc-cnn
code_is 0 "the built-in space"
out_has "648232974" "all designs"
# At most five VGG blocks halve a map of 32 to 1: for each depth the sum over v <= 5 of
# C(d, v) 2^(d - v), times 6^d.
out_has "643987278" "those that the cap leaves"
out_has "depth" "the genes are shown"
run space imc-cnn --json
json_valid "a space"
json_true '.total == 648232974 and .legal == 643987278' "the counts"
json_true '.max_halvings == 5' "the cap"
json_true '.input == [3, 32, 32]' "the input"
json_true '[.genes[] | select(.name == "depth") | .lower, .upper] == [1, 7]' "the depth"
json_true '(.genes | length) == 15' "depth, seven blocks, seven kernels"
json_true '.genotypes == 4285540224 and .distinct' "7 3^7 6^7 by lists"
json_true '.chip == null and .genes[0].sets == null' "a space without a chip"

# 28 allows four halvings.
expected=$(awk 'BEGIN {
    for (d = 1; d <= 7; d++) for (v = 0; v <= d && v <= 4; v++) {
        c = 1
        for (i = 0; i < v; i++) c = c * (d - i) / (i + 1)
        total += c * 2 ^ (d - v) * 6 ^ d
    }
    printf "%d", total
}')
run space imc-cnn --input 1,28,28 --json
json_true '.max_halvings == 4' "the cap for 28"
json_true ".legal == $expected" "the count for 28, worked out apart"

run space imc-cnn --sample 50 --seed 7 --json
json_valid "a sample"
json_true '(.sample | length) == 50' "fifty designs"
json_true '([.sample[].description] | unique | length) == 50' "all different"
json_true '[.sample[] | .genes.depth as $d | (.description | split(",") | length) == $d] | all' \
    "the description has as many blocks as the depth"
json_true '[.sample[].description | [scan("V")] | length] | max <= 5' "none breaks the cap"
cp "$out" sample.json
run space imc-cnn --sample 50 --seed 7 --json
same_files "$out" sample.json "the same seed draws the same"
run space imc-cnn --sample 50 --seed 8 --json
condition=0
cmp -s "$out" sample.json && condition=1
check "$condition" "another seed draws others"
run space imc-cnn --sample 3
code_is 0 "a sample for people"

# The space that CIMNAS publishes: 9.9e85 by its own count; blocks that are not there and the depth of
# a stage of one block make no design.
run space cimnas-mobilenetv2-rram
code_is 0 "the space of CIMNAS"
out_has "9.9175e85" "genotypes"
out_has "1.3623e83" "designs"
out_has "base_cycle in ns" "what a gene sets"
out_has "(inert)" "the gene that changes nothing"
run space cimnas-mobilenetv2-hw --json
json_valid "a space of chips"
json_true '.total == 9676800 and .genotypes == 9676800 and .distinct' "its size"
json_true '.networks == ["proxyless@depth=2x3x4x3x3,kernel=3,expansion=6"]' "its network"
json_true '.chip == "cimnas-32nm-rram"' "its chip"
json_true '.genes[0].sets == {"path": "voltage", "unit": "V", "region": 0}' "its knobs"
run space joint-sram-9 --json
json_true '(.networks | length) == 9 and .total == 4064256' "nine networks"
run space weft-mobilenetv2-rram --json
json_true '.distinct | not' "a space in which genomes may meet"
json_true '[.genes[] | select(.name == "rows4") | .sets.region] == [3]' "a region"
run space joint-rram-4 --input 3,32,32
code_is 3 "networks with inputs of their own"
err_has "inputs of their own" "and why"

# A layer table as a network, by a path from the folder of the space.
mkdir tables
printf 'layer,C,M,R,S,P,Q\nconv1,3,16,3,3,8,8\n' > tables/layers.csv
printf 'weft: space/1\nname: t\nfamily: network\nnetworks: [./layers.csv]\ngenes:\n' > tables/space.yaml
printf '  rows: {ordinal: [64, 128], sets: rows}\n' >> tables/space.yaml
run space tables/space.yaml --json
json_valid "a space of a layer table"
json_true '.total == 2 and (.networks[0] | test("layers.csv$"))' "its network"

run space imc-cn
code_is 3 "an unknown space"
err_has "imc-cnn" "the nearest one is named"
run space ./nowhere.yaml
condition=0
[ "$code" -eq 3 ] || [ "$code" -eq 4 ] || condition=1
check "$condition" "a file that is not there"
printf 'weft: space/1\nname: x\nbase: imc-cnn\nsize: 3\n' > wrong.yaml
run space ./wrong.yaml
code_is 3 "an unknown key"
err_has "wrong.yaml:4:" "file and line"
run space imc-cnn --classes 3
code_is 2 "--classes alone has no use"

# A space that names its chip is compared with it.
knob_space() {
    printf 'weft: space/1\nname: own\nbase: imc-cnn\nchip: generic-rram\ngenes:\n%b' "$1" > own.yaml
    run space ./own.yaml
}
knob_space '  rows: {ordinal: [64, 128], sets: rows}\n'
code_is 0 "a gene of the chip"
knob_space '  rows: {ordinal: [64, 128], sets: rowz}\n'
code_is 3 "a parameter that the chip has not"
err_has "gene 'rows' of space 'own' sets 'rowz'" "the gene and the space"
err_has "did you mean 'rows'" "and the nearest"
knob_space '  rows: {ordinal: [64, 128], sets: rows}\n  r2: {ordinal: [64, 128], sets: array.rows}\n'
code_is 3 "two names of one parameter"
err_has "which gene 'rows' sets already" "and whose it is"
knob_space '  rows: {ordinal: [64, 300000], sets: rows}\n'
code_is 3 "more rows than an array may have"
err_has "gene 'rows' of space 'own' at 300000" "the gene and its value"

finish
