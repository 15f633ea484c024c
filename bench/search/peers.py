#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs Optuna's and pymoo's samplers on the table of NAS-Bench-201 and on ZDT and DTLZ, and keeps
what they tried, so that bench_fronts measures it beside Weft's. A run that is kept is not run again.

    peers.py table CACHE CSV SEEDS      lines "seed row row ..." in CACHE/table/CASE-PEER.txt
    peers.py analytic CACHE SEEDS       lines "seed f1 f2 f1 f2 ...": a run's front

Seeds are the outer loop: interrupted at any moment, there are as many of each case. What Optuna's
TPE computes again for every parameter of a trial from the same trials is computed once here, and its
hypervolume in C with the same operations (peer_volume.c): the same proposals, seconds in place of
minutes. `peers.py same` checks that they are. How long it takes itself: peer_overhead.py."""
import csv
import ctypes
import os
import subprocess
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")

CASES = {
    "eyeriss-latency": ["c10_eyeriss_latency_ms"],
    "fpga-latency": ["c10_fpga_latency_ms"],
    "raspi4-latency": ["c10_raspi4_latency_ms"],
    "pixel3-latency": ["c10_pixel3_latency_ms"],
    "eyeriss-energy": ["c10_eyeriss_energy_mJ"],
    "eyeriss-all": ["c10_eyeriss_latency_ms", "c10_eyeriss_energy_mJ"],
    "fpga-all": ["c10_fpga_latency_ms", "c10_eyeriss_energy_mJ"],
    "raspi4-all": ["c10_raspi4_latency_ms", "c10_eyeriss_energy_mJ"],
    "pixel3-all": ["c10_pixel3_latency_ms", "c10_eyeriss_energy_mJ"],
}
TRIALS = 500
EDGES = 6


def read_table(path):
    """objectives[case]: (15625, m), minimised; row: the operations as a number to the base 5."""
    with open(path, encoding="ascii") as file:
        lines = sorted(csv.DictReader(file), key=lambda line: line["ops"])
    error = np.array([100.0 - float(line["c10_test_acc"]) for line in lines])
    return {
        case: np.column_stack([error] + [[float(line[c]) for line in lines] for c in columns])
        for case, columns in CASES.items()
    }


# ---- Optuna ---------------------------------------------------------------------------------------


def build_library(folder):
    library = os.path.join(folder, "peer_volume.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_volume.c")
    subprocess.run(
        ["cc", "-O2", "-ffp-contract=off", "-shared", "-fPIC", "-o", library, source, "-lm"], check=True
    )
    library = ctypes.CDLL(library)
    library.peer_volume.restype = ctypes.c_double
    library.peer_subset.restype = None
    library.peer_ranks.restype = None
    return library


def quicken_optuna(folder):
    """Pure functions of Optuna's TPE, computed once for the same trials."""
    from optuna._hypervolume import WFG
    from optuna.samplers._tpe import sampler

    library = build_library(folder)
    address = ctypes.c_void_p

    def compute(_, points, reference):
        points = np.ascontiguousarray(points, dtype=float)
        reference = np.ascontiguousarray(reference, dtype=float)
        n, m = points.shape
        assert m in (2, 3) and 0 < n <= 1024
        return library.peer_volume(address(points.ctypes.data), n, m, address(reference.ctypes.data))

    def subset(points, indices, size, reference):
        points = np.ascontiguousarray(points, dtype=float)
        reference = np.ascontiguousarray(reference, dtype=float)
        chosen = np.empty(size, dtype=np.int32)
        n, m = points.shape
        library.peer_subset(
            address(points.ctypes.data), n, m, address(reference.ctypes.data), size,
            address(chosen.ctypes.data),
        )
        return indices[chosen]

    def ranks(points):
        points = np.ascontiguousarray(points, dtype=float)
        found = np.empty(len(points), dtype=np.int64)
        n, m = points.shape
        library.peer_ranks(address(points.ctypes.data), n, m, address(found.ctypes.data))
        return found

    WFG.compute = compute
    sampler._calculate_nondomination_rank = ranks
    sampler._solve_hssp = subset

    def once(function):
        last = {}

        def call(scores, *arguments):
            key = len(scores)
            if last.get("key") != key or last.get("of") is not scores:
                last.update(key=key, of=scores, result=function(scores, *arguments))
            return last["result"]

        return call

    sampler._split_observation_pairs = once(sampler._split_observation_pairs)
    sampler._calculate_weights_below_for_multi_objective = once(
        sampler._calculate_weights_below_for_multi_objective
    )
    known = {}

    def pairs(study, names, *_):
        """All trials have all parameters here; those of a trial are read once."""
        n = len(study.trials_seen)
        if known.get("study") is not study:
            known.update(study=study, n=0, scores=[], values={})
        if known["n"] != n:
            known["scores"] = known["scores"] + [
                (-float("inf"), list(f)) for _, f in study.trials_seen[known["n"] :]
            ]
            for genome, _ in study.trials_seen[known["n"] :]:
                for g, value in enumerate(genome):
                    known["values"].setdefault(f"g{g}", []).append(value)
            known["n"] = n
        return {name: list(known["values"].get(name, [])) for name in names}, known["scores"], None

    sampler._get_observation_pairs = pairs


def optuna_sampler(peer, seed):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if peer == "optuna-tpe":
        return optuna.samplers.TPESampler(seed=seed)
    population = int(peer.rsplit("-", 1)[1])
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=population)


