//! The walk: what most readers of mail see, and what some others see besides.

use std::collections::BTreeMap;

use super::delimiter::{Missed, Tolerance};
use super::hidden;
use super::model::{Message, Part, Quirk, QuirkKind};
use super::structure::{self, Habit, Structure, Task};
use crate::budget::{Budget, Limit};

/// The most readers whose habits are tried.
const HABITS: usize = 12;

/// Describes a message.
#[must_use]
pub fn walk(bytes: &[u8], budget: &mut Budget) -> Message {
    describe(bytes, Task::Message, budget)
}

/// Describes the body of a multipart whose header is elsewhere. Its boundary is guessed from the first `--` line.
#[must_use]
pub fn walk_body(bytes: &[u8], budget: &mut Budget) -> Message {
    describe(bytes, Task::Body(None), budget)
}

fn describe(bytes: &[u8], task: Task<'_>, budget: &mut Budget) -> Message {
    let first = structure::walk(bytes, 0, task, Habit::default(), budget);
    let mut choices = Choices::default();
    choices.learn(&first);
    let mut message =
        Message { head: first.head, parts: first.parts, hidden: Vec::new(), spans: first.spans, quirks: first.quirks };
    let mut tried = vec![Habit::default()];
    let mut known = None;
    while let Some(habit) = choices.habits().find(|h| !tried.contains(h)) {
        if tried.len() > HABITS {
            budget.note(Limit::Candidates);
            break;
        }
        if budget.take_work(bytes.len() as u64).is_err() {
            break;
        }
        tried.push(habit);
        let other = structure::walk(bytes, 0, task, habit, budget);
        choices.learn(&other);
        let known = known.get_or_insert_with(|| Known::of(&message));
        if known.merge(&mut message, other) {
            let part = message.parts.first().map_or_else(String::new, |p| p.number.clone());
            message.quirks.extend(choices.missed.quirk(habit.tolerance, part));
        }
    }
    hidden::find(bytes, &mut message, budget);
    message
}

/// In what readers of this message may differ.
#[derive(Default)]
struct Choices {
    types: usize,
    boundaries: usize,
    missed: Missed,
    junk: bool,
}

impl Choices {
    fn learn(&mut self, seen: &Structure) {
        self.types = self.types.max(seen.types);
        self.boundaries = self.boundaries.max(seen.boundaries);
        self.junk |= seen.junk;
        self.missed.prefix = self.missed.prefix.or(seen.missed.prefix);
        self.missed.nul = self.missed.nul.or(seen.missed.nul);
        self.missed.bare_cr = self.missed.bare_cr.or(seen.missed.bare_cr);
    }

    /// All habits worth a walk: each choice of type with each of boundary, and each sort of tolerance or
    /// strictness by itself.
    fn habits(&self) -> impl Iterator<Item = Habit> + use<> {
        let boundaries = self.boundaries.max(1);
        let chosen = (0..self.types.max(1)).flat_map(move |nth_type| {
            (0..boundaries).map(move |nth_boundary| Habit { nth_type, nth_boundary, ..Habit::default() })
        });
        let Missed { prefix, nul, bare_cr } = self.missed;
        let tolerant = [(prefix, Tolerance::Prefix), (nul, Tolerance::Nul), (bare_cr, Tolerance::BareCr)]
            .into_iter()
            .filter(|(at, _)| at.is_some())
            .map(|(_, tolerance)| Habit { tolerance, ..Habit::default() });
        let strict = self.junk.then_some(Habit { strict_header: true, ..Habit::default() });
        chosen.chain(tolerant).chain(strict)
    }
}

impl Missed {
    /// What is odd about the delimiters only this sort of reader sees.
    fn quirk(self, tolerance: Tolerance, part: String) -> Option<Quirk> {
        let (at, kind) = match tolerance {
            Tolerance::None => return None,
            Tolerance::Prefix => (self.prefix, QuirkKind::PrefixBoundary),
            Tolerance::Nul => (self.nul, QuirkKind::NulBoundary),
            Tolerance::BareCr => (self.bare_cr, QuirkKind::BareCr),
        };
        at.map(|at| Quirk { kind, at, part, text: String::new() })
    }
}

/// The parts that are known, by where their bodies begin.
struct Known(BTreeMap<usize, Place>);

#[derive(Clone, Copy)]
enum Place {
    Shown(usize),
    Hidden(usize),
}

impl Known {
    fn of(message: &Message) -> Self {
        let leaves = message.parts.iter().enumerate().filter(|(_, p)| !p.multipart);
        Self(leaves.map(|(index, part)| (part.body.start, Place::Shown(index))).collect())
    }

    /// Adds what another reader sees: another end of a part that is known, or a part that is not. `false` if that is
    /// nothing new.
    fn merge(&mut self, message: &mut Message, other: Structure) -> bool {
        let mut news = false;
        for part in other.parts.into_iter().filter(|p| !p.multipart) {
            let start = part.body.start;
            let known = self.0.get(&start).and_then(|place| match *place {
                Place::Shown(index) => message.parts.get_mut(index),
                Place::Hidden(index) => message.hidden.get_mut(index),
            });
            if let Some(known) = known {
                news |= known.add(part);
            } else {
                self.0.insert(start, Place::Hidden(message.hidden.len()));
                let number = format!("other-{}", message.hidden.len().saturating_add(1));
                message.hidden.push(Part { number, shown: false, ..part });
                news = true;
            }
        }
        news
    }
}

impl Part {
    /// Adds the readings and names of the same part as another reader sees it. `false` if they are nothing new.
    fn add(&mut self, other: Part) -> bool {
        let mut news = false;
        for reading in other.readings {
            if !self.readings.contains(&reading) {
                self.readings.push(reading);
                news = true;
            }
        }
        for name in other.names {
            if self.names.iter().all(|n| n.text != name.text) {
                self.names.push(name);
                news = true;
            }
        }
        news
    }
}
