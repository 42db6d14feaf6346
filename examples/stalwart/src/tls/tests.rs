//! A peer that trusts one certificate, and certificates that are renewed.

use std::path::Path;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;

/// Writes a new certificate for `localhost` and its key.
pub fn write(directory: &Path) -> (Tls, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::create_dir_all(directory).unwrap();
    let files = Tls { certificate: directory.join("cert.pem"), key: directory.join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.key_pair.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

/// A directory that is not there yet.
pub fn directory() -> PathBuf {
    std::env::temp_dir().join(format!("sekisho-tls-{}", crate::reference::next()))
}

/// TLS over a connection to whoever has that certificate.
pub async fn trusting<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<S>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Says `ping` over TLS to a peer that has this identity, trusting that certificate; what comes back.
async fn ping(identity: &Arc<Identity>, trusted: &CertificateDer<'static>) -> std::io::Result<Vec<u8>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let identity = Arc::clone(identity);
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let mut stream = identity.secure(Stream::Tcp(stream)).await?;
        let mut heard = Vec::with_capacity(64);
        stream.read(&mut heard).await?;
        stream.write_all(&heard).await?;
        stream.shutdown().await
    });
    let mut stream = trusting(TcpStream::connect(address).await?, trusted).await?;
    stream.write_all(b"ping").await?;
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await?;
    server.await.unwrap()?;
    Ok(heard)
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_those_who_come_later() {
    let directory = directory();
    let (files, first) = write(&directory);
    let identity = Arc::new(Identity::read(&files).unwrap());
    assert_eq!(ping(&identity, &first).await.unwrap(), b"ping");
    assert!(!identity.is_stale());

    let (_, second) = write(&directory);
    identity.renew().unwrap();
    assert!(ping(&identity, &first).await.is_err());
    assert_eq!(ping(&identity, &second).await.unwrap(), b"ping");

    std::fs::write(&files.key, "no key").unwrap();
    assert!(identity.is_stale());
    let error = format!("{:#}", identity.renew().unwrap_err());
    assert!(error.starts_with("tls.key: nothing to be read in "), "{error}");
    assert_eq!(ping(&identity, &second).await.unwrap(), b"ping", "the old one stays");
    std::fs::remove_dir_all(directory).unwrap();
}
