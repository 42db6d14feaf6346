//! Everything that is found in some bytes, before it is judged.

use super::directory::{self, Directories};
use super::intervals::Intervals;
use super::member::{Member, join};
use super::signatures::Signatures;

/// The records and members of all archives in some bytes.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Where records could be.
    pub signatures: Signatures,
    /// The directories and their end records.
    pub directories: Directories,
    /// The members, in the order of the file.
    pub members: Vec<Member>,
}

impl Survey {
    /// Looks for archives. `taken` are ranges that belong to objects other readers found.
    pub fn of(bytes: &[u8], taken: &Intervals) -> Option<Self> {
        let signatures = Signatures::of(bytes);
        if signatures.is_empty() {
            return None;
        }
        let mut directories = directory::read(bytes, &signatures, taken, true);
        let mut members = join(bytes, &signatures, &directories);
        // An archive was left to the stored member it lies in; if there is no such member after all, it counts here.
        if directories.deferred.iter().any(|range| !is_inside(&members, *range)) {
            directories = directory::read(bytes, &signatures, taken, false);
            members = join(bytes, &signatures, &directories);
        }
        let nothing = members.is_empty() && directories.ends.is_empty() && signatures.late_encrypted.is_none();
        (!nothing).then_some(Self { signatures, directories, members })
    }
}

/// Does a range lie in the data of a member?
fn is_inside(members: &[Member], (start, end): (usize, usize)) -> bool {
    let behind = members.partition_point(|m| m.start <= start);
    let around = behind.checked_sub(1).and_then(|n| members.get(n));
    around.is_some_and(|m| m.local.is_some() && end <= m.end)
}
