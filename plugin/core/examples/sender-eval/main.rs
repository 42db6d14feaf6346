//! How good is the look-alike search? Prints recall by trick and length against false positives among real domains, for
//! targets of the built-in list split into two halves, and writes the features for the fit.
//!
//! ```text
//! cargo run --release -p sekisho-core --example sender-eval -- --benign FILE [--targets FILE | --protect FILE] [--half train|dev|test] [--features OUT]
//! cargo run --release -p sekisho-core --example sender-eval -- --tables [--benign FILE]
//! cargo run --release -p sekisho-core --example sender-eval -- --bench
//! cargo run --release -p sekisho-core --example sender-eval -- --labels FILE
//! ```
//! `--benign` is a list of registrable domains, one a line, that are not committed here: `data/README.md` says which
//! registry packages have some.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::cast_precision_loss,
    missing_docs,
    reason = "a tool that measures"
)]

mod bench;
mod tables;
mod tricks;

use std::collections::BTreeMap;
use std::io::Write;

use sekisho_core::sender::brands;
use sekisho_core::sender::lookalike::{Found, Index, IndexBuilder, Kind, Source, resemblances, search};
use sekisho_core::text::domain::Domain;

fn argument(name: &str) -> Option<String> {
    let args: Vec<String> = std::env::args().collect();
    args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned()
}

fn hash(text: &str) -> u64 {
    let h = text.bytes().fold(0xCBF2_9CE4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01B3));
    (h ^ (h >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 20
}

/// Half of all names are for training, a quarter for choosing thresholds, a quarter for one look at the end.
fn half(name: &str) -> &'static str {
    match hash(name) % 4 {
        0 | 1 => "train",
        2 => "dev",
        _ => "test",
    }
}

fn lines(path: &str) -> Vec<String> {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}")).lines().map(str::to_owned).collect()
}

fn is_classic(trick: &str) -> bool {
    !matches!(trick, "stack-2" | "stack-3" | "stack-looks" | "fuzzy-lure" | "wild" | "wild-lure")
}

