//! What the setup wizard decided, whom others vouch for, how a browser was signed in, and who asked to be let in.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// One that is cut short must leave the tables that were.
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [settings(), identities(), waitlist()] {
            manager.create_table(table).await?;
        }
        // SQLite takes one column at a time.
        for column in
            [schema::string("way").default("password").to_owned(), schema::boolean("ended").default(false).to_owned()]
        {
            manager.alter_table(Table::alter().table("browsers").add_column(column).to_owned()).await?;
        }
        let one_an_issuer =
            Index::create().name("identities_user").table("identities").col("user").col("issuer").unique().to_owned();
        manager.create_index(one_an_issuer).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["waitlist", "identities", "settings"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        for column in ["way", "ended"] {
            manager.alter_table(Table::alter().table("browsers").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

fn settings() -> TableCreateStatement {
    Table::create().table("settings").col(schema::string("name").primary_key()).col(schema::text("value")).to_owned()
}

fn identities() -> TableCreateStatement {
    Table::create()
        .table("identities")
        .col(schema::string("issuer"))
        .col(schema::string("subject"))
        .col(schema::string("user"))
        .primary_key(Index::create().col("issuer").col("subject"))
        .to_owned()
}

fn waitlist() -> TableCreateStatement {
    Table::create()
        .table("waitlist")
        .col(schema::string("email").primary_key())
        .col(schema::big_integer("asked_at"))
        .to_owned()
}
