//! Agents that start themselves, sessions that sleep, what one person may have, and a driver that is let be.

use std::collections::BTreeMap;

use app::backend::Preferences as _;
use app::model::agent::{ApplyPreset, ChangePreset, CreatePreset, MAX_PRESETS};
use app::model::preferences::ChangePreferences;
use app::model::session::{Repository, StoppedBy};
use app::model::usage::{Activity, SessionUsage};
use berth::preferences::PreferencesService;
use berth::sessions::rules::Pace;
use runtime::{RuntimeError, Usage};
use serde_json::{Value, json};

use super::*;

/// Rules under which a minute of idleness is a moment. The shortest idle time of 15 such is long against a look.
fn quick() -> Rules {
    Rules { pace: Pace { sample: Duration::from_millis(10), minute: Duration::from_millis(20) }, ..rules() }
}

async fn prefer(rig: &Rig, change: Value) {
    let Value::Object(change) = change else { panic!("an object") };
    let preferences = PreferencesService::new(rig.database.clone());
    preferences.change(&me(), ChangePreferences(change)).await.unwrap();
}

/// What a guest tells of one terminal.
fn activity(idle_seconds: u64, program: Option<(&str, u64)>, offset: u64) -> String {
    let program = program.map(|(command, cpu_ms)| json!({ "group": 7, "command": command, "cpu_ms": cpu_ms }));
    json!({
        "idle_seconds": idle_seconds,
        "terminals": [{
            "id": 1, "cols": 80, "rows": 24, "title": "", "process": "x", "clients": 2, "offset": offset,
            "progress": "none", "program": program,
        }],
    })
    .to_string()
}

/// The command that terminal `number` was opened with last.
fn command(rig: &Rig, number: &str) -> Option<String> {
    let opened = rig.runtime.opened();
    let (_, _, asked) = opened.iter().rfind(|(_, terminal, _)| terminal == number).expect("a terminal");
    serde_json::from_str::<Value>(asked).unwrap()["command"].as_str().map(str::to_owned)
}

async fn of_agent(rig: &Rig, agent: &str) -> Session {
    let new = CreateSession { agent: Some(agent.into()), ..CreateSession::default() };
    rig.service.create(&me(), new).await.unwrap()
}

async fn run(rig: &Rig, session: &Session, how: StartSession) -> Session {
    rig.service.start(&me(), &session.id, how).await.unwrap();
    rig.until(&session.id, |state| *state == SessionState::Running).await
}

async fn stop(rig: &Rig, session: &Session) -> Session {
    rig.service.stop(&me(), &session.id).await.unwrap();
    rig.until(&session.id, |state| *state == SessionState::Stopped).await
}

/// What the stream of events begins with: what is known already.
const KNOWN: usize = 2;

/// What is told of the session's use from now on, once it is as wanted.
async fn usage(rig: &Rig, wanted: impl Fn(&SessionUsage) -> bool) -> SessionUsage {
    let mut events = rig.service.events(&me()).skip(KNOWN);
    let wait = async {
        loop {
            if let SessionEvent::Usage(usages) = events.next().await.expect("events while the server runs")
                && let Some(found) = usages.into_iter().find(|usage| wanted(usage))
            {
                return found;
            }
        }
    };
    tokio::time::timeout(LIMIT, wait).await.expect("it was never told")
}

#[tokio::test]
async fn an_agent_starts_itself_and_takes_up_its_conversation_when_it_is_asked_to() {
    let rig = Rig::new().await;
    rig.runtime.set_programs(&["claude"]);
    let session = of_agent(&rig, "claude-code").await;
    assert_eq!((session.name.as_str(), session.agent.as_str()), ("Claude Code #1", "claude-code"));
    assert!(!session.can_resume, "there is no conversation yet");
    run(&rig, &session, HOW).await;
    assert_eq!(command(&rig, "1").as_deref(), Some("claude"));
    let stopped = stop(&rig, &session).await;
    assert!(stopped.can_resume);
    assert_eq!(stopped.stopped_by, Some(StoppedBy::Owner));
    let running = run(&rig, &session, StartSession { resume: true }).await;
    assert_eq!((command(&rig, "1").as_deref(), running.stopped_by), (Some("claude --continue"), None));

    let shell = of_agent(&rig, "shell").await;
    assert!(!run(&rig, &shell, HOW).await.can_resume);
    assert_eq!(command(&rig, "1"), None);
    let codex = of_agent(&rig, "codex").await;
    run(&rig, &codex, HOW).await;
    let typed = command(&rig, "1").unwrap();
    assert!(typed.starts_with("codex || echo 'Codex may not be installed here."), "{typed}");
}

