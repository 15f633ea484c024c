#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft steer: orders to a search that runs, that is killed, and that rests; what is wrong with orders.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
cat > problem.yaml << 'YAML'
weft: problem/1
name: steered
space: cimnas-mobilenetv2-rram
chip: cimnas-32nm-rram
objectives: [energy min, area min]
forbid: {rows: [32]}
search: {optimizer: nsga2, population: 40, batch: 40, trials: 200}
YAML

run search problem.yaml --store rest.db --json
code_is 0 "a search"
run front rest.db --all --json
json_true '[.[].genes.rows] | index(32) == null' "the problem forbids a value"
run steer rest.db
code_is 0 "nothing was said yet"
out_has "rows" "what the problem forbids is told"

run steer rest.db --pin rows=128 --forbid cell_bits=1 --forbid cell_bits=2
code_is 0 "orders to a store at rest"
out_has "the next batch" "they are not taken up yet"
run steer rest.db --json
json_true '[.orders[] | .taken] == [false, false, false]' "in JSON, too"
cp rest.db twin.db
for store in rest twin; do
    run search problem.yaml --store $store.db --trials 360 --jobs 2 --json
    code_is 0 "the search goes on"
done
run steer rest.db --json
json_true '[.orders[] | .trial] == [200, 200, 200]' "they hold from the next batch on"
json_true '.genes | map({(.gene): .}) | add | .rows.pinned == "128" and
           .cell_bits.forbidden == ["1", "2"]' "what holds is told"
run front rest.db --all --json
json_true '[.[] | select(.trial >= 200) | .genes.rows == 128 and .genes.cell_bits > 2] | all' \
    "and are kept to"
json_true '[.[] | select(.trial < 200) | .genes.rows] | unique | length > 1' "from there on"
grep -v -e '"seconds"' -e '"started"' -e '"finished"' "$out" > rest.json
run front twin.db --all --json
grep -v -e '"seconds"' -e '"started"' -e '"finished"' "$out" > twin.json
same_files rest.json twin.json "the same again"

run report rest.db --out page
grep -q "forbid cell_bits=1 from trial 200" page/index.html
check $? "the report says how it was steered"

# A search that runs in another process, is steered, killed with SIGKILL, and goes on.
sed 's/trials: 200/trials: 1000000/' problem.yaml > long.yaml
"$weft" search long.yaml --store live.db --quiet > live.out 2> live.err &
search=$!
tries=0
while ! "$weft" steer live.db > /dev/null 2>&1 && [ $tries -lt 300 ]; do # it has begun
    sleep 0.1
    tries=$((tries + 1))
done
run steer live.db --pin columns=64
code_is 0 "a search that runs is steered"
tries=0
taken=false
while [ "$taken" != true ] && [ $tries -lt 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
    run steer live.db --json
    taken=$(sed -n 's/.*"taken": *\(true\|false\).*/\1/p' "$out" | head -n 1)
done
[ "$taken" = true ]
check $? "it takes the order up"
from=$(sed -n 's/.*"trial": *\([0-9]*\).*/\1/p' "$out" | head -n 1)
kill -9 "$search"
wait "$search" 2> /dev/null || true
run steer live.db --free columns --pin rows=64
code_is 0 "the store of a killed search is steered"
run front live.db --all --json
done=$(grep -c '"trial"' "$out")
sed "s/trials: 200/trials: $((done + 200))/" problem.yaml > more.yaml
run search more.yaml --store live.db --json
code_is 0 "it goes on"
run front live.db --all --json
json_true "[.[] | select(.trial >= $from and .trial < $done - 40) | .genes.columns == 64] | all" \
    "the first order holds from its trial on"
json_true "[.[] | select(.trial >= $done + 40) | .genes.rows == 64] | all" "then the second"

run search problem.yaml --dry-run
out_has "forbidden    rows: 32" "a plan says what is forbidden"

# Mistakes write nothing.
run steer rest.db --json
cp "$out" before.json
run steer rest.db --pin rwos=64
code_is 3 "an unknown gene"
err_has "did you mean 'rows'?" "the nearest one"
run steer rest.db --pin rows=100
code_is 3 "an unknown value"
err_has "expected one of" "those there are"
run steer rest.db --forbid columns=64 --pin cell_bits=2
code_is 3 "a value that is forbidden"
run steer rest.db --pin rows
code_is 2 "no value"
run steer none.db --pin rows=64
code_is 4 "no store"
[ ! -e none.db ]
check $? "none is made"
run steer rest.db --json
same_files before.json "$out" "nothing was written"
sed 's/rows: \[32\]/rowz: [32]/' problem.yaml > wrong.yaml
run search wrong.yaml --dry-run
code_is 3 "an unknown gene in a problem"
err_has "did you mean 'rows'?" "the nearest one"

finish
