//! TLS: the certificate that the server shows, read again when its files change, and what all TLS here is made of.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    self, ClientConfig, ClientConnection, DigitallySignedStruct, ServerConfig, SignatureScheme, StreamOwned,
};

use crate::config::TlsFiles;
use crate::shutdown::Shutdown;

/// Between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why the server can't show a certificate.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: pem::Error },
    #[error("{}: it holds no certificate", .0.display())]
    Empty(PathBuf),
    #[error("the certificate and the key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// Makes ring what all TLS in this process is made of. Whoever comes first decides, so that this may be called again.
pub fn install() {
    let _ = ring::default_provider().install_default();
}

/// The certificate that new connections are shown. Clones share it.
#[derive(Debug, Clone)]
pub struct Certificate {
    files: TlsFiles,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn read(files: TlsFiles) -> Result<Self, TlsError> {
        let key = read(&files)?;
        Ok(Self { files, current: Arc::new(Current(RwLock::new(Arc::new(key)))) })
    }

    /// What takes connections in.
    ///
    /// # Errors
    /// [`TlsError::Unusable`].
    pub fn acceptor(&self) -> Result<TlsAcceptor, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    /// Reads the files again whenever they change, until `shutdown`. A pair that does not fit is told once and the
    /// old one shown on: the two files are seldom replaced in the same instant.
    pub async fn watch(self, shutdown: Shutdown) {
        let mut seen = changed_at(&self.files);
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = changed_at(&self.files);
            if now == seen {
                continue;
            }
            seen = now;
            match read(&self.files) {
                Ok(key) => {
                    *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                    tracing::info!("the new certificate is used from now on");
                }
                Err(error) => tracing::error!(%error, "the new certificate can't be used; the old one is shown on"),
            }
        }
    }
}

/// A client's side of `stream`, to the server on this machine that shows the certificate in `files` and no other.
///
/// # Errors
/// See [`TlsError`].
pub fn client<S: io::Read + io::Write>(
    files: &TlsFiles,
    stream: S,
) -> Result<StreamOwned<ClientConnection, S>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let shown = certificates(&files.cert)?.swap_remove(0);
    let only = Arc::new(Only { shown, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(only)
        .with_no_client_auth();
    let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
    Ok(StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, stream))
}

/// Takes one certificate for the server's, whatever names it has.
#[derive(Debug)]
struct Only {
    shown: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Only {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.shown {
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// When each file was changed; an unreadable one counts as changed when it can be read again.
fn changed_at(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    let changed_at = |path: &Path| -> io::Result<SystemTime> { std::fs::metadata(path)?.modified() };
    [changed_at(&files.cert).ok(), changed_at(&files.key).ok()]
}

fn refused(path: &Path, cause: pem::Error) -> TlsError {
    TlsError::File { path: path.to_owned(), cause }
}

/// One at least.
fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|cause| refused(path, cause))?;
    if chain.is_empty() { Err(TlsError::Empty(path.to_owned())) } else { Ok(chain) }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let chain = certificates(&files.cert)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|cause| refused(&files.key, cause))?;
    // Also whether the two belong together.
    Ok(CertifiedKey::from_der(chain, key, &ring::default_provider())?)
}
