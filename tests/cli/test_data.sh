#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# weft data: entering, listing and describing data sets; files that are missing or damaged.
. "$(dirname "$0")/lib.sh"
. "$here/tiny_data.sh"
cd "$folder" || exit 1
mkdir files
options=$(tiny_data "$folder/files")

run data list
code_is 0 "the catalogue"
out_has "fashion-mnist" "has the built-in set"
run data list --json
json_valid "the catalogue"
json_true '[.[] | select(.name == "fashion-mnist")] | length == 1' "once"

# shellcheck disable=SC2086
run data add tiny $options --note 'made by a test' --json
code_is 0 "a set is entered"
json_valid "what was entered"
json_true '.name == "tiny" and .format == "idx" and .available' "name and format"
json_true '.shape == [1, 16, 16] and .classes == 4' "shape and classes"
json_true '.train_images == 160 and .test_images == 40' "counts"
cp "$out" added.json
run data info tiny --json
same_files "$out" added.json "info says the same later"
run data info tiny
code_is 0 "info for people"
out_has "made by a test" "with the note"
run data list
out_has "tiny" "it is listed"
run data list --json
json_true '[.[].name] | index("tiny") != null' "in JSON too"
run completion --values data
out_has "tiny" "and offered by completion"

# shellcheck disable=SC2086
run data add tiny $options
condition=0
[ "$code" -ne 0 ] || condition=1
check "$condition" "a name is taken once"
err_has "--replace" "unless it is replaced"
# shellcheck disable=SC2086
run data add tiny $options --replace
code_is 0 "it is replaced"

# Every fourth image of each class becomes the test set.
run data add parted --format idx --train-images files/train-images --train-labels files/train-labels \
    --test-every 4 --json
code_is 0 "a test set is parted off"
json_true '.train_images == 120 and .test_images == 40' "a quarter of 160"
if have gzip; then
    gzip -k files/train-images files/train-labels
    run data add zipped --format idx --train-images files/train-images.gz \
        --train-labels files/train-labels.gz --test-every 4 --json
    code_is 0 "compressed files"
    json_true '.train_images == 120' "are read"
else
    skip "compressed files" "gzip is not here"
fi

# Names that are not there.
run data info tniy
code_is 3 "an unknown set"
err_has "tiny" "the nearest one is named"
for name in ../x a/b .hidden ' '; do
    # shellcheck disable=SC2086
    run data add "$name" $options
    condition=0
    [ "$code" -eq 2 ] || [ "$code" -eq 3 ] || condition=1
    check "$condition" "the name '$name' is refused"
done
[ ! -e "$folder/x.yaml" ] || check 1 "nothing is written outside of the catalogue"

# Files that are missing, cut short, or something else.
refused() { # WHAT OPTIONS...
    what=$1
    shift
    run data add bad "$@"
    condition=0
    [ "$code" -eq 3 ] || [ "$code" -eq 4 ] || condition=1
    check "$condition" "$what is refused with 3 or 4"
    err_has "error:" "$what has a message"
    [ ! -e "$WEFT_DATA/bad.yaml" ] || check 1 "$what leaves no entry"
}
labels="--train-labels files/train-labels --test-every 4"
# shellcheck disable=SC2086
refused "a missing file" --format idx --train-images files/none $labels
head -c 1000 files/train-images > files/cut
# shellcheck disable=SC2086
refused "a truncated file" --format idx --train-images files/cut $labels
head -c 7 files/train-images > files/cut
# shellcheck disable=SC2086
refused "a cut header" --format idx --train-images files/cut $labels
: > files/nothing
# shellcheck disable=SC2086
refused "an empty file" --format idx --train-images files/nothing $labels
echo "this is no data set, and long enough for a header" > files/text
# shellcheck disable=SC2086
refused "a text" --format idx --train-images files/text $labels
# shellcheck disable=SC2086
refused "labels for images" --format idx --train-images files/train-labels $labels
refused "images for labels" --format idx --train-images files/train-images \
    --train-labels files/train-images --test-every 4
refused "labels of another count" --format idx --train-images files/train-images \
    --train-labels files/test-labels --test-every 4
printf '\000\000\010\003\377\377\377\377\177\377\377\377\177\377\377\377' > files/huge
# shellcheck disable=SC2086
refused "a header of absurd size" --format idx --train-images files/huge $labels
refused "another format" --format cifar10 --train-images files/train-images --test-every 4
refused "a folder that is none" --format folder --train-images files/train-images --test-every 4
mkdir files/hollow
refused "an empty folder" --format folder --train-images files/hollow --test-every 4

# Files that change after they were entered.
printf 'x' | dd of=files/train-images bs=1 seek=500 conv=notrunc 2> /dev/null
run train imc:V8 --data tiny --epochs 1
condition=0
[ "$code" -eq 3 ] || [ "$code" -eq 4 ] || condition=1
check "$condition" "a file that changed is noticed"
err_has "train-images" "it is named"
rm files/train-images
run data info tiny --json
json_true '.available == false' "a file that went away: not available"
run train imc:V8 --data tiny --epochs 1
condition=0
[ "$code" -ge 3 ] && [ "$code" -le 4 ] || condition=1
check "$condition" "and cannot be trained on"
err_has "train-images" "the file is named"

# A damaged entry.
echo 'weft: [' > "$WEFT_DATA/broken.yaml"
run data info broken
code_is 3 "a damaged entry"
err_has "broken.yaml" "is named"
rm "$WEFT_DATA/broken.yaml"

if [ "$(id -u)" -ne 0 ]; then
    chmod 555 "$WEFT_DATA"
    # shellcheck disable=SC2086
    run data add other $options
    code_is 4 "a catalogue that cannot be written to"
    chmod 755 "$WEFT_DATA"
else
    skip "a read-only catalogue" "root may write everywhere"
fi

finish
