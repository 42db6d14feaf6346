//! What the dialects of Unix have in common: variables, commands that send mail, regular expressions over header lines.

use std::collections::BTreeMap;

use super::address::Target;
use super::model::{AddressPart, Does, Field, Folder, Op, Test, Via};
use super::source::Span;

/// Variables of a file, as far as they are constant.
#[derive(Debug, Default)]
pub struct Variables {
    values: BTreeMap<String, Option<String>>,
}

/// Longer values are not followed.
const LENGTH: usize = 4096;

impl Variables {
    /// Sets a variable; `None` when its value is only known when a message comes.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        if self.values.len() < 1024 {
            self.values.insert(name.to_owned(), value.filter(|v| v.len() <= LENGTH));
        }
    }

    /// Replaces `$NAME` and `${NAME}`. The flag says whether something stayed unknown.
    #[must_use]
    pub fn expand(&self, text: &str) -> (String, bool) {
        let mut out = String::with_capacity(text.len());
        let mut dynamic = text.contains('`');
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let (name, tail) = name_of(after);
            rest = tail;
            match self.values.get(name) {
                Some(Some(value)) if out.len() <= LENGTH => out.push_str(value),
                _ if name.is_empty() => out.push('$'),
                _ => dynamic = true,
            }
        }
        out.push_str(rest);
        (out, dynamic)
    }
}

/// The name at the beginning of a text, with or without braces, and what follows.
fn name_of(text: &str) -> (&str, &str) {
    if let Some((inside, tail)) = text.strip_prefix('{').and_then(|t| t.split_once('}')) {
        return (inside.split([':', '-', '=', '?', '+']).next().unwrap_or(""), tail);
    }
    let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    text.split_at_checked(length).unwrap_or((text, ""))
}

/// A target with variables replaced.
#[must_use]
pub fn target(raw: &str, variables: &Variables) -> Target {
    match variables.expand(raw.trim_matches('"')) {
        (constant, true) => Target::Template { raw: raw.to_owned(), constant },
        (text, false) => Target::parse(&text),
    }
}

/// Programs that send mail.
const MAILERS: &[&str] = &[
    "sendmail", "mail", "mailx", "mutt", "msmtp", "exim", "exim4", "nail", "s-nail", "bsmtp", "swaks", "dma", "forward",
];

/// What a command that gets the message does: it runs, and if it is a mailer it sends.
pub fn command(line: &str, variables: &Variables, copy: bool, out: &mut Vec<Does>) {
    let program = line.trim().trim_start_matches('|').trim();
    let (expanded, _) = variables.expand(program);
    // `| $SENDMAIL -oi a@x` names the mailer by its variable.
    let mails = |text: &str| {
        text.split([' ', '\t', '|', ';', '&']).any(|w| {
            let base = w.rsplit('/').next().unwrap_or(w);
            MAILERS.contains(&base) || w.eq_ignore_ascii_case("$sendmail") || w.eq_ignore_ascii_case("${sendmail}")
        })
    };
    if mails(&expanded) || mails(program) {
        for word in program.split([' ', '\t', '\'', '"', ',']).filter(|w| w.contains('@') && !w.starts_with('-')) {
            let to = target(word, variables);
            if matches!(to, Target::Address(_) | Target::Template { .. }) {
                out.push(Does::send(to, Via::Redirect, copy));
            }
        }
    }
    out.push(Does::Run { program: program.to_owned(), copy });
}

/// What delivering to a mailbox path does.
#[must_use]
pub fn mailbox(path: &str, copy: bool) -> Does {
    let path = path.trim().trim_matches('"');
    if path == "/dev/null" {
        return if copy { Does::Mark("nothing".to_owned()) } else { Does::Delete { permanent: true } };
    }
    let name = path.trim_end_matches('/').trim_end_matches("/.");
    let name = name.rsplit('/').next().unwrap_or(name);
    Does::File { folder: Folder::named(name.trim_start_matches('.')), copy }
}

/// A test over header lines (or the body) from a regular expression such as `^Subject:.*(invoice|wire)`.
#[must_use]
pub fn regex_test(pattern: &str, body: bool, span: Span) -> Test {
    let pattern = pattern.trim();
    let (fields, rest) = if body { (vec![Field::Body], pattern) } else { header_of(pattern) };
    let rest = rest.trim_start_matches(['\t', ' ']);
    let exists = fields != [Field::Body] && fields != [Field::header("*")] && rest.is_empty();
    Test {
        fields,
        op: if exists { Op::Exists } else { Op::Regex },
        part: AddressPart::Text,
        values: vec![rest.to_owned()],
        dynamic: false,
        case_sensitive: false,
        span,
    }
}

/// The header fields a pattern begins with, and the rest of it.
fn header_of(pattern: &str) -> (Vec<Field>, &str) {
    let any = || (vec![Field::header("*")], pattern);
    let Some(line) = pattern.strip_prefix('^') else {
        // A pattern that is not tied to a line's start may hit any header line; empty ones hit all.
        return any();
    };
    for (macro_name, fields) in
        [("TO_", &["to", "cc"][..]), ("TO", &["to", "cc"]), ("FROM_DAEMON", &["from"]), ("FROM_MAILER", &["from"])]
    {
        if let Some(rest) = line.strip_prefix(macro_name)
            && !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == ':')
        {
            return (fields.iter().map(|f| Field::header(f)).collect(), rest);
        }
    }
    let group = line.strip_prefix('(').and_then(|l| l.split_once(')'));
    let (names, rest) = match group {
        Some((names, rest)) if rest.starts_with(':') => (names, rest),
        _ => {
            let length = line.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
            line.split_at_checked(length).unwrap_or((line, ""))
        }
    };
    if names.is_empty() {
        return any();
    }
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    (names.split('|').map(|n| Field::header(n.trim_end_matches(':'))).collect(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_patterns_name_their_field() {
        let subject = regex_test("^Subject:.*(invoice|wire)", false, Span::default());
        assert_eq!(subject.fields, [Field::header("subject")]);
        assert_eq!(subject.values, [".*(invoice|wire)"]);
        assert!(regex_test("^From", false, Span::default()).is_no_condition());
        assert!(regex_test(".*", false, Span::default()).is_no_condition());
        assert!(regex_test("", false, Span::default()).is_no_condition());
        assert_eq!(regex_test("^(From|Sender):.*x", false, Span::default()).fields.len(), 2);
    }

    #[test]
    fn commands_that_mail_send() {
        let mut out = Vec::new();
        command("| /usr/sbin/sendmail -oi x@outside.example", &Variables::default(), false, &mut out);
        assert!(matches!(out.as_slice(), [Does::Send { .. }, Does::Run { .. }]), "{out:?}");
    }
}
