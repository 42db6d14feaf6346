"""Makes the packed tables in plugin/core/data. README.md there says where each comes from and under which licence.

    pip install unicodedata2==18.0.0 publicsuffixlist    and    apt-get install scowl
    cargo run --release --manifest-path dump/Cargo.toml > unicode.tsv
    python build.py unicode.tsv [LIST OF REAL DOMAINS]

All integers are little-endian. The readers are in plugin/core/src/text: table.rs, suffix.rs and lexicon.rs.
"""

import math
import os
import struct
import sys

import publicsuffixlist
import unicodedata2 as ucd

from overrides import FOLD, REGISTRIES

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(data)
    print(f"{name}: {len(data)} bytes")


def u24(n):
    return struct.pack("<I", n)[:3]


def load(path):
    allowed, scripts, proto = {}, {}, {}
    with open(path, encoding="utf-8") as f:
        version = f.readline().strip("# \n")
        for line in f:
            cp, ok, names, target = line.rstrip("\n").split("\t")
            cp = int(cp, 16)
            allowed[cp] = ok == "1"
            scripts[cp] = tuple(sorted(names.split()))
            if target:
                proto[cp] = "".join(chr(int(x, 16)) for x in target.split())
    assert version == ucd.unidata_version, (version, ucd.unidata_version)
    return allowed, scripts, proto


def ranges(value, first=0x80, last=0x10FFFF):
    """Runs of equal values as (start, value), sorted."""
    out, before = [], None
    for cp in range(first, last + 1):
        v = value(cp)
        if v != before:
            out.append((cp, v))
            before = v
    return out


def range_table(runs):
    """u16 count, u8 bytes of a value, then the starts as u24, then the values."""
    width = 1 if max(v for _, v in runs) < 256 else 2
    values = b"".join(v.to_bytes(width, "little") for _, v in runs)
    return struct.pack("<HB", len(runs), width) + b"".join(u24(s) for s, _ in runs) + values


def build_scripts(scripts):
    """u8 number of scripts, their four letters, u16 number of sets, each u8 length and script numbers, a range table
    of set numbers. Zzzz stands for unassigned code points; the scripts that rules name come first, in the order of script.rs."""
    names = "Zyyy Zinh Zzzz Latn Cyrl Grek Hani Hira Kana Hang Bopo Armn Geor Hebr Ethi Thai Mymr Beng Deva Gujr Guru " \
            "Knda Mlym Orya Taml Telu Arab".split()
    names += sorted({n for s in scripts.values() for n in s} - set(names))
    sets = sorted({s or ("Zzzz",) for s in scripts.values()}, key=lambda s: (len(s), [names.index(n) for n in s]))
    assert len(names) < 256
    number = {s: i for i, s in enumerate(sets)}
    runs = ranges(lambda cp: number[scripts.get(cp) or ("Zzzz",)])
    out = bytes([len(names)]) + "".join(names).encode() + struct.pack("<H", len(sets))
    for s in sets:
        out += bytes([len(s)]) + bytes(names.index(n) for n in s)
    write("scripts.bin", out + range_table(runs))


CLASSES = {"Mn": 2, "Me": 3, "Mc": 1, "Cf": 5, "Nd": 6, "Zs": 7, "Zl": 7, "Zp": 7, "Cc": 8}


def build_classes(allowed):
    """A range table: bit 7 is Identifier_Status=Allowed, the low bits are the general category as in CLASSES, 1 for
    letters and spacing marks, 0 for the rest. A run of digits starts with a zero."""

    def value(cp):
        category = ucd.category(chr(cp))
        low = CLASSES.get(category, 1 if category[0] == "L" else 0)
        return low | (0x80 if allowed.get(cp) else 0)

    write("classes.bin", range_table(ranges(value)))


BASES = ("LATIN SMALL LETTER ", "LATIN CAPITAL LETTER ", "LATIN LETTER SMALL CAPITAL ", "LATIN LETTER ",
         "LATIN SUBSCRIPT SMALL LETTER ", "CYRILLIC SMALL LETTER ", "CYRILLIC CAPITAL LETTER ",
         "GREEK SMALL LETTER ", "GREEK CAPITAL LETTER ")
