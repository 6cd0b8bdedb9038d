//! A proxy that signs people in, whose keys the test itself serves.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::get;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::pkcs8::EncodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;

use crate::support::client::Response;
use crate::support::server::{EMAIL, Server};

const HEADER: &str = "cf-access-jwt-assertion";
const AUDIENCE: &str = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";
/// Bits of an RSA key: small, for making one takes long in a test; the least that the checker takes.
const BITS: usize = 2048;

/// A signing key as the proxy has it.
struct Key {
    id: String,
    private: EncodingKey,
    public: Value,
    pem: Vec<u8>,
}

impl Key {
    fn rsa(id: &str) -> Self {
        let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).unwrap();
        let public = RsaPublicKey::from(&private);
        let number = |number: &rsa::BigUint| base64_url(&number.to_bytes_be());
        Self {
            id: id.into(),
            private: EncodingKey::from_rsa_der(private.to_pkcs1_der().unwrap().as_bytes()),
            public: json!({"kty": "RSA", "alg": "RS256", "use": "sig", "kid": id, "n": number(public.n()), "e": number(public.e())}),
            pem: public.to_public_key_pem(rsa::pkcs8::LineEnding::LF).unwrap().into_bytes(),
        }
    }

    fn elliptic(id: &str) -> Self {
        let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        // An uncompressed point: a byte that says so, then both halves.
        let point = pair.public_key_raw();
        let (x, y) = (base64_url(&point[1..33]), base64_url(&point[33..65]));
        Self {
            id: id.into(),
            private: EncodingKey::from_ec_der(&pair.serialize_der()),
            public: json!({"kty": "EC", "alg": "ES256", "use": "sig", "crv": "P-256", "kid": id, "x": x, "y": y}),
            pem: pair.public_key_pem().into_bytes(),
        }
    }

    fn sign(&self, algorithm: Algorithm, claims: &Value) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(algorithm) };
        encode(&header, claims, &self.private).unwrap()
    }
}

fn base64_url(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = |chunk: &[u8]| {
        let number = chunk.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len())
            .map(|digit| char::from(DIGITS[(number >> (18 - 6 * digit)) as usize & 63]))
            .collect::<Vec<_>>()
    };
    bytes.chunks(3).flat_map(digits).collect()
}

/// The proxy's own server, with the keys that it publishes and how often it was asked for them.
struct Proxy {
    address: SocketAddr,
    keys: Arc<Mutex<Vec<Value>>>,
    asked: Arc<AtomicUsize>,
}

impl Proxy {
    async fn new(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let published = Arc::new(Mutex::new(keys.iter().map(|key| key.public.clone()).collect::<Vec<_>>()));
        let (shown, asked) = (Arc::clone(&published), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&asked);
        let answer = get(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            let keys = shown.lock().unwrap().clone();
            async move { axum::Json(json!({ "keys": keys })) }
        });
        let router = Router::new().route("/cdn-cgi/access/certs", answer);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, keys: published, asked }
    }

    fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    fn claims(&self, email: &str) -> Value {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        json!({
            "iss": self.issuer(), "aud": [AUDIENCE], "sub": format!("subject of {email}"), "email": email,
            "iat": now, "nbf": now, "exp": now + 600,
        })
    }

    async fn server(&self) -> Server {
        let issuer = self.issuer();
        Server::with(&["--proxy-issuer", &issuer, "--proxy-audience", AUDIENCE, "--allowed-people", "@example.net"])
            .await
    }
}

async fn ask(server: &Server, token: &str) -> Response {
    server.request("GET", "/api/user").header(HEADER, token).send().await
}

#[tokio::test]
async fn the_proxys_word_is_believed_with_either_kind_of_key_and_also_after_it_changes_keys() {
    let (old, new) = (Key::rsa("old"), Key::elliptic("new"));
    let proxy = Proxy::new(&[&old]).await;
    let server = proxy.server().await;
    let token = old.sign(Algorithm::RS256, &proxy.claims(EMAIL));
    for _ in 0..3 {
        let response = ask(&server, &token).await;
        assert_eq!((response.status.as_u16(), response.json()["email"].as_str()), (200, Some(EMAIL)), "{response:?}");
    }
    assert_eq!(proxy.asked.load(Ordering::SeqCst), 1, "keys are kept");

    // A key that was not there a moment ago is looked for, but not at every attempt.
    *proxy.keys.lock().unwrap() = vec![new.public.clone()];
    let rotated = new.sign(Algorithm::ES256, &proxy.claims(EMAIL));
    assert_eq!(ask(&server, &rotated).await.status, 401, "the keys were read a moment ago");
    let seen = async { while ask(&server, &rotated).await.status != 200 {} };
    tokio::time::timeout(crate::support::LIMIT, seen).await.expect("the new key is found");
    let asked = proxy.asked.load(Ordering::SeqCst);
    for number in 0..50 {
        let unknown = Key { id: format!("made-up-{number}"), ..Key::elliptic("x") };
        assert_eq!(ask(&server, &unknown.sign(Algorithm::ES256, &proxy.claims(EMAIL))).await.status, 401);
    }
    assert_eq!(proxy.asked.load(Ordering::SeqCst), asked, "made-up keys cause no flood");
    server.close().await;
}

