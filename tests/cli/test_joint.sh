#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The problems of the joint studies (examples/cimnas, bench/cimnas): each is read, and searched briefly.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
examples=$root/examples

for file in "$examples/cimnas-mobilenetv2-rram.yaml" "$examples"/cimnas/*.yaml; do
    grep -q '^weft: problem/1' "$file" || continue
    grep -q '^accuracy:' "$file" && continue # needs weights that do not come with Weft
    name=$(basename "$file" .yaml)
    run search "$file" --dry-run --json
    code_is 0 "$name is read"
    json_true ".problem == \"$name\" and .trials >= 3300 and .accuracy == null" "its name and trials"
    trials=450
    case $name in # few chips hold these networks
    joint-rram-4-published | weft-mobilenetv2-rram) trials=2500 ;;
    esac
    run search "$file" --trials $trials --seed 2 --store "$name.db" --json --no-progress
    code_is 0 "$name is searched"
    json_true '.failed == 0 and .ok > 0 and .best.score > 0' "$name: finds designs, and none fails"
    case $name in
    cimnas-mobilenetv2-rram) right=false ;;
    *-published) right=false ;;
    *) right=true ;;
    esac
    json_true "(.accounting.faults == []) == $right" "$name: the accounting it says"
    # A chip that could be built: the limits hold of what the search found.
    [ $right = false ] || json_true '.best.power_w < 75' "$name: no more power than the limit"
done

# The published design is what a search must beat: in its own accounting, within the published area.
run search "$examples/cimnas-mobilenetv2-rram.yaml" --trials 6000 --seed 1 --store beat.db --json --no-progress
json_true '.best.score < 2.116e-7 and .best.area_mm2 <= 800' "better than design #1"
json_true '.accounting.name == "cimnas-2025" and (.accounting.faults | length) == 8' "with all faults"

# One chip for several networks, whatever way their costs are joined.
for way in max mean product; do
    sed -e "s|: joint-|: $examples/cimnas/joint-|" -e "s/^aggregate: .*/aggregate: $way/" \
        -e "s/^name: .*/name: $way/" "$examples/cimnas/joint-rram-4-published.yaml" > $way.yaml
    run search $way.yaml --trials 1500 --store $way.db --json --no-progress
    code_is 0 "joined by $way"
    cp "$out" $way.json
done
if have jq; then
    condition=0
    for way in max mean product; do
        jq .best.score $way.json
    done | sort -u | awk 'END { exit NR != 3 }' || condition=1
    check $condition "three goals"
fi

# What a study rests on beside its own texts: layers that change are no layers of this study any more.
# A store tells the way to its files wherever it is read.
mkdir -p own
cat > own/layers.csv << 'END'
layer,kind,N,C,M,R,S,P,Q,G,HStride,WStride
0,Conv2d,1,3,16,3,3,32,32,1,1,1
1,Linear,1,16,10,1,1,1,1,1,1,1
END
cat > own/problem.yaml << 'END'
weft: problem/1
name: own
space:
  name: own
  family: network
  networks: [./layers.csv]
  genes:
    rows: {ordinal: [32, 64, 128], sets: rows}
    columns: {ordinal: [32, 64, 128], sets: columns}
chip: generic-rram
minimise: edap
search: {optimizer: random, trials: 6, batch: 2}
END
run search own/problem.yaml --trials 4 --store own.db --no-progress
code_is 0 "a network of one's own"
mkdir -p elsewhere
code=0
called="explain ../own.db best"
(cd elsewhere && "$weft" explain ../own.db best) > "$out" 2> "$err" || code=$?
code_is 0 "its store is read from elsewhere"
run search own/problem.yaml --store own.db --no-progress
code_is 0 "and gone on with"
sed -i.bak 's/3,16,3,3/3,24,3,3/' own/layers.csv
run search own/problem.yaml --trials 9 --store own.db --no-progress
code_is 5 "not after its layers have changed"
err_has "layers of its networks have changed" "it says why"
mv own/layers.csv.bak own/layers.csv
run search own/problem.yaml --trials 8 --store own.db --no-progress
code_is 0 "with the layers put back it goes on"

# The script of the tables, its options, and its smallest table.
called="bench/cimnas --nothing"
code=0
"$root/bench/cimnas" --nothing > "$out" 2> "$err" || code=$?
code_is 2 "an unknown option"
err_has "usage" "says how it is called"
code=0
"$root/bench/cimnas" nothing > "$out" 2> "$err" || code=$?
code_is 2 "an unknown part"
finish
