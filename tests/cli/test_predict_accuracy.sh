#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/how-to/predict-accuracy.md: its problems and its commands as they stand there. Accuracies come from
# a perceptron that is known, in place of a training, so that a hundred of them take no time.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1
document=$root/docs/how-to/predict-accuracy.md

awk '/^```yaml/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > ("block-" n ".yaml") }' \
    "$document"
sed '/^data:/d; s/^accuracy: .*/accuracy: {provider: mlp, file: .\/truth.yaml, weights: .\/truth}/' \
    block-1.yaml > trained.yaml
sed 's/trials: 2000/trials: 400/' block-2.yaml > predicted.yaml
sed 's/seed: 1/seed: 3/; s/trials: 100/trials: 40/' trained.yaml > others.yaml
cat > truth.yaml << 'YAML'
weft: predictor/1
name: truth
kind: mlp
source: a test
accuracy: {unit: percent, offset: 50}
branches:
  - width: 1
    weight: w
    activation: none
    features:
      - {number: {}, genes: depth}
      - {one_hot: [VGG, MVGG, RES], genes: "block*", count: 4}
      - {number: {}, genes: "kernels*", count: 4}
YAML
# Where the rounds are to be few, one model in place of the ensemble of all: fits are what takes the time.
model=
[ "${WEFT_TEST_SCALE:-}" != quick ] || model='--model gp'
mkdir truth
two='\000\000\000\100' one='\000\000\200\077' part='\000\000\000\075' # 2, 1, 1/32
{
    printf '\223NUMPY\001\000\066\000%-53s\n' "{'descr':'<f4','fortran_order':False,'shape':(1,17)}"
    printf '%b' "$two$two$one$two$two$one$two$two$one$two$two$one$two$part$part$part$part"
} > truth/w.npy

# Each line of the document that begins with "$ weft" once, in its order.
grep '^\$ weft ' "$document" | sed 's/^\$ weft //' > commands
while read -r command; do
    case $command in
    *others.db*) run search others.yaml --store others.db --quiet ;;
    esac
    fits=
    case $command in 'predictor fit'* | 'predictor next'*) fits=$model ;; esac
    # shellcheck disable=SC2086 # words
    run $command $fits
    code_is 0 "weft $command"
    case $command in
    'predictor fit'*) out_has "Kendall's tau" "what it is worth" ;;
    'predictor next'*) out_has "high" "designs with their intervals" ;;
    'front'*) out_has "accuracy" "the front" ;;
    'predictor check'*) out_has "40" "the designs held out" ;;
    esac
done < commands
called=$(wc -l < commands)
condition=0
[ "$called" -ge 8 ] || condition=1
check "$condition" "all commands were found ($called)"
finish
