# SPDX-License-Identifier: Apache-2.0
# tiny_data FOLDER: writes a small IDX data set there (1 x 16 x 16, 4 classes, 160 + 40 images) and
# prints the options of `weft data add` that name its files. Each class is a bright quarter of the
# image over a fixed pattern, so a network can learn it.

tiny_byte() { # N: the byte of that value
    # shellcheck disable=SC2059
    printf "\\$(printf '%03o' "$1")"
}

tiny_images() { # N FILE
    {
        printf '\000\000\010\003\000\000\000'
        tiny_byte "$1"
        printf '\000\000\000\020\000\000\000\020'
        LC_ALL=C awk -v n="$1" 'BEGIN {
            for (i = 0; i < n; i++) for (y = 0; y < 16; y++) for (x = 0; x < 16; x++) {
                quarter = (y >= 8) * 2 + (x >= 8)
                value = 1 + (i * 37 + y * 11 + x * 7) % 60 + (quarter == i % 4 ? 60 : 0)
                printf "%c", value
            }
        }'
    } > "$2"
}

tiny_labels() { # N FILE
    {
        printf '\000\000\010\001\000\000\000'
        tiny_byte "$1"
        i=0
        while [ "$i" -lt "$1" ]; do
            tiny_byte $((i % 4))
            i=$((i + 1))
        done
    } > "$2"
}

tiny_data() {
    tiny_images 160 "$1/train-images"
    tiny_labels 160 "$1/train-labels"
    tiny_images 40 "$1/test-images"
    tiny_labels 40 "$1/test-labels"
    echo "--format idx --train-images $1/train-images --train-labels $1/train-labels" \
        "--test-images $1/test-images --test-labels $1/test-labels"
}