#[tokio::test]
async fn what_a_session_is_made_of_is_checked_kept_and_offered() {
    let rig = Rig::new().await;
    for (new, field) in [
        (CreateSession { agent: Some("gone".into()), ..CreateSession::default() }, "agent"),
        (CreateSession { tier: Some("gone".into()), ..CreateSession::default() }, "tier"),
        (CreateSession { runtime: Some("gone".into()), ..CreateSession::default() }, "runtime"),
        (CreateSession { preset: Some("gone".into()), ..CreateSession::default() }, "preset"),
    ] {
        let refused = rig.service.create(&me(), new).await.unwrap_err();
        assert_eq!((refused.code, refused.fields[0].field.as_str()), (ErrorCode::ValidationError, field));
    }
    let choices = rig.service.choices(&me()).await.unwrap();
    assert_eq!(choices.last_agent, None);
    assert!(choices.agents.iter().all(|agent| agent.found.is_empty() && agent.id != "gone"));
    rig.runtime.set_programs(&["gemini"]);
    let repository = Repository { url: "https://example.org/a/b.git".into(), reference: None, depth: Some(1) };
    let new = CreateSession {
        agent: Some("gemini".into()),
        repository: Some(repository),
        environment: BTreeMap::from([("KEY".into(), "value".into())]),
        keep: true,
        ..CreateSession::default()
    };
    let session = rig.service.create(&me(), new).await.unwrap();
    assert!(session.keep);
    run(&rig, &session, HOW).await;
    let typed = command(&rig, "1").unwrap();
    assert_eq!(typed, "{ [ -e b ] || git clone --depth 1 -- https://example.org/a/b.git b; } && cd b && { gemini; }");
    let choices = rig.service.choices(&me()).await.unwrap();
    assert_eq!(choices.last_agent.as_deref(), Some("gemini"));
    let agent = |id: &str| choices.agents.iter().find(|agent| agent.id == id).unwrap();
    assert_eq!((agent("gemini").found.as_slice(), agent("gemini").missing.len()), (&["fake".to_owned()][..], 0));
    assert_eq!(agent("codex").missing, ["fake"]);
    assert_eq!(agent("shell").found, ["fake"], "a shell is everywhere");

    let like = rig.service.duplicate(&me(), &session.id).await.unwrap();
    assert_eq!((like.name.as_str(), like.agent.as_str(), like.keep), ("Gemini CLI #2", "gemini", true));
    assert_eq!((like.state, like.can_resume), (SessionState::Created, false));
    let row = rig.database.session(&like.id).await.unwrap().unwrap();
    assert_eq!(row.details.environment.0["KEY"], "value");
    assert!(!format!("{row:?}").contains("value"), "a variable may be a secret");
    assert_eq!(rig.service.duplicate(&somebody_else(), &session.id).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn an_idle_session_sleeps_and_says_so() {
    let rig = Rig::by(quick()).await;
    prefer(&rig, json!({ "idle_minutes": 15 })).await;
    // A clock on the screen, and somebody who watches.
    rig.runtime.set_activity(activity(1000, None, 2));
    let session = rig.running().await;
    let counting = usage(&rig, |usage| usage.id == session.id).await;
    assert!(counting.sleeps_at.is_some() && counting.activity == Activity::Shell && counting.clients == 2);
    let asleep = rig.until(&session.id, |state| *state == SessionState::Stopped).await;
    assert_eq!(asleep.stopped_by, Some(StoppedBy::Idle));
    assert_eq!(rig.running_containers(), 0);
}

#[tokio::test]
async fn a_working_agent_stays_awake() {
    let rig = Rig::by(quick()).await;
    prefer(&rig, json!({ "idle_minutes": 15 })).await;
    let session = rig.running().await;
    let mut looks = 0;
    // Each look finds more CPU time, for several times as long as an idle session has.
    while looks < 200 {
        looks += 1;
        rig.runtime.set_activity(activity(1000, Some(("claude", looks * 100)), looks));
        usage(&rig, |usage| usage.id == session.id).await;
    }
    let working = usage(&rig, |usage| usage.id == session.id).await;
    assert_eq!(rig.service.get(&me(), &session.id).await.unwrap().state, SessionState::Running, "{working:?}");
    // Done: it waits for somebody, who does not come.
    let asleep = rig.until(&session.id, |state| *state == SessionState::Stopped).await;
    assert_eq!(asleep.stopped_by, Some(StoppedBy::Idle));
}

#[tokio::test]
async fn who_wants_it_awake_keeps_it_awake() {
    let rig = Rig::by(quick()).await;
    prefer(&rig, json!({ "idle_minutes": 0 })).await;
    rig.runtime.set_activity(activity(100_000, None, 2));
    let session = rig.running().await;
    let never = usage(&rig, |usage| usage.id == session.id).await;
    assert_eq!(never.sleeps_at, None);
    prefer(&rig, json!({ "idle_minutes": 15 })).await;
    usage(&rig, |usage| usage.sleeps_at.is_some()).await;
    for _ in 0..100 {
        rig.service.touch(&me(), &session.id).await.unwrap();
        usage(&rig, |usage| usage.id == session.id).await;
    }
    assert_eq!(rig.service.get(&me(), &session.id).await.unwrap().state, SessionState::Running);
    assert_eq!(rig.service.touch(&somebody_else(), &session.id).await.unwrap_err().code, ErrorCode::NotFound);
    rig.until(&session.id, |state| *state == SessionState::Stopped).await;
    assert_eq!(rig.service.touch(&me(), &session.id).await.unwrap_err().code, ErrorCode::Conflict);
}

#[tokio::test]
async fn use_is_told_with_its_history_and_reading_it_wakes_nothing() {
    let rig = Rig::by(quick()).await;
    rig.runtime.set_activity(activity(0, Some(("claude", 0)), 0));
    let session = rig.running().await;
    let mut spent = 0;
    let told = loop {
        spent += 50_000;
        rig.runtime.set_usage(Usage { cpu_micros: spent, memory_bytes: 7 << 20, pids: 3, out_of_memory_kills: 0 });
        let told = usage(&rig, |usage| usage.id == session.id).await;
        if told.now.cpu_millis > 0 {
            break told;
        }
    };
    assert_eq!((told.now.memory_bytes, told.memory_limit_bytes, told.terminals), (7 << 20, 1 << 30, 1));
    for bytes in [5 << 20, 6 << 20] {
        rig.runtime.set_disk_use(bytes);
        usage(&rig, |usage| usage.now.disk_bytes == Some(bytes)).await;
    }
    let (_, samples) = rig.service.usage(&me()).remove(0);
    assert!(samples.len() > 1 && samples.iter().any(|sample| sample.cpu_millis > 0));
    assert!(rig.service.usage(&somebody_else()).is_empty());
    stop(&rig, &session).await;
    let (starts, connects) = (rig.runtime.count(Call::Start), rig.runtime.count(Call::Connect));
    assert!(rig.service.usage(&me()).is_empty());
    rig.service.list(&me()).await.unwrap();
    assert_eq!((rig.runtime.count(Call::Start), rig.runtime.count(Call::Connect)), (starts, connects));
}

#[tokio::test]
async fn each_person_has_as_many_as_they_may() {
    let few = Allowances { sessions: 3, running: 1, ..rules().allowances };
    let rig = Rig::by(Rules { allowances: few, ..rules() }).await;
    let first = rig.running().await;
    let second = rig.create().await;
    let refused = rig.service.start(&me(), &second.id, HOW).await.unwrap_err();
    assert_eq!((refused.code, refused.code.status()), (ErrorCode::QuotaExceeded, 402));
    assert_eq!(refused.error, "1 of your sessions run, as many as may at once. Stop one first.");
    rig.service.restart(&me(), &first.id, HOW).await.unwrap();
    rig.until(&first.id, |state| *state == SessionState::Running).await;
    stop(&rig, &first).await;
    rig.service.start(&me(), &second.id, HOW).await.unwrap();

    rig.create().await;
    let refused = rig.service.create(&me(), CreateSession::default()).await.unwrap_err();
    assert_eq!(refused.error, "You have 3 sessions, and may have 3. Delete one first.");
    rig.service.create(&somebody_else(), CreateSession::default()).await.unwrap();

    let slow = Allowances { creates_a_minute: NonZeroU32::new(2).unwrap(), ..rules().allowances };
    let rig = Rig::by(Rules { allowances: slow, ..rules() }).await;
    rig.create().await;
    rig.create().await;
    let refused = rig.service.create(&me(), CreateSession::default()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::RateLimited);
}

#[tokio::test]
async fn presets_are_saved_applied_changed_and_forgotten() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    let new = |name: &str| CreatePreset {
        name: name.into(),
        commands: Some(vec!["npm run dev".into(), String::new()]),
        from_session: None,
    };
    let preset = rig.service.create_preset(&me(), new(" Web ")).await.unwrap();
    assert_eq!(preset.name, "Web");
    let to = ApplyPreset { session: session.id.clone() };
    rig.service.apply_preset(&me(), &preset.id, to.clone()).await.unwrap();
    assert_eq!((command(&rig, "2").as_deref(), command(&rig, "3")), (Some("npm run dev"), None));

    let change = ChangePreset { name: Some("Other".into()), ..ChangePreset::default() };
    let changed = rig.service.change_preset(&me(), &preset.id, change.clone()).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.commands.len()), ("Other", 2));
    let made = CreateSession { preset: Some(preset.id.clone()), ..CreateSession::default() };
    let made = rig.service.create(&me(), made).await.unwrap();
    let before = rig.runtime.opened().len();
    run(&rig, &made, HOW).await;
    assert_eq!(rig.runtime.opened().len(), before + 3, "its own terminal and two tabs");

    let refused = [
        rig.service.change_preset(&somebody_else(), &preset.id, change).await.unwrap_err().code,
        rig.service.delete_preset(&somebody_else(), &preset.id).await.unwrap_err().code,
        rig.service.apply_preset(&somebody_else(), &preset.id, to).await.unwrap_err().code,
    ];
    assert_eq!(refused, [ErrorCode::NotFound; 3]);
    rig.runtime.set_activity(activity(0, Some(("claude", 0)), 0));
    let from = CreatePreset { name: "Saved".into(), commands: None, from_session: Some(session.id.clone()) };
    assert_eq!(rig.service.create_preset(&me(), from).await.unwrap_err().code, ErrorCode::Conflict);
    for number in 1..MAX_PRESETS {
        rig.service.create_preset(&me(), new(&format!("{number}"))).await.unwrap();
    }
    assert_eq!(rig.service.create_preset(&me(), new("more")).await.unwrap_err().code, ErrorCode::QuotaExceeded);
    rig.service.delete_preset(&me(), &preset.id).await.unwrap();
    assert_eq!(rig.service.presets(&me()).await.unwrap().len(), MAX_PRESETS - 1);
    assert_eq!(rig.service.delete_preset(&me(), &preset.id).await.unwrap_err().code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_driver_that_fails_again_and_again_is_let_be_and_told_of() {
    let rig = Rig::by(quick()).await;
    rig.runtime.fail(Call::Create, Some(|| RuntimeError::Unavailable { detail: "nobody listens".into() }));
    let is_failed = |state: &SessionState| matches!(state, SessionState::Failed { .. });
    let session = rig.create().await;
    for _ in 0..5 {
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        rig.until(&session.id, is_failed).await;
    }
    let asked = rig.runtime.count(Call::Create);
    rig.service.start(&me(), &session.id, HOW).await.unwrap();
    let failed = rig.until(&session.id, is_failed).await;
    assert_eq!(rig.runtime.count(Call::Create), asked, "it fails at once");
    let SessionState::Failed { cause } = failed.state else { panic!("it failed") };
    assert!(cause.sentence().contains("nobody listens. It failed 5 times in a row"), "{}", cause.sentence());
    let mut events = rig.service.events(&me());
    let told = async {
        loop {
            if let Some(SessionEvent::Runtime(troubles)) = events.next().await
                && let Some(trouble) = troubles.first()
            {
                return trouble.clone();
            }
        }
    };
    let trouble = tokio::time::timeout(LIMIT, told).await.expect("it was never told");
    assert_eq!((trouble.runtime.as_str(), trouble.detail.as_str()), ("fake", "nobody listens"));
    assert!(trouble.retry_at > trouble.since);
}

#[tokio::test]
async fn a_restart_that_the_servers_end_interrupts_goes_on() {
    let rig = Rig::new().await;
    let session = rig.running().await;
    rig.runtime.hold(Call::Stop);
    rig.service.restart(&me(), &session.id, HOW).await.unwrap();
    rig.runtime.began(Call::Stop, 1).await;
    let rig = rig.serve_again().await;
    rig.runtime.release(Call::Stop);
    rig.until(&session.id, |state| *state == SessionState::Running).await;
    assert_eq!(rig.runtime.count(Call::Start), 2);
}
