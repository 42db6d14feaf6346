//! A small ManageSieve server with its own reading of RFC 5804, and a client that speaks in raw bytes.

pub mod fake;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use forwarding_guard::client::Server;
use forwarding_guard::judge::Judge;
use forwarding_guard::policy::Policy;
use forwarding_guard::proxy;
use forwarding_guard::session::Settings;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use fake::Fake;

/// Sends all mail outside.
pub const OUTSIDE: &str = "redirect :copy \"thief@outside.example\";\r\n";
/// Stays inside.
pub const INSIDE: &str = "redirect \"keiri@corp.example\";\r\n";
/// `\0sato\0pw` for the mechanism PLAIN.
pub const LOGIN: &str = "AUTHENTICATE \"PLAIN\" \"AHNhdG8AcHc=\"\r\n";

/// A policy from TOML.
pub fn policy(text: &str) -> Policy {
    Policy::of(&toml::from_str(text).unwrap())
}

/// The plugin with the default policy; loaded once.
pub fn judge() -> Arc<Judge> {
    static JUDGE: OnceLock<Arc<Judge>> = OnceLock::new();
    JUDGE.get_or_init(|| Judge::new(Policy::default(), vec!["corp.example".into()]).unwrap()).clone()
}

/// A running proxy; it ends with the value.
pub struct Proxy {
    pub address: SocketAddr,
    pub stop: watch::Sender<bool>,
    pub done: JoinHandle<()>,
}

/// The usual settings before a server: no TLS.
pub fn settings(server: SocketAddr, judge: Arc<Judge>) -> Settings {
    Settings {
        server: Server { address: server.to_string(), trust: None, limit: 1 << 20 },
        identity: None,
        plaintext: true,
        domain: Some("corp.example".into()),
        open: false,
        idle: Duration::from_secs(20),
        entry: Duration::from_secs(20),
        judge,
    }
}

impl Proxy {
    pub async fn start(settings: Settings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let done = tokio::spawn(proxy::run(listener, Arc::new(settings), 10, stopped, Duration::from_secs(5)));
        Self { address, stop, done }
    }

    /// Before this server, with the default policy.
    pub async fn before(fake: &Fake) -> Self {
        Self::start(settings(fake.address, judge())).await
    }

    /// A client that was greeted and logged in.
    pub async fn login(&self) -> Raw<TcpStream> {
        let mut raw = self.connect().await;
        raw.ask(LOGIN).await.starts("OK");
        raw
    }

    /// A client that was greeted.
    pub async fn connect(&self) -> Raw<TcpStream> {
        let mut raw = Raw::new(TcpStream::connect(self.address).await.unwrap());
        raw.response().await.starts("OK");
        raw
    }
}

/// A client.
pub struct Raw<S> {
    pub stream: S,
    held: Vec<u8>,
}

/// A response, as text.
#[derive(Debug)]
pub struct Said {
    pub data: String,
    pub last: String,
}

impl Said {
    #[track_caller]
    pub fn starts(&self, with: &str) {
        assert!(self.last.starts_with(with), "{self:?} instead of {with}");
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
    pub fn new(stream: S) -> Self {
        Self { stream, held: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Said {
        self.send(bytes).await;
        self.response().await
    }

    pub async fn put(&mut self, name: &str, script: &str) -> Said {
        self.ask(format!("PUTSCRIPT \"{name}\" {{{}+}}\r\n{script}\r\n", script.len())).await
    }

    async fn more(&mut self) -> bool {
        let mut chunk = [0; 4096];
        let read = tokio::time::timeout(Duration::from_secs(30), self.stream.read(&mut chunk));
        let got = read.await.expect("an answer in time").unwrap_or(0);
        self.held.extend_from_slice(&chunk[..got]);
        got > 0
    }

    /// Nothing more comes.
    pub async fn ended(&mut self) -> bool {
        self.held.is_empty() && !self.more().await
    }

    /// A line with its literals.
    async fn line(&mut self) -> String {
        let mut end = 0;
        loop {
            match self.held[end..].iter().position(|b| *b == b'\n') {
                Some(at) => {
                    let line = &self.held[end..=end + at];
                    end += at + 1;
                    let text = String::from_utf8_lossy(line).into_owned();
                    let size = text.trim_end().strip_suffix('}').and_then(|t| t.rsplit_once('{')?.1.parse().ok());
                    let Some(size): Option<usize> = size else { break };
                    while self.held.len() < end + size {
                        assert!(self.more().await, "cut off in a literal");
                    }
                    end += size;
                }
                None => assert!(self.more().await, "cut off: {:?}", String::from_utf8_lossy(&self.held)),
            }
        }
        String::from_utf8_lossy(&self.held.drain(..end).collect::<Vec<_>>()).into_owned()
    }

    pub async fn response(&mut self) -> Said {
        let mut data = String::new();
        loop {
            let line = self.line().await;
            let word = line.split([' ', '\r']).next().unwrap();
            if ["OK", "NO", "BYE"].contains(&word) {
                return Said { data, last: line };
            }
            data.push_str(&line);
        }
    }
}
