//! People as they are stored, and every query on them.

use app::model::account::{Email, PersonState, Role};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, TransactionTrait, UpdateMany,
};
use time::OffsetDateTime;

use super::entities::person::{Column, Entity, Model};
use super::entities::{api_token, identity, preset, sign_in, waiting};
use super::{Database, DatabaseError, TokenHash, from_micros, to_micros};

/// A person as the database holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPerson {
    /// What their sessions belong to.
    pub id: String,
    pub email: Email,
    pub role: Role,
    pub state: PersonState,
    /// Argon2id in the PHC form; none for those who have not chosen a password.
    pub password: Option<String>,
    pub created_at: OffsetDateTime,
    pub seen_at: Option<OffsetDateTime>,
}

impl Database {
    /// Everybody, by email.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn people(&self) -> Result<Vec<StoredPerson>, DatabaseError> {
        let query = Entity::find().order_by_asc(Column::Email).all(&self.connection);
        self.query("reading the people", query).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// The person with this address.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn person(&self, email: &Email) -> Result<Option<StoredPerson>, DatabaseError> {
        let query = Entity::find().filter(Column::Email.eq(email.as_str())).one(&self.connection);
        self.query("reading a person", query).await?.map(TryInto::try_into).transpose()
    }

    /// The person with this id.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn person_by_id(&self, id: &str) -> Result<Option<StoredPerson>, DatabaseError> {
        let query = Entity::find_by_id(id).one(&self.connection);
        self.query("reading a person", query).await?.map(TryInto::try_into).transpose()
    }

    /// The person who may choose a password with the link of this secret, at `now`.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn person_by_link(
        &self,
        link: &TokenHash,
        now: OffsetDateTime,
    ) -> Result<Option<StoredPerson>, DatabaseError> {
        let query = Entity::find()
            .filter(Column::LinkHash.eq(link.to_hex()))
            .filter(Column::LinkExpiresAt.gt(to_micros(now)))
            .one(&self.connection);
        self.query("reading a person", query).await?.map(TryInto::try_into).transpose()
    }

    /// How many admins may come in.
    ///
    /// # Errors
    /// As every query.
    pub async fn count_active_admins(&self) -> Result<u64, DatabaseError> {
        self.query("counting the admins", active_admins().count(&self.connection)).await
    }

    /// Stores a new person, who waits no more if they did.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] when the id or the address is taken, and as every query.
    pub async fn insert_person(&self, person: &StoredPerson) -> Result<(), DatabaseError> {
        let row = Model {
            id: person.id.clone(),
            email: person.email.to_string(),
            role: person.role.word().into(),
            state: person.state.word().into(),
            password: person.password.clone(),
            link_hash: None,
            link_expires_at: None,
            created_at: to_micros(person.created_at),
            seen_at: person.seen_at.map(to_micros),
        };
        let email = row.email.clone();
        let stored = async {
            let transaction = self.connection.begin().await?;
            Entity::insert(row.into_active_model()).exec_without_returning(&transaction).await?;
            waiting::Entity::delete_by_id(email).exec(&transaction).await?;
            transaction.commit().await
        };
        self.query("storing a person", stored).await
    }

    /// Changes a person's role and state, each unless none, but not so that no active admin is left; answers whether
    /// it did. Whoever has no password, and is not active, is pending where they would be active: somebody else may vouch for them.
    ///
    /// # Errors
    /// As every query.
    pub async fn change_person(
        &self,
        id: &str,
        role: Option<Role>,
        state: Option<PersonState>,
    ) -> Result<bool, DatabaseError> {
        let mut change = Entity::update_many().filter(Column::Id.eq(id));
        if let Some(role) = role {
            change = change.col_expr(Column::Role, Expr::value(role.word()));
        }
        change = match state {
            None => change,
            Some(PersonState::Active) => {
                let has_never_come =
                    Condition::all().add(Column::Password.is_null()).add(Column::State.ne(PersonState::Active.word()));
                let state = Expr::case(has_never_come, PersonState::Pending.word()).finally(PersonState::Active.word());
                change.col_expr(Column::State, state.into())
            }
            Some(state) => change.col_expr(Column::State, Expr::value(state.word())),
        };
        if role == Some(Role::User) || state == Some(PersonState::Blocked) {
            change = change.filter(is_not_the_last_admin(id));
        }
        let work = async {
            let transaction = self.connection.begin().await?;
            lock_admins(&transaction).await?;
            let changed = change.exec(&transaction).await?.rows_affected > 0;
            transaction.commit().await?;
            Ok(changed)
        };
        self.query("changing a person", work).await
    }

    /// Removes a person with their browsers and tokens, unless that would leave no active admin; answers
    /// whether it did.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_person(&self, id: &str) -> Result<bool, DatabaseError> {
        let work = async {
            let transaction = self.connection.begin().await?;
            lock_admins(&transaction).await?;
            let person = Entity::delete_many().filter(Column::Id.eq(id)).filter(is_not_the_last_admin(id));
            let deleted = person.exec(&transaction).await?.rows_affected > 0;
            if deleted {
                sign_in::Entity::delete_many().filter(sign_in::Column::User.eq(id)).exec(&transaction).await?;
                api_token::Entity::delete_many().filter(api_token::Column::User.eq(id)).exec(&transaction).await?;
                identity::Entity::delete_many().filter(identity::Column::User.eq(id)).exec(&transaction).await?;
                preset::Entity::delete_many().filter(preset::Column::Owner.eq(id)).exec(&transaction).await?;
            }
            transaction.commit().await?;
            Ok(deleted)
        };
        self.query("deleting a person", work).await
    }

    /// Gives a person a password; answers whether there is such a person.
    ///
    /// # Errors
    /// As every query.
    pub async fn set_password(&self, id: &str, hash: &str) -> Result<bool, DatabaseError> {
        let change = Entity::update_many().col_expr(Column::Password, Expr::value(hash)).filter(Column::Id.eq(id));
        self.update(change).await
    }

    /// Makes a pending person active, for whom somebody else vouches; their link is used up. Does nothing to others.
    ///
    /// # Errors
    /// As every query.
    pub async fn activate_person(&self, id: &str) -> Result<(), DatabaseError> {
        let change = Entity::update_many()
            .col_expr(Column::State, Expr::value(PersonState::Active.word()))
            .col_expr(Column::LinkHash, Expr::value(None::<String>))
            .col_expr(Column::LinkExpiresAt, Expr::value(None::<i64>))
            .filter(Column::Id.eq(id))
            .filter(Column::State.eq(PersonState::Pending.word()));
        self.update(change).await.map(drop)
    }

    /// Gives whoever may use `link` at `now` a password, which uses it up and makes a pending person active; answers
    /// whether anybody may. One statement: of two at a time, one finds it used up.
    ///
    /// # Errors
    /// As every query.
    pub async fn set_password_by_link(
        &self,
        link: &TokenHash,
        hash: &str,
        now: OffsetDateTime,
    ) -> Result<bool, DatabaseError> {
        let change = Entity::update_many()
            .col_expr(Column::Password, Expr::value(hash))
            .col_expr(Column::State, Expr::value(PersonState::Active.word()))
            .col_expr(Column::LinkHash, Expr::value(None::<String>))
            .col_expr(Column::LinkExpiresAt, Expr::value(None::<i64>))
            .filter(Column::LinkHash.eq(link.to_hex()))
            .filter(Column::LinkExpiresAt.gt(to_micros(now)))
            .filter(Column::State.ne(PersonState::Blocked.word()));
        self.update(change).await
    }

    /// Lets a person choose a password with the link of this secret until `expires_at`. An older link is void.
    ///
    /// # Errors
    /// As every query.
    pub async fn set_link(
        &self,
        id: &str,
        link: &TokenHash,
        expires_at: OffsetDateTime,
    ) -> Result<bool, DatabaseError> {
        let change = Entity::update_many()
            .col_expr(Column::LinkHash, Expr::value(link.to_hex()))
            .col_expr(Column::LinkExpiresAt, Expr::value(to_micros(expires_at)))
            .filter(Column::Id.eq(id));
        self.update(change).await
    }

    /// Notes that a person signed in.
    ///
    /// # Errors
    /// As every query.
    pub async fn saw_person(&self, id: &str, at: OffsetDateTime) -> Result<(), DatabaseError> {
        let change =
            Entity::update_many().col_expr(Column::SeenAt, Expr::value(to_micros(at))).filter(Column::Id.eq(id));
        self.update(change).await.map(drop)
    }

    async fn update(&self, change: UpdateMany<Entity>) -> Result<bool, DatabaseError> {
        Ok(self.query("changing a person", change.exec(&self.connection)).await?.rows_affected > 0)
    }
}

