//! Hands a mail to a milter with a client that others wrote (`miltr-client`), and prints what it is told, a line each.
//!
//! ```text
//! crosscheck 127.0.0.1:9900 mail.eml
//! ```

use std::error::Error;

use miltr_client::{Client, ResponseError};
use miltr_common::actions::Action;
use miltr_common::commands::{Connect, Family, Header};
use miltr_common::decoding::ServerCommand;
use miltr_common::modifications::ModificationAction;
use miltr_common::optneg::OptNeg;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::compat::TokioAsyncReadCompatExt;

/// As Postfix cuts a body.
const CHUNK: usize = 65535;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(mail)) = (arguments.next(), arguments.next()) else {
        return Err("usage: crosscheck ADDRESS MAIL".into());
    };
    let mail = std::fs::read(mail)?;
    let at = mail.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no blank line below the header")?;
    let (header, body) = (&mail[..at + 2], &mail[at + 4..]);

    let stream = TcpStream::connect(&address).await?;
    stream.set_nodelay(true)?;
    let mut milter = Client::new(OptNeg::default()).connect_via(with_accept(stream).compat()).await?;
    milter.connect(Connect::new(b"client.test", Family::Inet, Some(40112), b"192.0.2.9")).await?;
    milter.helo(b"client.test".as_slice()).await?;
    milter.mail(b"<sender@sender.test>".as_slice()).await?;
    milter.recipient(b"<recipient@example.test>".as_slice()).await?;
    milter.data().await?;
    for (name, value) in fields(header) {
        milter.header(Header::new(&name, &value)).await?;
    }
    milter.end_of_header().await?;
    for chunk in body.chunks(CHUNK) {
        match milter.body(chunk).await {
            Ok(()) => {}
            // No more of the body is wanted, or the answer is there already.
            Err(ResponseError::Unexpected(ServerCommand::Skip(_))) => break,
            Err(error) => return Err(error.into()),
        }
    }
    let told = milter.end_of_body().await?;
    for change in told.modifications() {
        println!("{}", line(change));
    }
    match told.final_action() {
        Action::Replycode(reply) => println!("reply {}", reply.message()),
        Action::Continue(_) => println!("accept"),
        other => println!("{}", format!("{other:?}").to_lowercase()),
    }
    milter.quit().await?;
    Ok(())
}

/// The client does not know `a`, accept, with which most milters end: between it and the wire `a` becomes `c`, continue,
/// which means the same at the end of a message. Everything else passes as it is.
fn with_accept(stream: TcpStream) -> DuplexStream {
    let (near, far) = tokio::io::duplex(1 << 20);
    let (from_client, to_client) = tokio::io::split(far);
    let (from_milter, to_milter) = stream.into_split();
    tokio::spawn(pass(from_client, to_milter));
    tokio::spawn(translate(from_milter, to_client));
    near
}

async fn pass(mut from: tokio::io::ReadHalf<DuplexStream>, mut to: OwnedWriteHalf) -> std::io::Result<u64> {
    tokio::io::copy(&mut from, &mut to).await
}

async fn translate(mut from: OwnedReadHalf, mut to: tokio::io::WriteHalf<DuplexStream>) -> std::io::Result<()> {
    loop {
        let length = from.read_u32().await?;
        let mut frame = vec![0; length as usize];
        from.read_exact(&mut frame).await?;
        if frame == b"a" {
            frame = b"c".to_vec();
        }
        to.write_u32(length).await?;
        to.write_all(&frame).await?;
    }
}

/// Names and values as mail servers hand them over: folded lines joined by a line feed, the space behind the colon gone.
fn fields(header: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    for line in header.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some((_, value)) = fields.last_mut() {
                value.push(b'\n');
                value.extend_from_slice(line);
            }
        } else if let Some(at) = line.iter().position(|b| *b == b':') {
            let value = &line[at + 1..];
            fields.push((line[..at].to_vec(), value.strip_prefix(b" ").unwrap_or(value).to_vec()));
        }
    }
    fields
}

fn line(change: &ModificationAction) -> String {
    match change {
        ModificationAction::AddHeader(field) => format!("add {}: {}", field.name(), field.value()),
        ModificationAction::InsertHeader(field) => {
            format!("insert {} {}: {}", field.index(), field.name(), field.value())
        }
        ModificationAction::ChangeHeader(field) => {
            format!("change {} {}: {}", field.index(), field.name(), field.value())
        }
        ModificationAction::ReplaceBody(body) => format!("body {}", body.body().len()),
        ModificationAction::Quarantine(why) => format!("quarantine {}", why.reason()),
        ModificationAction::AddRecipient(to) => format!("add recipient {}", to.recipient()),
        ModificationAction::DeleteRecipient(to) => format!("delete recipient {}", to.recipient()),
    }
}
