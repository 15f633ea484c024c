#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tests and measures the engine for GPUs on a machine that has one, but none of the libraries and
# compilers that built it.
#
#   tools/gpu-check.sh pack BUILD FOLDER    here: programs and their libraries, but those of CUDA
#   tools/gpu-check.sh run FOLDER           there, in the source tree: the tests, then the benchmark
#
# BUILD is a build with -DWEFT_CUDA=ON of test_backend_learn, test_cuda_learn and bench_train_cuda.
# CUDA's libraries are searched on the machine: in /usr/local/cuda, and in Python's packages of them.
set -eu

programs="test_backend_learn test_cuda_learn bench_train_cuda"

pack() {
    mkdir -p "$2/lib"
    for program in $programs; do
        cp "$1/$program" "$2/"
        strip "$2/$program"
        ldd "$1/$program" | sed -n 's/^.* => \(\/[^ ]*\) .*$/\1/p' |
            grep -Ev '/(libcu|libnv|libc\.so|libm\.so|libpthread|libdl|librt|ld-linux)' |
            while read -r library; do
                cp -L "$library" "$2/lib/"
            done
    done
    du -sh "$2"
}

# The folders of CUDA's libraries, joined by colons.
cuda_folders() {
    for root in /usr/local/cuda/lib64/ /usr/local /opt /usr/lib; do
        find "$root" \( -name 'libcudnn*.so.9' -o -name 'libcudart.so.1[23]' \
            -o -name 'libcublas*.so.1[23]' -o -name libcuda.so.1 \) -exec dirname {} \; 2> /dev/null |
            awk '!seen[$0]++' | tr '\n' ':'
    done
}

run() {
    LD_LIBRARY_PATH=$1/lib:$(cuda_folders)${LD_LIBRARY_PATH:-}
    export LD_LIBRARY_PATH
    status=0
    for program in $programs; do
        echo "== $program"
        "$1/$program" || status=1
    done
    return $status
}

case ${1:-}:$# in
pack:3) pack "$2" "$3" ;;
run:2) run "$2" ;;
*)
    sed -n '3,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
