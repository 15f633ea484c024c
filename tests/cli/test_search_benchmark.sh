#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/how-to/search-a-benchmark.md: its problems and its commands as they stand there, on the tables of the
# benchmarks where they are; elsewhere on tables of the same form, in which the accuracy of each network
# is worked out here.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
document=$root/docs/how-to/search-a-benchmark.md

awk '/^```yaml/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > ("block-" n ".yaml") }' \
    "$document"
cp block-1.yaml nasbench201.yaml
cp block-2.yaml macro.yaml
same_problem=1
sed '/^#/d' "$root/examples/nasbench201.yaml" | cmp -s - nasbench201.yaml && same_problem=0
check "$same_problem" "the example is the problem of the how-to"

# Every figure of a network counts on its own: the best is the one of the largest figures. table NAME
# FIGURES RADIX COLUMNS
table() {
    awk -v n="$2" -v radix="$3" -v columns="$4" 'BEGIN {
        print columns
        for (i = 0; i < radix ^ n; i++) {
            text = ""
            rest = i
            for (g = 0; g < n; g++) { text = text (rest % radix); rest = int(rest / radix) }
            printf "%s,%.6f\n", text, 10 + 80 * i / (radix ^ n - 1)
        }
    }' > "$1"
}

best201=444444 share201=0.9 bestmacro=22222222 sharemacro=0.9
tables=$root/../shared/data
if [ -r "$tables/nasbench201/nb201_table.csv" ] &&
    [ -r "$tables/nas_bench_macro/nas_bench_macro_cifar10.csv" ]; then
    cp "$tables/nasbench201/nb201_table.csv" .
    cp "$tables/nas_bench_macro/nas_bench_macro_cifar10.csv" macro_table.csv
    # Dong and Yang: 94.37 %; Su et al.: 93.13 %.
    best201=333132 share201=0.94373333 bestmacro=22212202 sharemacro=0.931267
else
    skip "the published best of both benchmarks" "their tables are not here"
    table nb201_table.csv 6 5 ops,c10_test_acc
    table macro_table.csv 8 3 arch,mean_acc
fi

# How tables are made of what the benchmarks publish, from two networks of each in their form.
block() { # LANGUAGE
    awk -v fence="^\`\`\`$1\$" '$0 ~ fence { inside = 1; next } /^```/ { inside = 0 } inside' "$document"
}
mkdir made
cd made || exit 1
if have jq; then
    echo '{"00000000": {"test_acc": [45.32], "mean_acc": 45.36}, "00000001": {"mean_acc": 64.22}}' \
        > nas-bench-macro_cifar10.json
    block sh > convert.sh
    sh ./convert.sh
    printf '%s\n' arch,mean_acc 00000000,45.36 00000001,64.22 > wanted.csv
    same_files macro_table.csv wanted.csv "the table of Macro is made of its JSON"
else
    skip "the table of Macro" "jq is not here"
fi
if have python3; then
    cat > nas_201_api.py << 'PYTHON'
class NASBench201API:
    def __init__(self, path, verbose):
        self.cells = ["|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|none~0|skip_connect~1|none~2|",
                      "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|none~1|none~2|"]
    def __len__(self):
        return len(self.cells)
    def __getitem__(self, i):
        return self.cells[i]
    def get_more_info(self, index, dataset, iepoch=None, hp="12", is_random=True):
        assert dataset == "cifar10" and hp == "200" and not is_random
        return {"test-accuracy": 85.5 + index}
PYTHON
    block python > convert.py
    python3 convert.py
    printf '%s\n' ops,c10_test_acc 421010,85.500000 334000,86.500000 > wanted.csv
    same_files nb201_table.csv wanted.csv "the table of NAS-Bench-201 is made by its API"
else
    skip "the table of NAS-Bench-201" "python3 is not here"
fi
cd "$folder" || exit 1

# Each line of the document that begins with "$ weft" once, in its order.
grep '^\$ weft ' "$document" | sed 's/^\$ weft //' > commands
while read -r command; do
    # shellcheck disable=SC2086 # words
    run $command
    code_is 0 "weft $command"
    case $command in
    'space'*) out_has "15625" "its size" ;;
    'estimate'*) out_has "153.3 M" "its MACs" ;;
    'front'*) out_has "nasbench201@arch=" "networks by their names" ;;
    *--exhaustive*) err_has "0 infeasible, 0 failed" "every design is evaluated" ;;
    *--seeds*) out_has "quartiles" "how far the seeds agree" ;;
    esac
done < commands
called=$(wc -l < commands)
condition=0
[ "$called" -ge 6 ] || condition=1
check "$condition" "all commands were found ($called)"

# The truth, of one objective.
sed 's/^objectives: .*/objectives: [accuracy max]/' nasbench201.yaml > best.yaml
run search best.yaml --exhaustive --json
json_true '.designs == 15625 and .ok == 15625' "all cells have an accuracy and an energy"
json_true ".ranking | map(select(.description == \"nasbench201@arch=$best201\")) | length == 1" \
    "the best cell is found"
json_true ".best.accuracy - $share201 | fabs < 1e-6" "with its accuracy"
run search macro.yaml --exhaustive --json
json_true '.designs == 6561 and .ok == 6561' "all networks of Macro"
json_true ".best.description == \"nasbench-macro@arch=$bestmacro\"" "the best of them"
json_true ".best.accuracy - $sharemacro | fabs < 1e-5" "with its accuracy"

# A search finds what is nearly the best, and no network twice.
run front nasbench201.db --all --json
json_true "map(.accuracy) | max > $share201 - 0.005" "a search comes near"
json_true 'map(.state) | unique == ["ok"]' "nothing fails"

run space block-3.yaml
code_is 0 "genes of the chip stand beside those of the network"
out_has "46875" "three times as many designs"

# Tables that do not serve.
head -n 100 nb201_table.csv > part.csv
sed 's/nb201_table/part/' nasbench201.yaml > part.yaml
run search part.yaml --dry-run
code_is 3 "a part of the table"
err_has "expects 15625" "is told with the rows that are missing"
sed 's/nb201_table/macro_table/' nasbench201.yaml > other.yaml
run search other.yaml --dry-run
code_is 3 "the table of another benchmark"
err_has "ops" "is told with the column that is missing"
sed 's/, csv: [^}]*//' nasbench201.yaml > none.yaml
run search none.yaml --dry-run
code_is 3 "no table"
err_has "name your file" "is told what to do"
finish
