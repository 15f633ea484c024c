#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The settings of weft train, files of weights and checkpoints, training and measuring with few bits.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
WEFT_CACHE=$folder/cache
export WEFT_CACHE
# shellcheck disable=SC2046
run data add tiny $(tiny_data "$folder")
code_is 0 "the data"
# Words are split where it is used.
plain="--data tiny --crop-pad 0 --flip off --batch 32 --no-progress --seed 3"

# train WORDS...: with the plain settings
train() {
    # shellcheck disable=SC2086
    run train $plain "$@"
}

# ---- settings -------------------------------------------------------------------------------------

train imc:V8,M8 --epochs 2 --json
code_is 0 "the defaults"
json_true '.settings | .precision == "f32" and .optimizer == "sgd" and .schedule == "cosine" and
    .quantized == null and .teacher == null and .save == null' "say what they are"
defaults=$(grep '"loss"' "$out")

# changes WORDS...: each setting makes another training
changes() {
    train imc:V8,M8 --epochs 2 --threads 1 --json "$@"
    code_is 0 "$*"
    condition=0
    [ "$(grep '"loss"' "$out")" != "$defaults" ] || condition=1
    check "$condition" "$1 makes a difference"
}
changes --optimizer adamw --learning-rate 0.001
json_true '.settings.optimizer == "adamw"' "and is told"
changes --optimizer nesterov
changes --schedule step
json_true '.settings.schedule == "step"' "and is told"
changes --gradient-limit 0.5
changes --average 0.9
changes --decay-all off --weight-decay 0.1
changes --cutout 6
changes --mixup 0.4
changes --bits 3,5
json_true '.settings.quantized | .weight_bits == 3 and .input_bits == 5 and .steps == "learned"' \
    "and is told"
changes --bits 4 --quant-steps min-max
changes --bits 4 --per-channel off
changes --bits 4 --ends-at-8 off

train imc:V8 --epochs 40 --patience 2 --split validation --validation 0.25 --json
code_is 0 "patience"
json_true '.images_trained < 40 * 96' "ends early"
train imc:V8 --epochs 4 --patience 2
code_is 3 "no patience with the test set"
err_has "test images" "says why"

train resnet8 --epochs 0.5 --json
code_is 0 "a network by its name"
json_true '.params > 70000 and .accuracy >= 0' "is built for the data"
train lenet5 --epochs 0.5 --hidden none
code_is 2 "it has its own head"
train imc:V8 --weight-decay 2
code_is 2 "a decay of more than all"
err_has "from 0 to 1" "says what there is"
train imc:V8 --validation 0.95
code_is 2 "a validation part that leaves next to nothing"

# ---- a plan ---------------------------------------------------------------------------------------

train imc:V8,M8 --epochs 3 --dry-run
code_is 0 "a plan"
out_has "15 of 32 images, 5 an epoch" "tells the steps"
out_has "memory" "and the memory"
train imc:V8,M8 --epochs 3 --dry-run --bits 4 --json
json_true '.steps == 15 and .train_images == 160 and .measure_images == 40 and .bytes > 100000 and
    .products == 7 and .quantized == 7 and .precision == "f32" and .params == 18750' "as JSON"

# 16 images of 256 x 256: 4096 maps of each layer are 17 GB.
large_data() {
    printf '\000\000\010\003\000\000\000\020\000\000\001\000\000\000\001\000' > large-images
    head -c 1048576 /dev/zero >> large-images
    tiny_labels 16 large-labels
}
large_data
run data add large --format idx --train-images large-images --train-labels large-labels \
    --test-images large-images --test-labels large-labels
code_is 0 "large images"
run train imc:V4096,V4096 --data large --epochs 1
code_is 4 "memory that will not suffice"
err_has "GB are free" "is told before the training"
err_has "would fit" "with what would fit"
out_empty "nothing was trained"
run train imc:V4096,V4096 --data large --epochs 1 --dry-run
code_is 4 "a plan says so, too"

# ---- weights --------------------------------------------------------------------------------------