#[tokio::test]
async fn whatever_is_not_signed_by_the_proxy_for_this_server_and_this_moment_is_nothing() {
    let (key, other) = (Key::rsa("key"), Key::rsa("key"));
    let proxy = Proxy::new(&[&key]).await;
    let server = proxy.server().await;
    let good = proxy.claims(EMAIL);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let unsigned = |header: Value, signature: &str| {
        let part = |value: &Value| base64_url(value.to_string().as_bytes());
        format!("{}.{}.{signature}", part(&header), part(&good))
    };
    let hs256 = Header { kid: Some("key".into()), ..Header::new(Algorithm::HS256) };
    let signed = key.sign(Algorithm::RS256, &good);
    let (head, tail) = signed.rsplit_once('.').unwrap();
    for (what, token) in [
        ("another audience", key.sign(Algorithm::RS256, &with("aud", json!(["another"])))),
        ("no audience", key.sign(Algorithm::RS256, &without("aud"))),
        ("another issuer", key.sign(Algorithm::RS256, &with("iss", json!("https://evil.example")))),
        ("expired", key.sign(Algorithm::RS256, &with("exp", json!(now - 60)))),
        ("without an end", key.sign(Algorithm::RS256, &without("exp"))),
        ("of tomorrow", key.sign(Algorithm::RS256, &with("nbf", json!(now + 600)))),
        ("no subject", key.sign(Algorithm::RS256, &without("sub"))),
        ("no email", key.sign(Algorithm::RS256, &without("email"))),
        ("an email that is none", key.sign(Algorithm::RS256, &with("email", json!("ada")))),
        ("another's key of the same name", other.sign(Algorithm::RS256, &good)),
        ("a larger key's name for another kind", unsigned(json!({"alg": "ES256", "kid": "key"}), tail)),
        ("alg none", unsigned(json!({"alg": "none", "kid": "key"}), "")),
        ("HS256 with the public key", encode(&hs256, &good, &EncodingKey::from_secret(&key.pem)).unwrap()),
        (
            "HS256 with the key's number",
            encode(&hs256, &good, &EncodingKey::from_secret(key.public["n"].as_str().unwrap().as_bytes())).unwrap(),
        ),
        ("a changed signature", format!("{head}.{}", tail.chars().rev().collect::<String>())),
        ("no signature", format!("{head}.")),
        ("nonsense", "nonsense".into()),
        ("nothing", String::new()),
        ("17 KiB", "x".repeat(17 * 1024)),
    ] {
        let response = ask(&server, &token).await;
        assert_eq!((response.status.as_u16(), response.json()["code"].as_str()), (401, Some("AUTH_ERROR")), "{what}");
    }
    // The plain header is anybody's, and two tokens are none.
    let plain = server.request("GET", "/api/user").header("cf-access-authenticated-user-email", EMAIL).send().await;
    assert_eq!(plain.status, 401);
    let twice = server.request("GET", "/api/user").header(HEADER, &signed).header(HEADER, &signed).send().await;
    assert_eq!(twice.status, 401);
    // A proxy that was set up wrong shuts nobody out who has a cookie.
    let cookie = server.sign_in().await;
    let both = server.own(&cookie, "GET", "/api/user").header(HEADER, "nonsense").send().await;
    assert_eq!(both.status, 200);
    // A write needs the Origin: the proxy adds its token to what another site's page sends, too.
    let foreign = server.request("POST", "/api/sessions").header(HEADER, &signed).json("{}").send().await;
    assert_eq!(foreign.status, 403);
    let own = server.request("POST", "/api/sessions").own_origin().header(HEADER, &signed).json("{}").send().await;
    assert_eq!(own.status, 201, "{own:?}");
    server.close().await;
}

