//! `berth admin`: looking after people, tokens and containers from the server's own machine. It works on the
//! database, whose changes a running server sees within five seconds, so that it helps when nobody can sign in. What
//! concerns containers it asks of the server that runs.

mod reconcile;

use std::future::Future;
use std::io::Write;
use std::sync::Arc;

use app::backend::Actor;
use app::model::account::{CreateToken, Email, InvitePerson, PersonState, Role};
use app::model::error::ApiError;
use garde::Validate as _;
use runtime::Runtime;
use thiserror::Error;

use crate::accounts::{Audit, people, tokens};
use crate::config::{AdminCommand, Config};
use crate::control::{ControlError, command_line};
use crate::data_dir::DataDirError;
use crate::database::{Database, DatabaseError, StoredPerson};
use crate::settings::SettingsStore;

/// Why a command was not obeyed.
#[derive(Debug, Error)]
pub enum AdminError {
    #[error("{0}")]
    Database(#[from] DatabaseError),
    #[error("{}", told(.0))]
    Refused(#[from] ApiError),
    #[error("nobody has the address {0}; `berth admin people` lists everybody")]
    Nobody(Email),
    #[error("can't print: {0}")]
    Print(#[from] std::io::Error),
    #[error("{0}")]
    DataDir(#[from] DataDirError),
    #[error("{0}")]
    Control(#[from] ControlError),
    #[error("the container runtime can't be opened: {0}")]
    Runtime(String),
    #[error("{0} of these could not be done")]
    Undone(usize),
}

fn told(error: &ApiError) -> String {
    let fields: Vec<String> = error.fields.iter().map(|field| format!("{}: {}", field.field, field.message)).collect();
    if fields.is_empty() { error.error.clone() } else { fields.join("; ") }
}

/// Obeys `command`, and writes what it has to say to `out`. `open` opens the containers' driver, should it be needed.
///
/// # Errors
/// See [`AdminError`].
pub async fn run<Opening>(
    config: &Config,
    command: AdminCommand,
    open: impl FnOnce() -> Opening,
    out: &mut impl Write,
) -> Result<(), AdminError>
where
    Opening: Future<Output = Result<Arc<dyn Runtime>, String>>,
{
    let database = Database::open(&config.database_url).await?;
    let outcome = obey(&database, config, command, open, out).await;
    database.close().await;
    outcome
}

async fn obey<Opening>(
    database: &Database,
    config: &Config,
    command: AdminCommand,
    open: impl FnOnce() -> Opening,
    out: &mut impl Write,
) -> Result<(), AdminError>
where
    Opening: Future<Output = Result<Arc<dyn Runtime>, String>>,
{
    let audit = Audit::new(database.clone());
    let actor = command_line();
    match command {
        AdminCommand::People => {
            for person in database.people().await? {
                writeln!(out, "{}\t{}\t{}", person.email, person.role.word(), person.state.word())?;
            }
        }
        AdminCommand::Create { email, role } => {
            let invited = people::invite(database, &audit, &actor, InvitePerson { email, role }).await?;
            print_link(database, config, &invited.path, out).await?;
        }
        AdminCommand::Link { email } => {
            let invited = people::renew_link(database, &audit, &actor, &email).await?;
            print_link(database, config, &invited.path, out).await?;
        }
        AdminCommand::Promote { email } => {
            let person = named(database, &email).await?;
            if !database.change_person(&person.id, Some(Role::Admin), Some(PersonState::Active)).await? {
                return Err(AdminError::Nobody(email));
            }
            audit.record(&actor, "person.promoted", email.as_str()).await;
            let state = named(database, &email).await?.state.word();
            writeln!(out, "{email} is an administrator, {state}")?;
        }
        AdminCommand::Token { email, name, scopes, days } => {
            let person = named(database, &email).await?;
            let owner = Actor { user: person.id, email: email.into(), role: person.role, ..actor };
            let new = CreateToken { name, scopes, expires_in_days: days };
            new.validate().map_err(ApiError::from)?;
            let created = tokens::create(database, &audit, &owner, new).await?;
            writeln!(out, "{}", created.secret)?;
        }
        AdminCommand::Reconcile(how) => reconcile::run(database, config, how, open, out).await?,
        AdminCommand::Sessions => {
            let people = database.people().await?;
            for session in database.sessions().await? {
                let owner = people.iter().find(|person| person.id == session.owner);
                let owner = owner.map_or(session.owner.as_str(), |person| person.email.as_str());
                writeln!(out, "{}\t{}\t{}\t{}", session.id, session.state.word(), owner, session.name)?;
            }
        }
    }
    Ok(())
}

async fn named(database: &Database, email: &Email) -> Result<StoredPerson, AdminError> {
    database.person(email).await?.ok_or_else(|| AdminError::Nobody(email.clone()))
}

async fn print_link(database: &Database, config: &Config, path: &str, out: &mut impl Write) -> Result<(), AdminError> {
    let settings = SettingsStore::open(database.clone(), config).await?;
    writeln!(out, "{}{path}", settings.current().address_for_people(config.listen))?;
    Ok(())
}
