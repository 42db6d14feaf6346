//! TLS on both sides of the proxy.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Context as _;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::wire::Stream;

/// What the proxy shows its clients: a certificate that may be renewed while it works.
pub struct Identity {
    certificates: PathBuf,
    key: PathBuf,
    acceptor: RwLock<TlsAcceptor>,
}

impl Identity {
    /// Reads certificates and key, PEM.
    ///
    /// # Errors
    /// When a file cannot be read or holds no certificate or key, or they do not belong together.
    pub fn read(certificates: &Path, key: &Path) -> anyhow::Result<Self> {
        let acceptor = RwLock::new(acceptor(certificates, key)?);
        Ok(Self { certificates: certificates.to_owned(), key: key.to_owned(), acceptor })
    }

    /// Reads them again; clients that come later see what is there now.
    ///
    /// # Errors
    /// As [`Identity::read`]; then the old ones stay.
    pub fn renew(&self) -> anyhow::Result<()> {
        *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor(&self.certificates, &self.key)?;
        Ok(())
    }

    /// What takes the next client.
    #[must_use]
    pub fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn acceptor(certificates: &Path, key: &Path) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read certificates from {}", certificates.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read a key from {}", key.display()))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// How to know the server: its name, and whom it is vouched for by.
#[derive(Clone)]
pub struct Trust {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Trust {
    /// Trusts the certificates of a file; without one those of this machine.
    ///
    /// # Errors
    /// When the file cannot be read, or the name is none.
    pub fn new(name: &str, authorities: Option<&Path>) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        match authorities {
            Some(path) => {
                let found =
                    CertificateDer::pem_file_iter(path).with_context(|| format!("cannot read {}", path.display()))?;
                for certificate in found {
                    roots.add(certificate?)?;
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                let (good, _) = roots.add_parsable_certificates(found.certs);
                anyhow::ensure!(good > 0, "this machine trusts no certificates; name some with --ca");
            }
        }
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).with_context(|| format!("{name} is no name of a server"))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    /// TLS over a connection.
    ///
    /// # Errors
    /// When the server is not the one that is trusted.
    pub async fn connect(&self, stream: Box<dyn Stream>) -> std::io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.connector.connect(self.name.clone(), stream).await?))
    }
}