train imc:V8,M8 --epochs 6 --save real.safetensors
code_is 0 "weights are saved"
out_has "real.safetensors" "and named"
real=$(sed -n 's/^accuracy *\([0-9.]*\).*/\1/p' "$out")
train imc:V8,M8 --epochs 1 --learning-rate 1e-9 --warmup 0 --weights real.safetensors
again=$(sed -n 's/^accuracy *\([0-9.]*\).*/\1/p' "$out")
condition=0
[ -n "$real" ] && [ "$real" = "$again" ] || condition=1
check "$condition" "who starts from weights and hardly moves has their accuracy ($real, $again)"
train imc:V8,V8 --epochs 1 --weights real.safetensors
code_is 3 "weights of another network"
err_has "of imc:V8,M8" "are named"
head -c 3000 real.safetensors > cut.safetensors
train imc:V8,M8 --epochs 1 --weights cut.safetensors
code_is 3 "weights that are cut off"
err_has "cut.safetensors" "are named"
cp real.safetensors flipped.safetensors
printf 'x' | dd of=flipped.safetensors bs=1 seek=9000 conv=notrunc 2> /dev/null
train imc:V8,M8 --epochs 1 --weights flipped.safetensors
code_is 3 "a byte that changed"
err_has "checksum" "is found"
train imc:V8,M8 --epochs 1 --weights nowhere.safetensors
code_is 4 "weights that are not there"
train imc:V8,M8 --epochs 1 --save nowhere/w.safetensors
code_is 4 "a folder that is not there is found before the training"
out_empty "nothing was trained"

# ---- a teacher ------------------------------------------------------------------------------------

train imc:V4 --epochs 2 --json
alone=$(grep '"loss"' "$out")
train imc:V4 --epochs 2 --teacher imc:V8,M8 --teacher-weights real.safetensors --teaching 0.9 --json
code_is 0 "a teacher"
json_true '.settings.teacher | .network == "imc:V8,M8" and .teaching == 0.9' "is told"
condition=0
[ "$(grep '"loss"' "$out")" != "$alone" ] || condition=1
check "$condition" "the pupil learns otherwise than alone"
train imc:V4 --epochs 1 --teacher imc:V8,M8
code_is 2 "a teacher without weights"
train imc:V4 --epochs 1 --teacher imc:V8,V8 --teacher-weights real.safetensors
code_is 3 "a teacher with weights of another network"
train imc:V4 --epochs 1 --temperature 2
code_is 2 "a temperature without a teacher"
# Its name alone says how it is built, wherever it stands; --hidden is the pupil's.
train imc:V4 --epochs 0.5 --hidden 8 --teacher imc:V8,M8@dropout=0 --teacher-weights real.safetensors
code_is 0 "a pupil with another head"
train resnet8 --epochs 0.2 --teacher imc:V8,M8@pool=1 --teacher-weights real.safetensors
code_is 3 "a teacher that pools otherwise than its weights"
cat > taught.yaml << 'YAML'
weft: problem/1
name: taught
space: imc-cnn-small
chip: basic-65nm-rram
data: tiny
accuracy: {epochs: 0.2, final_epochs: 0.2, batch: 32, teacher: "imc:V8,M8",
           teacher_weights: real.safetensors}
objectives: [accuracy max, energy min]
search: {optimizer: random, trials: 2, batch: 2}
YAML
run search taught.yaml --store taught.db --no-final --no-progress
code_is 0 "a study with a teacher"
run train --store taught.db --trial 1 --epochs 0.2 --no-progress --json
code_is 0 "a design of a study with a teacher"
json_true '.settings.teacher | .network == "imc:V8,M8" and (.weights | endswith("real.safetensors"))' \
    "learns from it"

# ---- few bits -------------------------------------------------------------------------------------

train imc:V8,M8 --epochs 6 --bits 4,4 --save four.safetensors --json
code_is 0 "a quantized training"
four=$(grep -E '"(accuracy|loss)"' "$out")
run quantize imc:V8,M8 --weights four.safetensors --data tiny --bits 4,4 --batch 32 \
    --calibration trained --json --save four.integers.safetensors
code_is 0 "its steps as they were trained"
condition=0
[ "$(grep -E '"(accuracy|loss)"' "$out")" = "$four" ] || condition=1
check "$condition" "give its accuracy and loss to the last digit"
run quantize imc:V8,M8 --weights real.safetensors --data tiny --bits 8 --json --save int8.safetensors
code_is 0 "weights are quantized after training"
json_true '(.accuracy - .real_accuracy | fabs) <= 0.005 and .bits_a_weight == 8 and .layers == 7 and
    .norms == 4 and .images_measured == 40' "8 bits cost next to nothing"
[ -s int8.safetensors ] || check 1 "the integers are written"
if have python3; then
    called="the integers"
    python3 - int8.safetensors > "$out" 2> "$err" << 'PYTHON'
