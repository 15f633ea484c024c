#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Microseconds of processor time that Optuna's samplers take for one ask and tell after 1 000 told
trials, on the 15 genes of bench_search (depth, and block and kernels of 7 positions), and beside it what
bench_search prints of ours in the same run:

    peer_overhead.py BENCH_SEARCH

Conditional parameters are asked for only where they are active, as users of Optuna do."""
import math
import subprocess
import sys
import time
import warnings

import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)

HISTORY = 1000
TIMED = 20
TIMED_SLOW = 2  # of TPE with several objectives, which takes seconds


def ask_and_tell(study, objectives):
    trial = study.ask()
    depth = trial.suggest_int("depth", 1, 7)
    width = kinds = 0
    for j in range(depth):
        kinds += trial.suggest_categorical(f"block{j}", [0, 1, 2])
        width += trial.suggest_int(f"kernels{j}", 0, 5)
    loss = math.exp(-width / 10.0) + 0.01 * kinds
    study.tell(trial, [loss, float(width)] if objectives == 2 else loss + 0.02 * width)


def microseconds(sampler, objectives, timed):
    study = optuna.create_study(
        directions=["minimize"] * objectives, sampler=optuna.samplers.RandomSampler(seed=1)
    )
    for _ in range(HISTORY):
        ask_and_tell(study, objectives)
    study.sampler = sampler
    start = time.process_time()
    for _ in range(timed):
        ask_and_tell(study, objectives)
    return 1e6 * (time.process_time() - start) / timed


def main():
    ours = subprocess.run([sys.argv[1], "overhead"], capture_output=True, text=True, check=True)
    print("| method | objectives | Optuna 3.1, us | ours, us | ratio |\n| --- | --- | --- | --- | --- |")
    for line in ours.stdout.splitlines():
        name, objectives, figure, *longest = line.split()
        if longest:
            print(f"| `{name}`, {longest[0]} told | {objectives} | | {figure} | |")
            continue
        sampler = (
            optuna.samplers.TPESampler(seed=1, n_startup_trials=HISTORY)
            if name == "tpe"
            else optuna.samplers.NSGAIISampler(seed=1)
        )
        slow = name == "tpe" and objectives != "1"
        peer = microseconds(sampler, int(objectives), TIMED_SLOW if slow else TIMED)
        print(f"| `{name}` | {objectives} | {peer:.0f} | {figure} | {peer / float(figure):.0f} |", flush=True)


if __name__ == "__main__":
    main()
