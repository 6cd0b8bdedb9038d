//! Sign-ins: which cookies are good, whose they are, until when.

use sea_orm_migration::{prelude::*, schema};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("sign_ins")
            .col(schema::string("hash").primary_key())
            .col(schema::string("user"))
            .col(schema::big_integer("created_at"))
            .col(schema::big_integer("expires_at"))
            .to_owned();
        manager.create_table(table).await?;
        let index = Index::create().name("sign_ins_expires_at").table("sign_ins").col("expires_at").to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("sign_ins").to_owned()).await
    }
}