import json, struct, sys
data = open(sys.argv[1], "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + n])
def values(name, code):
    begin, end = header[name]["data_offsets"]
    raw = data[8 + n + begin:8 + n + end]
    return struct.unpack("<%d%s" % (len(raw) // struct.calcsize(code), code), raw)
assert header["1.conv.integers"]["dtype"] == "I8"
assert header["1.conv.integers"]["shape"] == [8, 1, 3, 3]
integers = values("1.conv.integers", "b")
steps = values("1.conv.steps", "f")
assert len(integers) == 72 and len(steps) == 8 and min(steps) > 0
assert max(map(abs, integers)) <= 127 and max(map(abs, integers)) > 60
assert values("1.conv.format", "q") == (8, 8, 1, 0, 0)
assert values("4.conv.format", "q")[2] == 0  # behind a ReLU
PYTHON
    check $? "are what the reference says"
else
    skip "the integers" "python3 is not here"
fi
for how in min-max percentile error; do
    run quantize imc:V8,M8 --weights real.safetensors --data tiny --bits 2,2 --ends-at-8 off \
        --calibration "$how" --json
    code_is 0 "calibration $how"
    json_true '.loss > .real_loss and .bits_a_weight == 2' "2 bits cost something"
done
run quantize imc:V8,M8 --weights real.safetensors --data tiny
out_has "quantized" "people read it"
run quantize imc:V8,M8 --weights real.safetensors --data tiny --calibration trained
code_is 3 "steps that nobody trained"
run quantize imc:V8,M8 --weights four.safetensors --data tiny --calibration trained
code_is 3 "steps that were trained for other bits"
err_has "for 4 bits" "says which"
err_has "for 8" "and which are needed"
train imc:V8,M8 --epochs 0.2 --bits 4,4 --per-channel off --weights four.safetensors
code_is 0 "a training with other steps begins them anew"
for option in "--percentile 0.9" "--images 9 --calibration trained" "--seed 9 --calibration trained"; do
    # shellcheck disable=SC2086
    run quantize imc:V8,M8 --weights four.safetensors --data tiny --bits 4,4 $option
    code_is 2 "$option"
    err_has "has no use" "is told"
done
run quantize imc:V8,V8 --weights real.safetensors --data tiny
code_is 3 "quantizing weights of another network"
run quantize imc:V8,M8 --data tiny
code_is 2 "quantizing no weights"
for bits in 1 9 4,1 4,5,6 few 0; do
    run quantize imc:V8,M8 --weights real.safetensors --data tiny --bits "$bits"
    code_is 2 "--bits $bits"
    err_has "from 2 to 8" "says what there is"
done

cat > few.yaml << 'YAML'
weft: chip/2
name: few
operands:
  inputs: {bits: 8, encoding: offset-if-signed}
  weights: {bits: 4, code: 4, encoding: offset, slice: 2}
  outputs: {bits: 8}
cycle: {time: 1e-8}
levels:
  - level: array
    count: 64
    fill: [[Y], [R, S], [M, C], [G], [P, Q], [N]]
    parts:
      readout: {class: fixed, acts: readout, energy: 1e-12, area: 1e-9}
  - level: column
    count: 32
    shares: inputs
    fill: [[Y], [M]]
  - level: row
    count: 64
    shares: outputs
    fill: [[C, R, S]]
execution: {accounting: resident, order: layers}
YAML
train imc:V8 --epochs 100 --bits 8 --chip ./few.yaml
code_is 1 "bits that the chip cannot hold"
err_has "layer 1 (conv)" "are told with the layer"
err_has "at most 4 bits of weights" "and what it holds"
out_empty "before the training"
train imc:V8 --epochs 1 --bits 4 --ends-at-8 off --chip ./few.yaml
code_is 0 "bits that it holds"
run quantize imc:V8,M8 --weights real.safetensors --data tiny --bits 8 --chip ./few.yaml
code_is 1 "quantizing for a chip that cannot hold the bits"

# ---- killed and gone on ---------------------------------------------------------------------------

# kill_and_resume NAME WORDS...: the weights are those of the training that nobody disturbed
kill_and_resume() {
    name=$1
    shift
    train imc:V16,V16 --epochs 40 "$@" --save "$name-whole.safetensors"
    code_is 0 "$name: a training that nobody disturbs"
    for round in 1 2; do
        stamp=$(stat -c %Y%s%i "$name.checkpoint" 2> /dev/null)
        # shellcheck disable=SC2086
        "$weft" train imc:V16,V16 --epochs 40 $plain "$@" --save "$name-resumed.safetensors" \
            --checkpoint "$name.checkpoint" --checkpoint-every 0.02 > "$out" 2> "$err" &
        training=$!
        waited=0
        while [ "$(stat -c %Y%s%i "$name.checkpoint" 2> /dev/null)" = "$stamp" ] &&
            [ "$waited" -lt 1000 ]; do
            sleep 0.01
            waited=$((waited + 1))
        done
        kill -KILL "$training" 2> /dev/null
        code=0
        wait "$training" 2> /dev/null || code=$?
        called="$name, round $round"
        code_is 137 "$name: killed"
        [ ! -e "$name-resumed.safetensors" ] || check 1 "$name: it was not finished"
    done
    train imc:V16,V16 --epochs 40 "$@" --save "$name-resumed.safetensors" \
        --checkpoint "$name.checkpoint" --checkpoint-every 0.02
    code_is 0 "$name: gone on"
    same_files "$name-whole.safetensors" "$name-resumed.safetensors" "$name: to the same weights"
}
kill_and_resume one --threads 1
kill_and_resume two --threads 2
same_files one-whole.safetensors two-whole.safetensors "2 threads give the weights of 1"
kill_and_resume bits --threads 2 --bits 4,4 --average 0.99 --optimizer adamw --learning-rate 0.002

train imc:V16,V16 --epochs 40 --threads 1 --momentum 0.8 --checkpoint one.checkpoint
code_is 3 "a checkpoint of other settings"
err_has "settings" "says so"
train imc:V16,V8 --epochs 40 --threads 1 --checkpoint one.checkpoint
code_is 3 "a checkpoint of another network"
train imc:V8 --epochs 1 --checkpoint-every 1
code_is 2 "seconds without a checkpoint"
train imc:V16,V16 --epochs 40 --threads 1 --checkpoint one.checkpoint --dry-run --json
json_true '.done == .steps' "a plan knows what a checkpoint holds"

called="weft train, stopped"
# shellcheck disable=SC2086
"$weft" train imc:V16,V16 $plain --epochs 100000 --checkpoint stop.checkpoint > "$out" 2> "$err" &
training=$!
waited=0
while [ ! -e stop.checkpoint ] && [ "$waited" -lt 1000 ]; do
    sleep 0.01
    waited=$((waited + 1))
done
kill -INT "$training"
code=0
wait "$training" || code=$?
code_is 130 "Ctrl-C"
err_has "the same command goes on from stop.checkpoint" "says how to go on"

# ---- data that cannot be trained on ---------------------------------------------------------------

run train imc:V8 --data tiny --epochs 1 --validation 0.01 --split validation --json
code_is 3 "a split without an image that measures"
labels() { # FILE LABEL...: of 160 images, in turn
    file=$1
    shift
    printf '\000\000\010\001\000\000\000\240' > "$file"
    i=0
    while [ "$i" -lt 160 ]; do
        for label in "$@"; do
            tiny_byte "$label"
        done >> "$file"
        i=$((i + $#))
    done
}
labels unseen-labels 0 1 3 3
run data add unseen --format idx --train-images train-images --train-labels unseen-labels \
    --test-images test-images --test-labels test-labels
code_is 0 "a set without an image of a class to train on"
run train imc:V8 --data unseen --epochs 1
code_is 3 "a class that is measured and never trained on"
err_has "class 2" "is named"
labels two-labels 0 1
run data add out --format idx --train-images train-images --train-labels two-labels \
    --test-images test-images --test-labels test-labels
code_is 3 "labels out of range"
err_has "out of range" "are told"
head -c 5000 train-images > short-images
run data add short --format idx --train-images short-images --train-labels train-labels \
    --test-images test-images --test-labels test-labels
code_is 3 "images that are cut off"
tiny_labels 100 few-labels
run data add fewer --format idx --train-images train-images --train-labels few-labels \
    --test-images test-images --test-labels test-labels
code_is 3 "fewer labels than images"
train resnet20@input=3x32x32 --epochs 1
code_is 3 "a network for images of another shape"
err_has "3 x 32 x 32" "says which"
train resnet8@classes=7 --epochs 1
code_is 3 "a network for other classes"

finish
