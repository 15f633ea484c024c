#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Names and paths: what a path in a file is meant from, and names of all kinds of characters.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

mkdir -p "it's here/deep"
cat > "it's here/my chip é.yaml" << 'YAML'
weft: chip/1
name: my-chip
base: mnsim-130nm-rram
YAML
cat > "it's here/deep/shallow.yaml" << 'YAML'
weft: space/1
name: shallow
base: imc-cnn
genes:
  depth: {integer: [1, 3]}
YAML
cat > "it's here/problem.yaml" << 'YAML'
weft: problem/1
name: "naïve \"study\""
space: deep/shallow.yaml
chip: ./my chip é.yaml
objectives: [energy min, area min]
search: {optimizer: random, trials: 20}
YAML

run search "it's here/problem.yaml" --store "it's here/a \"b\".db"
code_is 0 "paths in a problem are meant from its folder"
run front "it's here/a \"b\".db" --json
code_is 0 "a store of any name"
json_valid "a front"
run report "it's here/a \"b\".db"
code_is 0 "the report of a store of any name"
condition=0
[ -f "it's here/a \"b\"-report/index.html" ] || condition=1
check "$condition" "the report lies beside its store"
cd "it's here" || exit 1
run search problem.yaml --store 'a "b".db'
code_is 0 "the same problem from its own folder goes on with the same store"
run search "$folder/it's here/problem.yaml" --store 'a "b".db'
code_is 0 "and by its absolute path"
cp problem.yaml ./-p.yaml
run search --store ./-s.db -- -p.yaml
code_is 0 "a file whose name starts with a dash, after --"
cd "$folder" || exit 1

sed 's/my chip/no chip/' "it's here/problem.yaml" > "it's here/missing.yaml"
run search "it's here/missing.yaml"
code_is 4 "a chip file that is missing"
err_has "it's here/missing.yaml:4:7:" "the place that names it"
err_has "it's here/./no chip é.yaml" "where it was looked for"
sed 's/shallow.yaml/none.yaml/' "it's here/problem.yaml" > "it's here/missing.yaml"
run search "it's here/missing.yaml"
code_is 4 "a space file that is missing"
err_has "it's here/deep/none.yaml" "where it was looked for"

finish
