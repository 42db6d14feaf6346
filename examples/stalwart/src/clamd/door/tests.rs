//! Clients over a real socket.

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;

use super::*;
use crate::config::{Limits, Way};
use crate::judge::Judge;
use crate::metrics::Metrics;
use crate::policy::Policy;

const PPAP: &[u8] = include_bytes!("../../../../mail/ppap.eml");
const PLAIN: &[u8] = include_bytes!("../../../../mail/plain.eml");

async fn dialogue(sent: &[u8]) -> String {
    let (host, metrics) = (crate::plugin(), Arc::new(Metrics::default()));
    let judge = Judge::new(Arc::clone(&host), 1, Duration::from_secs(10), Arc::clone(&metrics));
    let limits = Limits { message_mib: 1, in_flight_mib: 8, ..Limits::default() };
    let house = Arc::new(House::new(judge, limits, metrics));
    let course = Course { name: "c".into(), way: Way::default(), policy: Policy::load(None, &host).unwrap() };
    let door = Door { house, course: Arc::new(course), deadline: Duration::from_secs(20) };
    let (mut client, server) = UnixStream::pair().unwrap();
    let (_stopper, stop) = watch::channel(false);
    let task = tokio::spawn(async move { door.serve(Stream::Unix(server), stop).await });
    client.write_all(sent).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    task.await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn instream(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [b"zINSTREAM\0", length.as_slice(), content, &[0; 4]].concat()
}

#[tokio::test]
async fn mail_is_told_from_bad_mail() {
    assert_eq!(dialogue(b"zPING\0").await, "PONG\0");
    assert_eq!(dialogue(b"nSCAN /etc/passwd\n").await, "UNKNOWN COMMAND\n");
    assert_eq!(dialogue(&instream(PLAIN)).await, "stream: OK\0");
    assert_eq!(dialogue(&instream(PPAP)).await, "stream: Heuristics.Encrypted.zip-encrypted FOUND\0");
    assert_eq!(dialogue(b"zINSTREAM\0\x7f\0\0\0").await, "INSTREAM size limit exceeded. ERROR\0");
}

#[tokio::test]
async fn a_bare_archive_is_looked_into() {
    let coded = PPAP.windows(4).position(|w| w == b"UEsD").unwrap();
    let coded = PPAP[coded..].iter().copied().take_while(|b| *b != b'-').filter(|b| !b.is_ascii_whitespace());
    let archive = base64_simd::STANDARD.decode_to_vec(coded.collect::<Vec<_>>()).unwrap();
    assert_eq!(dialogue(&instream(&archive)).await, "stream: Heuristics.Encrypted.zip-encrypted FOUND\0");
}

#[tokio::test]
async fn answers_of_a_session_are_numbered() {
    let sent = [b"zIDSESSION\0zPING\0".as_slice(), &instream(PLAIN), &instream(PPAP), b"zEND\0"].concat();
    let wanted = "1: PONG\x002: stream: OK\x003: stream: Heuristics.Encrypted.zip-encrypted FOUND\0";
    assert_eq!(dialogue(&sent).await, wanted);
}
