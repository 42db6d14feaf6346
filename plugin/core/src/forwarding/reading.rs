//! What every dialect's reader writes into.

use super::model::{ProblemKind, Rule, RuleSet};
use super::source::{Source, Span};
use crate::budget::{Budget, Exhausted};

/// Scripts and files a document may include, by the name it includes them with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Library<'a> {
    /// Name and bytes.
    pub files: &'a [(String, Vec<u8>)],
}

impl<'a> Library<'a> {
    /// The file of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.files.iter().find(|(n, _)| n == name).map(|(_, bytes)| bytes.as_slice())
    }
}

/// A document being read.
pub struct Reading<'a> {
    /// What was read so far.
    pub set: RuleSet,
    /// What it may include.
    pub library: Library<'a>,
    /// What may still be spent.
    pub budget: &'a mut Budget,
    /// The number of the block that was begun last.
    pub blocks: u32,
}

/// More rules than these are not read.
const RULES: usize = 200_000;

impl Reading<'_> {
    /// Adds a rule with a block of its own.
    pub fn rule(&mut self, mut rule: Rule) {
        rule.block = self.next_block();
        self.piece(rule);
    }

    /// Adds a rule whose block was chosen already.
    pub fn piece(&mut self, rule: Rule) {
        if self.set.rules.len() >= RULES {
            self.limit(rule.span);
            return;
        }
        self.set.rules.push(rule);
    }

    /// A fresh block number.
    pub fn next_block(&mut self) -> u32 {
        self.blocks = self.blocks.saturating_add(1);
        self.blocks
    }

    /// Pays for work, and says it where nothing is left.
    ///
    /// # Errors
    /// [`Exhausted`] when nothing is left.
    pub fn work(&mut self, units: usize, span: Span) -> Result<(), Exhausted> {
        self.budget.take_work(units as u64).inspect_err(|_| self.limit(span))
    }

    /// Says that the rest was not looked at.
    pub fn limit(&mut self, span: Span) {
        if self.set.problems.last().is_none_or(|p| p.kind != ProblemKind::Limit) {
            self.set.problem(ProblemKind::Limit, span, "a limit was reached, the rest was not looked at", "");
        }
    }

    /// Says that something could not be read.
    pub fn unreadable(&mut self, span: Span, what: &str, word: &str) {
        self.set.problem(ProblemKind::Unreadable, span, what, word);
    }

    /// Makes room for an included text; [`Reading::keep`] fills it.
    pub fn reserve(&mut self) -> u16 {
        let index = u16::try_from(self.set.sources.len()).unwrap_or(u16::MAX);
        self.set.sources.push(Source::default());
        index
    }

    /// Keeps a text for reports.
    pub fn keep(&mut self, index: u16, source: Source) {
        if let Some(place) = self.set.sources.get_mut(index as usize) {
            *place = source;
        }
    }
}
