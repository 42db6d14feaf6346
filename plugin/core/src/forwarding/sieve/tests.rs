//! What the tests of Sieve mean: a test becomes a [`Guard`].

use std::borrow::Cow;
use std::sync::Arc;

use super::check::{Call, Checker};
use super::parse::{Arg, Node, Value};
use super::table;
use super::vars::{Known, decode_characters};
use super::{Walk, short};
use crate::forwarding::model::{AddressPart, DEPTH, Field, Guard, Op, ProblemKind, Test};
use crate::forwarding::source::Span;

impl<'t> Walk<'_, '_, 't> {
    /// Reads a test.
    pub(super) fn test(&mut self, node: &Node<'t>, depth: usize) -> Guard {
        self.tests = self.tests.saturating_add(1);
        let span = self.at(node.span);
        let Some(word) = table::test(node.name) else {
            if !node.name.is_empty() && !self.capabilities.hopes() {
                let foreign = self.capabilities.foreign();
                let kind = if foreign { ProblemKind::Unreadable } else { ProblemKind::Require };
                self.note(kind, node.span, "the test is not known", node.name);
            }
            return self.opaque(span);
        };
        let call = self.checked(node, word);
        if depth >= DEPTH {
            return self.opaque(span);
        }
        let below = depth.saturating_add(1);
        match word.name {
            "true" => Guard::Always,
            "false" => Guard::Never,
            "not" => match node.tests.first() {
                Some(test) => Guard::negated(Arc::new(self.test(test, below))),
                None => self.opaque(span),
            },
            "allof" => Guard::all(node.tests.iter().map(|t| Arc::new(self.test(t, below))).collect::<Vec<_>>()),
            "anyof" => Guard::any(node.tests.iter().map(|t| Arc::new(self.test(t, below))).collect::<Vec<_>>()),
            "exists" => {
                let names = self.texts(call.last(0)).0;
                Guard::all(names.iter().map(|n| Arc::new(self.plain(vec![Field::header(n)], Op::Exists, span))))
            }
            "size" => self.size(&call, span),
            "string" => self.string(&call, span),
            "ihave" => {
                let (names, _) = self.texts(call.last(0));
                self.capabilities.has(names.iter().map(|n| n.to_string()));
                self.compare(vec![Field::Other("ihave".to_owned())], &call, span)
            }
            _ => {
                let fields = self.fields(word.name, &call);
                self.compare(fields, &call, span)
            }
        }
    }

