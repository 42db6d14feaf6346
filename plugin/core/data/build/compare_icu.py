"""Compares our rules for labels with ICU's spoof checker (PyICU): which real names and which disguises each flags.

    cargo run --release -p sekisho-core --example sender-eval -- --labels FILE > ours.tsv     (label <TAB> reason or -)
    python compare_icu.py ours.tsv

A label flagged by one of the two only is printed with the reason; docs/sender.md explains the differences.
"""

import sys

import icu


def main():
    checker = icu.SpoofChecker()
    checker.setRestrictionLevel(icu.URestrictionLevel.HIGHLY_RESTRICTIVE)
    both = ours_only = theirs_only = neither = 0
    for line in open(sys.argv[1], encoding="utf-8"):
        label, reason = line.rstrip("\n").split("\t")
        theirs = checker.check(label.split(".")[0]) != 0
        ours = reason != "-"
        both += ours and theirs
        neither += not ours and not theirs
        if ours and not theirs:
            ours_only += 1
            print(f"ours only\t{label}\t{reason}")
        if theirs and not ours:
            theirs_only += 1
            print(f"ICU only\t{label}")
    print(f"ICU {icu.ICU_VERSION}: both {both}, ours only {ours_only}, ICU only {theirs_only}, neither {neither}")


if __name__ == "__main__":
    main()
