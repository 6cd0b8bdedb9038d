//! Files.

mod browse;
mod copy;
mod delete;
mod make_folder;
mod relocate;
mod restore;
mod search;
mod seed;
mod stats;
mod trash;

pub use browse::{BrowseFilesCall, browse_files};
pub use copy::{CopyFilesCall, copy_files};
pub use delete::{DeleteFilesCall, delete_files};
pub use make_folder::{MakeFolderCall, make_folder};
pub use relocate::{RelocateFilesCall, relocate_files};
pub use restore::{RestoreFilesCall, restore_files};
pub use search::{SearchFilesCall, search_files};
pub use seed::{SeedFilesCall, seed_files};
pub use stats::{FileStatsCall, file_stats};
pub use trash::{ListTrashCall, list_trash};
