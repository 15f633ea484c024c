#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The five questions of docs/how-to: the script makes all tables and figures, here of small networks,
# and the answers keep the signs that the documents read out of them.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
script=$root/examples/architect/run

made=0
WEFT=$weft NETWORK=resnet20 SMALL=mobilenetv2 "$script" answers \
    > "$out" 2> "$err" || made=$?
called="examples/architect/run"
code=$made
code_is 0 "the script runs"
out_empty "it prints no result"
for table in adc-resolution cell-bits cell-bits-fixed weight-duplication weight-duplication-room \
    sram-or-rram sram-or-rram-adc noc-cost noc-cost-hops; do
    condition=0
    [ "$(sed 1d "answers/$table.csv" | wc -l)" -gt 3 ] || condition=1
    check "$condition" "$table has rows"
    condition=0
    [ -s "answers/$table.txt" ] || condition=1
    check "$condition" "$table has a table for reading"
    condition=0
    grep -q ',false,' "answers/$table.csv" && condition=1
    check "$condition" "every point of $table is feasible"
done
for figure in answers/*.svg; do
    condition=0
    head -c 5 "$figure" | grep -q '<svg ' && tail -c 7 "$figure" | grep -q '</svg>' || condition=1
    check "$condition" "$figure is a figure"
done

# column TABLE NAME: a column by its header.
column() {
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next }
        { print $at }' "answers/$1.csv"
}

# grows TABLE FILTER NAME WHAT: the values of a column in the rows that match only grow.
grows() {
    condition=0
    { head -n 1 "answers/$1.csv"; grep -E -- "$2" "answers/$1.csv"; } > answers/part.csv
    column part "$3" | sort -g -C || condition=1
    check "$condition" "$4"
}
grows adc-resolution ,survey, energy_j "a bit of the ADC costs energy"
grows adc-resolution ,isaac, area_mm2 "a bit of the ADC costs area"
grows noc-cost ',16,true' area_mm2 "wider flits cost area"

# falls TABLE FILTER NAME WHAT
falls() {
    condition=0
    { head -n 1 "answers/$1.csv"; grep -E -- "$2" "answers/$1.csv"; } > answers/part.csv
    column part "$3" | sort -g -r -C || condition=1
    check "$condition" "$4"
}
falls cell-bits-fixed ',6,true' energy_j "more bits a cell cost less with the same ADC"
falls weight-duplication ,pixels, interval_s "copies shorten the interval"
falls weight-duplication ,layers, latency_s "copies shorten the latency"
falls weight-duplication-room ,true, interval_s "room shortens the interval"
falls sram-or-rram sram-reload energy_j "a batch pays a reload once"

# What a point costs depends on nothing but the point.
for threads in 1 2; do
    run sweep resnet20 mobilenetv2 --chip generic-rram --over execution.batch=1,2 \
        --over array.arrays=8,16 --csv --threads $threads
    code_is 0 "a sweep with $threads threads"
    cp "$out" "threads-$threads.csv"
done
same_files threads-1.csv threads-2.csv "the mesh's energy does not depend on the threads"
tail -n 1 threads-1.csv | cut -d, -f 6 > last
run sweep mobilenetv2 --chip generic-rram --set execution.batch=2 --over array.arrays=16 --csv
tail -n 1 "$out" | cut -d, -f 5 > alone
same_files last alone "nor on the points before"
finish
