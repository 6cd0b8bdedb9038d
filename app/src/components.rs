//! Pieces of pages.

pub mod at_once;
pub mod beam;
pub mod delete_dialog;
pub mod failure;
pub mod icons;
pub mod new_session;
pub mod rename_form;
pub mod session_actions;
pub mod session_card;
pub mod session_menu;
pub mod start_progress;
pub mod state_badge;
pub mod terminal_pane;
pub mod terminal_status;
pub mod terminal_tabs;
pub mod terminals;
pub mod toaster;
