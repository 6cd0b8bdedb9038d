//! A server in the test's own process, with a driver without containers.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use berth::app::App;
use berth::config::{Config, Environment, parse_command_line};
use runtime::fake::FakeRuntime;
use runtime::{Runtime, Several};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::LIMIT;
use super::client::Request;

/// The administrator that each server comes up with.
pub const EMAIL: &str = "admin@example.org";
/// Everybody's password.
pub const PASSWORD: &str = "correct-horse-battery";

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

    /// A server on the test's own directory.
    pub async fn on(directory: TempDir, flags: &[&str]) -> Self {
        let password = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&password, PASSWORD).unwrap();
        let file = password.path().to_str().unwrap();
        let administrator = ["--admin-email", EMAIL, "--admin-password-file", file];
        Self::start_in(directory, &[&administrator, flags].concat(), |_| ()).await
    }

    /// A server that has no administrator yet.
    pub async fn not_set_up() -> Self {
        Self::not_set_up_with(&[]).await
    }

    /// The same with more on its command line.
    pub async fn not_set_up_with(flags: &[&str]) -> Self {
        Self::start(flags, |_| ()).await
    }

    /// A server whose parts a test has changed.
    pub async fn changed(flags: &[&str], change: impl FnOnce(&mut App)) -> Self {
        let password = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&password, PASSWORD).unwrap();
        let file = password.path().to_str().unwrap();
        let administrator = ["--admin-email", EMAIL, "--admin-password-file", file];
        Self::start(&[&administrator, flags].concat(), change).await
    }

    async fn start(flags: &[&str], change: impl FnOnce(&mut App)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), flags, change).await
    }

    async fn start_in(directory: TempDir, flags: &[&str], change: impl FnOnce(&mut App)) -> Self {
        Self::start_beside(directory, flags, None, change).await
    }

    /// A server that has no administrator yet, with another driver beside its own.
    pub async fn not_set_up_beside(other: Arc<FakeRuntime>) -> Self {
        Self::start_beside(tempfile::tempdir().unwrap(), &[], Some(other), |_| ()).await
    }

    async fn start_beside(
        directory: TempDir,
        flags: &[&str],
        other: Option<Arc<FakeRuntime>>,
        change: impl FnOnce(&mut App),
    ) -> Self {
        let site = directory.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).unwrap();
        std::fs::write(site.join("pkg/berth.css"), "body{}").unwrap();
        std::fs::write(site.join("favicon.ico"), "icon").unwrap();
        let runtime = Arc::new(FakeRuntime::default());
        let leptos = leptos::config::LeptosOptions::builder().output_name("berth").build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = config(directory.path(), flags).unwrap();
        config.listen = address;
        let driver: Arc<dyn Runtime> = match other {
            Some(other) => Arc::new(Several::new("fake", Arc::clone(&runtime) as _, vec![other])),
            None => Arc::clone(&runtime) as _,
        };
        let mut app = App::builder(config, driver).site(leptos, site).build().await.unwrap();
        change(&mut app);
        let task = tokio::spawn(berth::http::serve(listener, None, app.clone()));
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

    /// Signs the administrator in; answers the cookie.
    pub async fn sign_in(&self) -> String {
        self.sign_in_as(EMAIL, PASSWORD).await
    }

    /// Signs a person in; answers the cookie.
    pub async fn sign_in_as(&self, email: &str, password: &str) -> String {
        let form = format!("email={email}&password={password}");
        let response = self.request("POST", "/sign-in").own_origin().form(&form).send().await;
        assert_eq!(response.status, 303, "{response:?}");
        response.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Adds a person who has chosen [`PASSWORD`]; answers their cookie.
    pub async fn join(&self, admin: &str, email: &str, role: &str) -> String {
        let body = format!(r#"{{"email":"{email}","role":"{role}"}}"#);
        let invited = self.own(admin, "POST", "/api/users").json(&body).send().await;
        assert_eq!(invited.status, 201, "{invited:?}");
        let path = invited.json()["path"].as_str().unwrap().to_owned();
        let token = path.strip_prefix("/welcome?token=").unwrap();
        let form = format!("token={token}&password={PASSWORD}&again={PASSWORD}");
        let response = self.request("POST", "/welcome").own_origin().form(&form).send().await;
        assert_eq!(response.status, 303, "{response:?}");
        response.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Ends it as SIGTERM does, and starts another on the same directory.
    pub async fn again(self, flags: &[&str]) -> Self {
        let Self { app, directory, task, .. } = self;
        app.shutdown.begin();
        tokio::time::timeout(LIMIT, task).await.expect("the server to end").unwrap();
        app.close(LIMIT).await;
        Self::start_in(directory, flags, |_| ()).await
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
    // Tests make and open more in a second than a person in a minute.
    let usual = [("--limits-creates-a-minute", "100000"), ("--limits-sockets-a-minute", "100000")];
    let usual = usual.into_iter().filter(|(flag, _)| !flags.contains(flag)).flat_map(|(flag, value)| [flag, value]);
    let arguments = ["berth", "--data-dir", data].into_iter().chain(usual).chain(flags.iter().copied());
    let arguments = arguments.map(OsString::from);
    let environment = Environment {
        variables: BTreeMap::new(),
        working_dir: directory.to_owned(),
        program_dir: PathBuf::from("/usr/bin"),
        is_root: false,
    };
    Config::load(&parse_command_line(arguments).unwrap(), &environment)
}
