//! Connections with a deaf, a hasty and a slow peer.

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use super::*;
use crate::config::{Limits, Way};
use crate::judge::Judge;
use crate::metrics::Metrics;
use crate::policy::Policy;

struct Peer {
    stream: UnixStream,
    stopper: watch::Sender<bool>,
    task: JoinHandle<()>,
    house: Arc<House>,
}

impl Peer {
    /// A negotiated connection.
    async fn new(limits: Limits, wait: Duration) -> Self {
        let (host, metrics) = (crate::plugin(), Arc::new(Metrics::default()));
        let judge = Judge::new(Arc::clone(&host), 1, wait, Arc::clone(&metrics));
        let house = Arc::new(House::new(judge, limits, metrics));
        let course = Course { name: "m".into(), way: Way::default(), policy: Policy::load(None, &host).unwrap() };
        let door = Door { house: Arc::clone(&house), course: Arc::new(course) };
        let (stream, server) = UnixStream::pair().unwrap();
        let (stopper, stop) = watch::channel(false);
        let task = tokio::spawn(async move { door.serve(Stream::Unix(server), stop).await });
        let mut peer = Self { stream, stopper, task, house };
        peer.say(&[(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff")]).await;
        assert_eq!(peer.hear().await.0, b'O');
        peer
    }

    async fn say(&mut self, commands: &[(u8, &[u8])]) {
        say(&mut self.stream, commands).await;
    }

    async fn hear(&mut self) -> (u8, Vec<u8>) {
        hear(&mut self.stream).await
    }

    /// The gate closes the connection.
    async fn ends(mut self) {
        assert_eq!(self.stream.read(&mut [0; 9]).await.unwrap(), 0);
        self.task.await.unwrap();
        assert_eq!(self.house.metrics.connections.get(), 0);
        assert_eq!(self.house.metrics.in_flight.get(), 0);
    }
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), commands: &[(u8, &[u8])]) {
    let mut out = Vec::new();
    commands.iter().for_each(|(command, data)| put(&mut out, *command, &[data]));
    stream.write_all(&out).await.unwrap();
}

async fn hear(stream: &mut (impl AsyncRead + Unpin)) -> (u8, Vec<u8>) {
    let length = stream.read_u32().await.unwrap();
    let mut frame = vec![0; length as usize];
    stream.read_exact(&mut frame).await.unwrap();
    (frame.remove(0), frame)
}

const SOON: Duration = Duration::from_secs(20);
const HEAD: [(u8, &[u8]); 4] = [(b'M', b"<>\0"), (b'R', b"<b@b.test>\0"), (b'L', b"From\0 <a@a.test>\0"), (b'N', b"")];

#[tokio::test]
async fn told_to_stop_it_finishes_the_mail_under_way() {
    let mut peer = Peer::new(Limits::default(), SOON).await;
    peer.say(&HEAD).await;
    peer.say(&[(b'B', b"half of ")]).await;
    // The gate has taken the half when it has reserved room for it.
    while peer.house.metrics.in_flight.get() == 0 {
        tokio::task::yield_now().await;
    }
    peer.stopper.send(true).unwrap();
    peer.say(&[(b'B', b"a body"), (b'E', b"")]).await;
    assert_eq!(peer.hear().await, (b'a', vec![]));
    peer.ends().await;
}

#[tokio::test]
async fn told_to_stop_it_leaves_idle_peers() {
    let peer = Peer::new(Limits::default(), SOON).await;
    peer.stopper.send(true).unwrap();
    peer.ends().await;
}

#[tokio::test]
async fn a_peer_that_goes_away_takes_its_mail_along() {
    let mut peer = Peer::new(Limits::default(), SOON).await;
    peer.say(&HEAD).await;
    peer.stream.shutdown().await.unwrap();
    peer.ends().await;
}

#[tokio::test]
async fn a_malformed_frame_ends_the_connection() {
    let mut peer = Peer::new(Limits::default(), SOON).await;
    peer.stream.write_all(b"\0\0\0\x02L\0").await.unwrap();
    peer.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_house_says_not_now_and_holds_nothing() {
    // Room for 1 MiB, and a message that outgrows it beneath its own limit.
    let limits = Limits { message_mib: 8, in_flight_mib: 1, ..Limits::default() };
    let mut peer = Peer::new(limits, SOON).await;
    peer.say(&HEAD).await;
    let chunk = vec![b'x'; 65_535];
    for _ in 0..20 {
        peer.say(&[(b'B', &chunk)]).await;
    }
    peer.say(&[(b'E', b"")]).await;
    let (command, line) = peer.hear().await;
    assert_eq!(command, b'y');
    assert!(line.starts_with(b"451 4.7.1 "), "{}", String::from_utf8_lossy(&line));
    assert_eq!(peer.house.metrics.in_flight.get(), 0);
    // The next mail has room again.
    peer.say(&[(b'A', b"")]).await;
    peer.say(&HEAD).await;
    peer.say(&[(b'E', b"hello")]).await;
    assert_eq!(peer.hear().await.0, b'a');
}

#[tokio::test]
async fn over_tls_it_is_the_same_dialogue() {
    let (identity, certificate) = crate::hooks::http::tests::identity();
    let (host, metrics) = (crate::plugin(), Arc::new(Metrics::default()));
    let judge = Judge::new(Arc::clone(&host), 1, SOON, Arc::clone(&metrics));
    let house = Arc::new(House::new(judge, Limits::default(), metrics));
    let course = Course { name: "m".into(), way: Way::default(), policy: Policy::load(None, &host).unwrap() };
    let door = Door { house, course: Arc::new(course) };
    let (client, server) = UnixStream::pair().unwrap();
    let (_stopper, stop) = watch::channel(false);
    let task =
        tokio::spawn(async move { door.serve(identity.secure(Stream::Unix(server)).await.unwrap(), stop).await });
    let stream = &mut crate::tls::tests::trusting(client, &certificate).await.unwrap();
    say(stream, &[(b'O', b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff")]).await;
    assert_eq!(hear(stream).await.0, b'O');
    // Two mails on one connection: an honest one, and a PPAP larger than one record of TLS.
    say(stream, &HEAD).await;
    say(stream, &[(b'B', b"hello"), (b'E', b"")]).await;
    assert_eq!(hear(stream).await, (b'a', vec![]));
    let ppap = include_str!("../../../../mail/ppap.eml").replace("\r\n", "\n").replace('\n', "\r\n");
    let (head, body) = ppap.split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    say(stream, &HEAD[..2]).await;
    for field in head.split("\r\n") {
        let (name, value) = field.split_once(':').unwrap();
        say(stream, &[(b'L', format!("{name}\0{value}\0").as_bytes())]).await;
    }
    let long = [body.as_bytes(), &b"\r\n".repeat(20_000)].concat();
    say(stream, &[(b'N', b"")]).await;
    for chunk in long.chunks(65_535) {
        say(stream, &[(b'B', chunk)]).await;
    }
    say(stream, &[(b'E', b"")]).await;
    let (command, line) = hear(stream).await;
    assert_eq!(command, b'y');
    assert!(line.starts_with(b"550 5.7.1 Message refused (zip-encrypted)"), "{}", String::from_utf8_lossy(&line));
    say(stream, &[(b'Q', b"")]).await;
    task.await.unwrap();
}