    /// Holds a test against its word.
    pub(super) fn checked<'n>(&mut self, node: &'n Node<'t>, word: &'static table::Word) -> Call<'n, 't> {
        let Walk { capabilities, reading, .. } = self;
        let from = reading.set.problems.len();
        let call = Checker { capabilities, problems: &mut reading.set.problems }.call(node, word);
        self.move_problems(from);
        call
    }

    fn opaque(&self, span: Span) -> Guard {
        let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        Guard::Opaque(Arc::from(short(text)), span)
    }

    fn plain(&self, fields: Vec<Field>, op: Op, span: Span) -> Guard {
        Guard::test(Test {
            fields,
            op,
            part: AddressPart::Text,
            values: Vec::new(),
            dynamic: false,
            case_sensitive: false,
            span,
        })
    }

    /// What a test looks at.
    fn fields(&mut self, word: &str, call: &Call<'_, 't>) -> Vec<Field> {
        match word {
            "header" | "address" | "mime_header" => {
                let names = self.texts(call.last(1)).0;
                names.iter().map(|n| Field::header(n)).collect()
            }
            "envelope" => {
                let names = self.texts(call.last(1)).0;
                let part = |n: &Cow<'_, str>| match n.to_ascii_lowercase().as_str() {
                    "from" => Field::EnvelopeFrom,
                    "to" => Field::EnvelopeTo,
                    other => Field::Other(format!("envelope {}", short(other))),
                };
                names.iter().map(part).collect()
            }
            "body" => vec![Field::Body],
            "attachment" => vec![Field::Attachment],
            "me" => vec![Field::EnvelopeTo],
            "spamtest" | "virustest" => vec![Field::Spam],
            other => vec![Field::Other(other.to_owned())],
        }
    }

    /// A comparison of fields with keys.
    fn compare(&mut self, fields: Vec<Field>, call: &Call<'_, 't>, span: Span) -> Guard {
        let (values, dynamic) = self.texts(call.last(0));
        let keys = call.last(0).map_or(span, |a| a.span);
        let op = match op_of(call) {
            Relation::Op(op) => op,
            Relation::Always => return Guard::Always,
        };
        if matches!(fields.first(), Some(Field::Other(_) | Field::Spam)) {
            return self.test_of(fields, Op::Other, call, &values, dynamic, span);
        }
        if matches!(op, Op::Matches | Op::Regex) {
            self.variables.captured = true;
            self.cost_of(op, &values, keys);
        }
        self.test_of(fields, op, call, &values, dynamic, span)
    }

    fn test_of(
        &self,
        fields: Vec<Field>,
        op: Op,
        call: &Call<'_, 't>,
        values: &[Cow<'_, str>],
        dynamic: bool,
        span: Span,
    ) -> Guard {
        let part = [
            ("localpart", AddressPart::Local),
            ("domain", AddressPart::Domain),
            ("user", AddressPart::Sub),
            ("detail", AddressPart::Sub),
        ];
        // Without a tag, tests of addresses compare the whole address (RFC 5228 section 2.7.4).
        let address = matches!(call.word, "address" | "envelope");
        let part = part
            .into_iter()
            .find(|(tag, _)| call.has(tag))
            .map_or(if address { AddressPart::All } else { AddressPart::Text }, |(_, part)| part);
        let octets =
            call.of("comparator").is_some_and(|a| a.value.texts().iter().any(|t| t.eq_ignore_ascii_case("i;octet")));
        Guard::test(Test {
            fields,
            op,
            part,
            values: values.iter().map(|v| v.to_string()).collect(),
            dynamic,
            case_sensitive: octets,
            span,
        })
    }

    fn size(&self, call: &Call<'_, 't>, span: Span) -> Guard {
        let Some(Arg { value: Value::Number(limit), .. }) = call.last(0) else { return self.opaque(span) };
        Guard::test(Test {
            fields: vec![Field::Size],
            op: if call.has("over") { Op::Over } else { Op::Under },
            part: AddressPart::Text,
            values: vec![limit.to_string()],
            dynamic: false,
            case_sensitive: false,
            span,
        })
    }

    /// A comparison of variables: folds where everything is constant.
    fn string(&mut self, call: &Call<'_, 't>, span: Span) -> Guard {
        let (sources, left_dynamic) = self.texts(call.last(1));
        let (keys, right_dynamic) = self.texts(call.last(0));
        if let (false, false, Relation::Op(op)) = (left_dynamic, right_dynamic, op_of(call)) {
            let octets = call.of("comparator").is_some();
            let equal = |a: &str, b: &str| if octets { a == b } else { a.eq_ignore_ascii_case(b) };
            let holds = |a: &Cow<'_, str>, b: &Cow<'_, str>| match op {
                Op::Is => Some(equal(a, b)),
                Op::Contains => Some(a.to_ascii_lowercase().contains(&b.to_ascii_lowercase())),
                Op::Matches if b.chars().all(|c| c == '*') && !b.is_empty() => Some(true),
                _ => None,
            };
            // A variable with several possible values is several sources here, so one answer must hold for all.
            let answers: Vec<Option<bool>> = sources
                .iter()
                .map(|s| keys.iter().map(|k| holds(s, k)).try_fold(false, |any, h| Some(any | h?)))
                .collect();
            if let [first, rest @ ..] = answers.as_slice()
                && let Some(all) = first
                && rest.iter().all(|r| r == first)
            {
                return if *all { Guard::Always } else { Guard::Never };
            }
        }
        if matches!(op_of(call), Relation::Op(Op::Matches | Op::Regex)) {
            self.variables.captured = true;
        }
        self.test_of(vec![Field::Other("string".to_owned())], Op::Other, call, &keys, true, span)
    }

    /// The strings of an argument with variables and encoded characters resolved, and whether some are only known when a
    /// message comes.
    pub(super) fn texts<'n>(&self, arg: Option<&'n Arg<'t>>) -> (Vec<Cow<'n, str>>, bool) {
        let Some(arg) = arg else { return (Vec::new(), false) };
        let plain = !self.characters && !self.capabilities.asked("variables");
        let mut dynamic = false;
        let mut out = Vec::with_capacity(arg.value.texts().len());
        for text in arg.value.texts() {
            if plain || !text.contains("${") {
                out.push(Cow::Borrowed(&**text));
                continue;
            }
            match self.expand(text) {
                Known::OneOf(list) => out.extend(list.into_iter().map(Cow::Owned)),
                Known::Dynamic(constant) => {
                    dynamic = true;
                    out.push(Cow::Owned(constant));
                }
            }
        }
        (out, dynamic)
    }

    /// What a string becomes: encoded characters first, then variables (RFC 5228 section 2.4.2.4).
    pub(super) fn expand(&self, text: &str) -> Known {
        let text = if self.characters { Cow::Owned(decode_characters(text)) } else { Cow::Borrowed(text) };
        if self.capabilities.asked("variables") { self.variables.expand(&text) } else { Known::constant(&text) }
    }

    /// Line ends and control characters where a string names something: they reach places they do not belong in.
    pub(super) fn suspicious_text(&mut self, values: &[Cow<'_, str>], span: Span) {
        let bad = values.iter().find(|v| {
            !v.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
                && v.chars().any(|c| c.is_control() && c != '\t' || matches!(c, '\u{2028}' | '\u{2029}'))
        });
        if let Some(bad) = bad {
            let text = bad.to_string();
            self.reading.set.problem(
                ProblemKind::Control,
                span,
                "a string that names something holds a control character",
                short(&text),
            );
        }
    }

    /// Patterns that take long.
    fn cost_of(&mut self, op: Op, values: &[Cow<'_, str>], span: Span) {
        let costly = |v: &Cow<'_, str>| match op {
            Op::Matches => v.matches('*').count() > 10,
            _ => has_nested_repeat(v) || v.matches(".*").count() > 4,
        };
        if let Some(bad) = values.iter().find(|v| costly(v)) {
            let text = bad.to_string();
            self.reading.set.problem(ProblemKind::Cost, span, "a pattern is costly to run", short(&text));
        }
    }
}

