#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Help, version, and what a wrong call is answered with.
. "$(dirname "$0")/lib.sh"
cd "$folder" || exit 1

commands="search estimate explain sensitivity compare sweep validate train front report space doctor completion version help"
data="list info add"
chip="list show check"

run
code_is 2 "no command is a usage error"
out_empty "no command prints nothing to stdout"
err_has "Usage: weft COMMAND" "no command shows the overview"

for word in help --help -h; do
    run "$word"
    code_is 0 "weft $word"
    err_empty "weft $word"
    for command in $commands "data list" "data info" "data add" "chip list" "chip show" "chip check"; do
        out_has "  $command " "weft $word lists '$command'"
    done
done

for command in $commands; do
    run "$command" --help
    code_is 0 "$command --help"
    err_empty "$command --help"
    out_has "Usage: weft $command" "$command --help says how to call it"
    out_has "--no-color" "$command --help lists the common options"
    cp "$out" "$folder/long"
    run "$command" -h
    same_files "$out" "$folder/long" "$command -h is --help"
    run help "$command"
    same_files "$out" "$folder/long" "help $command is $command --help"
    run "$command" --no-such-option
    code_is 2 "$command refuses an unknown option"
    err_has "unknown option '--no-such-option'" "$command names it"
    out_empty "$command with an unknown option"
done
for command in $chip; do
    run chip "$command" --help
    code_is 0 "chip $command --help"
    out_has "Usage: weft chip $command" "chip $command --help says how to call it"
done
for command in $data; do
    run data "$command" --help
    code_is 0 "data $command --help"
    out_has "Usage: weft data $command" "data $command --help says how to call it"
    run data "$command" --no-such-option
    code_is 2 "data $command refuses an unknown option"
done

run help data
code_is 0 "help of a group"
out_has "data add" "help of a group lists its commands"
run data
code_is 2 "a group alone is a usage error"
run data --help
code_is 0 "data --help"

# What was meant.
run serch
code_is 2 "an unknown command"
err_has "did you mean 'weft search'?" "the nearest command"
out_empty "an unknown command"
run zzzzzzzzz
code_is 2 "an unknown command that is like no other"
err_has "'weft help' lists the commands" "where the commands are"
run data lst
code_is 2 "an unknown command of a group"
err_has "did you mean 'weft data list'?" "the nearest command of the group"
run --json estimate
code_is 2 "an option before the command"
run estimate --chp x
code_is 2 "an unknown option"
err_has "did you mean '--chip'?" "the nearest option"
run train --lerning-rate 1
err_has "did you mean '--learning-rate'?" "the nearest long option"
run estimate -Z
code_is 2 "an unknown letter"
err_has "unknown option '-Z'" "the letter is named"
run help nothing
code_is 2 "help of an unknown command"

# Values.
run estimate imc:V32 --chip
code_is 2 "an option without its argument"
err_has "--chip wants its CHIP" "what it wants"
run estimate --json=3
code_is 2 "a flag with an argument"
run train imc:V32 --data x --epochs many
code_is 2 "a word where a number belongs"
err_has "--epochs takes a number from" "the legal range"
run train imc:V32 --data x --epochs nan
code_is 2 "NaN is no number of epochs"
run train imc:V32 --data x --batch 0
code_is 2 "a number below the range"
run train imc:V32 --data x --batch 1e3
code_is 2 "a real where a whole number belongs"
run train imc:V32 --data x --batch 99999999999999999999
code_is 2 "a number beyond 64 bits"
run train imc:V32 --data x --seed -1
code_is 2 "a negative seed"
run train imc:V32 --data x --seed 18446744073709551616
code_is 2 "a seed beyond 64 bits"
run train imc:V32 --data x --split tesst
code_is 2 "an unknown word"
err_has "did you mean 'test'?" "the nearest word"
run train imc:V32 --data x --flip yes
code_is 2 "a switch is on or off"
run train imc:V32 --data x --threads 0
code_is 2 "no thread at all"
for shape in 3 3,32 3,32,32,32 3,0,32 a,b,c 3,32,32x ''; do
    run estimate imc:V32 --chip mnsim-130nm-rram --input "$shape"
    code_is 2 "--input '$shape'"
done
run estimate imc:V32 --chip mnsim-130nm-rram --hidden 1,2,3,4,5,6,7,8,9
code_is 2 "more hidden layers than there may be"
run estimate imc:V32 --chip ''
code_is 2 "an empty chip"

# Operands.
run estimate --chip mnsim-130nm-rram
code_is 2 "estimate without a network"
err_has "NETWORK is missing" "what is missing"
run estimate imc:V32
code_is 2 "estimate without a chip"
err_has "--chip is missing" "what is missing"
run estimate imc:V32 imc:V64 --chip mnsim-130nm-rram
code_is 2 "one network too many"
run front
code_is 2 "front without a store"
run front ''
code_is 2 "an empty word"
run search
code_is 2 "search without a problem"
run space
code_is 2 "space without a space"
run train imc:V32
code_is 2 "train without data"
run train --store x.db
code_is 2 "train --store without --trial"
run train imc:V32 --store x.db --trial 1
code_is 2 "train with a network and a store"
run train --store x.db --trial 1 --head-pool 1
code_is 2 "the trial says how its network is built"
run front x.db --json --csv
code_is 2 "--json and --csv"
run report a.db b.db
code_is 2 "a report is of one store"
run report --picks a.db --out x
code_is 2 "--picks writes nothing"
run completion
code_is 2 "completion without a shell"
run completion tcsh
code_is 2 "completion for an unknown shell"
run data add x
code_is 2 "data add without a format"
run data add x --format idx --train-images a
code_is 2 "idx without labels"
run data add x --format folder --train-images a
code_is 2 "data without a test set"

# Beginnings of options, order, and the end of options.
run estimate --const --ch mnsim-130nm-rram
code_is 0 "options may be cut short"
run train --s 1
code_is 2 "but not so that two are meant"
err_has "more than one option" "it says so"
run version --json
code_is 0 "version --json"
json_valid "version --json"
json_true '.version | test("^[0-9]+[.][0-9]+[.][0-9]+$")' "the version has three numbers"
run --version
code_is 0 "--version"
out_has "weft " "--version prints the version"

finish
