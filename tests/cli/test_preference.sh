#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/how-to/say-what-matters.md: its problems run, and what they prefer is told.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
awk '/^```yaml/ { n++; inside = 1; next } /^```/ { inside = 0 }
     inside { print > ("say" n ".yaml") }' "$root/docs/how-to/say-what-matters.md"

for n in 1 2 3; do
    run search say$n.yaml --store say$n.db --trials 120 --json
    code_is 0 "problem $n runs"
done
run search say1.yaml --dry-run
out_has "soft limit   area <= 300, weight 1 for a break by 50 %" "a plan says the soft limit"
run search say1.yaml --dry-run --json
json_true '.soft == [{"limit": "area <= 300", "weight": 1, "scale": 0.5}]' "in JSON, too"
run search say2.yaml --dry-run
out_has "aim          energy 500.0 uJ, in scales of 500.0 uJ" "a plan says the aims"
run explain say1.db --json
json_true '.penalties | length == 1' "a trial says what it pays"
sed 's/^objectives:.*/minimise: energy/' say1.yaml > scored.yaml
sed -i 's/area <= 300/area <= 1/; s/optimizer: nsga2/optimizer: ga/' scored.yaml
run search scored.yaml --store scored.db --trials 80 --json
run explain scored.db --json
json_true '.trial.score / .plain_score - 1 - .penalties[0].penalty | fabs < 1e-6' \
    "a score is its parts"
run explain scored.db
out_has "without broken soft limits" "for people, too"
run explain say2.db
out_has "reference    missed by" "and what it misses"
run report say2.db --out page
grep -q "in scales of" page/index.html
check $? "the report says the aims"

# The same file goes on; another limit is another problem.
run search say1.yaml --store say1.db --trials 140 --json
code_is 0 "a search goes on"
sed 's/area <= 300/area <= 301/' say1.yaml > other.yaml
run search other.yaml --store say1.db --trials 160
code_is 5 "another soft limit is another problem"
sed 's/weight: 1/wieght: 1/' say1.yaml > wrong.yaml
run search wrong.yaml --dry-run
code_is 3 "a misspelt key"
err_has "did you mean 'weight'?" "the nearest one"

finish
