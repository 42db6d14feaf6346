//! What the commands of Sieve do to a message: a command becomes actions of the model.

use std::borrow::Cow;

use super::check::Call;
use super::parse::{Arg, Node, Value};
use super::vars::{Known, modified};
use super::{Frame, INCLUDES, Walk, short, table};
use crate::forwarding::address::Target;
use crate::forwarding::model::{Does, Folder, ProblemKind, Rule, Via};
use crate::forwarding::source::{Source, Span};

/// What a command did to the walk.
#[derive(Default)]
pub(super) struct Made {
    /// Processing ends here.
    pub stops: bool,
    /// The included script ends here.
    pub returns: bool,
}

impl<'t> Walk<'_, '_, 't> {
    /// Reads a command that is no branch.
    pub(super) fn action(&mut self, node: &Node<'t>, frame: &Frame, block: u32, open: &mut Option<Rule>) -> Made {
        let span = self.at(node.span);
        let Some(word) = table::command(node.name) else {
            self.unknown(node);
            let does = Does::Opaque(short(node.name).to_owned());
            rule(open, frame, block, span).act(does, span);
            return Made::default();
        };
        let call = self.checked(node, word);
        match word.name {
            "require" => self.require(&call),
            "set" => self.set(&call),
            "let" => self.forget(call.last(1)),
            "global" | "import" => self.texts(call.last(0)).0.iter().for_each(|n| {
                self.variables.set(n, Known::Dynamic(String::new()));
            }),
            "break" | "extracttext" if !frame.looped => {
                self.note(ProblemKind::Arity, node.span, "the command stands outside a loop", word.name);
            }
            "extracttext" => self.forget(call.last(0)),
            "export" | "eval" | "break" | "continue" | "debug_log" | "denotify" | "log" | "expire" | "unexpire" => {}
            "include" => return self.include(&call, frame, block, open, span),
            "return" if self.depth > 0 && frame.depth == 0 => return Made { stops: false, returns: true },
            "stop" | "return" | "error" => {
                rule(open, frame, block, span).act(Does::Stop, span);
                return Made { stops: true, returns: false };
            }
            name => {
                let mut acts = Vec::new();
                self.deeds(name, &call, node, &mut acts);
                let rule = rule(open, frame, block, span);
                for does in acts {
                    rule.act(does, span);
                }
            }
        }
        Made::default()
    }

    fn unknown(&mut self, node: &Node<'t>) {
        if node.name.is_empty() {
            return; // the parser has said so already
        }
        if self.capabilities.hopes() {
            return;
        }
        let kind = if self.capabilities.foreign() { ProblemKind::Unreadable } else { ProblemKind::Require };
        self.note(kind, node.span, "the command is not known", node.name);
    }

    fn require(&mut self, call: &Call<'_, 't>) {
        let Some(arg) = call.last(0) else { return };
        let span = self.at(arg.span);
        for name in arg.value.texts() {
            if name.eq_ignore_ascii_case("encoded-character") {
                self.characters = true;
            }
            if !table::is_capability(name) && !self.capabilities.lenient {
                self.note(ProblemKind::Require, arg.span, "a capability is asked for that no extension has", name);
            }
            self.capabilities.ask(name, span);
            self.reading.set.requires.push((name.to_string(), span));
        }
    }

    fn set(&mut self, call: &Call<'_, 't>) {
        let (Some(name), Some(value)) = (text(call.last(1)), text(call.last(0))) else { return };
        let value = match self.expand(value) {
            Known::OneOf(list) => Known::OneOf(list.iter().map(|v| modified(v, |tag| call.has(tag))).collect()),
            dynamic => dynamic,
        };
        self.variables.set(name, value);
    }

    fn forget(&mut self, name: Option<&Arg<'t>>) {
        if let Some(name) = text(name) {
            self.variables.set(name, Known::Dynamic(String::new()));
        }
    }

