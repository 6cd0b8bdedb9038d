//! Every change ever made to the schema, oldest first. One that has been released is never edited.

mod m0001_create_sessions;
mod m0002_create_sign_ins;
mod m0003_create_preferences;
mod m0004_create_people;
mod m0005_create_settings;
mod m0006_add_details;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub(super) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_create_sessions::Migration),
            Box::new(m0002_create_sign_ins::Migration),
            Box::new(m0003_create_preferences::Migration),
            Box::new(m0004_create_people::Migration),
            Box::new(m0005_create_settings::Migration),
            Box::new(m0006_add_details::Migration),
        ]
    }
}
