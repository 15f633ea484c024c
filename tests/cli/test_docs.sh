#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The examples work: every problem, space and chip file that the documentation shows in full is read
# by the program, and so is every file of examples/ whose data set is there.
set -eu
weft=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
checked=0
skipped=0

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# check FILE WHERE: reads one file of ours by the command for its kind.
check() {
    kind=$(sed -n 's/^weft: *\([a-z]*\)\/[0-9] *$/\1/p' "$1" | head -n 1)
    case $kind in
    problem)
        data=$(sed -n 's/^data: *//p' "$1")
        if [ -n "$data" ] && ! "$weft" data info "$data" --json 2> /dev/null |
            grep -q '"available": *true'; then
            echo "skipped: $2: the data set $data is not on this machine"
            skipped=$((skipped + 1))
            return
        fi
        weights=$(sed -n 's/^ *weights: *//p' "$1" | head -n 1)
        if [ -n "$weights" ] && [ ! -e "$(dirname "$1")/$weights" ]; then
            echo "skipped: $2: the weights $weights are the user's"
            skipped=$((skipped + 1))
            return
        fi
        table=$(sed -n 's/^accuracy:.* csv: *\([^,} ]*\).*/\1/p' "$1" | head -n 1)
        if [ -n "$table" ] && [ ! -e "$(dirname "$1")/$table" ]; then
            echo "skipped: $2: the table $table is the user's"
            skipped=$((skipped + 1))
            return
        fi
        fitted=$(sed -n 's/.*provider: \(predictor\|supernet\),.* file: *\([^,} ]*\).*/\2/p' "$1" | head -n 1)
        if [ -n "$fitted" ] && [ ! -e "$(dirname "$1")/$fitted" ]; then
            echo "skipped: $2: $fitted is made by the reader"
            skipped=$((skipped + 1))
            return
        fi
        "$weft" search "$1" --store "$folder/none.db" --dry-run > "$folder/out" 2>&1 ||
            fail "$2: $(cat "$folder/out")"
        ;;
    space)
        "$weft" space "$1" > "$folder/out" 2>&1 || fail "$2: $(cat "$folder/out")"
        ;;
    chip)
        "$weft" chip check "$1" > "$folder/out" 2>&1 || fail "$2: $(cat "$folder/out")"
        ;;
    validation)
        "$weft" validate "$1" --threshold 1e5 > "$folder/out" 2>&1 ||
            fail "$2: $(cat "$folder/out")"
        ;;
    optimize)
        "$weft" optimize "$1" --dry-run > "$folder/out" 2>&1 || fail "$2: $(cat "$folder/out")"
        ;;
    *)
        return
        ;;
    esac
    checked=$((checked + 1))
}

# Fenced YAML blocks of the documents, one file each; the fence may be indented in a list.
for document in README.md docs/*.md docs/*/*.md; do
    rm -f "$folder"/block-*.yaml
    awk -v folder="$folder" '
        /^ *```yaml *$/ { inside = 1; indent = index($0, "`") - 1; n++; next }
        /^ *``` *$/ { inside = 0 }
        inside { print substr($0, indent + 1) > (folder "/block-" n ".yaml") }
    ' "$document"
    for block in "$folder"/block-*.yaml; do
        [ -e "$block" ] || continue
        check "$block" "$document, $(basename "$block" .yaml)"
    done
done
for example in examples/*.yaml examples/*/*.yaml; do
    check "$example" "$example"
done

# The C of the documentation is the example that is built.
awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/reference/optimizers.md > "$folder/shown.c"
sed '1,/^ \*.*\*\/$/d' examples/c/ask_tell.c | cmp -s - "$folder/shown.c" ||
    fail "docs/reference/optimizers.md shows another examples/c/ask_tell.c than there is"
[ "$checked" -ge 5 ] || fail "only $checked files were found"
echo "$checked files read, $skipped skipped"
