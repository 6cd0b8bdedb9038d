//! Presets of terminals: whose they are, what they are saved from, and how one is applied.

use app::backend::Actor;
use app::model::agent::{ChangePreset, CreatePreset, MAX_COMMAND, MAX_COMMANDS, MAX_PRESETS, Preset};
use app::model::error::{ApiError, ErrorCode};
use garde::Validate as _;
use protocol::guest::{OpenTerminal, TerminalActivity};
use protocol::{SessionId, TerminalId};

use crate::auth;
use crate::database::DatabaseError;
use crate::sessions::service::{SessionService, database_error, guest_error};

impl SessionService {
    pub(super) async fn presets_of(&self, actor: &Actor) -> Result<Vec<Preset>, ApiError> {
        self.context.database.presets(&actor.user).await.map_err(|error| database_error(&error))
    }

    pub(super) async fn add_preset(&self, actor: &Actor, new: CreatePreset) -> Result<Preset, ApiError> {
        new.validate()?;
        let commands = match (new.commands, new.from_session) {
            (Some(commands), None) => commands,
            (None, Some(session)) => self.commands_of(actor, &session).await?,
            _ => {
                let told = "A preset is made of commands, or saved from a session: send one of the two.";
                return Err(ApiError::new(ErrorCode::ValidationError, told));
            }
        };
        // Held so that two at once are both counted.
        let _naming = self.naming.lock().await;
        let count = self.context.database.count_presets(&actor.user).await.map_err(|error| database_error(&error))?;
        if count >= MAX_PRESETS as u64 {
            let told = format!("You have {MAX_PRESETS} presets, the most there can be. Delete one first.");
            return Err(ApiError::new(ErrorCode::QuotaExceeded, told));
        }
        let preset = Preset { id: auth::random_id(), name: new.name.trim().to_owned(), commands };
        self.context.database.insert_preset(&actor.user, &preset).await.map_err(|error| database_error(&error))?;
        Ok(preset)
    }

    pub(super) async fn edit_preset(&self, actor: &Actor, id: &str, change: ChangePreset) -> Result<Preset, ApiError> {
        change.validate()?;
        let before = self.preset_of(actor, id).await?;
        let name = change.name.map_or(before.name, |name| name.trim().to_owned());
        let preset = Preset { id: before.id, name, commands: change.commands.unwrap_or(before.commands) };
        self.context.database.update_preset(&actor.user, &preset).await.map_err(gone_or_failed)?;
        Ok(preset)
    }

    pub(super) async fn remove_preset(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        self.context.database.delete_preset(&actor.user, id).await.map_err(gone_or_failed)
    }

    /// Opens the preset's tabs in a session, each unless it is open.
    pub(super) async fn open_preset(&self, actor: &Actor, id: &str, session: &SessionId) -> Result<(), ApiError> {
        let preset = self.preset_of(actor, id).await?;
        let guest = self.guest(&self.owned(actor, session).await?)?;
        for (terminal, command) in TerminalId::all().skip(1).zip(preset.commands) {
            let command = (!command.is_empty()).then_some(command);
            let open = OpenTerminal { command, ..OpenTerminal::default() };
            guest.open_terminal(terminal, &open).await.map_err(|error| guest_error(session, &error))?;
        }
        Ok(())
    }

    async fn preset_of(&self, actor: &Actor, id: &str) -> Result<Preset, ApiError> {
        let found = self.context.database.preset(&actor.user, id).await.map_err(|error| database_error(&error))?;
        found.ok_or_else(|| ApiError::not_found("preset"))
    }

    /// What runs in tabs 2 to 6 of a session, up to the last that is open.
    async fn commands_of(&self, actor: &Actor, session: &SessionId) -> Result<Vec<String>, ApiError> {
        let guest = self.guest(&self.owned(actor, session).await?)?;
        let activity = guest.activity().await.map_err(|error| guest_error(session, &error))?;
        let commands = commands_of_tabs(&activity.terminals);
        if commands.is_empty() {
            return Err(ApiError::conflict(
                "The session has one tab only, and a preset is of the tabs beside it. Open some first.",
            ));
        }
        Ok(commands)
    }
}

/// Commands of tabs 2 to 6; empty for a shell, and for what can't be typed again as a whole.
fn commands_of_tabs(open: &[TerminalActivity]) -> Vec<String> {
    let command = |id: TerminalId| {
        let found = open.iter().find(|open| open.terminal.id == id)?;
        let command = found.program.as_ref().map(|program| program.command.clone()).unwrap_or_default();
        Some(if command.len() > MAX_COMMAND { String::new() } else { command })
    };
    let last = open.iter().map(|open| open.terminal.id).max().unwrap_or(TerminalId::FIRST);
    let tabs = TerminalId::all().skip(1).take(MAX_COMMANDS).take_while(|id| *id <= last);
    tabs.map(|id| command(id).unwrap_or_default()).collect()
}

fn gone_or_failed(error: DatabaseError) -> ApiError {
    match error {
        DatabaseError::NotFound(_) => ApiError::not_found("preset"),
        error => database_error(&error),
    }
}

#[cfg(test)]
mod tests {
    use protocol::guest::{Program, Progress, Terminal};

    use super::*;

    fn tab(number: u8, command: Option<&str>) -> TerminalActivity {
        let terminal = Terminal {
            id: TerminalId::new(number).unwrap(),
            cols: 80,
            rows: 24,
            title: String::new(),
            process: String::new(),
            clients: 0,
            offset: 0,
            progress: Progress::None,
        };
        let program = command.map(|command| Program { group: 7, command: command.into(), cpu_ms: 0 });
        TerminalActivity { terminal, program }
    }

    #[test]
    fn tabs_are_saved_in_order_with_gaps_as_shells() {
        let long = "x".repeat(MAX_COMMAND + 1);
        let open = [tab(1, Some("claude")), tab(2, Some("npm run dev")), tab(4, None), tab(5, Some("htop"))];
        assert_eq!(commands_of_tabs(&open), ["npm run dev", "", "", "htop"]);
        assert_eq!(commands_of_tabs(&[tab(1, Some("claude"))]), Vec::<String>::new());
        assert_eq!(commands_of_tabs(&[tab(1, None), tab(2, Some(&long))]), [""]);
    }
}
