//! A server in the test's own process, with a driver without containers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth::app::App;
use berth::config::{Config, Environment, parse_command_line};
use runtime::fake::FakeRuntime;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::LIMIT;
use super::client::Request;

/// A server on a port of its own.
pub struct Server {
    pub app: App,
    pub runtime: Arc<FakeRuntime>,
    pub address: SocketAddr,
    pub directory: TempDir,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A server with more on its command line.
    pub async fn with(flags: &[&str]) -> Self {
        Self::changed(flags, |_| ()).await
    }

    /// A server whose parts a test has changed.
    pub async fn changed(flags: &[&str], change: impl FnOnce(&mut App)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let site = directory.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("pkg/berth.css"), "body{}").unwrap();
        std::fs::write(site.join("favicon.ico"), "icon").unwrap();
        let runtime = Arc::new(FakeRuntime::default());
        let leptos = leptos::config::LeptosOptions::builder().output_name("berth").build();
        let config = config(directory.path(), flags).unwrap();
        let mut app = App::builder(config, runtime.clone()).site(leptos, site).build().await.unwrap();
        change(&mut app);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(berth::http::serve(listener, app.clone()));
        Self { app, runtime, address, directory, task }
    }

    /// A request without cookie and Origin.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(self.address, method, target)
    }

    /// A request as one of the server's own pages sends it.
    pub fn own(&self, cookie: &str, method: &str, target: &str) -> Request {
        self.request(method, target).header("cookie", cookie).own_origin()
    }

    /// Signs in with the printed link; answers the cookie.
    pub async fn sign_in(&self) -> String {
        let target = format!("/sign-in?token={}", self.app.auth.token.reveal());
        let response = self.request("GET", &target).send().await;
        assert_eq!(response.status, 303, "{response:?}");
        response.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Ends it as SIGTERM does.
    pub async fn close(self) {
        self.app.shutdown.begin();
        tokio::time::timeout(LIMIT, self.task).await.expect("the server to end").unwrap();
        self.app.close(LIMIT).await;
    }
}

/// A configuration as the command line and nothing else makes it.
pub fn config(directory: &Path, flags: &[&str]) -> Result<Config, berth::config::ConfigError> {
    let data = directory.to_str().unwrap();
    let arguments = ["berth", "--data-dir", data].into_iter().chain(flags.iter().copied()).map(OsString::from);
    let environment = Environment {
        variables: BTreeMap::new(),
        working_dir: directory.to_owned(),
        program_dir: PathBuf::from("/usr/bin"),
        is_root: false,
    };
    Config::load(&parse_command_line(arguments).unwrap(), &environment)
}
