#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft validate: the sets that ship, thresholds, tables of points, bad files.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

run validate --list
code_is 0 "the list of sets"
out_has "mnsim-2.0" "it has MNSIM's figures"

run validate mnsim-2.0
code_is 0 "MNSIM's figures"
err_empty "MNSIM's figures"
for word in "published" "model" "error" "mean error" "passed" "thu-nics/MNSIM-2.0"; do
    out_has "$word" "it has '$word'"
done
run validate mnsim-2.0 --json
json_valid "a set"
json_true '.passed == true and .sets[0].passed == true' "it passed"
json_true '.sets[0].mean_error <= .sets[0].threshold' "its error is within the threshold"
json_true '[.sets[0].points[] | ((.model / .published - 1 - .error) | fabs) < 1e-12] | all' \
    "errors are model over published"
run validate mnsim-2.0 --threshold 0.0001
code_is 6 "a threshold that is missed"
out_has "MISSED" "it is said"
err_has "missed their threshold" "on both sides"

# Tables of points on a product that fills a macro; what was fitted stands apart.
run validate silicon-wang-2022
code_is 0 "a macro's silicon"
for word in "Fig. 22(a)" "voltage 0.7" "no test: " "energy" "area" "time" "of the reference"; do
    out_has "$word" "it has '$word'"
done
run validate silicon-wang-2022 --json
json_true '([.sets[0].measures[].points] | add) == (.sets[0].points | length)' "every point is measured"
json_true '[.sets[0].points[] | select(.fitted != null and .measure == "area")] | length == 8' \
    "points that are no test say so"
json_true '.sets[0].measures[] | select(.measure == "area") | .points == 11 and .independent == 3 and
    .mean_error < 0.01 and .reference_mean_error > 0.15' "areas, beside those of the reference"
run validate --json
code_is 0 "all sets pass"

# A set of one's own: model, reference, what does not fit.
cat > own.yaml << 'END'
weft: validation/1
name: own
description: "a set of one's own"
source: "nobody"
chip: mnsim-130nm-rram
network: "imc:V32"
set: {pe.adc: isaac-8b}
points:
  - {what: "energy", unit: uJ, figure: energy_j, times: 1e6, published: 140, reference: 150}
  - {what: "ADCs", unit: J, figure: energy_by.adc+dac, published: 1e-4, set: {cell.read_time: "5 ns"}}
  - {what: "too deep", unit: J, figure: energy_j, published: 1, network: "imc:V8,V8,V8,V8,V8,V8"}
END
run validate ./own.yaml --threshold 50 --json
code_is 0 "a set of one's own"
json_true '.sets[0].points[0].reference_error > 0.07' "the reference has its error"
json_true '.sets[0].points[2].model == null and (.sets[0].points[2].reason | length > 10)' \
    "what cannot be built says why"
run estimate imc:V32 --chip mnsim-130nm-rram --set pe.adc=isaac-8b --json
if have jq; then
    expected=$(jq '.total.energy_j * 1e6' "$out")
    run validate ./own.yaml --threshold 50 --json
    condition=0
    jq -e "(.sets[0].points[0].model / $expected - 1 | fabs) < 1e-12" "$out" > /dev/null || condition=1
    check "$condition" "the model's figure is that of estimate"
fi

bad() { # SED-SCRIPT TEXT
    sed "$1" own.yaml > bad.yaml
    run validate ./bad.yaml
    code_is 3 "a set with $1"
    err_has "bad.yaml" "the file is named"
    err_has "$2" "and what is wrong"
}
bad 's/^chip: .*/chip: mnsim/' "unknown chip"
bad 's/figure: energy_by.adc+dac/figure: energy_by.adc+dax/' "no part 'dax'"
bad 's/figure: energy_j, times/figure: enrgy_j, times/' "no figure 'enrgy_j'"
bad 's/pe.adc: isaac-8b/pe.adx: isaac-8b/' "has no 'pe.adx'"
bad 's/published: 140/published: 0/' "published"
bad 's/^points:/pionts:/' "points"
bad 's/^source:/#source:/' "source"
run validate mnsim-3.0
code_is 3 "a set that there is not"
err_has "mnsim-2.0" "those that there are"

