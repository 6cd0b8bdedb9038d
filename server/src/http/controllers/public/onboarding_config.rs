//! `GET /public/onboarding-config`

use app::model::account::SignInWay;
use app::model::error::ApiError;
use app::model::waitlist::OnboardingConfig;
use axum::Json;
use axum::extract::State;

use crate::app::App;
use crate::http::HttpError;

/// How a stranger may come in
#[utoipa::path(
    get,
    path = "/public/onboarding-config",
    tag = "public",
    security(()),
    responses(
        (status = 200, description = "How a stranger may come in", body = OnboardingConfig),
        (status = 503, description = "RUNTIME_UNAVAILABLE: the database is busy; try again", body = ApiError),
    )
)]
pub async fn onboarding_config(State(app): State<App>) -> Result<Json<OnboardingConfig>, HttpError> {
    let waitlist_open = app.waitlist.is_open().await?;
    let settings = app.settings.current();
    let ways = [
        (settings.passwords, SignInWay::Password),
        (settings.oidc.is_some(), SignInWay::Oidc),
        (settings.proxy.is_some(), SignInWay::Proxy),
    ];
    Ok(Json(OnboardingConfig {
        waitlist_open,
        turnstile_site_key: app.waitlist.site_key().filter(|_| waitlist_open).map(str::to_owned),
        sign_in: ways.into_iter().filter(|(is_open, _)| *is_open).map(|(_, way)| way).collect(),
    }))
}
