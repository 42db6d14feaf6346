//! Made-up imitations of a domain: one function a trick, and stacks of several. Seeded, so that runs can be compared.

/// A small generator of numbers that look random (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn of(seed: &str) -> Self {
        Self(seed.bytes().fold(0xCBF2_9CE4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3)))
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }
}

pub struct Fake {
    pub trick: &'static str,
    pub domain: String,
}

const ASCII_LOOKS: &[(&str, &[&str])] = &[
    ("m", &["rn", "nn"]),
    ("w", &["vv"]),
    ("d", &["cl"]),
    ("o", &["0"]),
    ("l", &["1", "i"]),
    ("i", &["l", "1", "j"]),
    ("s", &["5"]),
    ("e", &["3"]),
    ("a", &["4"]),
    ("g", &["9", "q"]),
    ("q", &["g"]),
    ("b", &["8", "6"]),
    ("z", &["2"]),
    ("t", &["7"]),
    ("rn", &["m"]),
    ("cl", &["d"]),
    ("vv", &["w"]),
    ("h", &["lh"]),
    ("u", &["v"]),
    ("n", &["r", "m"]),
    ("k", &["lk", "ik"]),
    ("c", &["e"]),
    ("f", &["ph"]),
];

const UNICODE_LOOKS: &[(char, &str)] = &[
    ('a', "аàáâãäåɑạǎăȧąα"),
    ('b', "ЬƅḃɓɃ"),
    ('c', "сçćċčƈ"),
    ('d', "ԁďđɗḍ"),
    ('e', "еèéêëēėęěẹ"),
    ('f', "ƒḟ"),
    ('g', "ɡģğġǵ"),
    ('h', "һĥħḥ"),
    ('i', "іíìîïıįɩ"),
    ('j', "јʝĵ"),
    ('k', "кķҟκ"),
    ('l', "ɫłļḷӏ"),
    ('m', "ṃмɱ"),
    ('n', "ńñņňɲηп"),
    ('o', "оόöòóôõøơọο"),
    ('p', "рρƥþ"),
    ('q', "ԛգ"),
    ('r', "ŕřŗɍг"),
    ('s', "ѕśşšșṣ"),
    ('t', "ţťŧțт"),
    ('u', "υùúûüũūůմ"),
    ('v', "νѵṿ"),
    ('w', "ѡŵẁẃẅԝ"),
    ('x', "хҳ"),
    ('y', "уýÿŷγ"),
    ('z', "źżžʐ"),
];

const ROWS: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl", b"zxcvbnm"];

pub const LURES: &[&str] = &[
    "login", "secure", "account", "support", "billing", "payment", "verify", "update", "service", "online", "info",
    "mail", "security", "help", "portal", "invoice", "delivery", "refund", "shop", "app", "kaiin", "touroku",
    "kakunin", "oshirase", "shiharai", "konto", "cuenta", "compte", "signin", "confirm", "wallet", "bonus", "hr", "id",
    "my", "auth", "reset", "office", "team", "status", "denglu", "seikyuu", "haitatsu", "cloud", "web", "store",
    "group", "global", "official", "customer", "notice", "alert", "tax", "track",
];

fn neighbours(c: u8) -> Vec<u8> {
    let mut out = Vec::new();
    for (r, row) in ROWS.iter().enumerate() {
        if let Some(k) = row.iter().position(|x| *x == c) {
            out.extend(k.checked_sub(1).and_then(|k| row.get(k)));
            out.extend(row.get(k + 1));
            if r > 0 {
                out.extend(ROWS[r - 1].get(k));
                out.extend(ROWS[r - 1].get(k + 1));
            }
            if r < 2 {
                out.extend(ROWS[r + 1].get(k));
            }
        }
    }
    if out.is_empty() { vec![b'a'] } else { out }
}

