//! One client at the proxy: everything goes through, but no script gets to the server that was not looked at.

use std::sync::Arc;
use std::time::Duration;

use sekisho_host::Fact;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::client::{Client, Server};
use crate::judge::{Judge, Verdict, fact, missing};
use crate::login::Login;
use crate::wire::{Arg, Command, Response, Status, Stream, Wire, WireError, last_line, status_of, string};

/// How a proxy is set up.
pub struct Settings {
    /// The server behind it.
    pub server: Server,
    /// TLS for clients; without it they speak in the open.
    pub acceptor: Option<TlsAcceptor>,
    /// Clients may log in without TLS.
    pub plaintext: bool,
    /// The domain of names without one.
    pub domain: Option<String>,
    /// A script passes when the sandbox gives no answer; otherwise it is put off.
    pub open: bool,
    /// How long a client may say nothing.
    pub idle: Duration,
    /// Asks the plugin.
    pub judge: Arc<Judge>,
}

/// Scripts that include one another are followed so far.
const INCLUDES: usize = 10;

/// A client and its server.
struct Session<'s> {
    settings: &'s Settings,
    client: Wire,
    server: Client,
    encrypted: bool,
    login: Login,
    peer: String,
}

/// What goes on after a command.
enum Next {
    Go,
    /// The client starts TLS.
    Tls,
    End,
}

/// Serves one client to its end.
///
/// # Errors
/// When one of the two sides breaks off; both connections are closed then.
pub async fn serve(stream: Box<dyn Stream>, peer: String, settings: &Settings) -> Result<(), WireError> {
    let mut client = Wire::new(stream, settings.server.limit);
    let server = match Client::connect(&settings.server).await {
        Ok(server) => server,
        Err(error) => {
            client.send(&last_line("BYE", "TRYLATER", "The mail server cannot be reached.")).await?;
            client.close().await;
            return Err(error);
        }
    };
    let mut session = Session { settings, client, server, encrypted: false, login: Login::default(), peer };
    let greeting = session.filtered(&session.server.capabilities);
    session.client.send(&greeting).await?;
    let done = session.talk().await;
    if let Err(error) = &done {
        let (code, text) = match error {
            WireError::Io(_) => ("TRYLATER", "The connection to the mail server broke."),
            WireError::Syntax(what) => ("", *what),
            WireError::TooLong { .. } => ("QUOTA/MAXSIZE", "The script is too long."),
        };
        // The client may be the one that broke off.
        let _ = session.client.send(&last_line("BYE", code, text)).await;
    }
    session.client.close().await;
    session.server.wire.close().await;
    done
}

