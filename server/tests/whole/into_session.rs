//! Files and sign-ins, all the way into a container.

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use crate::server::Server;

#[tokio::test]
async fn a_file_lands_in_the_container_as_its_users_own() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    // Far more than any buffer on the way, and more than any other request may have.
    let body = Bytes::from((0..3_000_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    for kept in ["b%C3%A4.png", "b%C3%A4-2.png"] {
        let path = format!("/api/terminal/{id}-1/uploads?name=b%C3%A4.png");
        let answer = server.client.send(Method::POST, &path, body.clone()).await;
        assert_eq!(answer.status(), 201, "{answer:?}");
        let told: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(told["path"], format!("/home/user/uploads/{}", kept.replace("%C3%A4", "ä")));
    }
    let listed = terminal.run("cd ~/uploads; stat -c '%n %U %a %s' *; cmp * && echo same; stat -c '%U %a' .").await;
    assert_eq!(listed, "bä-2.png user 644 12000000\nbä.png user 644 12000000\nsame\nuser 755\n");

    terminal.run("rm -rf ~/uploads; ln -s /run ~/uploads").await;
    let path = format!("/api/terminal/{id}-1/uploads?name=x");
    assert_eq!(server.client.send(Method::POST, &path, Bytes::from_static(b"x")).await.status(), 409);
    server.close().await;
}

#[tokio::test]
async fn a_sign_in_reaches_the_program_that_waits_for_it() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    let path = format!("/api/terminal/{id}/sign-in-callback");
    let call = async |port: &str| {
        let body = format!(r#"{{"url":"http://localhost:{port}/cb?code=a%20b"}}"#);
        server.client.send(Method::POST, &path, body.into()).await
    };
    let program = r#"perl -MIO::Socket::INET -e '$l=IO::Socket::INET->new(Listen=>1,LocalAddr=>"127.0.0.1:0");open P,">port";print P $l->sockport;close P;$c=$l->accept;open A,">asked";print A scalar <$c>;close A;while(<$c>){last if /^\r$/}print $c "HTTP/1.1 204 No\r\n\r\n"' &"#;
    terminal.run(&format!("{{ {program} }}")).await;
    let port = terminal.run("while ! test -s port; do :; done; cat port; echo").await;
    let port = port.lines().last().unwrap_or_default().trim().to_owned();
    let answer = call(&port).await;
    assert_eq!((answer.status().as_u16(), &answer.body()[..]), (200, &br#"{"status":204}"#[..]));
    assert!(terminal.run("wait; cat asked; echo").await.contains("/cb?code=a%20b"));
    let gone = call(&port).await;
    assert_eq!(gone.status(), 409);
    let told = String::from_utf8_lossy(gone.body()).into_owned();
    assert!(told.contains(&port) && !told.contains("code=a"), "{told}");
    server.close().await;
}
