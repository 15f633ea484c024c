#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What training-free scores are worth: their rank correlation with the accuracies of NAS-Bench-201.

    nasbench201.py measure TABLE.csv FILE.csv [--n 600] [--first 600] [--seed 1] [--data NAME]
                   [--scores NAME,...] [--weft build/weft]
    nasbench201.py compare TABLE.csv FILE.csv [FILE.csv ...] [--seed 1]

`measure` draws n networks of the table by the seed and writes the scores of the first of them to FILE.csv,
ten at a time; the same command goes on where it was stopped. Without --data, inputs and labels are random. `compare` prints
Spearman's rho and Kendall's tau-b of each score with the column c10_test_acc, with 95 % intervals of rho by
bootstrap, and sums of ranks chosen on one half of the networks and judged on the other.

TABLE.csv has the columns ops (a figure for each edge, such as 333132) and c10_test_acc; how to make it from
the benchmark's own file: docs/how-to/search-a-benchmark.md."""
import argparse
import csv
import itertools
import os
import random
import subprocess

CHUNK = 10


def read_table(path):
    with open(path, newline="") as file:
        return {row["ops"]: float(row["c10_test_acc"]) for row in csv.DictReader(file)}


def read_scores(path):
    if not os.path.exists(path):
        return {}
    with open(path, newline="") as file:
        return {row.pop("network"): row for row in csv.DictReader(file)}


# ---- measuring ------------------------------------------------------------------------------------


def measure(arguments):
    cells = sorted(read_table(arguments.table))
    drawn = random.Random(arguments.seed).sample(cells, arguments.n)
    names = [f"nasbench201@arch={cell}" for cell in drawn[: arguments.first]]
    done = read_scores(arguments.file[0])
    left = [name for name in names if name not in done]
    command = [arguments.weft, "score", "--csv", "--threads", "1", "--seed", str(arguments.seed)]
    command += ["--data", arguments.data] if arguments.data else []
    command += ["--scores", arguments.scores] if arguments.scores else []
    for first in range(0, len(left), CHUNK):
        part = left[first : first + CHUNK]
        text = subprocess.run(command + part, check=True, capture_output=True, text=True).stdout
        lines = text.splitlines(keepends=True)
        with open(arguments.file[0], "a") as file:
            file.write("".join(lines if file.tell() == 0 else lines[1:]))
        print(f"{len(done) + first + len(part)} of {len(names)}", flush=True)


# ---- comparing ------------------------------------------------------------------------------------


