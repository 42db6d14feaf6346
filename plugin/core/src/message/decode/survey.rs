//! What is odd about a base64 body, and which other readings that makes. Only bodies that are not clean come here.

use super::base64::{FOREIGN, PAD, Padding, SPACE, URL, class_of, other};
use super::{How, Note, Other};

/// Fewer characters of the alphabet than this hold no archive worth hiding (48 bytes).
const WORTH: usize = 64;
/// How long text behind unpadded data may be and still be taken for a footer.
const FOOTER: usize = 8 << 10;
/// How many pieces behind padding are also read on their own.
const CHUNKS: usize = 4;

/// The outcome.
pub(super) struct Survey<'a> {
    pub(super) notes: Vec<Note>,
    pub(super) others: Vec<Other<'a>>,
}

/// How often something occurs, and where first.
#[derive(Clone, Copy, Default)]
struct Tally {
    first: usize,
    count: usize,
}

impl Tally {
    fn add(&mut self, at: usize) {
        if self.count == 0 {
            self.first = at;
        }
        self.count = self.count.saturating_add(1);
    }
}

/// What some bytes of a body hold.
#[derive(Default)]
struct Census {
    /// Characters of the alphabet.
    alphabet: usize,
    /// Those of them on lines of alphabet and padding only, without blanks between them.
    pure: usize,
    foreign: Tally,
    url: Tally,
    /// `=` where no quad may end, with more data behind it.
    stray_pads: Tally,
    /// The beginning of the first line that is not pure.
    impure: Option<usize>,
}

impl Census {
    /// Bytes that are not white space.
    fn solid(&self) -> usize {
        self.alphabet.saturating_add(self.foreign.count).saturating_add(self.url.count)
    }

    /// Is it more like text than like base64?
    fn is_text(&self) -> bool {
        self.pure < WORTH || self.pure < self.solid().div_ceil(2)
    }
}

/// Surveys a body whose usual reading stopped at `stop`, if it did.
pub(super) fn survey(body: &[u8], stop: Option<usize>) -> Survey<'_> {
    let (data, rest, rest_at) = split(body, stop);
    let main = census(data, 0);
    let behind = census(rest, rest_at);
    let mut out = Survey { notes: Vec::new(), others: Vec::new() };
    let not_base64 = !data.trim_ascii().is_empty() && main.foreign.count > 0 && main.is_text();
    let footer = if stop.is_none() { footer(data, &main) } else { None };
    if not_base64 {
        out.notes.push(Note::NotBase64 { offset: main.foreign.first });
        out.others.push(Other { body, how: How::Raw });
    } else if let Some(offset) = footer {
        out.notes.push(Note::TrailingText { offset });
    } else {
        out.foreign(&main);
    }
    if main.stray_pads.count > 0 {
        out.notes.push(Note::MidPadding { offset: main.stray_pads.first });
    }
    if let Some(stop) = stop {
        out.behind(body, stop, rest_at, &behind);
    }
    let more = behind.alphabet >= WORTH;
    if more {
        out.others.extend([Padding::Restart, Padding::Skip].map(|padding| other(body, padding, false)));
    }
    if (more || main.alphabet >= WORTH) && places_matter(body) {
        out.others.push(other(body, Padding::Place, false));
    }
    if (main.url.count > 0 || (more && behind.url.count > 0)) && main.solid() >= WORTH {
        out.others.push(other(body, Padding::Restart, true));
    }
    out
}

/// The data up to the padding that ends them, and what stands behind it.
fn split(body: &[u8], stop: Option<usize>) -> (&[u8], &[u8], usize) {
    let stop = stop.unwrap_or(body.len());
    let pads = body.get(stop..).unwrap_or(&[]).iter().take_while(|b| matches!(class_of(**b), PAD | SPACE)).count();
    let at = stop.saturating_add(pads);
    (body.get(..stop).unwrap_or(body), body.get(at..).unwrap_or(&[]), at)
}