    /// Walks an included script in place.
    fn include(&mut self, call: &Call<'_, 't>, frame: &Frame, block: u32, open: &mut Option<Rule>, span: Span) -> Made {
        let Some(name) = text(call.last(0)).map(str::to_owned) else { return Made::default() };
        if !self.included.insert(name.clone()) && call.has("once") {
            return Made::default();
        }
        let found = self.reading.library.get(&name);
        let Some(bytes) = found.filter(|_| self.depth < INCLUDES && self.reading.set.sources.len() < 64) else {
            let what = if found.is_some() {
                "scripts include one another too deep"
            } else {
                "an included script is not at hand"
            };
            let place = if call.has("global") { "global" } else { "personal" };
            self.reading.set.problem(ProblemKind::IncludeUnknown, span, what, format!("{place} {}", short(&name)));
            rule(open, frame, block, span).act(Does::Opaque("include".to_owned()), span);
            return Made::default();
        };
        self.flush(open);
        let source = Source::decode(&name, bytes);
        let index = self.reading.reserve();
        let mut inner = Walk {
            text: &source.text,
            source: index,
            capabilities: super::Capabilities::new(self.capabilities.lenient),
            variables: self.variables.clone(),
            comments: super::Comments::default(),
            included: core::mem::take(&mut self.included),
            depth: self.depth.saturating_add(1),
            origin: self.origin,
            characters: false,
            tests: 0,
            reading: self.reading,
        };
        inner.enter(frame);
        let (included, variables) = (core::mem::take(&mut inner.included), core::mem::take(&mut inner.variables));
        inner.finish();
        self.included = included;
        self.variables = variables;
        self.reading.keep(index, source);
        Made::default()
    }

    /// Walks a whole included script below a condition.
    fn enter(&mut self, frame: &Frame) {
        let from = self.reading.set.rules.len();
        self.script(0, self.text.len(), false);
        for rule in self.reading.set.rules.iter_mut().skip(from) {
            let path = [std::sync::Arc::new(frame.path.clone()), std::sync::Arc::new(core::mem::take(&mut rule.guard))];
            rule.guard = crate::forwarding::model::Guard::all(path);
            rule.shadowed_by = rule.shadowed_by.or(frame.shadow);
        }
    }

    /// What a command does to the message.
    fn deeds(&mut self, name: &str, call: &Call<'_, 't>, node: &Node<'t>, out: &mut Vec<Does>) {
        match name {
            "keep" => out.push(Does::Keep),
            "discard" => out.push(Does::Discard),
            "redirect" => self.redirect(call, out),
            "fileinto" => {
                let (names, _) = self.texts(call.last(0));
                self.suspicious_text(&names, node.span);
                let special_use = self.texts(call.of("specialuse")).0.concat();
                out.extend(names.iter().map(|n| Does::File {
                    folder: Folder {
                        name: n.to_string(),
                        special_use: special_use.clone(),
                        create: call.has("create"),
                    },
                    copy: call.has("copy"),
                }));
            }
            "reject" | "ereject" => {
                out.push(Does::Reply { from: None, carries: self.carried(call.last(0)), refuses: true })
            }
            "vacation" | "reply" => {
                let from = self.texts(call.of("from")).0.first().map(|f| Target::parse(f));
                let carries = self.carried(call.last(0)) + &self.carried(call.of("subject"));
                out.push(Does::Reply { from, carries, refuses: false });
            }
            "notify" => self.notify(call, out),
            "setflag" | "addflag" | "removeflag" | "flag" if call.args.len() <= 1 => {
                out.extend(self.flags(call.last(0), name != "removeflag"));
            }
            "mark" => out.push(Does::Mark("\\Flagged".to_owned())),
            "tag" => out.push(Does::Mark(self.texts(call.last(0)).0.concat())),
            "addheader" | "deleteheader" => {
                let delete = name == "deleteheader";
                let field = if delete || call.args.len() > 1 { call.args.first().copied() } else { call.last(0) };
                let (names, _) = self.texts(field);
                self.suspicious_text(&names, node.span);
                out.extend(names.iter().map(|n| Does::EditHeader { name: n.to_ascii_lowercase(), delete }));
            }
            "pipe" | "filter" | "execute" => {
                let (programs, _) = self.texts(call.args.first().copied());
                let program = programs.first().map(|p| p.to_string()).unwrap_or_default();
                out.push(Does::Run { program, copy: name != "pipe" || call.has("copy") });
            }
            "report" => {
                let (to, dynamic) = self.texts(call.last(0));
                let carries = if call.has("headers_only") { "the header" } else { "the message" };
                out.extend(to.iter().map(|t| Does::Send {
                    to: self.target(t, dynamic, call.last(0)),
                    via: Via::Notify,
                    copy: true,
                    carries: carries.to_owned(),
                }));
            }
            "replace" | "enclose" | "convert" => out.push(Does::Rewrite(name.to_owned())),
            _ => {}
        }
        if call.has("flags") {
            out.extend(self.flags(call.of("flags"), true));
        }
    }

