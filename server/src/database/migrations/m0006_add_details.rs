//! What sessions were made of, and presets of terminals.

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
        let details = schema::text("details").default("{}").to_owned();
        manager.alter_table(Table::alter().table("sessions").add_column(details).to_owned()).await?;
        let presets = Table::create()
            .table("presets")
            .col(schema::string("id").primary_key())
            .col(schema::string("owner"))
            .col(schema::string("name"))
            .col(schema::text("commands"))
            .to_owned();
        manager.create_table(presets).await?;
        let index = Index::create().name("presets_owner").table("presets").col("owner").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("presets").to_owned()).await?;
        manager.alter_table(Table::alter().table("sessions").drop_column("details").to_owned()).await
    }
}
