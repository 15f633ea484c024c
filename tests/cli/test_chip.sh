#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft chip: the list, one chip in full, the check of a file.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
chip=mnsim-130nm-rram

run chip list
code_is 0 "the list"
err_empty "the list"
out_has "$chip" "it has the presets"
out_has "130 nm" "their node"
run chip list --json
json_valid "the list"
json_true 'length >= 2' "there are several"
json_true '[.[] | .chip != "" and .description != "" and .format != ""] | all' "each says what it is"

# Every chip that comes with Weft can be shown and checked.
names=$("$weft" completion --values chips)
for name in $names; do
    run chip show "$name"
    code_is 0 "chip show $name"
    run chip check "$name"
    code_is 0 "chip check $name"
done

run chip show $chip
for word in "Hierarchy" "tile x 4096" "crossbar.rows" "SimConfig.ini" "Values"; do
    out_has "$word" "chip show has '$word'"
done
run chip show $chip --json
json_valid "a chip"
json_true '.hierarchy[0] == {"kind": "level", "depth": 0, "name": "chip", "count": "1", "text": ""}' \
    "the outermost level comes first"
json_true '[.values[] | .path != "" and .source != ""] | all' "every value has a path and a source"

# A chip of one's own starts as the text of another, and costs the same.
run chip show $chip --set pe.adc=isaac-8b --yaml
code_is 0 "a chip as a file"
cp "$out" mine.yaml
run estimate imc:V32 --chip ./mine.yaml --json
code_is 0 "it can be used"
jq_total() { sed -n '/"total"/,/}/p' "$1"; }
jq_total "$out" > mine.json
run estimate imc:V32 --chip $chip --set pe.adc=isaac-8b --json
jq_total "$out" > set.json
same_files mine.json set.json "and costs what the chip with the value set costs"
run chip show $chip --set pe.adc=isaac-8b
out_has "isaac-8b" "what was set is shown"

run chip check ./mine.yaml
code_is 0 "the file is right"
out_has "0 warnings" "and says so"
run chip check ./mine.yaml --json
json_valid "a check"
json_true '.warnings == []' "no warnings"
run chip check ./mine.yaml --network imc:V8,V8,V8,V8,V8,V8
code_is 1 "a network that cannot be built"

# Bad input.
sed 's/^precision:/precison:/' mine.yaml > wrong.yaml
run chip check ./wrong.yaml
code_is 3 "an unknown key"
err_has "wrong.yaml:" "file and line are named"
printf 'weft: chip/9\nname: x\n' > version.yaml
run chip check ./version.yaml
code_is 3 "an unknown version"
: > empty.yaml
run chip check ./empty.yaml
code_is 3 "an empty file"
printf 'weft: chip/2\nname: x\nbase: %s\n' $chip > older.yaml
run chip check ./older.yaml
code_is 3 "a hierarchy on a chip of another kind"
err_has "older.yaml:3:7" "its own line is named"
printf 'weft: chip/1\nname: x\nbase: isaac\n' > newer.yaml
run chip check ./newer.yaml
code_is 3 "a chip of another kind on a hierarchy"
err_has "newer.yaml:3:7" "its own line is named"
printf 'weft: chip/2\nname: x\nbase: isaac\nsettings: 5\n' > number.yaml
run chip check ./number.yaml
code_is 3 "settings that are no table"
err_has "number.yaml:4:11" "the place is named"
printf 'weft: chip/2\nname: x\nbase: isaac\nlevels: []\n' > levels.yaml
run chip check ./levels.yaml
code_is 3 "levels on a base"
err_has "settings: {PATH: VALUE}" "what a base allows is told"

# A parameter that measures something else than the field that takes it, straight or by name alone.
hierarchy() { # UNIT FIELD
    cat << END
weft: chip/2
name: own
parameters:
  node: {value: 22, unit: $1, source: "a node"}
operands:
  inputs: {encoding: offset, slice: 1}
  weights: {bits: 1, encoding: offset}
  outputs: {bits: 8}
cycle: {time: 1e-8}
levels:
  - level: array
    parts:
      add: {class: adder, acts: readout, bits: 8$2}
      cells: {class: fixed, acts: cell}
END
}
hierarchy nm "" > units.yaml
run chip check ./units.yaml
code_is 0 "a node in nm"
hierarchy ns "" > units.yaml
run chip check ./units.yaml
code_is 3 "a node in ns"
err_has "units.yaml:4:9" "the place is named"
err_has "um, nm" "legal units are told"
hierarchy ns ", node: 2.2e-8" > units.yaml
run chip check ./units.yaml
code_is 0 "a parameter that the part does not take"
hierarchy nm ", voltage: node" > units.yaml
run chip check ./units.yaml
code_is 3 "a length for a voltage, by name"

run chip check generic-rram --set "resistance_off=1 kohm"
out_has "resistance_on is above resistance_off" "resistances the wrong way round are a warning"

run chip show mnsim
code_is 3 "a chip that there is not"
err_has "there are" "those that there are"
run chip show ./nowhere.yaml
code_is 4 "a file that is not there"
run chip show
code_is 2 "no chip"
run chip
code_is 2 "no command"
run chip shwo $chip
code_is 2 "an unknown command"
err_has "chip show" "the nearest one"
run chip show $chip --yaml --json
code_is 2 "two formats at once"

finish