    fn redirect(&mut self, call: &Call<'_, 't>, out: &mut Vec<Does>) {
        let arg = call.last(0);
        let (targets, dynamic) = self.texts(arg);
        if let Some(arg) = arg {
            let span = self.at(arg.span);
            self.suspicious_text(&targets, span);
        }
        for target in &targets {
            let to =
                if call.has("list") { Target::List(target.to_string()) } else { self.target(target, dynamic, arg) };
            out.push(Does::send(to, Via::Redirect, call.has("copy")));
        }
    }

    /// A target; a template when it is only known when a message comes.
    fn target(&self, text: &str, dynamic: bool, arg: Option<&Arg<'_>>) -> Target {
        let raw = arg.and_then(|a| a.value.texts().first()).map_or("", |t| t);
        if dynamic { Target::Template { raw: raw.to_owned(), constant: text.to_owned() } } else { Target::parse(text) }
    }

    /// A notice: enotify names its method as a URI (RFC 5435), the old draft in `:method` and `:options`.
    fn notify(&mut self, call: &Call<'_, 't>, out: &mut Vec<Does>) {
        let old = call.has("method") || call.args.is_empty();
        let zimbra = self.capabilities.lenient && call.args.len() > 1;
        let place = match (zimbra, old) {
            (true, _) => call.args.first().copied(),
            (false, true) => call.of("options"),
            (false, false) => call.last(0),
        };
        let (targets, dynamic) = self.texts(place);
        let carries: String = match zimbra {
            true => call.args.iter().skip(1).map(|a| self.carried(Some(a))).collect(),
            false => self.carried(call.of("message")),
        };
        for target in &targets {
            let to = self.target(target, dynamic, place);
            out.push(Does::Send { to, via: Via::Notify, copy: true, carries: carries.clone() });
        }
    }

    /// The part of a text that is only known when a message comes, as the script spells it.
    fn carried(&self, arg: Option<&Arg<'t>>) -> String {
        let old_style = |t: &Cow<'_, str>| ["$subject$", "$text$", "$from$", "$text["].iter().any(|v| t.contains(v));
        match arg {
            Some(arg) if self.texts(Some(arg)).1 => arg.value.texts().join(" "),
            Some(arg) if arg.value.texts().iter().any(old_style) => arg.value.texts().join(" "),
            _ => String::new(),
        }
    }

    fn flags(&self, arg: Option<&Arg<'t>>, sets: bool) -> Vec<Does> {
        let (flags, _) = self.texts(arg);
        let words = flags.iter().flat_map(|f| f.split_whitespace());
        words
            .map(|flag| match flag.to_ascii_lowercase().as_str() {
                "\\seen" | "read" if sets => Does::MarkRead,
                "\\deleted" if sets => Does::Delete { permanent: false },
                _ if sets => Does::Mark(flag.to_owned()),
                _ => Does::Mark(format!("-{flag}")),
            })
            .collect()
    }
}

/// The rule that is being put together, begun if need be.
fn rule<'o>(open: &'o mut Option<Rule>, frame: &Frame, block: u32, span: Span) -> &'o mut Rule {
    let rule = open.get_or_insert_with(|| Rule {
        name: frame.name.clone(),
        state: frame.state,
        guard: frame.path.clone(),
        guard_span: frame.guard_span,
        block,
        visible: frame.visible,
        shadowed_by: frame.shadow,
        ..Rule::at(span)
    });
    rule.span = rule.span.to(span);
    rule
}

/// The first string of an argument.
fn text<'n>(arg: Option<&'n Arg<'_>>) -> Option<&'n str> {
    match &arg?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