def run_optuna(peer, seed, objectives, trials=TRIALS):
    import optuna

    sampler = optuna_sampler(peer, seed)
    study = optuna.create_study(directions=["minimize"] * objectives.shape[1], sampler=sampler)
    study.trials_seen = []
    rows = []
    for _ in range(trials):
        trial = study.ask()
        genome = [trial.suggest_categorical(f"g{g}", [0, 1, 2, 3, 4]) for g in range(EDGES)]
        row = int("".join(map(str, genome)), 5)
        study.tell(trial, list(objectives[row]))
        study.trials_seen.append((genome, objectives[row]))
        rows.append(row)
    return rows


# ---- pymoo ----------------------------------------------------------------------------------------


def run_pymoo(peer, seed, objectives):
    from pymoo.algorithms.moo.nsga2 import NSGA2, RankAndCrowdingSurvival
    from pymoo.core.mixed import (
        MixedVariableDuplicateElimination,
        MixedVariableMating,
        MixedVariableSampling,
    )
    from pymoo.core.problem import ElementwiseProblem
    from pymoo.core.variable import Choice
    from pymoo.optimize import minimize

    rows = []

    class Cells(ElementwiseProblem):
        def __init__(self):
            choices = {f"g{g}": Choice(options=[0, 1, 2, 3, 4]) for g in range(EDGES)}
            super().__init__(vars=choices, n_obj=objectives.shape[1])

        def _evaluate(self, x, out, *args, **kwargs):
            row = int("".join(str(x[f"g{g}"]) for g in range(EDGES)), 5)
            rows.append(row)
            out["F"] = objectives[row]

    distinct = MixedVariableDuplicateElimination()
    method = NSGA2(
        pop_size=int(peer.rsplit("-", 1)[1]),
        sampling=MixedVariableSampling(),
        mating=MixedVariableMating(eliminate_duplicates=distinct),
        eliminate_duplicates=distinct,
        survival=RankAndCrowdingSurvival(),
    )
    minimize(Cells(), method, ("n_eval", TRIALS), seed=seed)
    return rows[:TRIALS]


# ---- runs -----------------------------------------------------------------------------------------

PEERS = ["optuna-nsga2-50", "optuna-nsga2-20", "pymoo-nsga2-100", "pymoo-nsga2-20", "optuna-tpe"]


def kept(path):
    if not os.path.exists(path):
        return set()
    with open(path, encoding="ascii") as file:
        return {int(line.split()[0]) for line in file if line.endswith("\n")}


def keep(path, seed, values):
    with open(path, "a", encoding="ascii") as file:
        file.write(" ".join([str(seed)] + [f"{v:.17g}" for v in values]) + "\n")


def run_tables(cache, table, seeds):
    folder = os.path.join(cache, "table")
    os.makedirs(folder, exist_ok=True)
    quicken_optuna(folder)
    objectives = read_table(table)
    for seed in range(1, seeds + 1):
        for peer in PEERS:
            for case in CASES:
                path = os.path.join(folder, f"{case}-{peer}.txt")
                if seed not in kept(path):
                    run = run_optuna if peer.startswith("optuna") else run_pymoo
                    keep(path, seed, run(peer, seed, objectives[case]))


def front_of(points):
    """The non-dominated rows: in lexicographic order a row is dominated by earlier ones alone."""
    front = np.empty((0, points.shape[1]))
    for point in np.unique(points, axis=0):
        if not (front <= point).all(axis=1).any():
            front = np.vstack([front, point])
    return front


def run_analytic(cache, seeds):
    """pymoo's own ZDT and DTLZ by its NSGA-II with its defaults: population 100, 10 000 evaluations."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.operators.crossover.pntx import TwoPointCrossover
    from pymoo.operators.mutation.bitflip import BitflipMutation
    from pymoo.operators.sampling.rnd import BinaryRandomSampling
    from pymoo.optimize import minimize
    from pymoo.problems import get_problem

    folder = os.path.join(cache, "analytic")
    os.makedirs(folder, exist_ok=True)
    problems = {f"ZDT{k}": get_problem(f"zdt{k}") for k in range(1, 7)}
    problems["ZDT5"] = get_problem("zdt5", normalize=False)
    for k, genes in enumerate([7, 12, 12, 12, 12, 12, 22], start=1):
        problems[f"DTLZ{k}"] = get_problem(f"dtlz{k}", n_var=genes, n_obj=3)
    bits = {
        "sampling": BinaryRandomSampling(),
        "crossover": TwoPointCrossover(),
        "mutation": BitflipMutation(),
    }
    for seed in range(1, seeds + 1):
        for name, problem in problems.items():
            path = os.path.join(folder, f"{name}.txt")
            if seed in kept(path):
                continue
            tried = []

            def watch(method, tried=tried):
                tried.append(method.off.get("F") if method.off is not None else method.pop.get("F"))

            method = NSGA2(pop_size=100, **(bits if name == "ZDT5" else {}))
            minimize(problem, method, ("n_eval", 10000), seed=seed, callback=watch)
            keep(path, seed, front_of(np.vstack(tried)).ravel())


def check_same(cache, table):
    """Optuna's own TPE proposes what the quickened one does."""
    objectives = read_table(table)["eyeriss-all"]
    own = run_optuna("optuna-tpe", 1, objectives, 100)
    quicken_optuna(cache)
    if run_optuna("optuna-tpe", 1, objectives, 100) != own:
        sys.exit("peers.py: the quickened sampler proposes other trials")
    print("same")


if __name__ == "__main__":
    if sys.argv[1] == "table":
        run_tables(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif sys.argv[1] == "analytic":
        run_analytic(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1] == "same":
        check_same(sys.argv[2], sys.argv[3])
    else:
        sys.exit(__doc__)