impl Session<'_> {
    async fn talk(&mut self) -> Result<(), WireError> {
        loop {
            match self.turn().await? {
                Next::Go => {}
                Next::End => return Ok(()),
                Next::Tls => self.start_tls().await?,
            }
        }
    }

    /// One command, or the server's farewell.
    async fn turn(&mut self) -> Result<Next, WireError> {
        let Self { client, server, settings, .. } = self;
        tokio::select! {
            ready = timeout(settings.idle, client.ready()) => match ready {
                Ok(ready) => {
                    if !ready? {
                        return Ok(Next::End);
                    }
                }
                Err(_) => {
                    client.send(&last_line("BYE", "", "You said nothing for a long time.")).await?;
                    return Ok(Next::End);
                }
            },
            // A server speaks unasked only to say goodbye.
            _ = server.wire.ready() => {
                if let Some(bye) = server.wire.response().await? {
                    client.send(&bye.encode()).await?;
                    return Ok(Next::End);
                }
                return Err(WireError::Io(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
        // Whoever begins a command has to end it.
        match timeout(settings.idle, client.command()).await {
            Ok(Ok(Some(command))) => self.command(command).await,
            Ok(Ok(None)) => Ok(Next::End),
            Ok(Err(WireError::TooLong { size, limit })) => {
                let text = format!("The script has {size} bytes, {limit} are allowed.");
                self.client.send(&last_line("NO", "QUOTA/MAXSIZE", &text)).await?;
                Ok(Next::Go)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(WireError::Syntax("The command did not end.")),
        }
    }

    async fn command(&mut self, command: Command) -> Result<Next, WireError> {
        match (command.name.as_str(), command.args.as_slice()) {
            ("STARTTLS", []) => {
                let offered = self.settings.acceptor.is_some() && !self.encrypted;
                if !offered {
                    return self.no("TLS cannot be started here.").await;
                }
                if self.client.has_more() {
                    return Err(WireError::Syntax("Nothing may follow STARTTLS."));
                }
                self.client.send(&last_line("OK", "", "Begin TLS negotiation now.")).await?;
                Ok(Next::Tls)
            }
            ("AUTHENTICATE", _) => self.authenticate(command).await,
            ("PUTSCRIPT", [Arg::Text(name), Arg::Text(script)]) => {
                let (name, script) = (name.clone(), script.clone());
                self.judged(&command, &name, script).await
            }
            ("CHECKSCRIPT", [Arg::Text(script)]) => {
                let script = script.clone();
                self.judged(&command, b"", script).await
            }
            // The script may be older than the proxy, or may have come by another way.
            ("SETACTIVE", [Arg::Text(name)]) if !name.is_empty() => {
                let name = name.clone();
                self.judged_stored(&command, &name).await
            }
            ("RENAMESCRIPT", [Arg::Text(old), Arg::Text(_)]) => {
                let old = old.clone();
                self.judged_stored(&command, &old).await
            }
            ("PUTSCRIPT" | "CHECKSCRIPT" | "RENAMESCRIPT", _) => self.no("The arguments are wrong.").await,
            ("CAPABILITY", _) => {
                let response = self.server.ask(&command).await?;
                if response.status == Status::Ok {
                    self.server.capabilities = response.clone();
                }
                self.client.send(&self.filtered(&response)).await?;
                Ok(Next::Go)
            }
            ("UNAUTHENTICATE", _) => {
                self.login = Login::default();
                self.pass(&command).await
            }
            ("LOGOUT", _) => {
                self.pass(&command).await?;
                Ok(Next::End)
            }
            _ => self.pass(&command).await,
        }
    }

    /// To the server and back.
    async fn pass(&mut self, command: &Command) -> Result<Next, WireError> {
        let response = self.server.ask(command).await?;
        self.answer(&response).await
    }

    async fn answer(&mut self, response: &Response) -> Result<Next, WireError> {
        self.client.send(&response.encode()).await?;
        Ok(if response.status == Status::Bye { Next::End } else { Next::Go })
    }

    async fn no(&mut self, text: &str) -> Result<Next, WireError> {
        self.client.send(&last_line("NO", "", text)).await?;
        Ok(Next::Go)
    }

    /// The exchange of SASL goes through; the name is heard on the way.
    async fn authenticate(&mut self, command: Command) -> Result<Next, WireError> {
        if !self.encrypted && !self.settings.plaintext && self.settings.acceptor.is_some() {
            self.client.send(&last_line("NO", "ENCRYPT-NEEDED", "Start TLS first.")).await?;
            return Ok(Next::Go);
        }
        let mechanism = command.text(0).map(|m| String::from_utf8_lossy(m).into_owned()).unwrap_or_default();
        let mut first = command.text(1).map(<[u8]>::to_vec);
        self.server.wire.send(&command.encode()).await?;
        loop {
            let line = self.server.wire.server_line().await?;
            let line = line.ok_or_else(|| WireError::Io(std::io::ErrorKind::UnexpectedEof.into()))?;
            self.client.send(&line).await?;
            match status_of(&line) {
                Some(Status::Ok) => {
                    self.login = Login::of(&mechanism, &first.unwrap_or_default()).at(self.settings.domain.as_deref());
                    return Ok(Next::Go);
                }
                Some(Status::No) => return Ok(Next::Go),
                Some(Status::Bye) => return Ok(Next::End),
                None => {}
            }
            let Some(text) = self.client.answer().await? else { return Ok(Next::End) };
            let mut out = Vec::new();
            string(&text, true, &mut out);
            out.extend_from_slice(b"\r\n");
            self.server.wire.send(&out).await?;
            first.get_or_insert(text);
        }
    }

    /// A script that is on the server already.
    async fn judged_stored(&mut self, command: &Command, name: &[u8]) -> Result<Next, WireError> {
        match self.server.script(name).await? {
            Some(script) => self.judged(command, name, script).await,
            // The server knows best what to say of a script that is not there.
            None => self.pass(command).await,
        }
    }

    /// Looks at a script, and passes the command on only then.
    async fn judged(&mut self, command: &Command, name: &[u8], script: Vec<u8>) -> Result<Next, WireError> {
        let verdict = match self.verdict(script).await? {
            Ok(verdict) => verdict,
            Err(error) => {
                self.log(command, name, &format!("not judged: {error:#}"));
                if !self.settings.open {
                    let text = "The script could not be looked at. Please try again later.";
                    self.client.send(&last_line("NO", "TRYLATER", text)).await?;
                    return Ok(Next::Go);
                }
                Verdict::Pass
            }
        };
        match verdict {
            Verdict::Pass => self.pass(command).await,
            Verdict::Warn(text) => {
                self.log(command, name, &format!("warned: {text}"));
                let mut response = self.server.ask(command).await?;
                if response.status == Status::Ok {
                    let own = response.reason();
                    let text = if own.is_empty() { text } else { format!("{own}\n{text}") };
                    response.last = last_line("OK", "WARNINGS", &text);
                }
                self.answer(&response).await
            }
            Verdict::Refuse(text) => {
                self.log(command, name, &format!("refused: {text}"));
                self.no(&text).await
            }
        }
    }

    /// Asks the plugin; scripts it includes are fetched from the server.
    async fn verdict(&mut self, script: Vec<u8>) -> Result<anyhow::Result<Verdict>, WireError> {
        let mut facts = self.capability_facts();
        for _ in 0..INCLUDES {
            let report = match self.settings.judge.lint(script.clone(), &self.login, facts.clone()).await {
                Ok(report) => report,
                Err(error) => return Ok(Err(error)),
            };
            let mut found = false;
            for name in missing(&report) {
                let known = facts.iter().any(|f| f.kind == "include" && f.key == name);
                if known || self.login.owner.is_empty() {
                    continue;
                }
                if let Some(text) = self.server.script(name.as_bytes()).await? {
                    facts.push(fact("include", &name, &String::from_utf8_lossy(&text)));
                    found = true;
                }
            }
            if !found {
                return Ok(Ok(self.settings.judge.verdict(&report)));
            }
        }
        Ok(Err(anyhow::anyhow!("scripts include one another too deep")))
    }

    fn capability_facts(&self) -> Vec<Fact> {
        let sieve = self.server.capability("SIEVE").unwrap_or_default();
        sieve.split_whitespace().map(|name| fact("sieve-capability", name, "")).collect()
    }

    async fn start_tls(&mut self) -> Result<(), WireError> {
        let Some(acceptor) = &self.settings.acceptor else { return Ok(()) };
        let closed: Box<dyn Stream> = Box::new(tokio::io::empty());
        let plain = core::mem::replace(&mut self.client, Wire::new(closed, 0)).into_stream();
        let accepted = timeout(self.settings.idle, acceptor.accept(plain)).await;
        let stream = accepted.map_err(|_| WireError::Io(std::io::ErrorKind::TimedOut.into()))??;
        self.client = Wire::new(Box::new(stream), self.settings.server.limit);
        self.encrypted = true;
        let greeting = self.filtered(&self.server.capabilities);
        self.client.send(&greeting).await
    }

    /// The server's capabilities as the proxy can keep them: its own STARTTLS, no mechanism that is tied to a channel,
    /// none at all before TLS.
    fn filtered(&self, response: &Response) -> Vec<u8> {
        let hidden = self.settings.acceptor.is_some() && !self.encrypted;
        let mut out = Vec::new();
        for line in response.lines() {
            let key = line.first().map(|a| a.bytes().to_ascii_uppercase()).unwrap_or_default();
            if key == b"STARTTLS" {
                continue;
            }
            let mut line = line;
            if key == b"SASL"
                && let Some(Arg::Text(list)) = line.get_mut(1)
            {
                let text = String::from_utf8_lossy(list).into_owned();
                let kept = text.split_whitespace().filter(|m| !m.to_ascii_uppercase().ends_with("-PLUS"));
                let kept: Vec<&str> = kept.filter(|_| !hidden || self.settings.plaintext).collect();
                *list = kept.join(" ").into_bytes();
            }
            capability(&line, &mut out);
        }
        if hidden && response.status == Status::Ok {
            out.extend_from_slice(b"\"STARTTLS\"\r\n");
        }
        out.extend_from_slice(&response.last);
        out
    }

    fn log(&self, command: &Command, name: &[u8], what: &str) {
        let who = if self.login.owner.is_empty() { "?" } else { &self.login.owner };
        let name = String::from_utf8_lossy(name);
        let first = what.lines().next().unwrap_or_default();
        eprintln!("{} {} {} {:?} {}", self.peer, who.escape_debug(), command.name, name, first.escape_debug());
    }
}

fn capability(line: &[Arg], out: &mut Vec<u8>) {
    for (n, arg) in line.iter().enumerate() {
        if n > 0 {
            out.push(b' ');
        }
        string(arg.bytes(), false, out);
    }
    out.extend_from_slice(b"\r\n");
}
