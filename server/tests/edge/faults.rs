//! A service that fails in ways it should not.

use std::sync::Arc;

use app::backend::sessions::{FileBytes, SessionEvent};
use app::backend::{Actor, Sessions};
use app::model::agent::{ApplyPreset, ChangePreset, Choices, CreatePreset, Preset};
use app::model::error::ApiError;
use app::model::session::{CreateSession, RenameSession, Session, SessionState, StartSession};
use app::model::terminal::Terminal;
use app::model::usage::{Sample, SessionUsage};
use async_trait::async_trait;
use futures::stream::BoxStream;
use insta::assert_snapshot;
use protocol::loopback::LoopbackAddress;
use protocol::upload::UploadName;
use protocol::{SessionId, TerminalId};

use crate::support::server::Server;

/// Panics at whatever it is asked.
struct Broken;

#[async_trait]
impl Sessions for Broken {
    async fn list(&self, _: &Actor) -> Result<Vec<Session>, ApiError> {
        panic!("a secret of the server's")
    }
    async fn states(&self, _: &Actor) -> Result<Vec<(SessionId, SessionState)>, ApiError> {
        panic!()
    }
    async fn get(&self, _: &Actor, _: &SessionId) -> Result<Session, ApiError> {
        panic!()
    }
    async fn create(&self, _: &Actor, _: CreateSession) -> Result<Session, ApiError> {
        panic!()
    }
    async fn rename(&self, _: &Actor, _: &SessionId, _: RenameSession) -> Result<Session, ApiError> {
        panic!()
    }
    async fn duplicate(&self, _: &Actor, _: &SessionId) -> Result<Session, ApiError> {
        panic!()
    }
    async fn start(&self, _: &Actor, _: &SessionId, _: StartSession) -> Result<Session, ApiError> {
        panic!()
    }
    async fn stop(&self, _: &Actor, _: &SessionId) -> Result<Session, ApiError> {
        panic!()
    }
    async fn restart(&self, _: &Actor, _: &SessionId, _: StartSession) -> Result<Session, ApiError> {
        panic!()
    }
    async fn touch(&self, _: &Actor, _: &SessionId) -> Result<(), ApiError> {
        panic!()
    }
    fn usage(&self, _: &Actor) -> Vec<(SessionUsage, Vec<Sample>)> {
        panic!()
    }
    async fn choices(&self, _: &Actor) -> Result<Choices, ApiError> {
        panic!()
    }
    async fn presets(&self, _: &Actor) -> Result<Vec<Preset>, ApiError> {
        panic!()
    }
    async fn create_preset(&self, _: &Actor, _: CreatePreset) -> Result<Preset, ApiError> {
        panic!()
    }
    async fn change_preset(&self, _: &Actor, _: &str, _: ChangePreset) -> Result<Preset, ApiError> {
        panic!()
    }
    async fn delete_preset(&self, _: &Actor, _: &str) -> Result<(), ApiError> {
        panic!()
    }
    async fn apply_preset(&self, _: &Actor, _: &str, _: ApplyPreset) -> Result<Vec<Terminal>, ApiError> {
        panic!()
    }
    async fn delete(&self, _: &Actor, _: &SessionId) -> Result<(), ApiError> {
        panic!()
    }
    fn events(&self, _: &Actor) -> BoxStream<'static, SessionEvent> {
        panic!()
    }
    async fn terminals(&self, _: &Actor, _: &SessionId) -> Result<Vec<Terminal>, ApiError> {
        panic!()
    }
    async fn close_terminal(&self, _: &Actor, _: &SessionId, _: TerminalId) -> Result<(), ApiError> {
        panic!()
    }
    async fn scrollback(&self, _: &Actor, _: &SessionId, _: TerminalId, _: bool) -> Result<Vec<u8>, ApiError> {
        panic!()
    }
    async fn input(&self, _: &Actor, _: &SessionId, _: TerminalId, _: Vec<u8>) -> Result<(), ApiError> {
        panic!()
    }
    async fn upload(&self, _: &Actor, _: &SessionId, _: &UploadName, _: FileBytes) -> Result<String, ApiError> {
        panic!()
    }
    async fn sign_in_callback(&self, _: &Actor, _: &SessionId, _: &LoopbackAddress) -> Result<u16, ApiError> {
        panic!()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_its_requests_500_and_nobody_elses() {
    let server = Server::changed(&[], |app| app.sessions = Arc::new(Broken)).await;
    let cookie = server.sign_in().await;
    let response = server.own(&cookie, "GET", "/api/sessions").send().await;
    assert_snapshot!(response.error(), @r#"500 {"error":"Something went wrong on the server. The log has the cause under this request's id.","code":"INTERNAL","request_id":"[id]"}"#);
    assert_eq!(response.header("x-content-type-options"), "nosniff");
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 500);
    assert_eq!(server.request("GET", "/health").send().await.status, 200);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_in_health_and_to_callers() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    // Whoever is known by now is told; whoever is not can't be looked up.
    let stranger = server.sign_in().await;
    assert_eq!(server.own(&cookie, "GET", "/api/health").send().await.status, 200);
    server.app.database.close().await;
    let refused = server.own(&stranger, "GET", "/api/health").send().await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (503, "1"), "{refused:?}");
    assert_eq!(refused.json()["code"], "RUNTIME_UNAVAILABLE");
    let health = server.own(&cookie, "GET", "/api/health").send().await;
    assert_eq!((health.status.as_u16(), &health.json()["database"]["available"]), (503, &false.into()));
    let list = server.own(&cookie, "GET", "/api/sessions").send().await;
    assert_eq!((list.status.as_u16(), &list.json()["code"]), (503, &"RUNTIME_UNAVAILABLE".into()), "{list:?}");
    server.close().await;
}
