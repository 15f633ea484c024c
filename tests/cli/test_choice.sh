#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A problem that names no optimizer: one is chosen, said, recorded, and kept when the study goes on.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

# problem NAME SEARCH
problem() {
    cat > "$1.yaml" << END
weft: problem/1
name: $1
space: imc-cnn-small
chip: generic-rram
objectives: [energy min, area min]
search: {$2}
END
}

problem few "trials: 12, batch: 4"
run search few.yaml --dry-run
code_is 0 "a plan without an optimizer"
out_has "optimizer    gp, seed 1" "the plan says which"
out_has "chosen for   12 cheap trials, 9 genes, 2 objectives: learns the most from few" "and why"

run search few.yaml --store few.db --json
code_is 0 "the search runs"
out_has '"optimizer": "gp"' "its JSON says which"
out_has '"chosen": "12 cheap trials, 9 genes, 2 objectives: learns the most from few"' "and why"
err_has "optimizer gp, chosen for 12 cheap trials" "so does the progress"

# more trials would have had another one
run search few.yaml --store few.db --trials 20 --json
code_is 0 "the study goes on with more trials"
out_has '"optimizer": "gp"' "with the optimizer that it began with"
out_has '"trials": 20' "to the end"
problem fresh "trials: 2500, batch: 50"
run search fresh.yaml --dry-run
out_has "optimizer    nsga2" "more trials alone speak for another"
run search fresh.yaml --trials 12 --dry-run
out_has "optimizer    gp" "the trials are those of the command line"

run report few.db --out report
code_is 0 "a report"
condition=0
grep -q "Optimizer: gp, seed 1; chosen for 12 cheap trials" report/index.html || condition=1
check "$condition" "the report says which and why"

# named or chosen: the same trials, and either file goes on with the store
problem named "optimizer: gp, startup_trials: 10, trials: 12, batch: 4"
run search named.yaml --store named.db --json
code_is 0 "the same optimizer by name"
out_has '"chosen": null' "it was not chosen"
run front few.db --json
grep '"energy"' "$out" > chosen.txt
run search few.yaml --store again.db --json
run front again.db --json
cp "$out" again.txt
run front named.db --json
condition=0
cmp -s again.txt "$out" || condition=1
check "$condition" "a chosen optimizer searches as the named one"

problem kept "population: 6, trials: 2500, batch: 50"
run search kept.yaml --trials 60 --store kept.db --json
code_is 0 "a population of the file's"
run report kept.db --out kept-report
condition=0
grep -q "population: 6" kept-report/index.html || condition=1
check "$condition" "what the file sets stays"

# a store whose study named one goes on with a file that names none, and a plan looks into the store
run search named.yaml --store before.db --json
problem named "startup_trials: 10, trials: 16, batch: 4"
run search named.yaml --store before.db --dry-run
code_is 0 "a plan on a store"
out_has "optimizer    gp" "says the optimizer of the store"
condition=0
grep -q "chosen for" "$out" && condition=1
check "$condition" "which nobody chose"
run search named.yaml --store before.db --json
code_is 0 "a file without an optimizer goes on with a store that has one"
out_has '"optimizer": "gp"' "it is that of the store"
out_has '"trials": 16' "to the end"
run search few.yaml --store few.db --trials 2500 --dry-run
out_has "optimizer    gp" "a plan of many more trials, too"
run search few.yaml --store few.db --seed 9 --dry-run
code_is 5 "a plan on a store of another problem"
err_has "seed: 1" "says what differs"

problem wrong "optimizer: gpp, trials: 12"
run search wrong.yaml --dry-run
code_is 3 "an unknown optimizer"
err_has "gp" "is answered with the nearest"

finish
