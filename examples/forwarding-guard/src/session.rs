//! One client at the proxy: everything goes through, but no script gets to the server that was not looked at.

mod capabilities;
mod login;
mod script;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::client::{Client, Server};
use crate::judge::Judge;
use crate::login::Login;
use crate::proxy::stopped;
use crate::tls::Identity;
use crate::wire::{Arg, Command, Response, Status, Stream, Wire, WireError, last_line};

/// How a proxy is set up.
pub struct Settings {
    /// The server behind it.
    pub server: Server,
    /// TLS for clients; without it they speak in the open.
    pub identity: Option<Identity>,
    /// Clients may log in without TLS.
    pub plaintext: bool,
    /// The domain of names without one.
    pub domain: Option<String>,
    /// A script passes when the sandbox gives no answer; otherwise it is put off.
    pub open: bool,
    /// How long a client may say nothing, once logged in (RFC 5804 section 1.2 wants half an hour).
    pub idle: Duration,
    /// How long a client may take to log in.
    pub entry: Duration,
    /// Asks the plugin.
    pub judge: Arc<Judge>,
}

/// A client and its server.
struct Session<'s> {
    settings: &'s Settings,
    client: Wire,
    server: Client,
    encrypted: bool,
    login: Login,
    peer: SocketAddr,
    stop: watch::Receiver<bool>,
}

/// What goes on after a command.
enum Next {
    Go,
    /// The client starts TLS.
    Tls,
    End,
}

/// Serves one client to its end, or until `stop` says so between two commands.
///
/// # Errors
/// When one of the two sides breaks off; both connections are closed then.
pub async fn serve(
    stream: Box<dyn Stream>,
    peer: SocketAddr,
    settings: &Settings,
    stop: watch::Receiver<bool>,
) -> Result<(), WireError> {
    let mut client = Wire::new(stream, settings.server.limit);
    let server = match reach(&settings.server, peer).await {
        Ok(server) => server,
        Err(error) => {
            tracing::error!(%peer, server = settings.server.address, %error, "the server cannot be reached");
            client.send(&last_line("BYE", "TRYLATER", "The mail server cannot be reached.")).await?;
            client.close().await;
            return Ok(());
        }
    };
    let login = Login { address: peer.ip().to_canonical().to_string(), ..Login::default() };
    let mut session = Session { settings, client, server, encrypted: false, login, peer, stop };
    let greeting = session.capabilities(&session.server.capabilities);
    let done = match session.client.send(&greeting).await {
        Ok(()) => session.talk().await,
        Err(error) => Err(error),
    };
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

async fn reach(server: &Server, peer: SocketAddr) -> Result<Client, WireError> {
    let mut client = Client::connect(server).await?;
    client.introduce(peer).await?;
    Ok(client)
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

    /// How long the client may take for what comes next.
    fn patience(&self) -> Duration {
        if self.login.owner.is_empty() && self.login.method.is_empty() {
            self.settings.entry
        } else {
            self.settings.idle
        }
    }

    /// One command, or somebody's farewell.
    async fn turn(&mut self) -> Result<Next, WireError> {
        let patience = self.patience();
        tokio::select! {
            biased;
            () = stopped(&mut self.stop) => return self.bye("TRYLATER", "The server is going down.").await,
            ready = timeout(patience, self.client.ready()) => match ready {
                Ok(ready) => {
                    if !ready? {
                        return Ok(Next::End);
                    }
                }
                Err(_) => return self.bye("", "You said nothing for a long time.").await,
            },
            // A server speaks unasked only to say goodbye.
            _ = self.server.wire.ready() => {
                if let Some(bye) = self.server.wire.response().await? {
                    self.client.send(&bye.encode()).await?;
                    return Ok(Next::End);
                }
                return Err(WireError::gone());
            }
        }
        // Whoever begins a command has to end it.
        match timeout(patience, self.client.command()).await {
            Ok(Ok(Some(command))) => self.command(command).await,
            Ok(Ok(None)) => Ok(Next::End),
            Ok(Err(WireError::TooLong { size, limit })) => {
                let text = format!("The script has {size} bytes, {limit} are allowed.");
                self.client.send(&last_line("NO", "QUOTA/MAXSIZE", &text)).await?;
                Ok(Next::Go)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => self.bye("", "The command did not end.").await,
        }
    }

    async fn command(&mut self, command: Command) -> Result<Next, WireError> {
        match (command.name.as_str(), command.args.as_slice()) {
            ("STARTTLS", []) => {
                if self.settings.identity.is_none() || self.encrypted {
                    return self.no("TLS cannot be started here.").await;
                }
                if self.client.has_more() {
                    return Err(WireError::Syntax("Nothing may follow STARTTLS."));
                }
                self.client.send(&last_line("OK", "", "Begin TLS negotiation now.")).await?;
                Ok(Next::Tls)
            }
            // The server believes the proxy who a client is; the client is not asked.
            ("STARTTLS" | "XCLIENT", _) => self.no("This is not offered.").await,
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
            ("SETACTIVE", [] | [Arg::Word(_), ..] | [_, _, ..]) => self.no("The arguments are wrong.").await,
            ("CAPABILITY", _) => {
                let response = self.server.ask(&command).await?;
                if response.status == Status::Ok {
                    self.server.capabilities = response.clone();
                }
                self.client.send(&self.capabilities(&response)).await?;
                Ok(Next::Go)
            }
            ("UNAUTHENTICATE", _) => {
                let response = self.server.ask(&command).await?;
                // Who only says so stays known.
                if response.status == Status::Ok {
                    self.login = Login { address: core::mem::take(&mut self.login.address), ..Login::default() };
                }
                self.answer(&response).await
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

    async fn bye(&mut self, code: &str, text: &str) -> Result<Next, WireError> {
        self.client.send(&last_line("BYE", code, text)).await?;
        Ok(Next::End)
    }
}