#[tokio::test]
async fn whom_the_proxy_means_comes_in_by_invitation_or_domain_and_goes_when_told() {
    let key = Key::elliptic("key");
    let proxy = Proxy::new(&[&key]).await;
    let server = proxy.server().await;
    let token = |email: &str| key.sign(Algorithm::ES256, &proxy.claims(email));
    let stranger = ask(&server, &token("eve@example.org")).await;
    assert_eq!((stranger.status.as_u16(), stranger.json()["code"].as_str()), (403, Some("FORBIDDEN")));
    let page = server.request("GET", "/").header(HEADER, &token("eve@example.org")).send().await;
    assert_eq!(page.status, 403);
    assert!(page.body.contains("eve@example.org") && page.header("location").is_empty());

    // By domain, made at once; not for a look-alike.
    assert_eq!(ask(&server, &token("Ada@Example.net")).await.json()["email"], "ada@example.net");
    assert_eq!(ask(&server, &token("ada@notexample.net")).await.status, 403);
    // By invitation, without a password.
    let admin = server.sign_in().await;
    let invite = r#"{"email":"bob@example.org","role":"user"}"#;
    assert_eq!(server.own(&admin, "POST", "/api/users").json(invite).send().await.status, 201);
    let bob = token("bob@example.org");
    assert_eq!(ask(&server, &bob).await.json()["state"], "active");

    // The same address from the same proxy for another subject is another person.
    let mut claims = proxy.claims("bob@example.org");
    claims["sub"] = json!("another");
    assert_eq!(ask(&server, &key.sign(Algorithm::ES256, &claims)).await.status, 403);

    // What is ended here stays ended, though the token lives on.
    let mine = server.request("GET", "/api/user/sessions").header(HEADER, &bob).send().await.json();
    assert_eq!((mine.as_array().map(Vec::len), mine[0]["way"].as_str()), (Some(1), Some("proxy")));
    let path = format!("/api/user/sessions/{}", mine[0]["id"].as_str().unwrap());
    let ended = server.request("DELETE", &path).own_origin().header(HEADER, &bob).send().await;
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!(ask(&server, &bob).await.status, 401);

    // Removed would be back, where the address needs no invitation.
    let removed = server.own(&admin, "DELETE", "/api/users/ada@example.net").send().await;
    assert_eq!((removed.status.as_u16(), removed.json()["code"].as_str()), (409, Some("CONFLICT")));
    // Active again is active, also without a password.
    let again = server.own(&admin, "PATCH", "/api/users/ada@example.net").json(r#"{"state":"active"}"#).send().await;
    assert_eq!(again.json()["state"], "active");

    // Blocked is out, with any token.
    let block = server.own(&admin, "PATCH", "/api/users/bob@example.org").json(r#"{"state":"blocked"}"#).send().await;
    assert_eq!(block.status, 200, "{block:?}");
    let mut later = proxy.claims("bob@example.org");
    later["jti"] = json!("another");
    assert_eq!(ask(&server, &key.sign(Algorithm::ES256, &later)).await.status, 403);
    // Let in again they are pending, until the proxy vouches for them again.
    let again = server.own(&admin, "PATCH", "/api/users/bob@example.org").json(r#"{"state":"active"}"#).send().await;
    assert_eq!(again.json()["state"], "pending");
    assert_eq!(ask(&server, &key.sign(Algorithm::ES256, &later)).await.json()["state"], "active");
    server.close().await;
}

#[tokio::test]
async fn a_proxy_whose_keys_are_away_lets_in_nobody_new_and_shuts_out_nobody() {
    let key = Key::elliptic("key");
    let proxy = Proxy::new(&[]).await;
    let server = proxy.server().await;
    let token = key.sign(Algorithm::ES256, &proxy.claims(EMAIL));
    assert_eq!(ask(&server, &token).await.status, 401, "it publishes none");
    let nowhere = Server::with(&["--proxy-issuer", "http://127.0.0.1:9", "--proxy-audience", AUDIENCE]).await;
    assert_eq!(ask(&nowhere, &token).await.status, 401);
    let cookie = nowhere.sign_in().await;
    assert_eq!(nowhere.own(&cookie, "GET", "/api/user").send().await.status, 200, "passwords go on");
    nowhere.close().await;
    server.close().await;
}

#[tokio::test]
async fn before_a_server_is_set_up_the_proxy_lets_in_nobody() {
    let key = Key::elliptic("key");
    let proxy = Proxy::new(&[&key]).await;
    let issuer = proxy.issuer();
    let flags = ["--proxy-issuer", &issuer, "--proxy-audience", AUDIENCE, "--allowed-people", "@example.org"];
    let server = Server::not_set_up_with(&flags).await;
    let token = key.sign(Algorithm::ES256, &proxy.claims(EMAIL));
    assert_eq!(ask(&server, &token).await.status, 403);
    assert!(server.app.database.people().await.unwrap().is_empty());
    server.close().await;
}
