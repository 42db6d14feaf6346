"""Fits the weights of the look-alike kinds: one logistic function a kind over the features that the example sender-eval
writes, false positives on real domains weighted up, then shifted so that 0.5 is the wanted rate on the dev half.

    sender-eval --benign LIST --half train --features train.tsv     and the same with dev
    python fit.py train.tsv dev.tsv REAL_DOMAINS_IN_DEV > ../../src/sender/lookalike/weights.rs

Kinds that real lists say little about (embedded, tld-swap, romaji) keep weights written by hand below.
"""

import sys

import numpy as np

KINDS = ["skeleton", "near", "combo", "fuzzy-combo", "embedded", "dot-split", "tld-swap", "romaji"]
SEEN = ("one cost per-letter length four five same-suffix same-first distinctive international wordy edits look-alikes "
        "end-edit explained rest apart first asking protected suffixed slips replaced cost-length six short short-cost "
        "natural full long slight dear").split()
HAND = {
    "embedded": {"one": -2.5, "cost": -3, "length": 1, "four": -3, "five": -1.5, "distinctive": 2, "international": 1,
                 "wordy": -0.5, "look-alikes": 0.5, "asking": 0.5, "protected": 0.7, "suffixed": 4.5},
    "tld-swap": {"one": -2.5, "four": -2, "five": -1, "distinctive": 1, "protected": 0.8},
    "romaji": {"one": -1.5, "length": 1.5, "four": -2, "five": -1, "same-suffix": 1.2, "distinctive": 1.2, "wordy": -1,
               "protected": 0.7},
    # No real domain in the lists has a dot in a name: only imitations are known.
    "dot-split": {"one": -1, "cost": -3, "length": 1.5, "four": -4, "five": -2, "same-suffix": 2, "distinctive": 1.5,
                  "wordy": -0.5, "protected": 0.5},
}
# Added to what was fitted, by the place of the feature (score.rs, TOGETHER). The targets of the fit are well-known names,
# whose owners register such combinations themselves; where the policy names the target, its owner says what is his.
EXTRA = {
    "combo": {20: 2.5, 33: 1.5, 49: 1.7, 50: 0.7, 51: 0.8, 55: 2.5},
    "fuzzy-combo": {50: 1.6, 51: 0.7, 54: 1.2},
    # The fit saw hardly any imitation under another suffix; nor do real domains that look like another name exist.
    "skeleton": {12: 2.2},
    "near": {52: 2.0, 53: -2.0},
}
# The sign a weight must have, so that a trick never lowers a score by itself.
SIGNS = {"cost": -1, "per-letter": -1, "international": 1, "look-alikes": 1, "apart": 1, "asking": 1}
REAL = 20.0  # weight of a real domain
SHORT = 0.3  # weight of an imitation of a name of at most five letters: many of those are hopeless
STRENGTH = 0.3  # of the data against the penalty
RATE = 0.0003  # real domains of the dev half above 0.5


def fit(x, y, weight):
    """Newton's method on the penalised likelihood; features whose weight has the wrong sign are dropped."""
    ridge = 1 / (STRENGTH * weight.sum())
    active = [i for i in range(x.shape[1]) if x[:, i].any() and (i >= len(SEEN) or SEEN[i] != "protected")]
    while True:
        a = x[:, active]
        w = np.zeros(len(active))
        for _ in range(100):
            p = 1 / (1 + np.exp(-np.clip(a @ w, -30, 30)))
            g = a.T @ (weight * (p - y)) / weight.sum() + ridge * w
            h = (a * (weight * p * (1 - p))[:, None]).T @ a / weight.sum() + ridge * np.eye(len(active))
            step = np.linalg.solve(h, g)
            w -= step / max(1.0, np.abs(step).max() / 2)
            if np.abs(step).max() < 1e-6:
                break
        wrong = [f for f, v in zip(active, w) if f < len(SEEN) and v * SIGNS.get(SEEN[f], 0) < 0]
        if not wrong:
            out = np.zeros(x.shape[1])
            out[active] = w
            return out
        active = [f for f in active if f not in wrong]


def load(path):
    rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8")]
    y = np.array([int(r[0]) for r in rows])
    kind = np.array([int(r[1]) for r in rows])
    x = np.array([[int(v) for v in r[5:]] for r in rows], dtype=float) / 100
    return y, kind, x, [r[3] for r in rows]


def main():
    y, kind, x, _ = load(sys.argv[1])
    table = []
    for k, name in enumerate(KINDS):
        if name in HAND:
            w = np.zeros(x.shape[1])
            for feature, value in HAND[name].items():
                w[SEEN.index(feature)] = value
        else:
            here = kind == k
            short = x[here][:, SEEN.index("four")] + x[here][:, SEEN.index("five")] > 0
            weight = np.where(y[here] == 1, np.where(short, SHORT, 1.0), REAL)
            w = fit(x[here], y[here], weight)
            # Real lists hold only well-known targets; what the policy protects deserves a little more suspicion.
            w[SEEN.index("protected")] = 0.5
        table.append(w)
    y, kind, x, names = load(sys.argv[2])
    fitted = [k for k, name in enumerate(KINDS) if name not in HAND]
    best = {}
    for row in np.flatnonzero((y == 0) & np.isin(kind, fitted)):
        score = x[row] @ table[kind[row]]
        best[names[row]] = max(best.get(names[row], -99.0), score)
    shift = sorted(best.values(), reverse=True)[int(float(sys.argv[3]) * RATE)]
    print(f"// shift {shift:.3f}", file=sys.stderr)
    print("//! Weights of the features of each kind, in thousandths. Fitted by `data/build/fit.py`;")
    print("//! `docs/sender.md` says how.\n")
    print("use super::score::FEATURES;\n")
    print("#[rustfmt::skip]\npub(super) static WEIGHTS: [[i32; FEATURES]; 8] = [")
    for k, (name, row) in enumerate(zip(KINDS, table)):
        if k in fitted:
            row[0] -= shift
        for place, value in EXTRA.get(name, {}).items():
            row[place] += value
        numbers = [str(int(round(v * 1000))) for v in row]
        print(f"    // {name}\n    [")
        for i in range(0, len(numbers), 14):
            print(f"        {', '.join(numbers[i:i + 14])},")
        print("    ],")
    print("];")


if __name__ == "__main__":
    main()
