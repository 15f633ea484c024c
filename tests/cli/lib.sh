# SPDX-License-Identifier: Apache-2.0
# What the command line's tests share. A test is called with the path of weft; it says what it
# checks, goes on after a failure, and `finish` ends it.
#
#   . "$(dirname "$0")/lib.sh"
#   run estimate imc:V32 --chip mnsim-130nm-rram   # fills $out, $err (files) and $code
#   code_is 0 "an estimate works"
#   finish

weft=$1
case $weft in
/*) ;;
*) weft=$PWD/$weft ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$(mktemp -d)
out=$folder/.stdout
err=$folder/.stderr
code=0
checks=0
failures=0
skipped=0
unset NO_COLOR
WEFT_DATA=$folder/data
export WEFT_DATA
mkdir "$WEFT_DATA"
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

run() {
    code=0
    called="weft $*"
    "$weft" "$@" > "$out" 2> "$err" < /dev/null || code=$?
}

# check CONDITION-STATUS WHAT
check() {
    checks=$((checks + 1))
    if [ "$1" -eq 0 ]; then
        echo "ok: $2"
        return
    fi
    failures=$((failures + 1))
    echo "FAILED: $2"
    echo "  after: $called (exit code $code)"
    sed 's/^/  stdout: /' "$out" | head -n 12
    sed 's/^/  stderr: /' "$err" | head -n 12
}

code_is() { # CODE WHAT
    condition=0
    [ "$code" -eq "$1" ] || condition=1
    check "$condition" "$2 (exit code $1)"
}

out_has() { # TEXT WHAT
    condition=0
    grep -qF -- "$1" "$out" || condition=1
    check "$condition" "$2 (stdout has '$1')"
}

out_lacks() {
    condition=0
    grep -qF -- "$1" "$out" && condition=1
    check "$condition" "$2 (stdout has no '$1')"
}

err_has() {
    condition=0
    grep -qF -- "$1" "$err" || condition=1
    check "$condition" "$2 (stderr has '$1')"
}

out_empty() {
    condition=0
    [ ! -s "$out" ] || condition=1
    check "$condition" "$1 (stdout is empty)"
}

err_empty() {
    condition=0
    [ ! -s "$err" ] || condition=1
    check "$condition" "$1 (stderr is empty)"
}

same_files() { # A B WHAT
    condition=0
    cmp "$1" "$2" > "$folder/.cmp" 2>&1 || condition=1
    check "$condition" "$3"
    [ "$condition" -eq 0 ] || diff "$1" "$2" | head -n 10
}

same_results() { # A B WHAT: of two searches, but for the time that they took
    grep -v '"elapsed_s"' "$1" > a.results
    grep -v '"elapsed_s"' "$2" > b.results
    same_files a.results b.results "$3"
}

skip() { # WHAT WHY
    skipped=$((skipped + 1))
    echo "skipped: $1: $2"
}

have() {
    command -v "$1" > /dev/null 2>&1
}

# The output is one JSON document and nothing else.
json_valid() {
    condition=0
    [ -s "$out" ] || condition=1
    if have jq; then
        jq -e . "$out" > /dev/null 2>&1 || [ $? -eq 1 ] || condition=1
    elif have python3; then
        python3 -m json.tool "$out" > /dev/null 2>&1 || condition=1
    else
        skip "$1" "neither jq nor python3 is here"
        return
    fi
    check "$condition" "$1 (valid JSON)"
}

# json_true JQ-EXPRESSION WHAT
json_true() {
    if ! have jq; then
        skip "$2" "jq is not here"
        return
    fi
    condition=0
    [ -s "$out" ] && jq -e "$1" "$out" > /dev/null 2>&1 || condition=1
    check "$condition" "$2 ($1)"
}

finish() {
    echo "$checks checks, $failures failed, $skipped skipped"
    [ "$failures" -eq 0 ]
    exit $?
}
