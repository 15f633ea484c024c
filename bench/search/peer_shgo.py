#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SHGO beside SciPy's: the same functions, boxes, numbers of Sobol' points, in one run.

    bench/search/peer_shgo.py build/bench_shgo

Evaluations are calls of the function, counted on both sides. "outside" is the processor time of the
solve less, for SciPy, what passed within the function and its constraints; ours is the whole solve.
Medians, of 21 runs of ours and 5 of SciPy.
Minima are the same where they are nearer than a thousandth of the box. Of 30 more runs of ours, on
scrambled points, the quartiles of the evaluations are shown; SciPy's points are always the same.
"""
import json
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np
import scipy
from scipy.optimize import shgo


def squares(x):
    return x[0] ** 2 + x[1] ** 2


def waves(x):
    return (x[0] - 30.0) * np.sin(x[0])


def hs18(x):
    return 0.01 * x[0] ** 2 + x[1] ** 2


def hs100(x):
    return ((x[0] - 10) ** 2 + 5 * (x[1] - 12) ** 2 + x[2] ** 4 + 3 * (x[3] - 11) ** 2
            + 10 * x[4] ** 6 + 7 * x[5] ** 2 + x[6] ** 4 - 4 * x[5] * x[6] - 10 * x[5] - 8 * x[6])


HS100 = [
    lambda x: 127 - (2 * x[0] ** 2 + 3 * x[1] ** 4 + x[2] + 4 * x[3] ** 2 + 5 * x[4]),
    lambda x: 282 - (7 * x[0] + 3 * x[1] + 10 * x[2] ** 2 + x[3] - x[4]),
    lambda x: 196 - (23 * x[0] + x[1] ** 2 + 6 * x[5] ** 2 - 8 * x[6]),
    lambda x: -(4 * x[0] ** 2 + x[1] ** 2 - 3 * x[0] * x[1] + 2 * x[2] ** 2 + 5 * x[5] - 11 * x[6]),
]


def eggholder(x):
    y = x[1] + 47.0
    return (-y * np.sin(np.sqrt(abs(x[0] / 2.0 + y))) - x[0] * np.sin(np.sqrt(abs(x[0] - y))))


def hs73(x):
    return 24.55 * x[0] + 26.75 * x[1] + 39 * x[2] + 40.50 * x[3]


HS73 = [
    lambda x: 2.3 * x[0] + 5.6 * x[1] + 11.1 * x[2] + 1.3 * x[3] - 5,
    lambda x: (12 * x[0] + 11.9 * x[1] + 41.8 * x[2] + 52.1 * x[3] - 21 - 1.645 * np.sqrt(
        0.28 * x[0] ** 2 + 0.19 * x[1] ** 2 + 20.5 * x[2] ** 2 + 0.62 * x[3] ** 2)),
]


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def ackley(x):
    return (-20 * np.exp(-0.2 * np.sqrt(0.5 * (x[0] ** 2 + x[1] ** 2)))
            - np.exp(0.5 * (np.cos(2 * np.pi * x[0]) + np.cos(2 * np.pi * x[1]))) + np.e + 20)


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def lennard_jones(x):
    square = (x[0] - x[3]) ** 2 + (x[1] - x[4]) ** 2 + (x[2] - x[5]) ** 2
    sixth = square ** 3
    return (1.0 / sixth - 2.0) / sixth if square > 0 else 0.0


# Name as in tests/search/shgo_cases.h, function, box, g >= 0, h = 0, settings of SciPy.
CASES = [
    ("squares", squares, [(-1, 6)] * 2, [lambda x: 6 - x[0] - x[1]], [], {"n": 128}),
    ("squares at the corner", squares, [(0, 1)] * 2, [lambda x: 6 - x[0] - x[1]], [], {"n": 128}),
    ("waves", waves, [(0, 60)], [lambda x: 58 - x[0]], [], {"n": 128}),
    ("waves to 4.5", waves, [(0, 4.5)], [lambda x: 58 - x[0]], [], {"n": 128}),
    ("HS18", hs18, [(2, 50), (0, 50)],
     [lambda x: x[0] * x[1] - 25, lambda x: x[0] ** 2 + x[1] ** 2 - 25], [], {"n": 128}),
    ("HS100", hs100, [(-10, 10)] * 7, HS100, [],
     {"n": 2048, "options": {"infty_constraints": False, "ftol": 1e-12}}),
    ("Eggholder, 64", eggholder, [(-512, 512)] * 2, [], [], {"n": 64}),
    ("Eggholder, 1024", eggholder, [(-512, 512)] * 2, [], [], {"n": 1024}),
    ("Eggholder, 5 x 128", eggholder, [(-512, 512)] * 2, [], [], {"n": 128, "iters": 5}),
    ("HS73", hs73, [(0, 1)] * 4, HS73, [lambda x: x[0] + x[1] + x[2] + x[3] - 1], {"n": 128}),
    ("Lennard-Jones", lennard_jones, [(-4, 4)] * 6, [], [], {"n": 128}),
    ("Rosenbrock", rosenbrock, [(0, 2)] * 5, [], [], {"n": 128}),
    ("Ackley", ackley, [(-4, 5)] * 2, [], [], {"n": 512}),
    ("Himmelblau", himmelblau, [(-6, 6)] * 2, [], [], {"n": 128}),
]


class Timed:
    """A function that counts its calls and the time within."""

    def __init__(self, function):
        self.function, self.calls, self.inside = function, 0, 0.0

    def __call__(self, x):
        start = time.thread_time()
        value = self.function(x)
        self.inside += time.thread_time() - start
        self.calls += 1
        return value


def solve(function, box, inequalities, equalities, settings):
    timed = Timed(function)
    held = [Timed(g) for g in inequalities]
    equal = [Timed(h) for h in equalities]
    constraints = tuple([{"type": "ineq", "fun": g} for g in held]
                        + [{"type": "eq", "fun": h} for h in equal]) or None
    start = time.thread_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = shgo(timed, box, constraints=constraints, sampling_method="sobol", **settings)
    inside = timed.inside + sum(g.inside for g in held + equal)
    return result, timed.calls, time.thread_time() - start - inside


def distinct(points, box, separation=1e-4):
    kept = []
    width = np.array([upper - lower for lower, upper in box])
    for x in points:
        if all(np.max(np.abs(x - y) / width) > separation for y in kept):
            kept.append(np.array(x))
    return kept


def shared(points, others, box):
    width = np.array([upper - lower for lower, upper in box])
    return sum(any(np.max(np.abs(x - y) / width) < 1e-3 for y in others) for x in points)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: peer_shgo.py build/bench_shgo")
    text = subprocess.run([sys.argv[1], "--json"], check=True, capture_output=True, text=True).stdout
    ours = {}
    for line in text.splitlines():
        row = json.loads(line)
        ours.setdefault(row["name"], []).append(row)
    print(f"SciPy {scipy.__version__}, Python {sys.version.split()[0]}, NumPy {np.__version__}\n")
    print("| function | least: ours | SciPy | minima: ours | SciPy | of SciPy's, ours too | "
          "evaluations: ours | 30 seeds: quartiles | SciPy | ms: ours | SciPy, outside | ratio |")
    print("| --- " * 12 + "|")
    for name, function, box, inequalities, equalities, settings in CASES:
        runs = [solve(function, box, inequalities, equalities, settings) for _ in range(5)]
        result, calls, _ = runs[0]
        outside = statistics.median(run[2] for run in runs)
        plain = ours[name][0]
        seeds = [row["global"] + row["local"] for row in ours[name][1:]]
        quartiles = "/".join(f"{q:.0f}" for q in statistics.quantiles(seeds, n=4, method="inclusive"))
        theirs = distinct(np.atleast_2d(getattr(result, "xl", [result.x])), box)
        print(f"| {name} | {plain['values'][0]:.7g} | {float(result.fun):.7g} | {len(plain['x'])} | "
              f"{len(theirs)} | {shared(theirs, np.array(plain['x']), box)} | "
              f"{plain['global'] + plain['local']} | {quartiles} | {calls} | "
              f"{1e3 * plain['seconds']:.2f} | {1e3 * outside:.1f} | "
              f"{outside / plain['seconds']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
