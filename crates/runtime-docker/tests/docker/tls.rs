//! An engine of this host at an address, where both sides know each other by certificates.

use std::path::Path;

use engines::Kind;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use runtime::Runtime as _;
use runtime::conformance::{Host as _, Rig, spec};
use runtime_docker::{DockerRuntime, Options, Tls};

use crate::support::Here;

/// Where the test's thread has a network of its own.
const URL: &str = "tcp://127.0.0.1:2376";

/// Puts an authority's certificate into `directory`, and the engine's and ours with their keys.
fn write_certificates(directory: &Path) {
    let named = |name: &str| {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut params = named("authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    std::fs::write(directory.join("authority.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
    let authority = Issuer::new(params, key);
    for (name, purpose) in
        [("engine", ExtendedKeyUsagePurpose::ServerAuth), ("client", ExtendedKeyUsagePurpose::ClientAuth)]
    {
        let mut params = named(name);
        params.extended_key_usages = vec![purpose];
        let key = KeyPair::generate().unwrap();
        std::fs::write(directory.join(format!("{name}.pem")), params.signed_by(&key, &authority).unwrap().pem())
            .unwrap();
        std::fs::write(directory.join(format!("{name}-key.pem")), key.serialize_pem()).unwrap();
    }
}

// On one thread, for the engine's loopback is that thread's.
#[tokio::test]
async fn an_engine_of_this_host_is_used_over_tls_and_no_other_is_believed() {
    let mut here = Here::new(Kind::Docker).await;
    let directory = here.directory();
    write_certificates(&directory);
    let file = |name: &str| directory.join(name);
    {
        let mut engine = here.engine.lock().unwrap();
        engine.crash();
        engine.arguments = vec!["-H".to_owned(), URL.to_owned(), "--tlsverify".to_owned()];
        for (flag, name) in [("cacert", "authority.pem"), ("cert", "engine.pem"), ("key", "engine-key.pem")] {
            engine.arguments.push(format!("--tls{flag}={}", file(name).display()));
        }
        engine.go_on();
    }
    let tls = Tls { authority: file("authority.pem"), certificate: file("client.pem"), key: file("client-key.pem") };
    here.address = Some((URL.to_owned(), tls.clone()));
    let (engine, options) = (here.engine.clone(), here.options());

    let mut rig = Rig::new(Box::new(here)).await;
    let health = rig.runtime().health().await;
    assert!(health.available, "{}", health.summary);
    let (_, shell) = rig.start(&spec()).await;
    assert_eq!(shell.succeed("echo reached").await, "reached");
    let volumes = engine.lock().unwrap().get("/volumes").unwrap();
    let names: Vec<_> = volumes["Volumes"].as_array().unwrap().iter().map(|volume| volume["Name"].as_str()).collect();
    assert!(names.len() == 1 && names[0].unwrap().starts_with("berth-home-"), "{names:?}");

    let other = tempfile::tempdir().unwrap();
    write_certificates(other.path());
    let state = tempfile::tempdir().unwrap();
    let strangers = [
        Tls { authority: other.path().join("authority.pem"), ..tls.clone() },
        Tls { certificate: other.path().join("client.pem"), key: other.path().join("client-key.pem"), ..tls },
    ];
    for tls in strangers {
        let options = Options { tls: Some(tls), directory: state.path().join("state"), ..options.clone() };
        let health = DockerRuntime::connect(options).await.unwrap().health().await;
        assert!(!health.available && health.summary.to_lowercase().contains("certificate"), "{}", health.summary);
    }
    rig.finish().await;
}
