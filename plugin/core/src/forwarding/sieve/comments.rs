//! What web mail writes into comments: names of rules, disabled rules, and a second copy of everything. Only code counts;
//! comments are claims.

use super::lex::Comment;
use crate::forwarding::model::{Does, ProblemKind, RuleSet};
use crate::forwarding::source::Span;

/// The comments of a script.
#[derive(Debug, Default)]
pub struct Comments {
    list: Vec<Comment>,
    editor: Option<Editor>,
}

/// Whose comments they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Editor {
    /// `# rule:[name]`.
    Roundcube,
    /// Horde: every comment names the next rule.
    Ingo,
    /// Zimbra: every comment names the next rule.
    Zimbra,
    /// `# Filter: name`, and editors that keep their state as JSON.
    Other,
}

impl Comments {
    /// Looks over the comments of a script.
    #[must_use]
    pub fn new(text: &str, list: Vec<Comment>, zimbra: bool) -> Self {
        let of = |c: &Comment| text.get(c.start..c.end).unwrap_or("").trim();
        let editor = if zimbra {
            Some(Editor::Zimbra)
        } else if list.iter().take(8).any(|c| of(c).contains("horde.org/ingo")) {
            Some(Editor::Ingo)
        } else if list.iter().any(|c| of(c).starts_with("rule:[")) {
            Some(Editor::Roundcube)
        } else if list.iter().any(|c| of(c).starts_with("Filter:") || payload(of(c)).is_some()) {
            Some(Editor::Other)
        } else {
            None
        };
        Self { list, editor }
    }

    /// Whose comments they are, when a web mail wrote them.
    #[must_use]
    pub fn editor(&self) -> Option<Editor> {
        self.editor
    }

    /// The name of a rule in the comments between two places.
    #[must_use]
    pub fn name_between(&self, text: &str, from: usize, to: usize) -> Option<String> {
        let editor = self.editor?;
        let first = self.list.partition_point(|c| c.start < from);
        let between = self.list.get(first..)?.iter().take_while(|c| c.end <= to);
        between.filter_map(|c| name(editor, text.get(c.start..c.end).unwrap_or("").trim())).last().map(str::to_owned)
    }

    /// The first comment behind a place, on the same line or the next.
    #[must_use]
    pub fn directly_behind(&self, from: usize, to: usize) -> Option<Comment> {
        let first = self.list.partition_point(|c| c.start < from);
        self.list.get(first).copied().filter(|c| c.end <= to && c.start.saturating_sub(from) <= 8)
    }
}

fn name(editor: Editor, comment: &str) -> Option<&str> {
    match editor {
        Editor::Roundcube => comment.strip_prefix("rule:[").map(|n| n.strip_suffix(']').unwrap_or(n)),
        Editor::Ingo | Editor::Zimbra => Some(comment).filter(|c| !c.contains("horde.org") && !c.is_empty()),
        Editor::Other => comment.strip_prefix("Filter:").map(str::trim),
    }
}

/// The state of an editor, as JSON in a comment.
fn payload(comment: &str) -> Option<&str> {
    ["FILTER:", "DATA:", "FILTERS:", "RULES:"]
        .iter()
        .find_map(|word| comment.strip_prefix(word))
        .map(str::trim)
        .filter(|json| json.starts_with(['[', '{']))
}

/// An editor that keeps its state in a comment shows that state: a target that stands in the code only is hidden from
/// the owner, one that stands in the comment only will come back with the next click.
pub fn compare_with_code(text: &str, comments: &Comments, source: u16, set: &mut RuleSet) {
    let claims: Vec<(&Comment, &str)> = comments
        .list
        .iter()
        .filter_map(|c| payload(text.get(c.start..c.end)?.trim()).map(|json| (c, json)))
        .take(64)
        .collect();
    let Some((first, _)) = claims.first() else { return };
    let span = Span::new(first.start, first.end).moved(source, 0);
    let mut unknown = Vec::new();
    for rule in &set.rules {
        for action in &rule.actions {
            if let Does::Send { to, .. } = &action.does
                && let Some(address) = to.address()
            {
                let shown = address.shown();
                if unknown.len() < 16 && !claims.iter().any(|(_, json)| json.contains(&shown)) {
                    unknown.push((action.span, shown));
                }
            }
        }
    }
    for (place, address) in unknown {
        set.problem(
            ProblemKind::CommentMismatch,
            place,
            "the code sends to an address the editor's comment does not know",
            address,
        );
    }
    let code_sends = set.rules.iter().flat_map(|r| &r.actions).any(|a| matches!(a.does, Does::Send { .. }));
    let claims_send = claims.iter().any(|(_, json)| json.contains("\"redirect\"") || json.contains("\"forward\""));
    if claims_send && !code_sends {
        set.problem(
            ProblemKind::CommentMismatch,
            span,
            "the editor's comment holds a forward that is not in the code",
            "",
        );
    }
}
