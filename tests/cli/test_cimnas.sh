#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The published designs of CIMNAS in its own accounting: examples/cimnas/reproduce.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# Every design of the table, its network from its genes: cycles and area to the last digit, energy as
# near as operand statistics of the designs that are not published allow.
code=0
called="examples/cimnas/reproduce"
WEFT=$weft "$root/examples/cimnas/reproduce" designs > "$out" 2> "$err" || code=$?
code_is 0 "the script runs"
err_empty "the script"
cp designs/errors.json "$out"
json_true '.rows == 31 and .infeasible == 0' "all designs are priced"
json_true '.metrics[] | select(.column == "L_s") | .exact_cycles == 1' "all cycles are equal"
json_true '.metrics[] | select(.column == "A_cm2") | .worst_error < 1e-4' "areas are equal"
json_true '.metrics[] | select(.column == "E_J") | .median_error < 0.02 and .worst_error < 0.05' \
    "energies are within 5 %"
json_true '.metrics[] | select(.column == "EDAP_J_s_cm2") | .spearman > 0.995' "the order is kept"
json_true '.metrics[] | select(.column == "avg_tops") | .worst_error < 0.001' \
    "the mean throughput of the layers is equal"

# The network of the second design is the hand-set one: depth 2 3 4 3 3 2, all kernels 3, expansion 6.
condition=0
[ "$(wc -l < designs/02.csv)" -eq 54 ] || condition=1
check "$condition" "three layers a block, and five more"

# Designs of which kernels, bits and expansions are not known lie between the least and the most.
condition=0
awk -F'\t' 'NR > 1 && !($2 > $3 && $2 < $4 && $5 >= $6 && $5 <= $7 && $8 / $9 < 1.0001 && $8 / $9 > 0.9999) {
    bad++ } END { exit !(NR == 9 && bad == 0) }' designs/bounds.tsv || condition=1
check "$condition" "eight more designs lie between the smallest network and the largest"

# What the faults change, and what could be built.
code=0
called="examples/cimnas/faults"
WEFT=$weft "$root/examples/cimnas/faults" designs > "$out" 2> "$err" || code=$?
code_is 0 "the faults are priced one by one"
err_empty "the faults"
out_has "cycle checked	a cycle of 1 ns is too short for the read pulses of an input" "a free cycle is found"
out_has "17	the weights take N arrays" "17 of 31 designs do not lie on their chips"
out_has "25	bits of an RRAM cell" "25 of 31 have cells that cannot be made"
condition=0
awk -F'\t' '$1 == "as published" { published = $3 }
    $1 == "layers share the chip" { shared = $3 }
    $1 == "the same, with copies" { copies = $3 }
    END { exit !(published > 0 && copies > 5 * published && shared > copies) }' "$out" || condition=1
check "$condition" "layers that share the chip take longer, with copies less so"

# Sensitivities: latency goes with the cycle exactly, macros halve it and double the area.
code=0
called="examples/cimnas/sensitivities"
WEFT=$weft "$root/examples/cimnas/sensitivities" > "$out" 2> "$err" || code=$?
code_is 0 "the sensitivities are printed"
err_empty "the sensitivities"
out_has "cycle x 2	1.000	2.000	1.000	1.000	2.000	1.000" "the cycle sets the time alone"
condition=0
awk -F'\t' '/^macros/ { ok = $3 < 0.65 && $6 < 0.65 && $4 > 1.98 && $4 < 2.01 } END { exit !ok }' "$out" ||
    condition=1
check "$condition" "twice the macros take about half of the time"

finish
