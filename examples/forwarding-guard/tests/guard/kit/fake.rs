//! The server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// What the server has and has heard.
#[derive(Default)]
pub struct State {
    pub scripts: BTreeMap<String, Vec<u8>>,
    pub active: String,
    /// Names of commands, in their order.
    pub heard: Vec<String>,
    /// Who logged in: the decoded messages of PLAIN.
    pub logins: Vec<String>,
    pub open: usize,
}

/// A running server; it ends with the value.
pub struct Fake {
    pub address: SocketAddr,
    pub state: Arc<Mutex<State>>,
    running: AbortHandle,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let running = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = shared.clone();
                tokio::spawn(async move {
                    state.lock().unwrap().open += 1;
                    let _ = serve(BufStream::new(stream), &state).await;
                    state.lock().unwrap().open -= 1;
                });
            }
        });
        Self { address, state, running: running.abort_handle() }
    }

    pub fn script(&self, name: &str) -> Option<String> {
        self.state.lock().unwrap().scripts.get(name).map(|s| String::from_utf8_lossy(s).into_owned())
    }

    pub fn add(&self, name: &str, script: &str) {
        self.state.lock().unwrap().scripts.insert(name.into(), script.into());
    }

    pub fn heard(&self, command: &str) -> usize {
        self.state.lock().unwrap().heard.iter().filter(|c| *c == command).count()
    }

    /// Waits until nobody is connected.
    pub async fn left_alone(&self) {
        for _ in 0..500 {
            if self.state.lock().unwrap().open == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("somebody is still connected");
    }
}

const GREETING: &[u8] =
    b"\"IMPLEMENTATION\" \"Fake\"\r\n\"SIEVE\" \"fileinto copy include\"\r\n\"SASL\" \"PLAIN SCRAM-SHA-256-PLUS\"\r\n\
\"XCLIENT\"\r\n\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n";

async fn serve(mut stream: BufStream<TcpStream>, state: &Mutex<State>) -> std::io::Result<()> {
    say(&mut stream, GREETING).await?;
    loop {
        let words = command(&mut stream).await?;
        let Some(name) = words.first().map(|w| String::from_utf8_lossy(w).to_ascii_uppercase()) else { continue };
        state.lock().unwrap().heard.push(name.clone());
        let text = |n: usize| words.get(n).map(|w| String::from_utf8_lossy(w).into_owned()).unwrap_or_default();
        let answer = match name.as_str() {
            "AUTHENTICATE" => {
                let mut message = text(2);
                if words.len() < 3 {
                    say(&mut stream, b"\"\"\r\n").await?;
                    message = String::from_utf8_lossy(&command(&mut stream).await?[0]).into_owned();
                }
                state.lock().unwrap().logins.push(message);
                b"OK\r\n".to_vec()
            }
            "CAPABILITY" => GREETING.to_vec(),
            "PUTSCRIPT" => {
                state.lock().unwrap().scripts.insert(text(1), words[2].clone());
                b"OK \"stored\"\r\n".to_vec()
            }
            "GETSCRIPT" => match state.lock().unwrap().scripts.get(&text(1)) {
                Some(script) => [format!("{{{}}}\r\n", script.len()).as_bytes(), script, b"\r\nOK\r\n"].concat(),
                None => b"NO (NONEXISTENT) {4}\r\nnone\r\n".to_vec(),
            },
            "LISTSCRIPTS" => {
                let state = state.lock().unwrap();
                let active = |n: &String| if *n == state.active { " ACTIVE" } else { "" };
                let lines: String = state.scripts.keys().map(|n| format!("\"{n}\"{}\r\n", active(n))).collect();
                format!("{lines}OK\r\n").into_bytes()
            }
            "SETACTIVE" => {
                state.lock().unwrap().active = text(1);
                b"OK\r\n".to_vec()
            }
            "LOGOUT" => return say(&mut stream, b"OK \"bye\"\r\n").await,
            "UNAUTHENTICATE" => b"NO \"not here\"\r\n".to_vec(),
            "XDIE" => return Ok(()),
            "XBYE" => return say(&mut stream, b"OK\r\nBYE \"restart\"\r\n").await,
            _ => b"OK \"as you like\"\r\n".to_vec(),
        };
        say(&mut stream, &answer).await?;
    }
}

async fn say(stream: &mut BufStream<TcpStream>, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

/// The words of a command: bare, quoted or literal.
async fn command(stream: &mut BufStream<TcpStream>) -> std::io::Result<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8(line).unwrap();
        let mut rest = text.trim_end_matches(['\r', '\n']);
        let mut literal = None;
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix('"') {
                let mut word = Vec::new();
                let mut bytes = quoted.bytes();
                loop {
                    match bytes.next().unwrap() {
                        b'"' => break,
                        b'\\' => word.push(bytes.next().unwrap()),
                        b => word.push(b),
                    }
                }
                rest = &quoted[quoted.len() - bytes.len()..];
                out.push(word);
            } else if let Some(size) = rest.strip_prefix('{').and_then(|r| r.strip_suffix("+}")) {
                literal = Some(size.parse::<usize>().unwrap());
                break;
            } else {
                let (word, tail) = rest.split_once(' ').unwrap_or((rest, ""));
                if !word.is_empty() {
                    out.push(word.into());
                }
                rest = tail;
            }
        }
        let Some(size) = literal else { return Ok(out) };
        let mut word = vec![0; size];
        stream.read_exact(&mut word).await?;
        out.push(word);
    }
}
