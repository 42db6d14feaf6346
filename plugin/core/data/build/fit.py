"""Fits the weights of the look-alike kinds: one logistic function a kind over the features that the example sender-eval
writes (`--half train --features OUT`), with the false positives on real domains weighted up.

    python fit.py train.tsv > ../../src/sender/lookalike/weights.rs

Kinds that real lists say little about (embedded, tld-swap, romaji) keep their weights, written by hand below.
"""

import sys

import numpy as np

KINDS = ["skeleton", "near", "combo", "fuzzy-combo", "embedded", "dot-split", "tld-swap", "romaji"]
FEATURES = 24
HAND = {
    4: [-2500, -3000, 0, 100, -3000, -1500, 0, 0, 2000, 1000, -500, 0, 500, 0, 0, 0, 0, 0, 500, 700, 4500, 0, 0, 0],
    6: [-2500, -1000, 0, 0, -2000, -1000, 0, 0, 1000, 1000, -1000, 0, 500, 0, 0, 0, 0, 0, 0, 800, 0, 0, 0, 0],
    7: [-1500, 0, 0, 150, -2000, -1000, 1200, 0, 1200, 0, -1000, 0, 500, 0, 0, 0, 0, 0, 0, 700, 0, 0, 0, 0],
}
# A weight the wrong way round would let a trick lower the score: features and the sign their weight must have.
SIGNS = {1: -1, 2: -1, 9: 1, 10: -1, 12: 1, 16: 1, 18: 1, 8: 1}
PROTECTED = 19


def fit(x, y, weight, ridge=0.002, steps=400):
    """Newton's method on the penalised likelihood, weights held to their signs by dropping features that break them."""
    active = [i for i in range(FEATURES) if x[:, i].any() and i != PROTECTED]
    while True:
        a = x[:, active]
        w = np.zeros(len(active))
        for _ in range(steps):
            p = 1 / (1 + np.exp(-np.clip(a @ w, -30, 30)))
            g = a.T @ (weight * (p - y)) / weight.sum() + ridge * w
            h = (a * (weight * p * (1 - p))[:, None]).T @ a / weight.sum() + ridge * np.eye(len(active))
            step = np.linalg.solve(h, g)
            w -= step
            if np.abs(step).max() < 1e-6:
                break
        wrong = [f for f, v in zip(active, w) if f in SIGNS and v * SIGNS[f] < 0]
        if not wrong:
            out = np.zeros(FEATURES)
            out[active] = w
            return out
        active = [f for f in active if f not in wrong]


def main():
    rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1], encoding="utf-8")]
    negative = float(sys.argv[2]) if len(sys.argv) > 2 else 20.0
    y = np.array([int(r[0]) for r in rows])
    kind = np.array([int(r[1]) for r in rows])
    x = np.array([[int(v) for v in r[5:]] for r in rows], dtype=float) / 100
    table = []
    for k in range(len(KINDS)):
        if k in HAND:
            table.append(HAND[k])
            continue
        here = kind == k
        weight = np.where(y[here] == 1, 1.0, negative)
        w = fit(x[here], y[here], weight)
        # Real lists hold only well-known targets; what the policy protects deserves a little more suspicion.
        w[PROTECTED] = 0.5
        table.append([int(round(v * 1000)) for v in w])
        print(f"// {KINDS[k]}: {int((y[here] == 1).sum())} imitations, {int((y[here] == 0).sum())} real", file=sys.stderr)
    print("//! Weights of the features of each kind, in thousandths. Fitted by `data/build/fit.py`; `data/calibration.md` says how.\n")
    print("use super::score::FEATURES;\n")
    print("#[rustfmt::skip]\npub(super) static WEIGHTS: [[i32; FEATURES]; 8] = [")
    for name, row in zip(KINDS, table):
        print(f"    // {name}\n    [{', '.join(map(str, row))}],")
    print("];")


if __name__ == "__main__":
    main()
