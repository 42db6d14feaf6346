//! What the gate shows mail servers that want TLS: a certificate that may be renewed while it works.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Tls;
use crate::policy::{Look, look};
use crate::socket::Stream;

/// How long a peer may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Certificate and key of a listener.
pub struct Identity {
    files: Tls,
    acceptor: RwLock<TlsAcceptor>,
    /// What the files looked like when they were last read.
    seen: RwLock<[Option<Look>; 2]>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// A line that names key and file: it cannot be read, or they do not belong together.
    pub fn read(files: &Tls) -> anyhow::Result<Self> {
        let seen = RwLock::new(looks(files));
        Ok(Self { files: files.clone(), acceptor: RwLock::new(acceptor(files)?), seen })
    }

    /// Was a file written since they were last read?
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let now = looks(&self.files);
        now.iter().all(Option::is_some) && now != *self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the files again; peers that come later see what is there now.
    ///
    /// # Errors
    /// As [`read`](Self::read); what was there before stays.
    pub fn renew(&self) -> anyhow::Result<()> {
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = looks(&self.files);
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor(&self.files)?;
        Ok(())
    }

    /// TLS over a connection that was taken.
    ///
    /// # Errors
    /// The peer does not speak TLS, trust us, or hurry.
    pub async fn secure(&self, stream: Stream) -> std::io::Result<Stream> {
        let acceptor = self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone();
        let secured = timeout(HANDSHAKE, acceptor.accept(Box::new(stream))).await;
        Ok(Stream::Tls(Box::new(secured.map_err(|_| std::io::ErrorKind::TimedOut)??)))
    }
}

fn looks(files: &Tls) -> [Option<Look>; 2] {
    [look(&files.certificate), look(&files.key)]
}

fn acceptor(files: &Tls) -> anyhow::Result<TlsAcceptor> {
    let shown = |key: &str, path: &PathBuf| format!("tls.{key}: nothing to be read in {}", path.display());
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| shown("certificate", &files.certificate))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).with_context(|| shown("key", &files.key))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let config = config.with_context(|| format!("tls: {} and its key", files.certificate.display()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
pub mod tests;
