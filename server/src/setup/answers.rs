//! From what was typed to settings and back.

use std::str::FromStr;

use app::model::error::FieldError;
use app::model::setup::SetupAnswers;

use crate::settings::{Choices, Oidc, Proxy, Secret, Settings, check_issuer};

/// Collects what will not do.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<FieldError>);

impl Problems {
    pub(super) fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError { field: field.to_owned(), message: message.into() });
    }

    /// The value, or its problem noted.
    fn take<T>(&mut self, field: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|message| self.add(field, message)).ok()
    }
}

/// Parts of a list that was typed, between spaces, commas or line breaks.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| character.is_whitespace() || character == ',').filter(|part| !part.is_empty())
}

fn list<T: FromStr<Err = String>>(problems: &mut Problems, field: &str, text: &str) -> Vec<T> {
    parts(text).filter_map(|part| problems.take(field, part.parse())).collect()
}

fn needed(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("this is needed".into()) } else { Ok(text.to_owned()) }
}

/// How people sign in, by the answers of step 3.
pub(super) fn ways(answers: &SetupAnswers, stored: &Choices, problems: &mut Problems) -> Choices {
    let passwords = Some(!answers.passwords_too.is_empty());
    match answers.way.as_str() {
        "" | "passwords" => Choices { passwords: Some(true), ..Choices::default() },
        "oidc" => Choices { passwords, oidc: oidc(answers, stored, problems), ..Choices::default() },
        "proxy" => Choices { passwords, proxy: proxy(answers, problems), ..Choices::default() },
        _ => {
            problems.add("way", "passwords, oidc or proxy");
            Choices::default()
        }
    }
}

fn oidc(answers: &SetupAnswers, stored: &Choices, problems: &mut Problems) -> Option<Oidc> {
    let issuer = problems.take("oidc_issuer", needed(&answers.oidc_issuer).and_then(|text| check_issuer(&text)));
    let client_id = problems.take("oidc_client_id", needed(&answers.oidc_client_id));
    let (issuer, client_id) = (issuer?, client_id?);
    // A secret is never shown, so that none typed means the one there is; but never to another provider.
    let kept = stored.oidc.as_ref().filter(|oidc| oidc.issuer == issuer && oidc.client_id == client_id);
    let client_secret = match answers.oidc_client_secret.trim() {
        "" => kept.and_then(|oidc| oidc.client_secret.clone()),
        typed => Some(Secret::from(typed.to_owned())),
    };
    let name = answers.oidc_name.trim().chars().filter(|character| !character.is_control()).collect();
    Some(Oidc { issuer, client_id, client_secret, name, trust_email: !answers.oidc_trust_email.is_empty() })
}

fn proxy(answers: &SetupAnswers, problems: &mut Problems) -> Option<Proxy> {
    let issuer = problems.take("proxy_issuer", needed(&answers.proxy_issuer).and_then(|text| check_issuer(&text)));
    let audience = problems.take("proxy_audience", needed(&answers.proxy_audience));
    let jwks_url = match answers.proxy_jwks_url.trim() {
        "" => Some(None),
        typed => problems.take("proxy_jwks_url", check_issuer(typed)).map(Some),
    };
    Some(Proxy { issuer: issuer?, audience: audience?, jwks_url: jwks_url?, header: None })
}

/// By which address people come and who may, by the answers of step 5.
pub(super) fn places(answers: &SetupAnswers, problems: &mut Problems) -> Choices {
    let public_url = match answers.public_url.trim() {
        "" => None,
        typed => problems.take("public_url", typed.parse()),
    };
    if public_url.is_none() && answers.way == "oidc" && answers.public_url.trim().is_empty() {
        problems.add("public_url", "the provider needs an address to send people back to");
    }
    Choices {
        public_url,
        allowed_origins: Some(list(problems, "allowed_origins", &answers.allowed_origins)),
        allowed_people: Some(list(problems, "allowed_people", &answers.allowed_people)),
        ..Choices::default()
    }
}

