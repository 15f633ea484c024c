#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cmake --install writes is whole, and the installed command finds what came with it.
. "$(dirname "$0")/lib.sh"
unset WEFT_SHARE

prefix=$folder/prefix
built=$weft
called="cmake --install"
code=0
cmake --install "$(dirname "$built")" --prefix "$prefix" > "$out" 2> "$err" || code=$?
code_is 0 "installing works"

weft=$prefix/bin/weft
cd "$folder" || exit 1
run version
code_is 0 "the installed command runs"

run doctor
code_is 0 "it misses nothing"
out_has "$prefix" "its share folder is the installed one"

find "$root/share/weft" -name '*.yaml' > "$folder/files"
while read -r file; do
    same_files "$file" "$prefix/share/weft/${file#"$root/share/weft/"}" "${file##*/} is installed"
done < "$folder/files"
run estimate imc:V32 --chip mnsim-130nm-rram
code_is 0 "it finds an installed chip"
run space imc-cnn
code_is 0 "it finds an installed space"

same_files "$root/docs/man/weft.1" "$prefix/share/man/man1/weft.1" "the manual page is installed"
completion() { # SHELL FILE
    "$built" completion "$1" > "$folder/completion"
    same_files "$folder/completion" "$prefix/share/$2" "the completion of $1 is installed"
}
completion bash bash-completion/completions/weft
completion zsh zsh/site-functions/_weft
completion fish fish/vendor_completions.d/weft.fish

finish
