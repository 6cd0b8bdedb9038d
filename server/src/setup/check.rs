//! Whether a step's answers will do, by trying what can be tried.

use app::model::account::{Email, SignInWay, check_password};
use app::model::setup::{CheckedSetup, SetupAnswers};
use nix::sys::statvfs::statvfs;
use time::OffsetDateTime;

use super::answers::{self, Problems};
use super::{FIRST_STEP, LAST_STEP, Setter};
use crate::app::App;
use crate::auth::{oidc, proxy};
use crate::database::DatabaseError;

/// How much of a password is looked at, characters: the time it takes grows with the square.
const MAX_GUESSED: usize = 64;
/// What is written and read again to see whether files can be kept.
const PROBE: &[u8] = b"berth";

/// Looks at one step's answers.
///
/// # Errors
/// As every query.
pub async fn check(
    app: &App,
    setter: &Setter,
    step: u8,
    answers: &SetupAnswers,
) -> Result<CheckedSetup, DatabaseError> {
    let mut problems = Problems::default();
    let mut checked = CheckedSetup::default();
    match step {
        2 if *setter == Setter::First => checked.strength = administrator(answers, &mut problems),
        3 => checked.notes = ways(app, setter, answers, &mut problems).await?,
        4 => return Ok(check_places(app).await),
        5 => {
            answers::places(answers, &mut problems);
        }
        // The token was looked at before anything else.
        _ => {}
    }
    checked.fields = problems.0;
    Ok(checked)
}

/// Whether files can be kept.
pub async fn check_places(app: &App) -> CheckedSetup {
    let mut problems = Problems::default();
    let notes = places(app, &mut problems).await;
    CheckedSetup { fields: problems.0, notes, strength: None }
}

/// The first step whose answers will not do, and what is to be said of it.
///
/// # Errors
/// As every query.
pub async fn first_wrong(
    app: &App,
    setter: &Setter,
    answers: &SetupAnswers,
) -> Result<Option<(u8, CheckedSetup)>, DatabaseError> {
    for step in FIRST_STEP..=LAST_STEP {
        let checked = check(app, setter, step, answers).await?;
        if !checked.fields.is_empty() {
            return Ok(Some((step, checked)));
        }
    }
    Ok(None)
}

/// Answers how hard the password is to guess, when there is one.
fn administrator(answers: &SetupAnswers, problems: &mut Problems) -> Option<u8> {
    let email = answers.email.parse::<Email>();
    if email.is_err() {
        problems.add("email", "an address such as ada@example.org");
    }
    if let Err(why) = check_password(&answers.password) {
        problems.add("password", why);
    } else if answers.password != answers.again {
        problems.add("again", "the two passwords are not the same");
    }
    if answers.password.is_empty() || answers.password.len() > app::model::account::MAX_PASSWORD {
        return None;
    }
    let known = email.as_ref().map_or("", Email::as_str);
    let start: String = answers.password.chars().take(MAX_GUESSED).collect();
    Some(u8::from(zxcvbn::zxcvbn(&start, &["berth", known]).score()))
}

/// Whether whoever turns passwords off has come in without one, and so can again.
async fn needs_no_password(app: &App, setter: &Setter) -> Result<bool, DatabaseError> {
    let Setter::Admin(actor) = setter else { return Ok(false) };
    let sign_ins = app.database.sign_ins_of(&actor.user, OffsetDateTime::now_utc()).await?;
    let this = sign_ins.iter().find(|(hash, _)| actor.credential.as_ref() == Some(hash.as_bytes()));
    Ok(this.is_some_and(|(_, sign_in)| sign_in.way != SignInWay::Password))
}

async fn ways(
    app: &App,
    setter: &Setter,
    answers: &SetupAnswers,
    problems: &mut Problems,
) -> Result<Vec<String>, DatabaseError> {
    let stored = app.settings.stored().await?;
    let chosen = answers::ways(answers, &stored, problems);
    if chosen.passwords == Some(false) && app.settings.current().passwords && !needs_no_password(app, setter).await? {
        problems.add("passwords_too", "sign in the other way once, then turn passwords off");
    }
    let mut notes = Vec::new();
    if let Some(oidc) = &chosen.oidc {
        match oidc::discover(&app.auth.outside, &oidc.issuer).await {
            Ok(metadata) => {
                notes.push(format!("The provider answers: {}", metadata.authorization_endpoint().as_str()));
            }
            Err(error) => problems.add("oidc_issuer", error.to_string()),
        }
    }
    if let Some(chosen) = &chosen.proxy {
        match proxy::fetch(&app.auth.outside, &chosen.keys()).await {
            Ok(keys) if keys.keys.is_empty() => problems.add("proxy_issuer", "it publishes no keys"),
            Ok(keys) => notes.push(format!("The proxy answers, with {} keys.", keys.keys.len())),
            Err(error) => problems.add("proxy_issuer", error.to_string()),
        }
    }
    Ok(notes)
}

/// Where sessions run and files live. A runtime that is away keeps nobody from going on: it can be mended later.
async fn places(app: &App, problems: &mut Problems) -> Vec<String> {
    let mut notes = Vec::new();
    let directory = app.config.data_dir.clone();
    let probe = directory.join(format!("probe-{}", crate::auth::random_id()));
    match try_file(&probe).await {
        Ok(()) => {
            let free = statvfs(&directory).map(|stat| stat.blocks_available() * stat.fragment_size());
            let free = free.map_or_else(|_| String::new(), |bytes| format!(", {} GB free", bytes / 1_000_000_000));
            notes.push(format!("Files can be written, read and removed in {}{free}.", directory.display()));
        }
        Err(error) => problems.add("files", format!("{}: {error}", directory.display())),
    }
    notes
}

async fn try_file(path: &std::path::Path) -> std::io::Result<()> {
    tokio::fs::write(path, PROBE).await?;
    let read = tokio::fs::read(path).await;
    tokio::fs::remove_file(path).await?;
    if read? == PROBE { Ok(()) } else { Err(std::io::Error::other("what was written was not read again")) }
}
