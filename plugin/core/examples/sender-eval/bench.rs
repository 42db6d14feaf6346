//! How fast? The best of five runs of each name, so that other work on the machine does not count: p50, p99 and the worst over names of every sort, with 2,000 protected targets and the built-in list; then
//! the size and speed of an index of 100,000.

use std::time::Instant;

use sekisho_core::sender::brands;
use sekisho_core::sender::lookalike::{Index, IndexBuilder, Source, search};
use sekisho_core::text::domain::Domain;

use super::tricks::{Dice, LURES, fakes};

const SYLLABLES: &[&str] = &[
    "mer", "row", "mint", "hex", "co", "py", "al", "der", "moor", "pi", "ne", "cra", "te", "dan", "de", "lo", "ho",
    "shi", "ma", "ru", "bel", "tor", "van", "ik", "sta", "gre", "lin", "ka", "no", "wa", "sun", "ber", "field", "ton",
    "ver", "qui", "zo", "tech", "land", "way",
];

fn names(n: usize, seed: &str) -> Vec<String> {
    let mut dice = Dice::of(seed);
    let mut out: Vec<String> = (0..n)
        .map(|_| {
            let label: String = (0..2 + dice.roll(3)).map(|_| dice.pick(SYLLABLES)).collect();
            let suffix = dice.pick(&["com", "net", "jp", "co.jp", "de", "org", "co.uk"]);
            format!("{label}.{suffix}")
        })
        .collect();
    out.sort();
    out.dedup();
    out
}

fn measure(title: &str, domains: &[String], indexes: &[Index<'_>]) {
    let mut times: Vec<u64> = vec![u64::MAX; domains.len()];
    let mut sum = 0usize;
    for _ in 0..5 {
        for (domain, best) in domains.iter().zip(&mut times) {
            let start = Instant::now();
            sum += search(&Domain::parse(domain), indexes).len();
            *best = (*best).min(u64::try_from(start.elapsed().as_nanos()).unwrap());
        }
    }
    times.sort_unstable();
    let at = |p: usize| times[(times.len() - 1) * p / 1000] as f64 / 1000.0;
    println!(
        "{title}: p50 {:.2} µs, p90 {:.2} µs, p99 {:.2} µs, worst {:.1} µs ({sum})",
        at(500),
        at(900),
        at(990),
        at(1000)
    );
}

pub fn run() {
    let protected = names(2600, "protected");
    let mut builder = IndexBuilder::default();
    for (owner, name) in (0..2000).zip(&protected) {
        builder.add(name, Source::Protected, owner, false);
    }
    let packed = builder.pack();
    let indexes = [Index::open(&packed).unwrap(), brands::index().unwrap()];
    let benign = super::argument("--benign").map_or_else(|| names(20000, "benign"), |p| super::lines(&p));
    let benign: Vec<String> = benign.into_iter().step_by(7).take(20000).collect();
    let mut tricky = Vec::new();
    for name in protected.iter().step_by(20) {
        let d = Domain::parse(name);
        tricky.extend(fakes(d.label(), d.suffix(), 1).into_iter().map(|f| f.domain));
    }
    let mail: Vec<String> = benign.iter().map(|b| format!("mail.{}.{b}", LURES[b.len() % LURES.len()])).collect();
    measure("honest names, 2,000 protected and the built-in list", &benign, &indexes);
    measure("honest names with two labels below", &mail, &indexes);
    measure("imitations", &tricky, &indexes);
    let many = names(130_000, "many");
    let mut builder = IndexBuilder::default();
    for (owner, name) in (0..100_000).zip(&many) {
        builder.add(name, Source::Top, owner, false);
    }
    let start = Instant::now();
    let packed = builder.pack();
    println!(
        "index of {} targets: {:.2} MB, packed in {:.0} ms",
        builder_len(&packed),
        packed.len() as f64 / 1e6,
        start.elapsed().as_secs_f64() * 1e3
    );
    measure("honest names, 100,000 targets", &benign, &[Index::open(&packed).unwrap()]);
}

fn builder_len(packed: &[u8]) -> usize {
    Index::open(packed).unwrap().len()
}
