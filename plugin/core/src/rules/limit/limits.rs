//! One rule for every bound of [`Limits`](crate::budget::Limits). The objects tell which bounds were reached while they were
//! read.

use crate::budget::Limit;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};

declare_rule! { BYTES, id: "limit-bytes", family: "limit", severity: High, kind: Opaque, check: bytes }
declare_rule! { RATIO, id: "limit-ratio", family: "limit", severity: High, kind: Opaque, check: ratio }
declare_rule! { ENTRIES, id: "limit-entries", family: "limit", severity: High, kind: Opaque, check: entries }
declare_rule! { DEPTH, id: "limit-depth", family: "limit", severity: High, kind: Opaque, check: depth }
declare_rule! { WORK, id: "limit-work", family: "limit", severity: High, kind: Opaque, check: work }
declare_rule! { CANDIDATES, id: "limit-candidates", family: "limit", severity: High, kind: Opaque, check: candidates }

fn bytes(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, Limit::Bytes, "More bytes come out of it than may be unpacked; the rest was not looked at.");
}

fn ratio(scene: &Scene<'_>, hits: &mut Hits) {
    look(
        scene,
        hits,
        Limit::Ratio,
        "It grows more than anything useful does when unpacked; the rest was not looked at.",
    );
}

fn entries(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, Limit::Entries, "It holds more objects than may be looked at; the rest was not looked at.");
}

fn depth(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, Limit::Depth, "It is nested deeper than may be looked at; what is inside was not looked at.");
}

fn work(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, Limit::Work, "It takes more work to read than may be spent; the rest was not looked at.");
}

fn candidates(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, Limit::Candidates, "It can be read in more ways than are tried; the others were not looked at.");
}

fn look(scene: &Scene<'_>, hits: &mut Hits, limit: Limit, message: &str) {
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        if item.limits.contains(&limit) {
            seen.push(Seen::of(at, item));
        }
    });
    group::report(scene.mail, seen, hits, |_| message.to_owned());
}
