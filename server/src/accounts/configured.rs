//! The administrator that the configuration names, for servers that come up without a click.

use std::fs;

use app::model::account::check_password;

use crate::app::StartError;
use crate::auth::Passwords;
use crate::config::Config;
use crate::database::{Database, StoredPerson};

/// Makes that person, when there is nobody yet; else leaves everybody as they are: they may have chosen another
/// password since, or been removed.
///
/// # Errors
/// [`StartError::Administrator`] without a password file, with one that can't be read or used, and as every query.
pub async fn make_configured_administrator(database: &Database, config: &Config) -> Result<(), StartError> {
    let Some(email) = &config.admin_email else { return Ok(()) };
    let people = database.people().await.map_err(StartError::Accounts)?;
    if !people.is_empty() {
        if people.iter().all(|person| person.email != *email) {
            tracing::warn!(%email, "admin.email is nobody's address; only the first person is made from it");
        }
        return Ok(());
    }
    let refused = |why: String| StartError::Administrator(why);
    let Some(path) = &config.admin_password_file else {
        return Err(refused(format!("admin.email names {email}, and admin.password_file is not set")));
    };
    let text = fs::read_to_string(path).map_err(|error| refused(format!("{}: {error}", path.display())))?;
    let password = text.lines().next().unwrap_or_default().to_owned();
    check_password(&password).map_err(|why| refused(format!("the password in {}: {why}", path.display())))?;
    let hash = Passwords::default().hash(password).await.map_err(|_| refused("the hash was interrupted".into()))?;
    let person = StoredPerson::administrator(email.clone(), hash);
    database.insert_person(&person).await.map_err(StartError::Accounts)
}
