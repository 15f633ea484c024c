#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft optimize: a program measures, well and badly; kills, resuming, any number of copies.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

if ! have python3; then
    echo "skipped: the simulator of this test is a Python script, and python3 is not here"
    exit 77
fi

cat > sim.yaml <<'YAML'
weft: optimize/1
name: sim
genes:
  width: {integer: [1, 64]}
  rate: {real: [1e-4, 1], log: true}
  kind: {categorical: [fast, exact]}
  depth: {ordinal: [1, 2, 4, 8], when: kind == exact}
objectives: [error min, energy min]
metrics: [latency]
constraints: ["latency <= 3"]
program: [python3, sim.py]
search: {optimizer: tpe, trials: 40, batch: 4, seed: 3}
YAML

# Answers as $MODE says; in mode "count" it notes every candidate in a file.
cat > sim.py <<'PYTHON'
import json, math, os, signal, sys, time
mode = os.environ.get("MODE", "well")
for line in sys.stdin:
    c = json.loads(line)
    v = c["values"]
    assert 1 <= v["width"] <= 64 and ("depth" in v) == (v["kind"] == "exact")
    depth = v.get("depth", 1)
    error = 1 / v["width"] + (math.log10(v["rate"]) + 2) ** 2 / 10 + (0.1 if v["kind"] == "fast" else 0.05 / depth)
    metrics = {"error": error, "energy": v["width"] * depth, "latency": v["width"] / 20 * depth ** 0.5}
    answer = {"id": c["id"], "metrics": metrics, "note": "extra keys are let pass"}
    odd = c["id"] % 3 == 1
    if mode == "slow":
        time.sleep(0.02)
        with open("seen", "a") as f:
            f.write("%d\n" % c["id"])
    if mode == "unordered":
        time.sleep(0.01 * (c["id"] % 3))
    if mode == "dies" and odd:
        sys.exit(3)
    if mode == "crashes" and odd:
        os.kill(os.getpid(), signal.SIGSEGV)
    if mode == "hangs" and odd:
        time.sleep(30)
    if mode == "rubbish" and odd:
        print("Starting simulation \x07...", flush=True)
        continue
    if mode == "floods" and odd:
        print("x" * 1200000, flush=True)
        continue
    if mode == "number" and odd:
        print(17, flush=True)
        continue
    if mode == "stranger" and odd:
        answer["id"] = 99999
    if mode == "nameless" and odd:
        del answer["id"]
    if mode == "nan" and odd:
        metrics["error"] = float("nan")
    if mode == "null" and odd:
        metrics["error"] = None
    if mode == "word" and odd:
        metrics["energy"] = "much"
    if mode == "missing" and odd:
        del metrics["latency"]
    if mode == "reports" and odd:
        answer = {"id": c["id"], "error": "no licence"}
    if mode == "empty" and odd:
        answer = {"id": c["id"]}
    if mode == "twice" and odd:
        print(json.dumps(answer))
    if mode == "list":
        answer = {"id": c["id"], "objectives": [error, v["width"]], "metrics": {"latency": 0},
                  "constraints": [v["width"] - 32, -1]}
    if mode == "silent":
        continue
    print(json.dumps(answer), flush=True)
PYTHON

# ---- well

run optimize sim.yaml --journal whole.jsonl --json
code_is 0 "a program is searched with"
json_valid "the result"
json_true '.trials == 40 and .failed == 0 and .infeasible > 0 and (.front | length) > 1' "counts and a front"
json_true '[.front[].metrics.error] == ([.front[].metrics.error] | sort)' "the front rises in its first objective"
json_true 'all(.front[]; .metrics.latency <= 3)' "the front holds the constraint"
cp "$out" whole.out
condition=0
[ "$(wc -l < whole.jsonl)" -eq 41 ] || condition=1
check "$condition" "the journal has a line for each trial, and one for the problem"

run optimize sim.yaml --journal whole.jsonl --json
code_is 0 "a finished journal gives the same again"
same_results whole.out "$out" "the same result"

MODE=unordered
export MODE
for jobs in 2 4 7; do
    rm -f jobs.jsonl
    run optimize sim.yaml --journal jobs.jsonl --jobs $jobs --json
    sed 's/"journal": "jobs.jsonl"/"journal": "whole.jsonl"/; /"seconds"/d' "$out" > jobs.out
    sed '/"seconds"/d' whole.out > whole.plain
    same_results whole.plain jobs.out "the same result from $jobs copies"
done
MODE=well