/// How a test compares.
enum Relation {
    Op(Op),
    /// It holds whatever comes.
    Always,
}

fn op_of(call: &Call<'_, '_>) -> Relation {
    let relation = |tag| call.of(tag).and_then(|a| a.value.texts().first()).map(|t| t.to_ascii_lowercase());
    if let Some(relation) = relation("count") {
        let zero = call.last(0).is_some_and(|a| a.value.texts().iter().any(|t| t.trim() == "0"));
        let one = call.last(0).is_some_and(|a| a.value.texts().iter().any(|t| t.trim() == "1"));
        return match relation.as_str() {
            "ge" if zero => Relation::Always,
            "gt" if zero => Relation::Op(Op::Exists),
            "ge" if one => Relation::Op(Op::Exists),
            _ => Relation::Op(Op::Other),
        };
    }
    Relation::Op(if call.has("contains") {
        Op::Contains
    } else if call.has("matches") {
        Op::Matches
    } else if call.has("regex") {
        Op::Regex
    } else if call.has("value") || call.has("list") {
        Op::Other
    } else {
        Op::Is
    })
}

/// `(a+)+`: a repeated group with a repetition inside makes backtracking engines take exponential time.
pub(super) fn has_nested_repeat(pattern: &str) -> bool {
    let mut inside = vec![false];
    let mut bytes = pattern.bytes().peekable();
    while let Some(b) = bytes.next() {
        let repeated = matches!(bytes.peek(), Some(b'*' | b'+' | b'{'));
        match b {
            b'\\' => {
                bytes.next();
            }
            b'(' if inside.len() < DEPTH => inside.push(false),
            b')' if inside.len() > 1 => {
                let repeats = inside.pop().unwrap_or(false);
                if repeats && repeated {
                    return true;
                }
                if let Some(outer) = inside.last_mut() {
                    *outer |= repeats || repeated;
                }
            }
            b'*' | b'+' => {
                if let Some(here) = inside.last_mut() {
                    *here = true;
                }
            }
            _ => {}
        }
    }
    false
}
