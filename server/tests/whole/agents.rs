//! Agents that are not there, end at once, crash again and again, or write without end.

use app::model::session::SessionState;
use app::model::usage::Activity;
use protocol::SessionId;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::client::{Client, Status};
use crate::rig::Rig;
use crate::server::Server;
use crate::terminal::Terminal;

const AGENTS: &str = r#"
[agents.absent]
name = "Absent"
command = "absent --now"
install = "get-absent"

[agents.brief]
name = "Brief"
command = "sh -c 'echo cannot go on; exit 3'"

[agents.crashing]
name = "Crashing"
command = "until sh -c 'echo crashed; exit 3'; do sleep 0.5; done"

[agents.busy]
name = "Busy"
command = "sh -c 'while :; do :; done'"

[agents.flooding]
name = "Flooding"
command = "yes"
"#;

/// A server that has them.
fn flags(directory: &tempfile::TempDir) -> [String; 2] {
    let file = directory.path().join("berth.toml");
    std::fs::write(&file, AGENTS).unwrap();
    ["--config".to_owned(), file.to_str().unwrap().to_owned()]
}

/// A new session of an agent, running, and its first terminal.
async fn running(client: &Client, agent: &str, keep: bool) -> (SessionId, Terminal) {
    let id = client.create_with(&format!(r#"{{"agent":"{agent}","keep":{keep}}}"#)).await;
    client.start(&id).await;
    client.until(&id, |state| *state == SessionState::Running).await;
    let terminal = client.terminal(&id, 1).await;
    (id, terminal)
}

fn sleeps_at(status: &Status) -> Option<OffsetDateTime> {
    let told = status.usage.as_ref()?.sleeps_at.as_ref()?;
    Some(OffsetDateTime::parse(told, &Rfc3339).unwrap())
}

#[tokio::test]
async fn an_agent_that_fails_leaves_a_shell_and_only_one_that_works_stays_awake() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::with(&flags(&directory).each_ref().map(String::as_str)).await;
    let client = &server.client;
    let (absent, mut of_absent) = running(client, "absent", true).await;
    of_absent.until_shown(0, "absent: command not found").await;
    of_absent.until_shown(0, "\nAbsent may not be installed here. To install it: get-absent").await;
    let (brief, mut of_brief) = running(client, "brief", true).await;
    of_brief.until_shown(0, "\ncannot go on").await;
    let (crashing, mut of_crashing) = running(client, "crashing", false).await;
    of_crashing.until_shown(0, "\ncrashed\r\ncrashed").await;
    let (flooding, mut of_flooding) = running(client, "flooding", false).await;
    of_flooding.until_shown(0, "\ny\r\ny").await;
    let (busy, of_busy) = running(client, "busy", false).await;

    let all = [&absent, &brief, &crashing, &flooding, &busy];
    // The first look has none before it to compare with.
    let first = client.until_looked_at(&all, 2).await;
    let second = client.until_looked_at(&all, 3).await;
    for (id, expected) in [
        (&absent, Some(Activity::Shell)),
        (&brief, Some(Activity::Shell)),
        (&flooding, Some(Activity::Waiting)),
        (&busy, Some(Activity::Working)),
        // A pause, or what comes after it: no work, whichever the look met.
        (&crashing, None),
    ] {
        let (before, after) = (&first[id], &second[id]);
        let activity = after.usage.as_ref().unwrap().activity;
        assert!(expected.is_none_or(|expected| expected == activity), "{after:?}");
        if activity == Activity::Working {
            assert_eq!((sleeps_at(before), id), (None, &busy), "a working agent is not put to sleep");
            continue;
        }
        let moved = sleeps_at(after).unwrap() - sleeps_at(before).unwrap();
        assert!(moved.abs() < time::Duration::seconds(3), "what does not work puts nothing off: {before:?} {after:?}");
    }

    // Whoever comes now is given the present, not all that was written.
    drop((of_crashing, of_flooding, of_busy));
    for id in [&crashing, &flooding, &busy] {
        let mut terminal = client.terminal(id, 1).await;
        terminal.type_in("\u{3}").await;
        assert_eq!(terminal.run("echo alive").await, "alive\n");
        assert_eq!(client.session(id).await.state, SessionState::Running);
    }
    for terminal in [&mut of_absent, &mut of_brief] {
        assert_eq!(terminal.run("echo alive").await, "alive\n");
    }
    server.close().await;
}

/// The image has other programs than this host, and another shell may start there.
mod docker {
    use super::*;

    #[tokio::test]
    async fn an_agent_that_is_not_in_the_image_is_told_of_and_leaves_a_shell() {
        let directory = tempfile::tempdir().unwrap();
        let mut rig = Rig::docker().await;
        rig.server.with_more(&flags(&directory)).await;
        let (id, mut terminal) = running(&rig.server.client, "absent", false).await;
        terminal.until_shown(0, "absent: command not found").await;
        terminal.until_shown(0, "\nAbsent may not be installed here. To install it: get-absent").await;
        assert_eq!(terminal.run("echo alive").await, "alive\n");
        let (choices, all) = rig.get("/api/sessions/choices").await;
        assert!(choices.is_success(), "{all}");
        let absent = all["agents"].as_array().unwrap().iter().find(|agent| agent["id"] == "absent").unwrap().clone();
        assert_eq!(absent["missing"], serde_json::json!(["docker"]));
        let (_, mut brief) = running(&rig.server.client, "brief", false).await;
        brief.until_shown(0, "\ncannot go on").await;
        assert_eq!(brief.run("echo alive").await, "alive\n");
        assert_eq!(rig.server.client.session(&id).await.state, SessionState::Running);
        rig.close().await;
    }
}
