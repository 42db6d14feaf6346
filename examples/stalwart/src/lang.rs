//! The two languages of pages for people.

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Lang {
    /// The one of two texts that is in this language.
    #[must_use]
    pub fn say<'t>(self, en: &'t str, ja: &'t str) -> &'t str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }

    /// Its tag (RFC 5646).
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.say("en", "ja")
    }

    /// The language with this tag.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        match tag.split('-').next().unwrap_or("").trim().to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "ja" => Some(Self::Ja),
            _ => None,
        }
    }

    /// The one a browser would rather have (RFC 9110 section 12.5.4); English when it wants neither.
    #[must_use]
    pub fn wanted(accept: &str) -> Self {
        let weighed = accept.split(',').take(32).filter_map(|range| {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight = weight.trim().parse::<f32>().ok().filter(|weight| *weight > 0.0)?;
            Some((Self::of(tag)?, weight))
        });
        // Of equal ones the first.
        let best = weighed.reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map(|(lang, _)| lang).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_better_liked_one_is_taken() {
        for (accept, lang) in [
            ("", Lang::En),
            ("ja", Lang::Ja),
            ("ja-JP, en;q=0.8", Lang::Ja),
            ("de, en;q=0.5, ja;q=0.7", Lang::Ja),
            ("en-US,en;q=0.9,ja;q=0.8", Lang::En),
            ("ja;q=0, fr", Lang::En),
            ("fr;q=x, *", Lang::En),
        ] {
            assert_eq!(Lang::wanted(accept), lang, "{accept}");
        }
    }
}
