//! Frames: a `u32` length in network order that counts the command byte, the command byte, data.

/// The largest frame that is let in, length field not counted. Postfix stays within 64 KiB; Stalwart sends a header field of
/// any size in one frame.
pub const LARGEST: usize = 1 << 20;

/// Bytes of the length field.
const LENGTH: usize = 4;

/// One frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it asks for.
    pub command: u8,
    /// What comes with it.
    pub data: &'a [u8],
}

/// A length no peer in its right mind sends. The connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A frame holds at least its command byte.
    #[error("a frame of length 0")]
    Empty,
    /// More than [`LARGEST`].
    #[error("a frame of {0} bytes, more than {LARGEST}")]
    TooLarge(u32),
}

/// Cuts a stream of bytes into frames. Holds at most one frame and one read.
#[derive(Debug, Default)]
pub struct Frames {
    buffer: Vec<u8>,
    /// Where the next frame begins in `buffer`.
    at: usize,
}

impl Frames {
    /// The buffer to read into, behind what is there. Bytes of frames already taken are gone.
    pub fn space(&mut self) -> &mut Vec<u8> {
        self.buffer.drain(..self.at.min(self.buffer.len()));
        self.at = 0;
        &mut self.buffer
    }

    /// The next frame; `None` when more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError`], found by the length field alone, before anything is kept for it.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let rest = self.buffer.get(self.at..).unwrap_or(&[]);
        let Some((length, rest)) = rest.split_first_chunk::<LENGTH>() else { return Ok(None) };
        let length = u32::from_be_bytes(*length);
        if length == 0 {
            return Err(FrameError::Empty);
        }
        let Some(size) = usize::try_from(length).ok().filter(|size| *size <= LARGEST) else {
            return Err(FrameError::TooLarge(length));
        };
        let Some((command, data)) = rest.get(..size).and_then(<[u8]>::split_first) else { return Ok(None) };
        self.at = self.at.saturating_add(LENGTH).saturating_add(size);
        Ok(Some(Frame { command: *command, data }))
    }

    /// Is there part of a frame?
    #[must_use]
    pub fn is_broken_off(&self) -> bool {
        self.at < self.buffer.len()
    }
}

/// Appends a frame.
pub fn put(out: &mut Vec<u8>, command: u8, data: &[&[u8]]) {
    let size = data.iter().map(|d| d.len()).sum::<usize>().saturating_add(1);
    out.extend_from_slice(&u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
    out.push(command);
    for data in data {
        out.extend_from_slice(data);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All frames of a stream that arrives in these pieces.
    fn all(pieces: &[&[u8]]) -> Result<Vec<(u8, Vec<u8>)>, FrameError> {
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        for piece in pieces {
            frames.space().extend_from_slice(piece);
            while let Some(frame) = frames.next_frame()? {
                out.push((frame.command, frame.data.to_vec()));
            }
        }
        Ok(out)
    }

    #[test]
    fn lengths_are_checked_before_anything_is_kept() {
        assert_eq!(all(&[&[0, 0, 0, 0]]), Err(FrameError::Empty));
        assert_eq!(all(&[&[0x00, 0x10, 0x00, 0x01]]), Err(FrameError::TooLarge(0x0010_0001)));
        assert_eq!(all(&[&[0xff; 4]]), Err(FrameError::TooLarge(u32::MAX)));
        assert_eq!(all(&[&[0x00, 0x10, 0x00, 0x00, b'B']]), Ok(vec![]), "exactly the largest is waited for");
    }

    proptest! {
        #[test]
        fn any_split_of_the_stream_gives_the_same_frames(
            frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let mut stream = Vec::new();
            for (command, data) in &frames {
                put(&mut stream, *command, &[data]);
            }
            let (head, tail) = stream.split_at(cut.index(stream.len().strict_add(1)));
            prop_assert_eq!(all(&[head, tail]), Ok(frames.clone()));
            let bytes: Vec<_> = stream.chunks(1).collect();
            prop_assert_eq!(all(&bytes), Ok(frames));
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = all(&[&bytes]);
        }
    }
}