# Tables of points.
cat > points.csv << 'END'
# a comment
kind,net,columns,share,E,L,clock
rram,V32,128,0.33,1.0e-4,2.0e-4,1e-6
rram,V32,256,0.33,1.0e-4,2.0e-4,1e-6
rram,V8-8,128,0.5,1.2e-4,2.0e-4,1e-6
rram,deep,128,0.5,1.2e-4,2.0e-4,1e-6
END
cat > columns.yaml << 'END'
weft: points/1
name: own
description: "columns of one's own"
chip: {column: kind, words: {rram: mnsim-130nm-rram}}
network: {column: net, words: {V8-8: "imc:V8,V8", deep: "imc:V8,V8,V8,V8,V8,V8"}}
set:
  columns: {path: crossbar.columns}
  share: {path: low_share, unit: "1"}
  absent: {path: mesh.rows}
compare:
  E: {figure: energy_j}
  L: {figure: latency_s, cycle: clock}
  absent: {figure: area_mm2}
END
run validate --points points.csv --columns ./columns.yaml --json
code_is 0 "a table of points"
json_valid "a table of points"
json_true '.rows == 4 and .infeasible == 1' "rows and what does not fit are counted"
json_true '[.metrics[].column] == ["E", "L"]' "columns that are there are compared"
json_true '.metrics[0].exact_cycles == null and .metrics[1].exact_cycles != null' "cycles of latency"
json_true '[.metrics[] | .n == 3 and .worst_error >= .median_error] | all' "errors are ordered"
cp "$out" points.json
for threads in 1 3; do
    run validate --points points.csv --columns ./columns.yaml --json --threads $threads
    same_files "$out" points.json "the same with $threads threads"
done
run sweep imc:V32 --chip mnsim-130nm-rram --over crossbar.columns=128,256 --json
if have jq; then
    expected=$(jq '[.points[].energy_j] | map((. / 1.0e-4 - 1) | fabs) | max' "$out")
    run validate --points points.csv --columns ./columns.yaml --by net --json
    condition=0
    jq -e "(.groups[0].metrics[0].worst_error / $expected - 1 | fabs) < 1e-9" "$out" > /dev/null ||
        condition=1
    check "$condition" "figures are those of sweep, by network"
fi
run validate --points points.csv --columns ./columns.yaml --threshold 0.001
code_is 6 "a median above the threshold"
printf 'a,b\n' > empty.csv
for wrong in "empty.csv:no row" "nowhere.csv:cannot read"; do
    run validate --points "${wrong%%:*}" --columns ./columns.yaml
    condition=0
    [ "$code" -eq 3 ] || [ "$code" -eq 4 ] || condition=1
    check "$condition" "${wrong%%:*}"
    err_has "${wrong#*:}" "says why"
done
sed 's/1.0e-4,2.0e-4/many,2.0e-4/' points.csv > words.csv
run validate --points words.csv --columns ./columns.yaml
code_is 3 "a word for a number"
err_has "row 1, 'E'" "its place"
sed 's/V32,256/V32,0/' points.csv > range.csv
run validate --points range.csv --columns ./columns.yaml
code_is 3 "a value out of its range"
err_has "row 2" "its row"
sed 's/rram,V32,256,0.33/rram,V32,256/' points.csv > short.csv
run validate --points short.csv --columns ./columns.yaml
code_is 3 "a row that is too short"
err_has "row 2 has 6 cells" "its row"
run validate --points points.csv --columns ./columns.yaml --by nett
code_is 2 "--by a column that there is not"
run validate --points points.csv --columns jiont
code_is 3 "columns that there are not"
err_has "joint" "those that there are"
run validate mnsim-2.0 --points points.csv
code_is 2 "sets and points at once"

# The published points themselves, where they are at hand.
golden=$root/../shared/golden
if [ -e "$golden/joint_points.tsv" ]; then
    awk 'NR == 1 || NR % 500 == 2' "$golden/joint_points.tsv" > few.tsv
    run validate --points few.tsv --workloads "$golden/workloads" --json
    code_is 0 "points of the joint study"
    json_true '.infeasible == 0' "all fit"
    json_true '.metrics[] | select(.column == "L_s") | .exact_cycles >= 0.9' "cycles"
    json_true '.metrics[] | select(.column == "E_J") | .median_error <= 0.05' "energy"
    json_true '.metrics[] | select(.column == "A_cm2") | .median_error <= 0.01' "area"
else
    skip "points of the joint study" "they are not on this machine"
fi

run validate --list --json
json_valid "the names as JSON"
json_true 'index("mnsim-2.0") != null' "have the set of MNSIM"

finish