SHAPES = ("SCRIPT ", "OPEN ", "CLOSED ", "DOTLESS ", "INSULAR ", "SMALL CAPITAL ", "BLACKLETTER ", "LONG ", "BARRED ",
          "HALF ", "STRAIGHT ", "ABKHASIAN ", "KOMI ", "TALL ", "NARROW ", "ROUNDED ", "SIDEWAYS ", "TURNED ")


def by_name(c):
    """The letter a character is made from, by its name: `... LETTER X WITH ANYTHING`, small capitals, script forms."""
    name = ucd.name(c, "")
    for prefix in BASES:
        if not name.startswith(prefix):
            continue
        rest = name[len(prefix):].split(" WITH ")[0]
        while any(rest.startswith(s) for s in SHAPES):
            rest = next(rest[len(s):] for s in SHAPES if rest.startswith(s))
        if prefix.startswith("LATIN") and len(rest) <= 2 and rest.isalpha() and rest.isascii():
            return rest.lower()
        if " WITH " in name:
            return lookup(prefix + rest)
    return None


def lookup(name):
    try:
        return ucd.lookup(name)
    except KeyError:
        return None


def strip(text):
    return "".join(c for c in ucd.normalize("NFKD", text) if ucd.category(c) not in ("Mn", "Me", "Cf"))


def good(text):
    return text and all(c.isascii() and (c.isalnum() or c in "-./") for c in text)


def build_fold(proto):
    """What the eye reads: code point to one of [a-z0-9-./] or two letters. u16 number of results, each u8 length and text;
    u16 count, the code points as u24, the results as u8."""

    def fold(c, depth=0):
        if c.isascii():
            return c.lower()
        if c in FOLD:
            return FOLD[c]
        if depth > 4:
            return None
        plain = strip(c)
        if good(plain.lower()):
            return plain.lower()
        for other in (plain if plain != c else None, strip(proto[ord(c)]) if ord(c) in proto else None, by_name(c)):
            if not other or other == c or len(other) > 4:
                continue
            parts = [fold(x, depth + 1) for x in other]
            if all(p and good(p) for p in parts):
                return "".join(parts)
        lower = c.lower()
        return fold(lower, depth + 1) if lower != c and len(lower) == 1 else None

    table = {}
    for cp in range(0x80, 0x30000):
        c = chr(cp)
        if ucd.category(c) in ("Cn", "Cs", "Co", "Cc", "Mn", "Me", "Cf"):
            continue
        result = fold(c)
        if good(result) and (len(result) == 1 or len(result) == 2 and result.isalpha()):
            table[cp] = result
    results = sorted(set(table.values()))
    assert len(results) < 256, len(results)
    out = struct.pack("<H", len(results)) + b"".join(bytes([len(r)]) + r.encode() for r in results)
    out += struct.pack("<H", len(table)) + b"".join(u24(cp) for cp in sorted(table))
    out += bytes(results.index(table[cp]) for cp in sorted(table))
    write("fold.bin", out)
    return table


def build_suffixes():
    """A tree of labels, read from the right. The top level: u16 count, then for each label, sorted, the offset of its
    node as u24. A node: u8 flags (1 rule, 2 exception, 4 wildcard below, 8 children) , u8 label length, label, and
    with children u16 bytes of children, which follow one after the other."""
    path = os.path.join(os.path.dirname(publicsuffixlist.__file__), "public_suffix_list.dat")
    tree, icann, version = {}, False, ""
    with open(path, encoding="utf-8") as f:
        for line in f:
            line = line.strip()
            if "VERSION:" in line:
                version = line.split("VERSION:")[1].strip()
            if "BEGIN ICANN" in line or "END ICANN" in line:
                icann = "BEGIN" in line
            if icann and line and not line.startswith("//"):
                add(tree, line)
    for rule in REGISTRIES:
        add(tree, rule)
    nodes, offsets, at = b"", [], 0
    for label in sorted(tree):
        node = encode(label, tree[label])
        offsets.append(at)
        nodes += node
        at += len(node)
    write("suffix.bin", struct.pack("<H", len(offsets)) + b"".join(u24(o) for o in offsets) + nodes)
    with open(os.path.join(OUT, "suffix.version"), "w", encoding="utf-8") as f:
        f.write(version.split("_")[0] + "\n")


