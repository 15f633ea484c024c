#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft sweep: order, values, what does not fit, figures, wrong axes.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
chip=mnsim-130nm-rram

run sweep imc:V32 --chip $chip --over crossbar.columns=64,128 --over precision.activations=4..8..2 \
    --csv
code_is 0 "a grid of 2 x 3"
err_empty "a grid"
cut -d, -f3-5 "$out" > order
cat > expected << 'END'
crossbar.columns,precision.activations,feasible
64,4,true
64,6,true
64,8,true
128,4,true
128,6,true
128,8,true
END
same_files order expected "the last axis is the fastest"
cp "$out" grid.csv
for threads in 1 3; do
    run sweep imc:V32 --chip $chip --over crossbar.columns=64,128 \
        --over precision.activations=4..8..2 --csv --threads $threads
    same_files "$out" grid.csv "the same with $threads threads"
done

# A point is what estimate says.
run estimate imc:V32 --chip $chip --set crossbar.columns=128 --set precision.activations=6 --json
cp "$out" estimate.json
run sweep imc:V32 --chip $chip --over crossbar.columns=128 --over precision.activations=6 --json
json_valid "a point"
if have jq; then
    for key in energy_j latency_s interval_s area_mm2 power_w tops tops_w tops_mm2 edap_j_s_mm2 \
        crossbars macs; do
        condition=0
        [ "$(jq ".total.$key" estimate.json)" = "$(jq ".points[0].$key" "$out")" ] || condition=1
        check "$condition" "$key is that of estimate"
    done
fi

# Ranges.
count() { # AXIS NUMBER
    run sweep imc:V32 --chip $chip --over "$1" --dry-run
    code_is 0 "--over $1"
    out_has "$2 points" "it has $2 points"
}
count crossbar.rows=1,2,4 3
count crossbar.columns=1..4 4
count crossbar.columns=10..100..30 4
count crossbar.columns=16..256..x2 5
count crossbar.columns=1,8..16..4,64 5
count "cell.read_time=1..3 ns" 3
count "cell.read_time=1 ns..2 ns..0.25 ns" 5
count cell.low_share=0.1..0.3..0.1 3
count network=imc:V32,V64,vgg8 3
run sweep imc:V32 --chip $chip --over cell.low_share=0.1..0.3..0.1 --csv
cut -d, -f3 "$out" > shares
printf 'cell.low_share\n0.1\n0.2\n0.3\n' > expected
same_files shares expected "steps have no rounding left over"

# Several networks and chips, and one value at several paths.
run sweep imc:V32 imc:R16 --over chip=$chip,$chip-8bit-adc \
    --over crossbar.rows+crossbar.subarray_rows=64,128 --json
code_is 0 "networks, chips and joined paths"
json_true '.points | length == 8' "2 x 2 x 2"
json_true '[.points[].feasible] | all' "joined paths fit each other"
json_true '.points[0].network == "imc:V32" and .points[4].network == "imc:R16"' "networks first"

# What does not fit is a row with its reason.
run sweep imc:V32 --chip $chip --over crossbar.rows=64,256 --csv
code_is 0 "one of two fits"
out_has "64,false" "the other one is there"
out_has "sub-array" "with its reason"
run sweep imc:V32 imc:V8,V8,V8,V8,V8,V8 --chip $chip --over crossbar.columns=64 --json
code_is 0 "a network that cannot be built"
json_true '.points[1].feasible == false and (.points[1].reason | length > 10)' "is a row too"
run sweep imc:V32 --chip $chip --over crossbar.rows=64 --csv
code_is 1 "nothing fits"
out_has "64,false" "the rows are there"
err_has "none of 1 points" "and it is said"

# Figures.
run sweep imc:V32 --chip $chip --over crossbar.columns=32..256..x2 --over pe.adc=aspdac-6b,isaac-8b \
    --metric edap --svg figure.svg
