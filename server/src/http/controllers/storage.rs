//! `/api/storage`.

pub mod abort;
pub mod browse;
pub mod complete;
pub mod copy;
pub mod delete;
pub mod download;
pub mod events;
pub mod initiate;
pub mod mkdir;
pub mod part;
pub mod preview;
pub mod relocate;
pub mod restore;
pub mod search;
pub mod seed;
pub mod stats;
pub mod trash;
pub mod upload;
pub mod upload_status;

mod content;

use app::model::storage::{At, FilePath};
use protocol::SessionId;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which file or folder is meant.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Where {
    /// The session whose workspace it is in; none for home.
    #[param(value_type = Option<String>)]
    session: Option<SessionId>,
    /// From the root of either: names with `/` between.
    #[serde(default)]
    #[param(value_type = String)]
    path: FilePath,
}

impl Where {
    fn at(self) -> At {
        At { session: self.session, path: self.path }
    }
}
