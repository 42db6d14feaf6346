//! One pass over the bytes for everything that could be a record.

use memchr::memmem;

use super::header::{CENTRAL, FLAG_ENCRYPTED, Header, LOCAL, Side};
use super::records::{DESCRIPTOR, END, End, SINGLE_SEGMENT, ZIP64_END, Zip64End};

/// So many places of one kind are kept. More do not fit into any mail that a gateway accepts; beyond, only the
/// encryption flags are looked at.
const KEPT: usize = 1 << 20;

/// Where records could be, each list in ascending order.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    /// Local headers whose name and extra fields fit.
    pub locals: Vec<usize>,
    /// Central headers whose name, extra fields and comment fit.
    pub centrals: Vec<usize>,
    /// End records.
    pub ends: Vec<usize>,
    /// ZIP64 end records whose size fits.
    pub zip64_ends: Vec<usize>,
    /// Data descriptors with a signature.
    pub descriptors: Vec<usize>,
    /// There were more than are kept.
    pub cut: bool,
    /// The first header beyond those kept that says "encrypted".
    pub late_encrypted: Option<usize>,
}

/// Is any record signature in these bytes?
pub fn any(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"PK").any(|at| match bytes.get(at..at.saturating_add(4)) {
        Some(s) if s == LOCAL => Header::local(bytes, at).is_some(),
        Some(s) if s == CENTRAL => Header::central(bytes, at).is_some(),
        Some(s) if s == END => End::parse(bytes, at).is_some(),
        _ => false,
    })
}

impl Signatures {
    /// Finds them all.
    pub fn of(bytes: &[u8]) -> Self {
        let mut found = Self::default();
        for at in memmem::find_iter(bytes, b"PK") {
            let Some(signature) = bytes.get(at..at.saturating_add(4)) else { break };
            if signature == LOCAL {
                found.header(bytes, at, Side::Local);
            } else if signature == CENTRAL {
                found.header(bytes, at, Side::Central);
            } else if signature == END && End::parse(bytes, at).is_some() {
                found.cut |= !keep(&mut found.ends, at);
            } else if signature == ZIP64_END && Zip64End::parse(bytes, at).is_some() {
                found.cut |= !keep(&mut found.zip64_ends, at);
            } else if signature == DESCRIPTOR {
                found.cut |= !keep(&mut found.descriptors, at);
            }
        }
        found
    }

    fn header(&mut self, bytes: &[u8], at: usize, side: Side) {
        let Some(header) = Header::parse(bytes, at, side) else { return };
        let list = match side {
            Side::Local => &mut self.locals,
            Side::Central => &mut self.centrals,
        };
        if !keep(list, at) {
            self.cut = true;
            if self.late_encrypted.is_none() && header.has(FLAG_ENCRYPTED) && header.is_plausible() {
                self.late_encrypted = Some(at);
            }
        }
    }

    /// Is there nothing to look at?
    pub fn is_empty(&self) -> bool {
        self.locals.is_empty() && self.centrals.is_empty() && self.ends.is_empty()
    }

    /// The first place of a record after `at`, of those that end a member's data.
    pub fn next_record(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let after = |list: &[usize]| list.get(list.partition_point(|p| *p < at)).copied();
        let local = self
            .locals
            .get(self.locals.partition_point(|p| *p < at)..)
            .unwrap_or(&[])
            .iter()
            .copied()
            .take(64)
            .find(|p| Header::local(bytes, *p).is_some_and(|h| h.is_plausible()));
        [local, after(&self.centrals), after(&self.ends)].into_iter().flatten().min()
    }
}

/// Keeps a place while there is room.
fn keep(list: &mut Vec<usize>, at: usize) -> bool {
    if list.len() < KEPT {
        list.push(at);
        true
    } else {
        false
    }
}

/// The mark of a split archive that stands right before the first local header, if it does.
pub fn segment_mark(bytes: &[u8], local: usize) -> Option<(usize, &'static [u8; 4])> {
    let at = local.checked_sub(4)?;
    let mark = bytes.get(at..local)?;
    [DESCRIPTOR, SINGLE_SEGMENT].into_iter().find(|m| mark == *m).map(|m| (at, m))
}
