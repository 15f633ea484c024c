# SPDX-License-Identifier: Apache-2.0
# examples/imc-nas/prepare-data, on small files with the names of the real ones.
. "$(dirname "$0")/lib.sh"

prepare() {
    code=0
    called="prepare-data $*"
    WEFT=$weft "$root/examples/imc-nas/prepare-data" "$@" > "$out" 2> "$err" < /dev/null || code=$?
}

# bytes N: N bytes of value 1.
bytes() {
    head -c "$1" /dev/zero | tr '\000' '\001'
}

# labels FILE: ten labels 0 .. 9 as IDX; images FILE HEADER-SIZES N: ten images of N bytes.
labels() {
    printf '\000\000\010\001\000\000\000\012\000\001\002\003\004\005\006\007\010\011' | gzip > "$1"
}
grey() {
    { printf '\000\000\010\003\000\000\000\012\000\000\000\002\000\000\000\002'; bytes 40; } |
        gzip > "$1"
}

set=$folder/set
files=$folder/files
mkdir -p "$set/mnist" "$set/cifar10"

prepare
code_is 2 "no folder is a wrong call"

grey "$set/mnist/train-images-idx3-ubyte.gz"
labels "$set/mnist/train-labels-idx1-ubyte.gz"
grey "$set/mnist/t10k-images-idx3-ubyte.gz"
labels "$set/mnist/t10k-labels-idx1-ubyte.gz"
bytes 3073 | xz > "$set/cifar10/lossless_train.bin.xz"
bytes 3073 | xz > "$set/cifar10/lossless_test.bin.xz"

prepare "$set" "$files"
code_is 1 "sets that are missing are told by the exit code"
err_has "mnist: registered" "what is there is registered"
err_has "asl-rgb32-images-idx4-ubyte.gz is missing" "what is missing is named"
err_has "cifar10-lossless: left out" "files that are not the known ones are not registered as such"
run data info mnist --json
code_is 0 "the set is in the catalogue"
out_has '"train_images": 10' "with its images"

prepare "$set" "$files"
err_has "mnist: registered already" "a second call leaves it as it is"
run data info cifar10-lossless
code_is 3 "a set that was left out is unknown"

finish
