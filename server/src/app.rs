//! Everything a request may need, in one place, and how it is put together.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::backend::{Accounts, Operations, Preferences, Sessions, Storage};
use axum::extract::FromRef;
use axum_extra::extract::cookie::Key;
use leptos::config::LeptosOptions;
use runtime::Runtime;
use thiserror::Error;

use crate::accounts::{self, AccountService, Audit, MOST_WAITING, Waitlist};
use crate::auth::Auth;
use crate::config::Config;
use crate::database::{Database, DatabaseError};
use crate::memory::Requests;
use crate::operations::OperationsService;
use crate::preferences::PreferencesService;
use crate::sessions::SessionService;
use crate::settings::SettingsStore;
use crate::setup::Wizard;
use crate::shutdown::Shutdown;
use crate::storage::{Layout, StorageService};
use crate::terminal::Sockets;

/// The server's parts. Clones share them.
#[derive(Clone)]
pub struct App {
    /// What it was told to be.
    pub config: Arc<Config>,
    /// Sessions and sign-ins.
    pub database: Database,
    /// What runs containers. The only thing here that knows what a container is.
    pub runtime: Arc<dyn Runtime>,
    /// What the page and the API call.
    pub sessions: Arc<dyn Sessions>,
    /// What the files drawer and the API call.
    pub storage: Arc<dyn Storage>,
    /// What the account and admin pages call.
    pub accounts: Arc<dyn Accounts>,
    /// What administrators see and mend of all of it.
    pub operations: Arc<dyn Operations>,
    /// What strangers call who ask to be let in.
    pub waitlist: Arc<Waitlist>,
    /// Who did what.
    pub audit: Audit,
    /// What can be changed while it runs.
    pub settings: SettingsStore,
    /// What the person's preferences call.
    pub preferences: Arc<dyn Preferences>,
    /// What terminals' sockets need.
    pub sockets: Sockets,
    /// Who asks.
    pub auth: Arc<Auth>,
    /// What keeps two runs of the setup wizard from each other.
    pub wizard: Arc<Wizard>,
    /// Seals what a browser keeps while its person is at a provider's. Another at each start.
    pub cookie_key: Key,
    /// How many requests were answered.
    pub requests: Requests,
    /// When everything must end.
    pub shutdown: Shutdown,
    /// How pages find their scripts.
    pub leptos: LeptosOptions,
    /// Where the site's files are.
    pub site_root: Arc<PathBuf>,
}

impl FromRef<App> for LeptosOptions {
    fn from_ref(app: &App) -> Self {
        app.leptos.clone()
    }
}

/// Why the server can't start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The database can't be used.
    #[error("{0}")]
    Database(DatabaseError),
    /// The sessions in it can't be taken up.
    #[error("the sessions can't be taken up: {0}")]
    Sessions(DatabaseError),
    /// The people in it can't be read, or the first can't be made.
    #[error("the accounts can't be used: {0}")]
    Accounts(DatabaseError),
    /// People's files can't be used.
    #[error("the files in {} can't be used: {cause}", directory.display())]
    Files { directory: PathBuf, cause: std::io::Error },
    /// What was stored of the settings can't be read.
    #[error("the settings can't be used: {0}")]
    Settings(DatabaseError),
    /// The first administrator can't be made.
    #[error("the administrator can't be made: {0}")]
    Administrator(String),
    /// The setup token can't be written.
    #[error("the setup token can't be written into {}: {cause}", directory.display())]
    Token { directory: PathBuf, cause: std::io::Error },
}

/// What an [`App`] is built from.
pub struct AppBuilder {
    config: Config,
    runtime: Arc<dyn Runtime>,
    shutdown: Shutdown,
    leptos: LeptosOptions,
    site_root: PathBuf,
}

impl App {
    /// Begins one with this configuration and runtime, a shutdown of its own and a site without files.
    #[must_use]
    pub fn builder(config: Config, runtime: Arc<dyn Runtime>) -> AppBuilder {
        let leptos = LeptosOptions::builder().output_name("berth").build();
        AppBuilder { config, runtime, shutdown: Shutdown::new(), leptos, site_root: PathBuf::from("target/site") }
    }

    /// Ends every task, then lets go of the database; at most `limit` for the tasks. Containers go on.
    pub async fn close(self, limit: Duration) {
        self.shutdown.begin();
        if !self.shutdown.finished(limit).await {
            tracing::warn!("tasks were cut at shutdown");
        }
        self.database.close().await;
    }
}

impl AppBuilder {
    /// When everything must end.
    #[must_use]
    pub fn shutdown(self, shutdown: Shutdown) -> Self {
        Self { shutdown, ..self }
    }

    /// How pages find their scripts, and where the site's files are.
    #[must_use]
    pub fn site(self, leptos: LeptosOptions, site_root: PathBuf) -> Self {
        Self { leptos, site_root, ..self }
    }

    /// Opens the database, makes the administrator that the configuration names, and takes up the sessions.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn build(self) -> Result<App, StartError> {
        let Self { config, runtime, shutdown, leptos, site_root } = self;
        let database = Database::open(&config.database_url).await.map_err(StartError::Database)?;
        accounts::make_configured_administrator(&database, &config).await?;
        let is_set_up = database.count_active_admins().await.map_err(StartError::Accounts)? > 0;
        let settings = SettingsStore::open(database.clone(), &config).await.map_err(StartError::Settings)?;
        let auth = Auth::new(database.clone(), settings.clone(), &config.data_dir, is_set_up)
            .map_err(|cause| StartError::Token { directory: config.data_dir.clone(), cause })?;
        let auth = Arc::new(auth);
        let layout = Layout::new(&config.data_dir);
        let service = SessionService::start(
            database.clone(),
            Arc::clone(&runtime),
            config.rules.clone(),
            layout.clone(),
            shutdown.clone(),
        )
        .await
        .map_err(StartError::Sessions)?;
        shutdown.spawn(Auth::sweep(database.clone(), shutdown.clone()));
        shutdown.spawn(auth.live.clone().watch(database.clone(), shutdown.clone()));
        let storage = StorageService::start(layout, config.quota, Arc::clone(&service), shutdown.clone());
        let storage = storage.map_err(|cause| StartError::Files { directory: config.data_dir.clone(), cause })?;
        let audit = Audit::new(database.clone());
        let sessions: Arc<dyn Sessions> = Arc::clone(&service) as Arc<dyn Sessions>;
        let accounts = AccountService::new(database.clone(), Arc::clone(&auth), audit.clone(), Arc::clone(&sessions));
        let operations = OperationsService::new(database.clone(), Arc::clone(&runtime), Arc::clone(&service), &config);
        let waitlist =
            Waitlist::new(database.clone(), Arc::clone(&auth), audit.clone(), &config.waitlist, MOST_WAITING);
        Ok(App {
            config: Arc::new(config),
            preferences: Arc::new(PreferencesService::new(database.clone())),
            database,
            runtime,
            sessions,
            storage,
            accounts: Arc::new(accounts),
            operations: Arc::new(operations),
            waitlist: Arc::new(waitlist),
            audit,
            settings,
            sockets: Sockets { sessions: service, live: auth.live.clone(), shutdown: shutdown.clone() },
            auth,
            wizard: Arc::new(Wizard::default()),
            cookie_key: Key::generate(),
            requests: Requests::default(),
            shutdown,
            leptos,
            site_root: Arc::new(site_root),
        })
    }
}
