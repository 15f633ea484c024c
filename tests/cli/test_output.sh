#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Data on stdout, words on stderr; output that cannot be written; colours.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

full() { # WHAT WORDS...
    what=$1
    shift
    called="weft $* > /dev/full"
    code=0
    "$weft" "$@" > /dev/full 2> "$err" || code=$?
    : > "$out"
    code_is 4 "$what to a full disk"
    err_has "could not be written" "$what to a full disk says so"
    code=0
    called="weft $* >&-"
    "$weft" "$@" >&- 2> "$err" || code=$?
    code_is 4 "$what to a closed stdout"
}

if [ -c /dev/full ]; then
    full "help" help
    full "version" version --json
    full "the reference" help --markdown
    full "an estimate" estimate imc:V32,R64 --chip mnsim-130nm-rram
    full "an estimate as JSON" estimate imc:V32,R64 --chip mnsim-130nm-rram --json
    full "a space" space imc-cnn
    full "a list" data list --json
else
    skip "a full disk" "there is no /dev/full"
fi

# A reader that goes away is nobody's fault.
"$weft" help --markdown 2> "$err" | head -n 1 > "$out"
called="weft help --markdown | head -n 1"
err_empty "a reader that goes away"

# Descriptors that are closed are not given to files: nothing printed lands in a store.
code=0
called="weft search with stdout and stderr closed"
cat > problem.yaml << 'YAML'
weft: problem/1
name: closed
space: imc-cnn
chip: mnsim-130nm-rram
objectives: [energy min, latency min]
search: {optimizer: random, trials: 20, batch: 4, seed: 3}
YAML
"$weft" search problem.yaml --store closed.db --jobs 1 >&- 2>&- < /dev/null || code=$?
: > "$out"
: > "$err"
code_is 4 "a search with stdout closed ends with an output error"
run front closed.db --json
code_is 0 "and its store is sound"
json_valid "the front of that store"

# Colours only on a terminal, and not where they are unwanted.
escape=$(printf '\033')
run estimate imc:V32 --chip mnsim-130nm-rram
out_lacks "$escape" "no colours into a file"
if have script; then
    in_terminal() {
        called="script: $*"
        TERM=xterm script -qec "$*" /dev/null > "$out" 2> "$err" < /dev/null
    }
    in_terminal "$weft estimate imc:V32 --chip mnsim-130nm-rram"
    out_has "${escape}[1m" "bold headings on a terminal"
    in_terminal "$weft estimate imc:V32 --chip mnsim-130nm-rram --no-color"
    out_lacks "${escape}[1m" "none with --no-color"
    in_terminal "NO_COLOR=1 $weft estimate imc:V32 --chip mnsim-130nm-rram"
    out_lacks "${escape}[1m" "none with NO_COLOR"
    in_terminal "NO_COLOR= $weft estimate imc:V32 --chip mnsim-130nm-rram"
    out_has "${escape}[1m" "an empty NO_COLOR says nothing"
    in_terminal "TERM=dumb $weft estimate imc:V32 --chip mnsim-130nm-rram"
    out_lacks "${escape}[1m" "none on a dumb terminal"
    in_terminal "$weft estimate --chip nowhere imc:V32"
    out_has "${escape}[1;31merror:" "errors are red on a terminal"
else
    skip "colours" "script is not here"
fi

finish