/// What would be typed to get `settings`.
pub(super) fn of_settings(settings: &Settings, origin: Option<String>) -> SetupAnswers {
    let yes = |is_so: bool| if is_so { "yes".to_owned() } else { String::new() };
    let joined = |parts: Vec<String>| parts.join(" ");
    let mut answers = SetupAnswers {
        way: "passwords".into(),
        passwords_too: yes(settings.passwords),
        public_url: settings.public_url.as_ref().map(ToString::to_string).or(origin).unwrap_or_default(),
        allowed_origins: joined(settings.allowed_origins.iter().map(ToString::to_string).collect()),
        allowed_people: joined(settings.allowed_people.iter().map(ToString::to_string).collect()),
        ..SetupAnswers::default()
    };
    if let Some(proxy) = &settings.proxy {
        answers.way = "proxy".into();
        answers.proxy_issuer.clone_from(&proxy.issuer);
        answers.proxy_audience.clone_from(&proxy.audience);
        answers.proxy_jwks_url = proxy.jwks_url.clone().unwrap_or_default();
    }
    if let Some(oidc) = &settings.oidc {
        answers.way = "oidc".into();
        answers.oidc_issuer.clone_from(&oidc.issuer);
        answers.oidc_client_id.clone_from(&oidc.client_id);
        answers.oidc_name.clone_from(&oidc.name);
        answers.oidc_trust_email = yes(oidc.trust_email);
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers() -> SetupAnswers {
        SetupAnswers {
            way: "oidc".into(),
            oidc_issuer: "https://id.example".into(),
            oidc_client_id: "berth".into(),
            oidc_client_secret: "hunter2".into(),
            public_url: "https://berth.example/".into(),
            allowed_people: "ada@example.org, @example.net\n@example.com".into(),
            ..SetupAnswers::default()
        }
    }

    #[test]
    fn a_secret_is_kept_while_its_provider_stays() {
        let mut problems = Problems::default();
        let first = ways(&answers(), &Choices::default(), &mut problems);
        let again = SetupAnswers { oidc_client_secret: String::new(), ..answers() };
        assert_eq!(ways(&again, &first, &mut problems), first);
        let elsewhere = SetupAnswers { oidc_issuer: "https://other.example".into(), ..again };
        let elsewhere = ways(&elsewhere, &first, &mut problems).oidc.expect("a provider");
        assert_eq!(elsewhere.client_secret, None);
        assert!(problems.0.is_empty(), "{problems:?}");
    }

    #[test]
    fn lists_are_read_however_they_are_typed_and_each_wrong_part_is_told() {
        let mut problems = Problems::default();
        let choices = places(&answers(), &mut problems);
        assert_eq!(choices.public_url.as_ref().map(ToString::to_string).as_deref(), Some("https://berth.example"));
        assert_eq!(choices.allowed_people.map_or(0, |people| people.len()), 3);
        assert!(problems.0.is_empty(), "{problems:?}");
        let wrong = SetupAnswers {
            public_url: "berth.example".into(),
            allowed_people: "ada @x@y <script>".into(),
            allowed_origins: "null".into(),
            ..SetupAnswers::default()
        };
        places(&wrong, &mut problems);
        let fields: Vec<&str> = problems.0.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["public_url", "allowed_origins", "allowed_people", "allowed_people", "allowed_people"]);
    }

    #[test]
    fn what_is_missing_is_told_and_an_unknown_way_is_none() {
        for (way, fields) in [
            ("oidc", vec!["oidc_issuer", "oidc_client_id"]),
            ("proxy", vec!["proxy_issuer", "proxy_audience"]),
            ("magic", vec!["way"]),
            ("", vec![]),
        ] {
            let mut problems = Problems::default();
            ways(&SetupAnswers { way: way.into(), ..SetupAnswers::default() }, &Choices::default(), &mut problems);
            let told: Vec<&str> = problems.0.iter().map(|problem| problem.field.as_str()).collect();
            assert_eq!(told, fields, "{way}");
        }
    }
}