def ranks(values):
    """Equal values share their mean rank; the smallest has rank 1."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    for _, group in itertools.groupby(enumerate(order), key=lambda pair: values[pair[1]]):
        group = list(group)
        mean = (group[0][0] + group[-1][0]) / 2 + 1
        for _, index in group:
            found[index] = mean
    return found


def pearson(x, y):
    n = len(x)
    mean_x, mean_y = sum(x) / n, sum(y) / n
    xy = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y))
    xx = sum((a - mean_x) ** 2 for a in x)
    yy = sum((b - mean_y) ** 2 for b in y)
    return xy / (xx * yy) ** 0.5 if xx > 0 and yy > 0 else float("nan")


def spearman(x, y):
    return pearson(ranks(x), ranks(y))


def kendall(x, y):
    """tau-b."""
    agree = equal_x = equal_y = 0
    pairs = list(zip(x, y))
    for (a, b), (c, d) in itertools.combinations(pairs, 2):
        dx, dy = (a > c) - (a < c), (b > d) - (b < d)
        agree += dx * dy
        equal_x += dx == 0
        equal_y += dy == 0
    all_pairs = len(pairs) * (len(pairs) - 1) / 2
    return agree / ((all_pairs - equal_x) * (all_pairs - equal_y)) ** 0.5


def interval(x, y, rng, rounds=1000):
    found = []
    for _ in range(rounds):
        drawn = [rng.randrange(len(x)) for _ in x]
        found.append(spearman([x[i] for i in drawn], [y[i] for i in drawn]))
    found.sort()
    return found[int(0.025 * rounds)], found[int(0.975 * rounds)]


def columns(files):
    """Scores by name; a network without one is worse than all that have it."""
    tables = [read_scores(file) for file in files]
    networks = [name for name in tables[0] if all(name in table for table in tables)]
    found, missing = {}, {}
    for number, table in enumerate(tables):
        for score in next(iter(table.values())):
            name = score if number == 0 else f"{score} ({os.path.basename(files[number])})"
            texts = [table[network][score] for network in networks]
            missing[name] = texts.count("")
            found[name] = [float(text) if text else float("-inf") for text in texts]
    return networks, found, missing


def print_scores(found, missing, accuracy, best, seed):
    print("| score | Spearman | 95 % | Kendall | Spearman, best half | best 10 % kept | accuracy of its "
          "first | no score |")
    print("|---|---|---|---|---|---|---|---|")
    top = set(best[: len(best) // 10])
    half = best[: len(best) // 2]
    for name in sorted(found, key=lambda n: -spearman(found[n], accuracy)):
        values = found[name]
        low, high = interval(values, accuracy, random.Random(seed))
        upper = spearman([values[i] for i in half], [accuracy[i] for i in half])
        picked = sorted(range(len(values)), key=lambda i: -values[i])[: len(top)]
        kept = len(top.intersection(picked)) / len(top)
        first = [accuracy[i] for i in picked if values[i] == values[picked[0]]]
        print(
            f"| {name} | {spearman(values, accuracy):.3f} | {low:.3f} to {high:.3f} | "
            f"{kendall(values, accuracy):.3f} | {upper:.3f} | {100 * kept:.0f} % | "
            f"{sum(first) / len(first):.2f} | {missing[name]} |"
        )


def rank_sum(found, names, rows):
    parts = [ranks([found[name][i] for i in rows]) for name in names]
    return [sum(part[k] for part in parts) for k in range(len(rows))]


def print_sums(found, accuracy, seed, rounds=20):
    """Which set of at most three scores has the best sum of ranks on one half, and what it and the best
    single score of that half reach on the other half: over halvings by chance."""
    sets = [s for n in (1, 2, 3) for s in itertools.combinations(sorted(found), n)]
    rng = random.Random(seed)
    single, summed, chosen = [], [], {}
    for _ in range(rounds):
        order = rng.sample(range(len(accuracy)), len(accuracy))
        fit, judge = order[: len(order) // 2], order[len(order) // 2 :]

        def worth(names, rows):
            return spearman(rank_sum(found, names, rows), [accuracy[i] for i in rows])

        best = {n: max((s for s in sets if len(s) == n), key=lambda s: worth(s, fit)) for n in (1, 2, 3)}
        winner = max(best.values(), key=lambda s: worth(s, fit))
        single.append(worth(best[1], judge))
        summed.append(worth(winner, judge))
        chosen[" + ".join(winner)] = chosen.get(" + ".join(winner), 0) + 1
    ahead = sum(a > b for a, b in zip(summed, single))
    print(f"\nOn the half that was not looked at, mean of {rounds} halvings: best single score")
    print(f"{sum(single) / rounds:.4f}, best sum of ranks of up to three {sum(summed) / rounds:.4f},")
    print(f"ahead in {ahead} of {rounds}. Chosen: {chosen}")


def compare(arguments):
    table = read_table(arguments.table)
    networks, found, missing = columns(arguments.file)
    accuracy = [table[network.split("=")[1]] for network in networks]
    best = sorted(range(len(accuracy)), key=lambda i: -accuracy[i])
    print(f"{len(networks)} networks, best accuracy {max(accuracy):.2f}\n")
    print_scores(found, missing, accuracy, best, arguments.seed)
    print_sums(found, accuracy, arguments.seed)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=["measure", "compare"])
    parser.add_argument("table")
    parser.add_argument("file", nargs="+")
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=None)
    parser.add_argument("--data", default="")
    parser.add_argument("--scores", default="")
    parser.add_argument("--weft", default="build/weft")
    arguments = parser.parse_args()
    {"measure": measure, "compare": compare}[arguments.what](arguments)


if __name__ == "__main__":
    main()