run optimize sim.yaml --journal whole.jsonl --trials 50 --quiet
code_is 0 "a journal is gone on with for more trials"
out_has "width=" "the front is a table"
err_empty "--quiet says nothing"
run optimize sim.yaml --journal other.jsonl --seed 4 --quiet
run optimize sim.yaml --journal whole.jsonl --seed 4
code_is 5 "a journal of another seed is refused"
err_has "of another problem" "the error says why"
condition=0
cmp -s other.jsonl whole.jsonl && condition=1
check "$condition" "another seed searches elsewhere"

# ---- kills

MODE=slow
"$weft" optimize sim.yaml --journal killed.jsonl --jobs 2 --quiet > /dev/null 2>&1 &
process=$!
sleep 0.4
kill -KILL $process
wait $process 2> /dev/null
for _ in 1 2; do
    timeout -s KILL 0.5 "$weft" optimize sim.yaml --journal killed.jsonl --jobs 2 --quiet > /dev/null 2>&1
done
printf '{"id": 39, "values": {"wid' >> killed.jsonl # as a kill may leave it
run optimize sim.yaml --journal killed.jsonl --jobs 2 --json
code_is 0 "a killed search goes on"
sed 's/"journal": "killed.jsonl"/"journal": "whole.jsonl"/; /"seconds"/d' "$out" > killed.out
same_results whole.plain killed.out "killed and gone on with: the same as undisturbed"
condition=0
[ "$(wc -l < killed.jsonl)" -eq 41 ] || condition=1
check "$condition" "no trial is in the journal twice"
condition=0
[ "$(wc -l < seen)" -le 50 ] || condition=1
check "$condition" "no finished trial is measured again"

"$weft" optimize sim.yaml --journal stopped.jsonl --trials 1000 > stopped.out 2>&1 &
process=$!
sleep 0.5
kill -INT $process
code=0
wait $process || code=$?
code_is 130 "an interrupt ends it"
condition=0
grep -q "the same command goes on" stopped.out || condition=1
check "$condition" "and says that it can go on"
MODE=well

# ---- bad programs

bad() { # MODE REASON WHAT
    rm -f bad.jsonl
    MODE=$1
    run optimize sim.yaml --journal bad.jsonl --trials 8 --jobs 2 --time-limit 5
    MODE=well
    code_is 0 "$3: the search goes on"
    condition=0
    [ "$(grep -c '"state":"failed"' bad.jsonl)" -eq 3 ] || condition=1
    check "$condition" "$3: three of eight trials failed"
    err_has "3 trials failed; the first: 1: " "$3: it is told"
    err_has "$2" "$3: with the reason"
}
bad dies "ended with exit code 3 without an answer" "a program that ends"
bad crashes "was killed by signal 11" "a program that crashes"
bad rubbish "what is no JSON object: 'Starting simulation ?...'" "rubbish"
bad floods "a line of more than 1048576 bytes" "a line without end"
bad number "what is no JSON object: '17'" "a number alone"
bad stranger "answered to id 99999; it was asked for 1" "an unknown id"
bad nameless "answered to id (none)" "no id"
bad nan "what is no JSON object" "NaN, which is not JSON"
bad null "told no number for 'error'" "null"
bad word "'energy' is no number" "a word for a number"
bad missing "told no 'latency', which 'latency <= 3' needs" "a metric that is missing"
bad reports "the program reports an error: no licence" "an error that is reported"
bad empty "none of 'metrics', 'objectives', 'error'" "an empty answer"

rm -f bad.jsonl
MODE=hangs
run optimize sim.yaml --journal bad.jsonl --trials 4 --jobs 4 --time-limit 4
code_is 0 "a program that hangs"
err_has "took longer than 4 s" "the time limit is told"

rm -f bad.jsonl
MODE=twice
run optimize sim.yaml --journal bad.jsonl --trials 6
code_is 0 "a program that answers twice"
err_has "answered to id 1; it was asked for 2" "the second answer is not taken for the next one"

rm -f bad.jsonl
MODE=silent
run optimize sim.yaml --journal bad.jsonl --time-limit 0.05 --failures 3
code_is 6 "too many failures end the search"
err_has "3 trials in a row failed" "the error says so"
condition=0
grep -q "the same command goes on" "$err" && condition=1
check "$condition" "and does not promise that the same command goes on"
err_has "safe in bad.jsonl" "and where the trials are"

rm -f bad.jsonl
MODE=list
run optimize sim.yaml --journal bad.jsonl --trials 12 --json
code_is 0 "objectives as a list, constraints of the program's own"
json_true 'all(.front[]; .values.width <= 32)' "what breaks a constraint of the program is not in the front"
MODE=well