impl<'a> Survey<'a> {
    /// Notes what stands in the data and does not belong there.
    fn foreign(&mut self, main: &Census) {
        let Tally { first: offset, count } = main.foreign;
        if count > 0 {
            self.notes.push(Note::ForeignBytes { offset, count });
        }
        let Tally { first: offset, count } = main.url;
        if count > 0 {
            self.notes.push(Note::UrlAlphabet { offset, count });
        }
    }

    /// Notes what stands behind the padding at `stop`, and has its pieces read on their own.
    fn behind(&mut self, body: &'a [u8], stop: usize, rest_at: usize, behind: &Census) {
        if behind.alphabet == 0 {
            return;
        }
        if behind.is_text() {
            self.notes.push(Note::TrailingText { offset: rest_at });
            return;
        }
        let rest = body.get(rest_at..).unwrap_or(&[]);
        let ends_line =
            body.get(stop..rest_at).is_some_and(|between| between.iter().any(|b| matches!(b, b'\r' | b'\n')));
        let mut chunks = 1usize;
        for piece in rest.split(|b| *b == b'=') {
            let characters = piece.iter().filter(|b| class_of(**b) < SPACE).count();
            chunks = chunks.saturating_add(usize::from(characters > 0));
            if characters >= WORTH && self.others.len() < CHUNKS {
                self.others.push(other(piece, Padding::Stop, false));
            }
        }
        self.notes.push(if ends_line {
            Note::Decoy { offset: stop, chunks }
        } else {
            Note::MidPadding { offset: stop }
        });
    }
}

/// Does `=` stand before data anywhere but at the end of a quad of four?
fn places_matter(body: &[u8]) -> bool {
    let (mut place, mut padded, mut misplaced) = (0u8, false, false);
    for class in body.iter().map(|b| class_of(*b)) {
        match class {
            SPACE | URL | FOREIGN => continue,
            PAD => {
                misplaced |= place < 2;
                padded = true;
            }
            _ if padded || misplaced => return true,
            _ => {}
        }
        place = place.wrapping_add(1) & 3;
        padded &= place > 0;
    }
    false
}

/// Where a short text behind unpadded data begins: at the first line that is not pure, if what follows is text.
fn footer(data: &[u8], main: &Census) -> Option<usize> {
    let at = main.impure.filter(|at| *at > 0)?;
    let text = data.get(at..)?;
    (text.len() <= FOOTER && census(text, at).is_text()).then_some(at)
}

/// Counts what some bytes hold; `base` is where they begin in the body.
fn census(bytes: &[u8], base: usize) -> Census {
    let mut all = Census::default();
    let mut pending = Tally::default();
    let mut phase = 0u8;
    let mut from = 0;
    while from < bytes.len() {
        let rest = bytes.get(from..).unwrap_or(&[]);
        let len = memchr::memchr2(b'\n', b'\r', rest).map_or(rest.len(), |end| end.saturating_add(1));
        let start = base.saturating_add(from);
        let (mut alphabet, mut blank, mut broken) = (0usize, false, false);
        for (n, byte) in rest.get(..len).unwrap_or(rest).iter().enumerate() {
            let at = start.saturating_add(n);
            match class_of(*byte) {
                SPACE => {
                    blank = true;
                    continue;
                }
                PAD if phase < 2 => pending.add(at),
                PAD => phase = 0,
                URL => all.url.add(at),
                FOREIGN => {
                    all.foreign.add(at);
                    broken = true;
                }
                _ => {
                    alphabet = alphabet.saturating_add(1);
                    phase = phase.wrapping_add(1) & 3;
                    if pending.count > 0 {
                        all.stray_pads = if all.stray_pads.count > 0 { all.stray_pads } else { pending };
                        pending = Tally::default();
                    }
                }
            }
            broken |= blank && alphabet > 1;
            blank = false;
        }
        all.alphabet = all.alphabet.saturating_add(alphabet);
        if !broken {
            all.pure = all.pure.saturating_add(alphabet);
        } else if all.impure.is_none() {
            all.impure = Some(start);
        }
        from = from.saturating_add(len);
    }
    all
}
