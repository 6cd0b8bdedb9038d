//! Sessions, each with its state, and the container and token that belong to it.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("sessions")
            .col(schema::string("id").primary_key())
            .col(schema::string("owner"))
            .col(schema::string("name"))
            .col(schema::text("state"))
            .col(schema::string_null("container"))
            .col(schema::string("token"))
            .col(schema::big_integer("created_at"))
            .col(schema::big_integer("active_at"))
            .col(schema::text("start"))
            .col(schema::big_integer_null("ready_ms"))
            .to_owned();
        manager.create_table(table).await?;
        let index = Index::create().name("sessions_owner").table("sessions").col("owner").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("sessions").to_owned()).await
    }
}
