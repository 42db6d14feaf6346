//! The protocol, without input or output: bytes in, requests out.

/// The longest command. Clients name none longer.
const COMMAND: usize = 128;

/// What a client wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Request {
    /// `PING`.
    Ping,
    /// `VERSION`.
    Version,
    /// `INSTREAM` with its content; `None` when it was larger than the limit.
    Scan(Option<Vec<u8>>),
    /// `IDSESSION`: several commands follow on this connection.
    Begin,
    /// `END`.
    End,
    /// Everything else, all commands with a path among them.
    Unknown,
}

/// A request and how its answer ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// What is wanted.
    pub request: Request,
    /// The last byte of the answer: NUL for `z` commands, LF for all others.
    pub end: u8,
}

/// One connection.
#[derive(Debug)]
pub struct Session {
    limit: usize,
    state: State,
    /// A length or a command of which not all has come.
    partial: Vec<u8>,
    content: Vec<u8>,
    end: u8,
    /// The content under way is larger than the limit.
    over: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Command,
    Length,
    Chunk(usize),
}

impl Session {
    /// A new connection. Content longer than `limit` bytes is not kept.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, state: State::Command, partial: Vec::new(), content: Vec::new(), end: b'\n', over: false }
    }

    /// Bytes of content kept so far.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.content.len()
    }

    /// Bytes of content there is room for without growing.
    #[must_use]
    pub fn room(&self) -> usize {
        self.content.capacity()
    }

    /// Goes on with the content under way in `buffer`, an empty one with more room.
    pub fn move_into(&mut self, mut buffer: Vec<u8>) {
        buffer.extend_from_slice(&self.content);
        self.content = buffer;
    }

    /// Is a command under way?
    #[must_use]
    pub fn is_busy(&self) -> bool {
        !matches!(self.state, State::Command) || !self.partial.is_empty()
    }

    /// Takes bytes up to the end of the next request; what is left stays in `bytes`. Content over the limit and an unknown
    /// command end the connection: what comes behind them means nothing.
    pub fn take(&mut self, bytes: &mut &[u8]) -> Option<Call> {
        while !bytes.is_empty() {
            match self.state {
                State::Command => {
                    if let Some(call) = self.command(bytes) {
                        return Some(call);
                    }
                }
                State::Length => {
                    if let Some(call) = self.length(bytes) {
                        return Some(call);
                    }
                }
                State::Chunk(left) => self.chunk(left, bytes),
            }
            if self.over {
                return Some(Call { request: Request::Scan(None), end: self.end });
            }
        }
        None
    }

    fn command(&mut self, bytes: &mut &[u8]) -> Option<Call> {
        let first = self.partial.first().or(bytes.first()).copied();
        let end = if first == Some(b'z') { 0 } else { b'\n' };
        let whole = bytes.iter().position(|b| *b == end);
        let (piece, rest) = bytes.split_at_checked(whole.unwrap_or(bytes.len())).unwrap_or((bytes, &[]));
        let room = COMMAND.saturating_sub(self.partial.len());
        let too_long = piece.len() > room;
        self.partial.extend_from_slice(piece.get(..room).unwrap_or(piece));
        *bytes = rest;
        if too_long {
            self.partial.clear();
            return Some(Call { request: Request::Unknown, end });
        }
        whole?;
        *bytes = rest.get(1..).unwrap_or(&[]);
        let command = std::mem::take(&mut self.partial);
        let command = command.strip_suffix(b"\r").unwrap_or(&command);
        let command = command.strip_prefix(b"z").or(command.strip_prefix(b"n")).unwrap_or(command);
        let request = match command {
            b"PING" => Request::Ping,
            b"VERSION" => Request::Version,
            b"IDSESSION" => Request::Begin,
            b"END" => Request::End,
            b"INSTREAM" => {
                self.state = State::Length;
                self.end = end;
                return None;
            }
            _ => Request::Unknown,
        };
        Some(Call { request, end })
    }

    fn length(&mut self, bytes: &mut &[u8]) -> Option<Call> {
        let missing = 4_usize.saturating_sub(self.partial.len()).min(bytes.len());
        let (piece, rest) = bytes.split_at_checked(missing)?;
        self.partial.extend_from_slice(piece);
        *bytes = rest;
        let length = u32::from_be_bytes(self.partial.as_slice().try_into().ok()?);
        self.partial.clear();
        if length == 0 {
            self.state = State::Command;
            let content = std::mem::take(&mut self.content);
            return Some(Call { request: Request::Scan(Some(content)), end: self.end });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.over = self.content.len().saturating_add(length) > self.limit;
        self.state = State::Chunk(length);
        None
    }

    fn chunk(&mut self, left: usize, bytes: &mut &[u8]) {
        let (piece, rest) = bytes.split_at_checked(left.min(bytes.len())).unwrap_or((bytes, &[]));
        self.content.extend_from_slice(piece);
        *bytes = rest;
        self.state = match left.saturating_sub(piece.len()) {
            0 => State::Length,
            left => State::Chunk(left),
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(stream: &[u8], piece: usize) -> Vec<Call> {
        let (mut session, mut calls) = (Session::new(100), Vec::new());
        for mut bytes in stream.chunks(piece) {
            while let Some(call) = session.take(&mut bytes) {
                let over = call.request == Request::Scan(None);
                calls.push(call);
                if over {
                    return calls;
                }
            }
        }
        calls
    }

    fn scan(content: &[u8], end: u8) -> Call {
        Call { request: Request::Scan(Some(content.to_vec())), end }
    }

    #[test]
    fn clients_of_all_kinds_are_understood() {
        let stream =
            b"zPING\0nVERSION\nzINSTREAM\0\0\0\0\x03abc\0\0\0\x01d\0\0\0\0PING\nzIDSESSION\0nINSTREAM\n\0\0\0\0zEND\0";
        let call = |request, end| Call { request, end };
        for piece in 1..stream.len() {
            assert_eq!(
                all(stream, piece),
                [
                    call(Request::Ping, 0),
                    call(Request::Version, b'\n'),
                    scan(b"abcd", 0),
                    call(Request::Ping, b'\n'),
                    call(Request::Begin, 0),
                    scan(b"", b'\n'),
                    call(Request::End, 0),
                ]
            );
        }
    }

    #[test]
    fn commands_with_a_path_are_unknown() {
        for command in ["SCAN /etc/passwd", "nCONTSCAN /", "MULTISCAN /", "nFILDES", "SHUTDOWN", "RELOAD", "", "ping"] {
            let calls = all(format!("{command}\n").as_bytes(), 99);
            assert_eq!(calls, [Call { request: Request::Unknown, end: b'\n' }], "{command}");
        }
    }

    #[test]
    fn too_much_is_noticed_by_its_length_alone() {
        assert_eq!(all(b"zINSTREAM\0\0\0\0\x64", 9), []);
        assert_eq!(all(b"zINSTREAM\0\0\0\0\x65", 9), [Call { request: Request::Scan(None), end: 0 }]);
        assert_eq!(all(b"zINSTREAM\0\xff\xff\xff\xff", 9), [Call { request: Request::Scan(None), end: 0 }]);
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_requests(bytes in prop::collection::vec(prop::sample::select(b"zn\0\n\x01INSTREAM".to_vec()), 0..80), piece in 1_usize..20) {
            let mut stream = b"zINSTREAM\0\0\0\0\x01".to_vec();
            stream.extend(bytes);
            prop_assert_eq!(all(&stream, piece), all(&stream, usize::MAX));
        }
    }
}
