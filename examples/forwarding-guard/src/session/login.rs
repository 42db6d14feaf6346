//! How a client comes in: TLS ends here, the exchange of SASL goes through and is listened to.

use tokio::time::timeout;

use super::{Next, Session};
use crate::client::ANSWER;
use crate::login::Login;
use crate::wire::{Command, Status, Stream, Wire, WireError, last_line, status_of, string};

impl Session<'_> {
    pub(super) async fn start_tls(&mut self) -> Result<(), WireError> {
        let Some(identity) = &self.settings.identity else { return Ok(()) };
        let closed: Box<dyn Stream> = Box::new(tokio::io::empty());
        let plain = core::mem::replace(&mut self.client, Wire::new(closed, 0)).into_stream();
        let accepted = timeout(self.settings.entry, identity.acceptor().accept(plain)).await;
        let stream = accepted.map_err(|_| WireError::late())??;
        self.client = Wire::new(Box::new(stream), self.settings.server.limit);
        self.encrypted = true;
        let greeting = self.capabilities(&self.server.capabilities);
        self.client.send(&greeting).await
    }

    pub(super) async fn authenticate(&mut self, command: Command) -> Result<Next, WireError> {
        if !self.encrypted && !self.settings.plaintext && self.settings.identity.is_some() {
            self.client.send(&last_line("NO", "ENCRYPT-NEEDED", "Start TLS first.")).await?;
            return Ok(Next::Go);
        }
        let mechanism =
            command.args.first().map(|m| String::from_utf8_lossy(m.bytes()).into_owned()).unwrap_or_default();
        let mut first = command.text(1).map(<[u8]>::to_vec);
        self.server.wire.send(&command.encode()).await?;
        loop {
            let line = timeout(ANSWER, self.server.wire.server_line()).await.map_err(|_| WireError::late())??;
            let line = line.ok_or_else(WireError::gone)?;
            self.client.send(&line).await?;
            match status_of(&line) {
                Some(Status::Ok) => {
                    self.login = Login::of(&mechanism, &first.unwrap_or_default()).at(self.settings.domain.as_deref());
                    self.login.address = self.peer.ip().to_canonical().to_string();
                    tracing::info!(peer = %self.peer, owner = self.login.owner, actor = self.login.actor,
                        method = self.login.method, "logged in");
                    return Ok(Next::Go);
                }
                Some(Status::No) => {
                    tracing::info!(peer = %self.peer, mechanism, "login refused by the server");
                    return Ok(Next::Go);
                }
                Some(Status::Bye) => return Ok(Next::End),
                None => {}
            }
            let answer = timeout(self.settings.entry, self.client.answer()).await.map_err(|_| WireError::late())??;
            let Some(text) = answer else { return Ok(Next::End) };
            let mut out = Vec::new();
            string(&text, true, &mut out);
            out.extend_from_slice(b"\r\n");
            self.server.wire.send(&out).await?;
            first.get_or_insert(text);
        }
    }
}
