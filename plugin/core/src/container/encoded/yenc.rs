//! yEnc (draft 1.3): every byte plus 42, critical characters escaped by `=` and another 64.

/// One yEnc file in a text, or one part of it.
pub(super) struct File<'a> {
    /// Where its `=ybegin` line begins.
    pub(super) start: usize,
    /// Behind its `=yend` line.
    pub(super) end: usize,
    pub(super) name: &'a [u8],
    /// The encoded lines.
    pub(super) data: &'a [u8],
    /// The `=yend` line, if there is one.
    trailer: Option<&'a [u8]>,
}

/// The file whose `=ybegin` line begins at `at`: at a line start, with `line=`, `size=` and, last, `name=`.
pub(super) fn file_at(text: &[u8], at: usize) -> Option<File<'_>> {
    if at > 0 && !matches!(text.get(at.checked_sub(1)?), Some(b'\n' | b'\r')) {
        return None;
    }
    let (line, mut from) = line_at(text, at)?;
    let parameters = line.strip_prefix(b"=ybegin ")?;
    let name = memchr::memmem::find(parameters, b"name=")?;
    let (parameters, name) = parameters.split_at_checked(name)?;
    number(parameters, b"line=")?;
    number(parameters, b"size=")?;
    if let Some((line, next)) = line_at(text, from)
        && line.starts_with(b"=ypart ")
    {
        from = next;
    }
    let (mut data_end, mut end, mut trailer) = (from, from, None);
    while let Some((line, next)) = line_at(text, data_end) {
        if line.starts_with(b"=ybegin ") {
            break;
        }
        end = next;
        if line.starts_with(b"=yend") {
            trailer = Some(line);
            break;
        }
        data_end = next;
    }
    let name = name.strip_prefix(b"name=")?.trim_ascii();
    Some(File { start: at, end, name, data: text.get(from..data_end)?, trailer })
}

impl File<'_> {
    /// The decoded bytes, and whether size and CRC-32 are the stated ones.
    pub(super) fn decode(&self) -> (Vec<u8>, bool) {
        let mut out = Vec::with_capacity(self.data.len());
        let mut escape = false;
        for byte in self.data {
            match byte {
                b'\r' | b'\n' => {}
                b'=' if !escape => escape = true,
                _ => {
                    out.push(byte.wrapping_sub(if escape { 64 + 42 } else { 42 }));
                    escape = false;
                }
            }
        }
        let complete = self.trailer.is_some_and(|trailer| {
            let crc = hex(trailer, b" pcrc32=").or_else(|| hex(trailer, b" crc32="));
            number(trailer, b"size=") == Some(out.len()) && crc.is_none_or(|crc| crc == crc32fast::hash(&out))
        });
        (out, complete)
    }
}

/// The line that begins at `at`, without its line end, and where the next one begins.
fn line_at(text: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end.saturating_add(1));
    let line = rest.get(..end)?;
    Some((line.trim_ascii_end(), at.checked_add(end)?))
}

/// The decimal number behind `key`.
fn number(parameters: &[u8], key: &[u8]) -> Option<usize> {
    let value = value(parameters, key)?;
    let digits = value.iter().take_while(|b| b.is_ascii_digit()).count();
    core::str::from_utf8(value.get(..digits)?).ok()?.parse().ok()
}

/// The hexadecimal number behind `key`.
fn hex(parameters: &[u8], key: &[u8]) -> Option<u32> {
    let value = value(parameters, key)?;
    let digits = value.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    u32::from_str_radix(core::str::from_utf8(value.get(..digits)?).ok()?, 16).ok()
}

fn value<'a>(parameters: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find(parameters, key)?;
    parameters.get(at.checked_add(key.len())?..)
}
