//! The tables as SeaORM sees them. Only this folder's parent turns them into the server's types.

pub(super) mod api_token;
pub(super) mod audit;
pub(super) mod identity;
pub(super) mod person;
pub(super) mod preferences;
pub(super) mod preset;
pub(super) mod session;
pub(super) mod setting;
pub(super) mod sign_in;
pub(super) mod waiting;
