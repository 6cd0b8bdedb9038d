//! TLS by the server itself.

use std::path::Path;
use std::sync::Arc;

use berth::config::TlsFiles;
use berth::shutdown::Shutdown;
use berth::tls::Certificate;
use rcgen::CertifiedKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::support::LIMIT;
use crate::support::server::Server;

/// Puts a new certificate for `localhost` into `directory`; answers it.
fn write_certificate(directory: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(directory.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(directory.join("cert.pem"), cert.pem()).unwrap();
    cert.der().clone()
}

fn files(directory: &Path) -> TlsFiles {
    TlsFiles { cert: directory.join("cert.pem"), key: directory.join("key.pem") }
}

/// A connection by a client that trusts `certificate` alone.
async fn connect(
    address: std::net::SocketAddr,
    certificate: &CertificateDer<'static>,
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    berth::tls::install();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

async fn get(stream: &mut tokio_rustls::client::TlsStream<TcpStream>, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_server_speaks_tls_and_shows_a_renewed_certificate_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let first = write_certificate(directory.path());
    let (cert, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    let flags = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = Server::with(&flags).await;
    let certificate = Certificate::read(files(directory.path())).unwrap();
    let shutdown = Shutdown::new();
    let watching = tokio::spawn(certificate.clone().watch(shutdown.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = certificate.acceptor().unwrap();
    let serving = tokio::spawn(berth::http::serve(listener, Some(acceptor), server.app.clone()));

    let mut stream = connect(address, &first).await.unwrap();
    let answer = get(&mut stream, "/sign-in").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    // Over TLS the page's own origin is https, and the cookie is kept from plain HTTP.
    let mut stream = connect(address, &first).await.unwrap();
    let form = "email=admin@example.org&password=correct-horse-battery";
    let post = |origin: &str| {
        format!(
            "POST /sign-in HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        )
    };
    stream.write_all(post("https://localhost").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 303 ") && answer.contains("; Secure"), "{answer}");
    let mut stream = connect(address, &first).await.unwrap();
    stream.write_all(post("http://localhost").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");

    // A half-written pair changes nothing; a whole one is shown within seconds.
    std::fs::write(&cert, "-----BEGIN CERTIFICATE-----\n").unwrap();
    connect(address, &first).await.expect("the old one is shown on");
    let second = write_certificate(directory.path());
    let renewed = async {
        while connect(address, &second).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, renewed).await.expect("the new certificate is shown");
    assert!(connect(address, &first).await.is_err());

    // Whoever speaks plain HTTP to it, or nothing, holds nobody up.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut bytes = Vec::new();
    plain.read_to_end(&mut bytes).await.unwrap();
    assert!(!bytes.starts_with(b"HTTP/"), "{bytes:?}");
    let silent = TcpStream::connect(address).await.unwrap();
    connect(address, &second).await.unwrap();
    drop(silent);

    // `berth health` trusts this certificate, whatever names it has.
    let (mine, files) = (std::net::TcpStream::connect(address).unwrap(), files(directory.path()));
    let head = tokio::task::spawn_blocking(move || {
        use std::io::{Read as _, Write as _};
        let mut stream = berth::tls::client(&files, mine).unwrap();
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        head
    });
    assert_eq!(&head.await.unwrap(), b"HTTP/1.1 200");
    shutdown.begin();
    watching.await.unwrap();
    server.app.shutdown.begin();
    serving.await.unwrap();
    server.close().await;
}

#[test]
fn files_that_can_not_be_used_are_told_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let told = |what: &str| {
        let error = Certificate::read(files(directory.path())).expect_err(what).to_string();
        error.replace(&format!("{}/", directory.path().display()), "")
    };
    assert!(told("neither is there").starts_with("cert.pem: "));
    std::fs::write(directory.path().join("cert.pem"), "").unwrap();
    assert_eq!(told("empty"), "cert.pem: it holds no certificate");
    write_certificate(directory.path());
    std::fs::write(directory.path().join("key.pem"), "nonsense").unwrap();
    assert!(told("no key").starts_with("key.pem: "));
    let elsewhere = tempfile::tempdir().unwrap();
    write_certificate(elsewhere.path());
    std::fs::copy(elsewhere.path().join("key.pem"), directory.path().join("key.pem")).unwrap();
    assert!(told("another's key").starts_with("the certificate and the key can't be used: "));
}
