//! What the proxy lets its clients see of the server.

use super::Session;
use crate::wire::{Arg, Response, Status, string};

impl Session<'_> {
    /// The server's capabilities as the proxy can keep them: its own STARTTLS, no mechanism that is tied to a channel,
    /// none at all before TLS.
    pub(super) fn capabilities(&self, response: &Response) -> Vec<u8> {
        let before = self.settings.identity.is_some() && !self.encrypted;
        let mut out = Vec::new();
        for mut line in response.lines() {
            let key = line.first().map(|a| a.bytes().to_ascii_uppercase()).unwrap_or_default();
            if key == b"STARTTLS" || key == b"XCLIENT" {
                continue;
            }
            if key == b"SASL"
                && let Some(Arg::Text(list)) = line.get_mut(1)
            {
                let text = String::from_utf8_lossy(list).into_owned();
                let kept = text.split_whitespace().filter(|m| !m.to_ascii_uppercase().ends_with("-PLUS"));
                let kept: Vec<&str> = kept.filter(|_| !before || self.settings.plaintext).collect();
                *list = kept.join(" ").into_bytes();
            }
            encode(&line, &mut out);
        }
        if before && response.status == Status::Ok {
            out.extend_from_slice(b"\"STARTTLS\"\r\n");
        }
        out.extend_from_slice(&response.last);
        out
    }
}

fn encode(line: &[Arg], out: &mut Vec<u8>) {
    for (n, arg) in line.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        string(arg.bytes(), false, out);
    }
    out.extend_from_slice(b"\r\n");
}
