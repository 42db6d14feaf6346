//! The tables of `docs/sender.md`: labels, imitations of names nobody trained on, Japanese look-alikes, real names. Every
//! set is our own; real domains are given by `--benign`.

use sekisho_core::sender::brands;
use sekisho_core::sender::idn;
use sekisho_core::sender::lookalike::{Index, IndexBuilder, Kind, Source, search};
use sekisho_core::text::domain::Domain;
use sekisho_core::text::kana::{Likeness, NameKey};

use super::tricks::{self, Fake};

const UNSAFE: &str = include_str!("sets/idn-unsafe.txt");
const SAFE: &str = include_str!("sets/idn-safe.txt");
const INVALID: &str = include_str!("sets/idn-invalid.txt");
const BRANDS: &str = include_str!("sets/unseen-brands.txt");
const NAMES: &str = include_str!("sets/japanese-names.txt");

/// From this score on a sender is suspicious unless the policy says otherwise.
const WARN: u16 = 500;

/// Look-alikes in Japanese names: what a forger writes for what.
const KANA: &[(char, &str)] = &[
    ('ー', "一―"),
    ('ニ', "二"),
    ('カ', "力"),
    ('ロ', "口"),
    ('エ', "工"),
    ('ハ', "八"),
    ('タ', "夕"),
    ('ト', "卜"),
    ('ム', "厶"),
    ('ノ', "丿"),
    ('ヘ', "へ"),
    ('ベ', "べ"),
    ('リ', "り"),
    ('チ', "千"),
    ('ミ', "三"),
    ('シ', "ツ"),
    ('ソ', "ン"),
    ('ン', "ソ"),
    ('セ', "せ"),
    ('ヤ', "や"),
    ('モ', "も"),
    ('キ', "き"),
    ('ウ', "う"),
    ('オ', "才"),
    ('ホ', "木"),
    ('ア', "ァ"),
    ('力', "カ"),
    ('工', "エ"),
];

fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// Is a name refused, or one of its labels unsafe whatever it imitates?
pub fn why(name: &str) -> Option<&'static str> {
    let domain = Domain::parse(name);
    let tld = domain.unicode().rsplit('.').next().unwrap_or_default();
    match domain.flaw {
        Some(flaw) => Some(flaw.as_str()),
        None => domain.unicode().split('.').find_map(|l| idn::judge(l, tld)).map(idn::Unsafe::as_str),
    }
}

pub fn run(benign: &[String]) {
    labels(benign);
    imitations(benign);
    japanese();
}

fn labels(benign: &[String]) {
    println!("## Internationalised labels\n\n| set | flagged | of |\n|---|---|---|");
    let count = |title: &str, names: &mut dyn Iterator<Item = &str>, want: bool| {
        let (mut flagged, mut all) = (0usize, 0usize);
        let mut other = Vec::new();
        for name in names {
            all += 1;
            let is = why(name).is_some();
            flagged += usize::from(is);
            if is != want {
                other.push(name.to_owned());
            }
        }
        println!("| {title} | {flagged} | {all} |");
        other
    };
    let mut odd = count("unsafe", &mut entries(UNSAFE), true);
    odd.extend(count("safe", &mut entries(SAFE), false));
    odd.extend(count("invalid", &mut entries(INVALID), true));
    let real = benign.iter().map(String::as_str).filter(|n| n.split('.').any(|l| l.starts_with("xn--")));
    odd.extend(count("real", &mut { real }, false));
    println!("\nOtherwise than wanted: {}\n", odd.join(", "));
}

fn wild(fake: &Fake) -> bool {
    fake.trick.starts_with("wild")
}

