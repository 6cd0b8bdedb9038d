//! `/metrics`, on its own listener.

use tokio::net::TcpListener;

use crate::support::LIMIT;
use crate::support::client::Request;
use crate::support::server::Server;

#[tokio::test]
async fn metrics_are_served_on_their_own_listener_and_nowhere_else() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    server.own(&cookie, "POST", "/api/sessions").json("{}").send().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let end = server.app.shutdown.clone();
    let serving =
        tokio::spawn(berth::http::serve_metrics(listener, server.app.clone(), async move { end.begun().await }));

    let told = Request::new(address, "GET", "/metrics").send().await;
    assert_eq!(told.status, 200);
    assert!(told.header("content-type").starts_with("application/openmetrics-text"));
    let text = &told.body;
    for line in [
        r#"berth_sessions{state="created"} 1"#,
        r#"berth_runtime_let_be{runtime="fake"} 0"#,
        r#"berth_http_requests_total{method="POST",route="/api/sessions",status="2xx"} 1"#,
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    assert!(!text.contains("admin@example.org"));
    assert_eq!(Request::new(address, "GET", "/api/sessions").send().await.status, 404);
    let elsewhere = server.own(&cookie, "GET", "/metrics").send().await;
    assert_eq!(elsewhere.status, 404);

    server.close().await;
    tokio::time::timeout(LIMIT, serving).await.expect("the listener to end with the server").unwrap();
}
