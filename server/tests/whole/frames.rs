//! Bad frames on a real terminal: each has its code, and the terminal is unharmed.

use futures::SinkExt;
use protocol::close;
use protocol::frame::MAX_CLIENT_FRAME;
use tokio_tungstenite::tungstenite::Message;

use crate::server::Server;

#[tokio::test]
async fn malformed_unknown_and_oversized_frames_close_their_socket_and_nothing_else() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut steady = server.client.terminal(&id, 1).await;
    steady.run("marker=unharmed").await;
    let bad_requests = [
        "",
        "{",
        "null",
        "[]",
        "{\"type\":\"unknown\"}",
        "{\"type\":\"exit\",\"code\":0}",
        "{\"type\":\"ack\",\"offset\":-1}",
        "{\"type\":\"resize\",\"cols\":0,\"rows\":0}",
        "{\"type\":\"resize\",\"cols\":65535,\"rows\":65535}",
        "{\"type\":\"resize\",\"cols\":80,\"rows\":1}",
        "{\"type\":\"resize\",\"cols\":99999999,\"rows\":24}",
    ];
    for bad in bad_requests {
        let mut terminal = server.client.terminal(&id, 1).await;
        terminal.say(bad).await;
        assert_eq!(terminal.closed().await, close::BAD_REQUEST, "{bad:?}");
    }
    for oversized in
        [Message::binary(vec![b'x'; MAX_CLIENT_FRAME + 1]), Message::text("x".repeat(MAX_CLIENT_FRAME + 1))]
    {
        let mut terminal = server.client.terminal(&id, 1).await;
        // The guest may hang up before the whole of it was sent.
        let _ = terminal.socket.send(oversized).await;
        let code = terminal.closed().await;
        assert!([close::TOO_BIG, 1006].contains(&code), "{code}");
    }
    assert_eq!(steady.run("echo $marker; tput cols").await, "unharmed\n100\n");
    server.close().await;
}

#[tokio::test]
async fn every_byte_goes_through_a_container_and_back() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    terminal.type_in(" stty raw -echo; echo rea''dy; head -c 65536 | sha256sum; stty sane\r").await;
    terminal.until_shown(0, "ready").await;
    let every_byte: Vec<u8> = (0..=255).cycle().take(65536).collect();
    let expected: String =
        <sha2::Sha256 as sha2::Digest>::digest(&every_byte).iter().map(|b| format!("{b:02x}")).collect();
    for piece in every_byte.chunks(10_000) {
        terminal.socket.send(Message::binary(piece.to_vec())).await.unwrap();
    }
    terminal.until_shown(0, &expected).await;
    server.close().await;
}