fn edit(label: &str, trick: &'static str, dice: &mut Dice) -> Option<String> {
    let b = label.as_bytes();
    let n = b.len();
    if n < 3 || !label.is_ascii() {
        return None;
    }
    let at = dice.roll(n);
    let join = |a: &[u8], m: &[u8], c: &[u8]| String::from_utf8([a, m, c].concat()).ok();
    match trick {
        "ascii-homoglyph" => {
            let (from, to) = ASCII_LOOKS[dice.roll(ASCII_LOOKS.len())];
            let hits: Vec<_> = label.match_indices(from).map(|(i, _)| i).collect();
            let i = *hits.get(dice.roll(hits.len().max(1)))?;
            join(&b[..i], dice.pick(to).as_bytes(), &b[i + from.len()..])
        }
        "unicode-homoglyph" => {
            let c = b[at] as char;
            let (_, looks) = UNICODE_LOOKS.iter().find(|(x, _)| *x == c)?;
            let looks: Vec<char> = looks.chars().collect();
            let with = looks[dice.roll(looks.len())].to_string();
            join(&b[..at], with.as_bytes(), &b[at + 1..])
        }
        "omission" => join(&b[..at], b"", &b[at + 1..]),
        "repetition" => join(&b[..at], &[b[at]], &b[at..]),
        "insertion" => {
            let near = neighbours(b[at]);
            let before = at + dice.roll(2);
            (before > 0 && before < n).then(|| join(&b[..before], &[near[dice.roll(near.len())]], &b[before..]))?
        }
        "addition" => join(b, &[b"abcdefghijklmnopqrstuvwxyz0123456789"[dice.roll(36)]], b""),
        "transposition" => (at + 1 < n && b[at] != b[at + 1]).then(|| {
            let mut v = b.to_vec();
            v.swap(at, at + 1);
            String::from_utf8(v).unwrap()
        }),
        "vowel" => b"aeiou".contains(&b[at]).then(|| {
            let mut v = b.to_vec();
            v[at] = b"aeiou"[dice.roll(5)];
            String::from_utf8(v).unwrap()
        }),
        "replacement" => {
            let near = neighbours(b[at]);
            join(&b[..at], &[near[dice.roll(near.len())]], &b[at + 1..])
        }
        "bit" => {
            let c = b[at] ^ (1 << dice.roll(7));
            (c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-').then(|| join(&b[..at], &[c], &b[at + 1..]))?
        }
        "hyphen" => (at > 0).then(|| join(&b[..at], b"-", &b[at..]))?,
        _ => None,
    }
    .filter(|l| l != label && !l.starts_with('-') && !l.ends_with('-'))
}

/// Like [`edit`], but look-alikes are those of one shape.
fn edit_shape(label: &str, trick: &'static str, dice: &mut Dice) -> Option<String> {
    if trick != "ascii-homoglyph" {
        return edit(label, trick, dice);
    }
    const SHAPES: &[(&str, &str)] = &[
        ("m", "rn"),
        ("w", "vv"),
        ("d", "cl"),
        ("o", "0"),
        ("l", "1"),
        ("l", "i"),
        ("i", "l"),
        ("i", "1"),
        ("s", "5"),
        ("e", "3"),
        ("a", "4"),
        ("g", "q"),
        ("g", "9"),
    ];
    let (from, to) = SHAPES[dice.roll(SHAPES.len())];
    let at = label.find(from)?;
    Some(format!("{}{to}{}", &label[..at], &label[at + from.len()..]))
}

pub const EDITS: &[&str] = &[
    "ascii-homoglyph",
    "unicode-homoglyph",
    "omission",
    "repetition",
    "insertion",
    "addition",
    "transposition",
    "vowel",
    "replacement",
    "bit",
    "hyphen",
];

fn combine(label: &str, dice: &mut Dice) -> String {
    let lure = dice.pick(LURES);
    match dice.roll(6) {
        0 => format!("{label}-{lure}"),
        1 => format!("{lure}-{label}"),
        2 => format!("{label}{lure}"),
        3 => format!("{lure}{label}"),
        4 => format!("{label}-{lure}-{}", dice.pick(LURES)),
        _ => format!("{lure}-{label}-{}", dice.pick(LURES)),
    }
}

const SUFFIXES: &[&str] =
    &["com", "net", "org", "info", "co", "jp", "xyz", "top", "cn", "shop", "online", "site", "cc", "icu", "de"];

/// All imitations of a registrable name, `each` of every trick.
pub fn fakes(label: &str, suffix: &str, each: usize) -> Vec<Fake> {
    let mut dice = Dice::of(&format!("{label}.{suffix}"));
    let mut out = Vec::new();
    let mut add = |trick, domain: Option<String>| {
        if let Some(domain) = domain {
            out.push(Fake { trick, domain });
        }
    };
    for _ in 0..each {
        for trick in EDITS {
            add(*trick, edit(label, trick, &mut dice).map(|l| format!("{l}.{suffix}")));
        }
        let at = dice.roll(label.len());
        if at > 0 && label.is_ascii() {
            add("dot-split", Some(format!("{}.{}.{suffix}", &label[..at], &label[at..])));
        }
        let other = dice.pick(SUFFIXES);
        let end = if dice.roll(2) == 0 { suffix } else { other };
        add("lure", Some(format!("{}.{end}", combine(label, &mut dice))));
        let mut one = |label: &str| {
            (0..8).find_map(|_| {
                let trick = EDITS[dice.roll(EDITS.len())];
                edit(label, trick, &mut dice)
            })
        };
        let two = one(label).and_then(|l| one(&l));
        let three = two.as_deref().and_then(&mut one);
        let looks = |label: &str, dice: &mut Dice| (0..8).find_map(|_| edit(label, "ascii-homoglyph", dice));
        add("stack-2", two.map(|l| format!("{l}.{suffix}")));
        add("stack-3", three.map(|l| format!("{l}.{suffix}")));
        let l1 = looks(label, &mut dice);
        let l2 = l1.as_deref().and_then(|l| looks(l, &mut dice));
        let edited = l2.as_deref().and_then(|l| edit(l, "omission", &mut dice));
        add("stack-looks", edited.or(l2).map(|l| format!("{l}.{end}")));
        // What imitators register: two or three letters of one shape, a letter twice or left out, mostly with a word.
        let mut deceive = |label: &str| {
            let trick = ["ascii-homoglyph", "ascii-homoglyph", "ascii-homoglyph", "repetition", "omission", "hyphen"];
            let trick = trick[dice.roll(trick.len())];
            (0..8).find_map(|_| edit_shape(label, trick, &mut dice))
        };
        let first = deceive(label);
        let wild = first.as_deref().and_then(&mut deceive);
        add("wild", wild.map(|l| format!("{l}.{end}")));
        add("wild-lure", first.map(|l| format!("{}.{end}", combine(&l, &mut dice))));
        let base = l1.or_else(|| edit(label, "repetition", &mut dice));
        add("fuzzy-lure", base.map(|l| format!("{}.{end}", combine(&l, &mut dice))));
    }
    out.sort_by(|a, b| (a.trick, &a.domain).cmp(&(b.trick, &b.domain)));
    out.dedup_by(|a, b| a.domain == b.domain);
    out
}