run optimize sim.yaml --journal bad2.jsonl -- ./not-here
code_is 3 "a program that is not there"
err_has "'./not-here' cannot be run: No such file" "the error names it"
# shellcheck disable=SC2016 # for the other shell
run optimize sim.yaml --journal shell.jsonl --trials 3 -- sh -c 'while read -r line; do
    id=${line#*:}
    echo "{\"id\": ${id%%,*}, \"objectives\": [1, 2], \"metrics\": {\"latency\": 1}}"
done'
code_is 0 "a program and its arguments on the command line"

# ---- bad files

damage() { # SED-SCRIPT CODE MESSAGE WHAT
    sed "$1" sim.yaml > damaged.yaml
    run optimize damaged.yaml --dry-run
    code_is "$2" "$4"
    err_has "$3" "$4"
}
damage 's/error min/error least/' 3 "'error least' is no objective" "an objective without a direction"
damage 's/latency <= 3/latncy <= 3/' 3 "unknown" "a constraint on a metric that nobody told of"
damage 's/optimizer: tpe/optimizer: tpee/' 3 "tpe" "an unknown optimizer"
damage 's/^program/programm/' 3 "programm" "an unknown key"
damage 's/width: {integer: \[1, 64\]}/width: {integer: [64, 1]}/' 3 "width" "a range that falls"
damage 's/energy min/error min/' 3 "named twice" "an objective stated twice"
damage 's/weft: optimize/weft: problem/' 3 "problem/1" "a file of another kind"
sed '/^program/d' sim.yaml > damaged.yaml
run optimize damaged.yaml
code_is 2 "no program"
err_has "which program measures" "the error says what is missing"
sed '3s/ok/odd/' whole.jsonl > damaged.jsonl
run optimize sim.yaml --journal damaged.jsonl
code_is 5 "a damaged journal"
err_has "damaged.jsonl:3" "the error has the line"
echo '{}' > damaged.jsonl
run optimize sim.yaml --journal damaged.jsonl
code_is 5 "no journal at all"

run optimize sim.yaml --journal plan.jsonl --dry-run --json
code_is 0 "a plan"
json_valid "the plan"
json_true '.designs == "infinite" and .program == "python3 sim.py" and .journal_exists == false' "the plan says what would be run"
condition=0
[ ! -e plan.jsonl ] || condition=1
check "$condition" "--dry-run writes nothing"

sed 's/rate: .*/rate: {ordinal: [0.01, 0.1]}/; s/1, 64/1, 3/; s/trials: 40/trials: 400/' sim.yaml > small.yaml
run optimize small.yaml --journal small.jsonl
err_has "exhausted" "a space that is exhausted ends the search"

# ---- as a service

serve() { # LINES: of requests, one an argument
    code=0
    called="weft optimize sim.yaml --serve"
    printf '%s\n' "$@" | "$weft" optimize sim.yaml --serve --journal served.jsonl --trials 5 > "$out" 2> "$err" ||
        code=$?
}
serve '{"ask": 3}' '{"id": 1, "metrics": {"error": 0.5, "energy": 3, "latency": 1}}' \
    '{"id": 7, "metrics": {}}' 'hello' '{"id": 0, "error": "no licence"}' '{"ask": 1}'
code_is 0 "a service"
condition=0
[ "$(grep -c '"values"' "$out")" -eq 4 ] || condition=1
check "$condition" "candidates are given as they are asked for"
out_has '{"told":1,"state":"ok","reason":""}' "a result is taken"
out_has '{"told":0,"state":"failed","reason":"the program reports an error: no licence"}' "a failure too"
out_has '{"error":"this id was not asked for' "a result of nothing is refused"
out_has '{"error":"expected {' "so is what is no request"
serve '{"ask": 9}'
code_is 0 "the service again"
out_has '{"done":true}' "it says when all trials are asked for"
condition=0
[ "$(grep -c '"values"' "$out")" -eq 3 ] || condition=1
check "$condition" "what was told is not asked for again, what was not told is"
run optimize sim.yaml --serve -- ./program
code_is 2 "--serve with a program"

# ---- the how-to, as it stands

block() { # LANGUAGE: the first block of it
    awk -v mark="\`\`\`$1" '$0 == mark && !done { inside = 1; next } /^```$/ { done = done || inside; inside = 0 } inside' \
        "$root/docs/how-to/search-with-a-program.md"
}
block python > measure.py
block yaml > measure.yaml
block console | sed 1d > expected.txt
called=$(block sh)
sh -c "$called" > answer.txt
condition=0
grep -q '"metrics": {"error"' answer.txt || condition=1
check "$condition" "the program of the how-to answers by hand"
run optimize measure.yaml --dry-run
same_files expected.txt "$out" "the plan is that of the how-to"
run optimize measure.yaml --jobs 2
code_is 0 "the search of the how-to runs"
out_has "energy" "and prints a front"
finish
