//! People, their browsers, their API tokens, and the audit log. Cookies from before there were people are no
//! longer good: nothing says whose browser holds them.

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
        manager.drop_table(Table::drop().table("sign_ins").to_owned()).await?;
        for table in [people(), browsers(), api_tokens(), audit()] {
            manager.create_table(table).await?;
        }
        for (name, table, column) in [
            ("browsers_expires_at", "browsers", "expires_at"),
            ("browsers_user", "browsers", "user"),
            ("api_tokens_user", "api_tokens", "user"),
            ("audit_who", "audit", "who"),
        ] {
            let index = Index::create().name(name).table(table).col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["audit", "api_tokens", "browsers", "people"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        super::m0002_create_sign_ins::Migration.up(manager).await
    }
}

fn people() -> TableCreateStatement {
    Table::create()
        .table("people")
        .col(schema::string("id").primary_key())
        .col(schema::string("email").unique_key())
        .col(schema::string("role"))
        .col(schema::string("state"))
        .col(schema::string_null("password"))
        .col(schema::string_null("link_hash").unique_key())
        .col(schema::big_integer_null("link_expires_at"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer_null("seen_at"))
        .to_owned()
}

fn browsers() -> TableCreateStatement {
    Table::create()
        .table("browsers")
        .col(schema::string("hash").primary_key())
        .col(schema::string("id").unique_key())
        .col(schema::string("user"))
        .col(schema::string("agent"))
        .col(schema::string("address"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("expires_at"))
        .to_owned()
}

fn api_tokens() -> TableCreateStatement {
    Table::create()
        .table("api_tokens")
        .col(schema::string("hash").primary_key())
        .col(schema::string("id").unique_key())
        .col(schema::string("user"))
        .col(schema::string("name"))
        .col(schema::string("scopes"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer_null("expires_at"))
        .col(schema::big_integer_null("used_at"))
        .to_owned()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(schema::big_pk_auto("id"))
        .col(schema::big_integer("at"))
        .col(schema::string("who"))
        .col(schema::string("action"))
        .col(schema::string("target"))
        .col(schema::string("address"))
        .to_owned()
}