code_is 0 "a figure"
condition=0
[ "$(grep -c '<circle' figure.svg)" -eq 8 ] || condition=1
check "$condition" "it has a mark for each point"
condition=0
grep -q 'pe.adc isaac-8b' figure.svg || condition=1
check "$condition" "and says what its lines are"
run sweep imc:V32 --chip $chip --svg figure.svg
code_is 2 "a figure over nothing"
run sweep imc:V32 --chip $chip --over crossbar.columns=64 --svg ./nowhere/figure.svg
code_is 4 "a figure that cannot be written"

# Wrong axes.
refused() { # CODE TEXT ARGUMENTS...
    expected=$1
    text=$2
    shift 2
    run sweep "$@"
    code_is "$expected" "refused: $*"
    err_has "$text" "with a message"
    out_empty "and nothing else"
}
refused 2 "crossbar.rows" imc:V32 --chip $chip --over crossbar.rowz=64
refused 2 "PATH=1,2,4" imc:V32 --chip $chip --over crossbar.rows
refused 2 "PATH=1,2,4" imc:V32 --chip $chip --over =4
refused 2 "no range" imc:V32 --chip $chip --over crossbar.rows=64..32
refused 2 "no range" imc:V32 --chip $chip --over crossbar.rows=64..
refused 2 "no range" imc:V32 --chip $chip --over crossbar.rows=1..4..0
refused 2 "no range" imc:V32 --chip $chip --over crossbar.rows=1..4..-1
refused 2 "no range" imc:V32 --chip $chip --over crossbar.rows=1..4..x1
refused 2 "no range" imc:V32 --chip $chip --over "cell.read_time=1 ns..2 ps"
refused 2 "empty value" imc:V32 --chip $chip --over crossbar.rows=64,,32
refused 2 "more than" imc:V32 --chip $chip --over crossbar.rows=1..1e9
refused 2 "twice" imc:V32 --chip $chip --over crossbar.rows=1 --over crossbar.rows=2
refused 3 "outside 1 to 65536" imc:V32 --chip $chip --over crossbar.rows=64,0
refused 3 "takes a number" imc:V32 --chip $chip --over crossbar.rows=many
refused 3 "unknown chip" imc:V32 --chip mnsim --over crossbar.rows=64
refused 3 "there is no network" resnet19 --chip $chip --over crossbar.rows=64
refused 2 "--chip is missing" imc:V32 --over crossbar.rows=64
refused 2 "NETWORK is missing" --chip $chip --over crossbar.rows=64
refused 2 "exclude" imc:V32 --chip $chip --csv --json
refused 2 "one of" imc:V32 --chip $chip --metric speed

# The metric that is named stands in the table; figures have their unit, and no point without digits.
run sweep vgg8 --chip generic-rram --over columns_a_mux=1 --metric interval
out_has "interval" "the metric has its column"
out_has "J s mm2" "EDAP has its unit"
out_lacks ". mm2" "no point at the end of an area"

# A device stays one.
if [ -c /dev/full ]; then
    run sweep vgg8 --chip generic-rram --over columns_a_mux=1,2 --svg /dev/full
    code_is 4 "a full disk"
    err_has "/dev/full" "the file is named"
    condition=0
    [ -c /dev/full ] || condition=1
    check "$condition" "/dev/full is still a device"
    condition=0
    "$weft" sweep vgg8 --chip generic-rram --over columns_a_mux=1,2 --svg /dev/stdout |
        grep -qF "<svg" || condition=1
    check "$condition" "a figure goes to a pipe"
else
    skip "devices" "/dev/full is not here"
fi

# Lines beyond the six colours are dashed, and several parameters are named.
run sweep resnet20 vgg8@width=0.25 --chip generic-rram --over flit=32,64 --over cell_bits=1,2,4,8 \
    --svg many.svg
code_is 0 "eight lines"
condition=0
[ "$(grep -c 'stroke-dasharray="6 3"' many.svg)" -eq 2 ] || condition=1
check "$condition" "two of which are dashed"
grep -qF "resnet20, cell_bits 1" many.svg
check $? "with the name of the parameter"

finish
