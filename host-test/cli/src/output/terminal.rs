//! What a terminal may get to see: colours where they are wanted, and never a control character from a mail or a name.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};
use sekisho_host::Severity;

use crate::args::Color;

/// Decides about colours for the whole run. `auto` follows the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
pub fn set_color(color: Color) {
    let choice = match color {
        Color::Auto => anstream::ColorChoice::Auto,
        Color::Always => anstream::ColorChoice::Always,
        Color::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// Tells the user, on standard error, what went wrong.
pub fn complain(message: &str) {
    anstream::eprintln!("{}sekisho:{} {}", RED.render(), RED.render_reset(), clean(message));
}

/// Text in a style, padded to a width before it is styled.
pub struct Styled {
    style: Style,
    text: String,
}

impl Display for Styled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.style.render(), self.text, self.style.render_reset())
    }
}

const RED: Style = AnsiColor::Red.on_default().bold();

/// A severity word, padded to `width` columns.
pub fn severity(severity: Severity, width: usize) -> Styled {
    let style = match severity {
        Severity::Critical => RED,
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => AnsiColor::Cyan.on_default(),
        Severity::Info => Style::new().dimmed(),
    };
    Styled { style, text: format!("{:<width$}", severity.as_str()) }
}

/// An action word, in capitals.
pub fn action(action: &str) -> Styled {
    let color = match action {
        "deliver" => AnsiColor::Green,
        "tag" | "strip" | "hold" | "defer" => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    Styled { style: color.on_default().bold(), text: clean(action).to_uppercase() }
}

/// Less important.
pub fn dim(text: &str) -> Styled {
    Styled { style: Style::new().dimmed(), text: text.to_owned() }
}

/// More important.
pub fn bold(text: &str) -> Styled {
    Styled { style: Style::new().bold(), text: text.to_owned() }
}

/// Text without a character that a terminal would obey. The plugin has cleaned what it reports, but names of files come
/// from elsewhere, and nobody has to trust the plugin.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let reorders =
            matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || reorders {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The lines of a longer text, each clean.
pub fn clean_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_obeys_gets_through() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\u{9b}d\n"), "a\\u{1b}[31mb\\u{202e}c\\u{9b}d\\u{a}");
        assert_eq!(clean("お見積書.zip"), "お見積書.zip");
    }
}
