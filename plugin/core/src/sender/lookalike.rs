//! Does a domain imitate another one? Targets (protected domains, brands) lie in a packed [`Index`]; a candidate is
//! folded to what the eye sees, looked up, and where a seed hits, aligned with costs that say how easily each change is
//! overlooked.

pub mod align;
pub mod index;
mod lure;
mod natural;
mod probe;
pub mod score;
mod search;
mod weights;

pub use align::Op;
pub use index::{Index, IndexBuilder, Source, Target};
pub(super) use index::{edits, flat};
pub use search::{Found, resemblances, search};

/// In which way a domain imitates its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The same to the eye.
    Skeleton,
    /// A few letters away.
    Near,
    /// The target inside a longer label: `merrowmint-billing.com`.
    Combo,
    /// Something near the target inside a longer label.
    FuzzyCombo,
    /// The target among the labels below another domain: `merrowmint.com.portal.example`.
    Embedded,
    /// The target with a dot in it: `merrow.mint.com`.
    DotSplit,
    /// The same label under another suffix.
    TldSwap,
    /// The same Japanese word in another spelling.
    Romaji,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Skeleton,
        Self::Near,
        Self::Combo,
        Self::FuzzyCombo,
        Self::Embedded,
        Self::DotSplit,
        Self::TldSwap,
        Self::Romaji,
    ];

    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skeleton => "skeleton",
            Self::Near => "near",
            Self::Combo => "combo",
            Self::FuzzyCombo => "fuzzy-combo",
            Self::Embedded => "embedded",
            Self::DotSplit => "dot-split",
            Self::TldSwap => "tld-swap",
            Self::Romaji => "romaji",
        }
    }
}