/// Keeps others from changing admins until the transaction ends. SQLite has one writer anyway, and knows no such
/// lock; Postgres would let two admins each see the other while both go.
async fn lock_admins(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        active_admins().order_by_asc(Column::Id).lock_exclusive().all(transaction).await?;
    }
    Ok(())
}

fn active_admins() -> Select<Entity> {
    Entity::find().filter(Column::Role.eq(Role::Admin.word())).filter(Column::State.eq(PersonState::Active.word()))
}

/// Whether the person `id` is no active admin, or another one is.
fn is_not_the_last_admin(id: &str) -> Condition {
    let others = active_admins().select_only().column(Column::Id).filter(Column::Id.ne(id)).into_query();
    Condition::any()
        .add(Column::Role.ne(Role::Admin.word()))
        .add(Column::State.ne(PersonState::Active.word()))
        .add(Expr::exists(others))
}

impl TryFrom<Model> for StoredPerson {
    type Error = DatabaseError;

    fn try_from(row: Model) -> Result<Self, DatabaseError> {
        let corrupt = |detail: &str| DatabaseError::Corrupt { what: "a person", detail: detail.to_owned() };
        Ok(Self {
            email: row.email.parse().map_err(|_| corrupt(&row.email))?,
            role: Role::of_word(&row.role).ok_or_else(|| corrupt(&row.role))?,
            state: PersonState::of_word(&row.state).ok_or_else(|| corrupt(&row.state))?,
            id: row.id,
            password: row.password,
            created_at: from_micros(row.created_at)?,
            seen_at: row.seen_at.map(from_micros).transpose()?,
        })
    }
}
