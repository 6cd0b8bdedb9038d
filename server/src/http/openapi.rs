//! The API's description, made from the handlers themselves.

use app::model::error::ApiError;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::controllers::{
    admin, person, preferences, preset, public, session, setup, storage, terminal, token, user, waitlist,
};
use super::health;
use crate::app::App;
use crate::auth::SESSION_COOKIE;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Berth",
        description = "Sessions in containers of their own, and their terminals. JSON, `snake_case`, RFC 3339 times. \
                       Every failure is `{error, code, request_id}`, and `fields` with VALIDATION_ERROR. Requests that \
                       change anything with a cookie must carry the server's own `Origin`; an API token needs none.\n\n\
                       A terminal's bytes go over a WebSocket at `/api/terminal/{session}-{terminal}/ws`."
    ),
    tags(
        (name = "sessions", description = "Sessions and their states"),
        (name = "terminals", description = "Terminals of a running session"),
        (name = "storage", description = "Your files: home, and the workspaces of your sessions"),
        (name = "people", description = "Who is signed in, and what they prefer"),
        (name = "admin", description = "Other people, the whole server, and what was done; for administrators"),
        (name = "setup", description = "The first run, and its answers later; for administrators"),
        (name = "public", description = "What strangers may ask; no credential is needed"),
        (name = "health", description = "Whether what the server stands on works"),
    ),
    security(("cookie" = []), ("token" = [])),
    modifiers(&Credentials),
)]
struct Description;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut Document) {
        let scheme = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE)));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("cookie", scheme);
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Failures that any request may meet.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described, never made")]
pub(super) enum Failures {
    /// VALIDATION_ERROR: the request has not the form it should
    #[response(status = 400)]
    Malformed(ApiError),
    /// AUTH_ERROR: nobody is signed in
    #[response(status = 401)]
    NotSignedIn(ApiError),
    /// FORBIDDEN: a write from another site's page or without an Origin; a token without the scope; not an admin
    #[response(status = 403)]
    Forbidden(ApiError),
    /// INTERNAL: a fault of the server's; its log has the cause under the request's id
    #[response(status = 500)]
    Internal(ApiError),
    /// RUNTIME_UNAVAILABLE: containers can't be run now, or the database is busy; try again
    #[response(status = 503)]
    Unavailable(ApiError),
    /// INTERNAL: it took too long, and may still happen
    #[response(status = 504)]
    TookTooLong(ApiError),
}

/// NOT_FOUND: there is no such thing, or it is another person's
#[derive(IntoResponses)]
#[response(status = 404)]
#[expect(dead_code, reason = "only described, never made")]
pub(super) struct NotFound(ApiError);

/// What an allowance may refuse.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described, never made")]
pub(super) enum OverQuota {
    /// QUOTA_EXCEEDED: as many as you may have
    #[response(status = 402)]
    TooMany(ApiError),
    /// RATE_LIMITED: too many in a short time; try again
    #[response(status = 429)]
    TooFast(ApiError),
}

/// CONFLICT: not in its present state
#[derive(IntoResponses)]
#[response(status = 409)]
#[expect(dead_code, reason = "only described, never made")]
pub(super) struct Conflict(ApiError);

/// What a body may be refused for.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only described, never made")]
pub(super) enum BodyFailures {
    /// VALIDATION_ERROR: the body is over 1 MiB, an upload over 100 MiB
    #[response(status = 413)]
    TooLarge(ApiError),
    /// VALIDATION_ERROR: the body has another content type
    #[response(status = 415)]
    UnsupportedType(ApiError),
    /// VALIDATION_ERROR: a value breaks its rule; `fields` says which
    #[response(status = 422)]
    BrokenRule(ApiError),
}

/// Every route of the API that is described.
pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(session::list::list))
        .routes(routes!(session::create::create))
        .routes(routes!(session::batch_status::batch_status))
        .routes(routes!(session::events::events))
        .routes(routes!(session::choices::choices))
        .routes(routes!(session::get::get))
        .routes(routes!(session::rename::rename))
        .routes(routes!(session::delete::delete))
        .routes(routes!(session::start::start))
        .routes(routes!(session::stop::stop))
        .routes(routes!(session::restart::restart))
        .routes(routes!(session::duplicate::duplicate))
        .routes(routes!(session::touch::touch))
        .routes(routes!(session::status::status))
        .routes(routes!(session::startup_status::startup_status))
        .routes(routes!(preset::list::list))
        .routes(routes!(preset::create::create))
        .routes(routes!(preset::change::change))
        .routes(routes!(preset::delete::delete))
        .routes(routes!(preset::apply::apply))
        .routes(routes!(terminal::status::status))
        .routes(routes!(terminal::scrollback::scrollback))
        .routes(routes!(terminal::input::input))
        .routes(routes!(terminal::uploads::uploads))
        .routes(routes!(terminal::sign_in_callback::sign_in_callback))
        .routes(routes!(terminal::close::close))
        .routes(routes!(storage::browse::browse))
        .routes(routes!(storage::search::search))
        .routes(routes!(storage::stats::stats))
        .routes(routes!(storage::preview::preview))
        .routes(routes!(storage::download::download))
        .routes(routes!(storage::events::events))
        .routes(routes!(storage::mkdir::mkdir))
        .routes(routes!(storage::relocate::relocate))
        .routes(routes!(storage::copy::copy))
        .routes(routes!(storage::delete::delete))
        .routes(routes!(storage::trash::trash))
        .routes(routes!(storage::restore::restore))
        .routes(routes!(storage::upload::upload))
        .routes(routes!(storage::initiate::initiate))
        .routes(routes!(storage::upload_status::upload_status))
        .routes(routes!(storage::part::part))
        .routes(routes!(storage::complete::complete))
        .routes(routes!(storage::abort::abort))
        .routes(routes!(storage::seed::seed))
        .routes(routes!(preferences::get::get))
        .routes(routes!(preferences::change::change))
        .routes(routes!(user::get::get))
        .routes(routes!(user::password::password))
        .routes(routes!(user::sessions::sessions))
        .routes(routes!(user::end_sessions::end_sessions))
        .routes(routes!(user::end_session::end_session))
        .routes(routes!(token::list::list))
        .routes(routes!(token::create::create))
        .routes(routes!(token::delete::delete))
        .routes(routes!(person::list::list))
        .routes(routes!(person::invite::invite))
        .routes(routes!(person::change::change))
        .routes(routes!(person::link::link))
        .routes(routes!(person::remove::remove))
        .routes(routes!(admin::audit::audit))
        .routes(routes!(setup::status::status))
        .routes(routes!(setup::prefill::prefill))
        .routes(routes!(setup::check::check))
        .routes(routes!(setup::configure::configure))
        .routes(routes!(admin::sessions::sessions))
        .routes(routes!(admin::containers::containers))
        .routes(routes!(admin::runtime::runtime))
        .routes(routes!(admin::destroy_by_id::destroy_by_id))
        .routes(routes!(admin::reconcile::reconcile))
        .routes(routes!(waitlist::list::list))
        .routes(routes!(waitlist::approve::approve))
        .routes(routes!(waitlist::dismiss::dismiss))
        .routes(routes!(public::onboarding_config::onboarding_config))
        .routes(routes!(public::join_waitlist::join_waitlist))
        .routes(routes!(health::health))
}

/// The document, for tests and tools.
#[must_use]
pub fn document() -> Document {
    router().into_openapi()
}