def add(tree, rule):
    flag = 2 if rule.startswith("!") else 1
    labels = [l.encode("idna").decode() if not l.isascii() else l for l in rule.lstrip("!").lower().split(".")]
    node = None
    for label in reversed(labels):
        if label == "*":
            node["flags"] |= 4
            return
        children = tree if node is None else node["children"]
        node = children.setdefault(label, {"flags": 0, "children": {}})
    node["flags"] |= flag


def encode(label, node):
    below = b"".join(encode(l, n) for l, n in sorted(node["children"].items()))
    flags = node["flags"] | (8 if below else 0)
    return bytes([flags, len(label)]) + label.encode() + (struct.pack("<H", len(below)) + below if below else b"")


BLOCK = 16


def lexicon(words):
    """Sorted strings in blocks of 16: u16 number of blocks, their offsets as u24, then each string as u8 length shared
    with the one before, u8 length of the rest, the rest."""
    words = sorted(set(words))
    body, offsets, before = b"", [], b""
    for i, word in enumerate(w.encode() for w in words):
        if i % BLOCK == 0:
            offsets.append(len(body))
            before = b""
        shared = len(os.path.commonprefix([before, word]))
        body += bytes([shared, len(word) - shared]) + word[shared:]
        before = word
    return struct.pack("<H", len(offsets)) + b"".join(u24(o) for o in offsets) + body


def build_words():
    words = set()
    for size in ("10", "20"):
        with open(f"/usr/share/dict/scowl/english-words.{size}", encoding="latin-1") as f:
            words |= {w.strip() for w in f}
    words = {w for w in words if w.isascii() and w.isalpha() and w.islower() and 4 <= len(w) <= 9}
    # Regular forms of a word that is in the list are recognised by the reader.
    keep = {w for w in words if not (w.endswith("s") and w[:-1] in words or w.endswith("ed") and w[:-2] in words
                                     or w.endswith("ing") and w[:-3] in words)}
    write("words.bin", lexicon(keep))


def build_lures():
    with open(os.path.join(OUT, "lists", "lures.txt"), encoding="utf-8") as f:
        words = [w for line in f if not line.startswith("#") for w in line.split()]
    # Letters that look alike are one letter, as in skeleton.rs, so that `l0gin` is a word too.
    alike = str.maketrans("01l5346897q2", "oiiseabbgtgz")
    write("lures.bin", lexicon(w.rstrip("!").translate(alike) for w in words))
    write("asking.bin", lexicon(w.rstrip("!").translate(alike) for w in words if w.endswith("!")))


def build_free_mail():
    # A domain of a special sort stands twice: alone, and behind the name of the sort.
    words = set()
    with open(os.path.join(OUT, "lists", "free-mail.txt"), encoding="utf-8") as f:
        for line in (line.split() for line in f if not line.startswith("#")):
            sort = line.pop(0) if line and line[0].endswith(":") else ""
            words |= set(line) | {sort + w for w in line if sort}
    write("free-mail.bin", lexicon(words))


def build_bigrams(path):
    """How natural two letters are one after the other, from labels of real domains: 28 by 28 values of one byte, the
    logarithm to base two in eighths, negated. Rows and columns are a-z, `-`, and begin or end. Digits count as one of
    the rarest letters."""
    count = [[1.0] * 28 for _ in range(28)]
    code = lambda c: ord(c) - 97 if "a" <= c <= "z" else 26 if c == "-" else 25
    with open(path, encoding="utf-8") as f:
        for line in f:
            label = line.strip().split(".")[0]
            if label.startswith("xn--") or len(label) < 3:
                continue
            codes = [27] + [code(c) for c in label] + [27]
            for a, b in zip(codes, codes[1:]):
                count[a][b] += 1
    out = bytes(min(255, round(-8 * math.log2(n / sum(row)))) for row in count for n in row)
    write("bigrams.bin", out)


def main():
    allowed, scripts, proto = load(sys.argv[1])
    build_scripts(scripts)
    build_classes(allowed)
    build_fold(proto)
    build_suffixes()
    build_words()
    build_lures()
    build_free_mail()
    if len(sys.argv) > 2:
        build_bigrams(sys.argv[2])


if __name__ == "__main__":
    main()
