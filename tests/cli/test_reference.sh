#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is generated from the tables of options: the reference, the man page, the completion scripts.
. "$(dirname "$0")/lib.sh"

run help --markdown
code_is 0 "the reference is printed"
same_files "$out" "$root/docs/reference/command-line.md" \
    "docs/reference/command-line.md is what 'weft help --markdown' prints (./dev docs writes it anew)"
cp "$out" "$folder/reference.md"

run help --man
code_is 0 "the man page is printed"
same_files "$out" "$root/docs/man/weft.1" \
    "docs/man/weft.1 is what 'weft help --man' prints (./dev docs writes it anew)"
if have groff; then
    condition=0
    warnings=$(groff -man -Tascii -ww "$root/docs/man/weft.1" 2>&1 > /dev/null) || condition=1
    [ -z "$warnings" ] || condition=1
    check "$condition" "groff has nothing to say about the man page $warnings"
else
    skip "the man page" "groff is not here"
fi

# Every option once in its command.
twice=$(awk '/^## /{section=$0} /^\| `--/{print section, $2}' "$folder/reference.md" | sort | uniq -d)
condition=0
[ -z "$twice" ] || condition=1
check "$condition" "no option stands twice $twice"

# Each default is a value that the option itself takes: "| `--batch N`, `-b` | 96 | ... |".
defaults=0
sed -n 's/^## weft //p; /^| `--/p' "$folder/reference.md" > "$folder/rows"
command=
while IFS= read -r row; do
    case $row in
    '| `--'*' '*'`'*)
        option=$(echo "$row" | sed 's/^| `\(--[a-z-]*\).*/\1/')
        default=$(echo "$row" | sed 's/\\|/!/g' | awk -F'|' '{ gsub(/^ +| +$/, "", $3); print $3 }')
        case $default in
        '' | none | 'as in '* | 'the '* | 'STORE '*) ;;
        *)
            # shellcheck disable=SC2086
            run $command "$option" "$default" --help
            [ "$code" -eq 0 ] || code_is 0 "weft $command takes its own default $option $default"
            defaults=$((defaults + 1))
            ;;
        esac
        ;;
    '|'*) ;;
    *) command=$row ;;
    esac
done < "$folder/rows"
condition=0
[ "$defaults" -ge 20 ] || condition=1
check "$condition" "$defaults defaults were read back"

for shell in bash zsh fish; do
    run completion $shell
    code_is 0 "completion $shell"
    out_has "estimate" "completion $shell knows the commands"
    out_has "learning-rate" "completion $shell knows the options"
    out_lacks "markdown" "completion $shell does not show hidden options"
    if have $shell; then
        condition=0
        $shell -n "$out" > "$folder/parse" 2>&1 || condition=1
        check "$condition" "$shell parses its script $(head -n 3 "$folder/parse")"
    else
        skip "parsing of the script for $shell" "$shell is not here"
    fi
done

if have bash; then
    cat > "$folder/try.bash" << 'BASH'
weft=$1
PATH=$(dirname "$weft"):$PATH
eval "$("$weft" completion bash)"
try() {
    COMP_WORDS=("$@")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _weft
    echo "$*: ${COMPREPLY[*]}"
}
try weft est
try weft data a
try weft train --spl
try weft train --split te
try weft estimate --chip mns
try weft space im
try weft completion f
BASH
    called="bash completion"
    bash "$folder/try.bash" "$weft" > "$out" 2> "$err"
    out_has "weft est: estimate" "bash completes a command"
    out_has "weft data a: add" "bash completes a command of a group"
    out_has "weft train --spl: --split" "bash completes an option"
    out_has "weft train --split te: test" "bash completes a word"
    out_has "mnsim-130nm-rram" "bash completes a chip"
    out_has "imc-cnn" "bash completes a space"
    out_has "weft completion f: fish" "bash completes an operand"
else
    skip "completing in bash" "bash is not here"
fi

finish