fn imitations(benign: &[String]) {
    let targets: Vec<&str> = entries(BRANDS).collect();
    let mut builder = IndexBuilder::default();
    for (owner, name) in (0..).zip(&targets) {
        builder.add(name, Source::Protected, owner, false);
    }
    let packed = builder.pack();
    let indexes = [Index::open(&packed).unwrap(), brands::index().unwrap()];
    let score = |name: &str| {
        let found = search(&Domain::parse(name), &indexes);
        found.iter().filter(|f| f.kind != Kind::TldSwap).map(|f| f.score).max().unwrap_or(0)
    };
    let mut honest: Vec<u16> = benign.iter().map(|b| score(b)).collect();
    honest.sort_unstable_by_key(|s| std::cmp::Reverse(*s));
    let fakes: Vec<(Fake, u16)> = targets
        .iter()
        .flat_map(|target| {
            let domain = Domain::parse(target);
            tricks::fakes(domain.label(), domain.suffix(), 6)
        })
        .map(|fake| {
            let score = score(&fake.domain);
            (fake, score)
        })
        .collect();
    println!("## Imitations of {} protected names, {} real domains\n", targets.len(), honest.len());
    println!(
        "| real domains flagged | threshold | one trick | several tricks, as in the wild | any two or three tricks |"
    );
    println!("|---|---|---|---|---|");
    let row = |title: &str, threshold: u16| {
        let recall = |wanted: &dyn Fn(&Fake) -> bool| {
            let (hit, all) = fakes
                .iter()
                .filter(|(f, _)| wanted(f))
                .fold((0usize, 0usize), |(hit, all), (_, s)| (hit + usize::from(*s >= threshold), all + 1));
            hit as f64 / all.max(1) as f64
        };
        let one = recall(&|f| super::is_classic(f.trick));
        let stacked = recall(&|f| f.trick.starts_with("stack") || f.trick == "fuzzy-lure");
        println!("| {title} | {threshold} | {one:.3} | {:.3} | {stacked:.3} |", recall(&wild));
    };
    for rate in [0.0001, 0.0002, 0.0005] {
        let allowed = (honest.len() as f64 * rate) as usize;
        row(&format!("{:.2} %", rate * 100.0), honest.get(allowed).map_or(1, |s| s + 1).max(1));
    }
    let flagged = honest.iter().filter(|s| **s >= WARN).count();
    row(&format!("{:.4} % ({flagged})", flagged as f64 * 100.0 / honest.len().max(1) as f64), WARN);
    println!();
}

fn japanese() {
    let (names, honest) = NAMES.split_once("# honest").unwrap();
    let names: Vec<&str> = names.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let keys: Vec<NameKey> = names.iter().map(|n| NameKey::of(n).joined()).collect();
    let is_found = |text: &str, at_least: Likeness| {
        let text = NameKey::of(text).joined();
        keys.iter().any(|k| k.find_in(&text).is_some_and(|f| f.likeness >= at_least))
    };
    let mut builder = IndexBuilder::default();
    for (owner, name) in (0..).zip(&names) {
        builder.add(&format!("{name}.jp"), Source::Protected, owner, false);
    }
    let packed = builder.pack();
    let indexes = [Index::open(&packed).unwrap()];
    let is_flagged = |label: &str| {
        let name = format!("{label}.jp");
        let alike = search(&Domain::parse(&name), &indexes).first().is_some_and(|f| f.score >= WARN);
        alike || why(&name).is_some()
    };
    let disguises: Vec<String> = names.iter().flat_map(|n| disguises(n)).collect();
    let honest: Vec<&str> = honest.lines().filter(|l| !l.is_empty()).collect();
    println!("## Japanese look-alikes\n\n| set | flagged | of |\n|---|---|---|");
    let show = |title: &str, flagged: usize, all: usize| println!("| {title} | {flagged} | {all} |");
    show("disguised names", disguises.iter().filter(|d| is_found(d, Likeness::Weak)).count(), disguises.len());
    show("honest names", honest.iter().filter(|h| is_found(h, Likeness::Same)).count(), honest.len());
    show("disguised domains", disguises.iter().filter(|d| is_flagged(d)).count(), disguises.len());
    let domains: Vec<String> = honest.iter().map(|h| h.replace(' ', "")).collect();
    show("honest domains", domains.iter().filter(|h| is_flagged(h)).count(), domains.len());
    let missed: Vec<&String> = disguises.iter().filter(|d| !is_flagged(d) || !is_found(d, Likeness::Weak)).collect();
    println!("\nMissed: {missed:?}\n");
}

/// Each letter of a name that has look-alikes changed alone, then all of them.
fn disguises(name: &str) -> Vec<String> {
    let looks = |c: char| KANA.iter().find(|(k, _)| *k == c).map_or("", |(_, looks)| *looks);
    let mut out: Vec<String> = Vec::new();
    for (at, c) in name.char_indices() {
        out.extend(looks(c).chars().map(|l| format!("{}{l}{}", &name[..at], &name[at + c.len_utf8()..])));
    }
    out.push(name.chars().map(|c| looks(c).chars().next().unwrap_or(c)).collect());
    out.retain(|d| d != name);
    out.dedup();
    out
}