fn main() {
    if std::env::args().any(|a| a == "--bench") {
        return bench::run();
    }
    if let Some(path) = argument("--labels") {
        return lines(&path).iter().for_each(|name| label(name));
    }
    if std::env::args().any(|a| a == "--tables") {
        let benign = argument("--benign").map(|p| lines(&p)).unwrap_or_default();
        return tables::run(&benign);
    }
    // Protected names take the place of the built-in ones as those that are imitated; the built-in list stays beside them.
    let protect = argument("--protect").map(|p| lines(&p));
    let source = if protect.is_some() { Source::Protected } else { Source::Top };
    let extra = protect.clone().or_else(|| argument("--targets").map(|p| lines(&p))).unwrap_or_default();
    let mut builder = IndexBuilder::default();
    let list = include_str!("../../data/lists/brands.txt");
    let mut targets: Vec<String> =
        brands::read(list).flat_map(|b| b.targets.into_iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    for (i, name) in (1_000_000..).zip(&extra) {
        builder.add(name, source, i, false);
        targets.push(name.clone());
    }
    let packed = builder.pack();
    let indexes = [brands::index().unwrap(), Index::open(&packed).unwrap()];
    let which = argument("--half").unwrap_or_else(|| "dev".to_owned());
    let chosen: Vec<&String> = match &protect {
        Some(protect) => protect.iter().collect(),
        None => targets.iter().filter(|t| half(t) == which).collect(),
    };
    let benign: Vec<String> = argument("--benign").map(|p| lines(&p)).unwrap_or_default();
    let benign: Vec<&String> = benign.iter().filter(|b| half(b) == which).collect();
    let best = |domain: &str| search(&Domain::parse(domain), &indexes);

    let mut negative: Vec<(u16, Found, &str)> =
        benign.iter().filter_map(|b| best(b).into_iter().next().map(|f| (f.score, f, b.as_str()))).collect();
    negative.sort_by_key(|n| std::cmp::Reverse(n.0));
    let mut positive = Vec::new();
    for target in &chosen {
        let domain = Domain::parse(target);
        for fake in tricks::fakes(domain.label(), domain.suffix(), 6) {
            let found = best(&fake.domain);
            let right = found.iter().find(|f| Domain::parse(&f.target).label() == domain.label());
            positive.push((fake, found.first().map_or(0, |f| f.score), right.cloned(), domain.label().len()));
        }
    }
    if let Some(path) = argument("--features") {
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
        let mut row = |f: &Found, y: u8, trick: &str, name: &str| {
            let x: Vec<String> = f.features.0.iter().map(i32::to_string).collect();
            writeln!(out, "{y}\t{}\t{trick}\t{name}\t{}\t{}", f.kind as usize, f.target, x.join("\t")).unwrap();
        };
        let all = |domain: &str| resemblances(&Domain::parse(domain), &indexes);
        for b in &benign {
            all(b).iter().for_each(|f| row(f, 0, "benign", b));
        }
        for target in &chosen {
            let domain = Domain::parse(target);
            for fake in tricks::fakes(domain.label(), domain.suffix(), 6) {
                let found = all(&fake.domain);
                let right = found.iter().filter(|f| f.target == **target);
                right.for_each(|f| row(f, 1, fake.trick, &fake.domain));
            }
        }
        return;
    }
    report(&chosen, &benign, &positive, &negative);
}

/// What the rules for labels say of one name.
fn label(name: &str) {
    println!("{}\t{}", Domain::parse(name).unicode(), tables::why(name).unwrap_or("-"));
}

type Positive = (tricks::Fake, u16, Option<Found>, usize);

fn report(chosen: &[&String], benign: &[&String], positive: &[Positive], negative: &[(u16, Found, &str)]) {
    println!("{} targets, {} imitations, {} real domains", chosen.len(), positive.len(), benign.len());
    let classic = |p: &&Positive| is_classic(p.0.trick);
    println!(
        "\n| false positives | threshold | recall, one trick | six letters and more | stacked |\n|---|---|---|---|---|"
    );
    for rate in [0.00005, 0.0001, 0.0002, 0.0005, 0.001] {
        let allowed = (benign.len() as f64 * rate) as usize;
        let threshold = negative.get(allowed).map_or(1, |n| n.0 + 1).max(1);
        let recall = |of: &mut dyn Iterator<Item = &Positive>| {
            let (mut hit, mut all) = (0usize, 0usize);
            of.for_each(|p| {
                all += 1;
                hit += usize::from(p.1 >= threshold);
            });
            hit as f64 / all.max(1) as f64
        };
        let one = recall(&mut positive.iter().filter(classic));
        let long = recall(&mut positive.iter().filter(classic).filter(|p| p.3 >= 6));
        let stacked = recall(&mut positive.iter().filter(|p| !is_classic(p.0.trick)));
        println!("| {:.3} % | {threshold} | {one:.4} | {long:.4} | {stacked:.4} |", rate * 100.0);
    }
    let fixed = 500;
    let false_positives = negative.iter().filter(|n| n.0 >= fixed).count();
    println!(
        "\nat threshold {fixed}: {} of {} real domains ({:.4} %)",
        false_positives,
        benign.len(),
        false_positives as f64 * 100.0 / benign.len().max(1) as f64
    );
    let mut by: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let mut by_length: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for p in positive {
        let slot = by.entry(p.0.trick).or_default();
        slot.0 += usize::from(p.1 >= fixed);
        slot.1 += usize::from(p.2.is_some());
        slot.2 += 1;
        if is_classic(p.0.trick) {
            let slot = by_length.entry(p.3.min(14)).or_default();
            slot.0 += usize::from(p.1 >= fixed);
            slot.1 += 1;
        }
    }
    println!("\n| trick | flagged | found at all | of |\n|---|---|---|---|");
    for (trick, (hit, found, all)) in by {
        println!("| {trick} | {:.3} | {:.3} | {all} |", hit as f64 / all as f64, found as f64 / all as f64);
    }
    println!("\n| letters | flagged | of |\n|---|---|---|");
    for (length, (hit, all)) in by_length {
        println!("| {length} | {:.3} | {all} |", hit as f64 / all as f64);
    }
    if std::env::args().any(|a| a == "--worst") {
        println!("\n## Real domains that score highest");
        for (score, found, name) in negative.iter().take(60) {
            println!("{score} {name} {} {} cost {}", found.kind.as_str(), found.target, found.alignment.cost);
        }
        println!("\n## Imitations that score lowest");
        let mut low: Vec<_> = positive.iter().filter(|p| p.1 < fixed && p.3 >= 6).collect();
        low.sort_by_key(|p| hash(&p.0.domain));
        for p in low.iter().take(60) {
            let best = p.2.as_ref().map(|f| (f.kind.as_str(), f.target.as_str(), f.alignment.cost));
            println!("{} {} {} {best:?}", p.1, p.0.trick, p.0.domain);
        }
    }
    let _ = Kind::ALL;
}
