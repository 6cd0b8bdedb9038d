//! Who may come in without an invitation.

use std::fmt;
use std::str::FromStr;

use app::model::account::Email;
use serde::{Deserialize, Serialize};

/// One address, or all of a domain's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum AllowedPeople {
    Email(Email),
    /// Without the `@`, in lower case. Its subdomains are others.
    Domain(String),
}

impl AllowedPeople {
    /// Whether `email` is among them.
    #[must_use]
    pub fn includes(&self, email: &Email) -> bool {
        match self {
            Self::Email(allowed) => allowed == email,
            Self::Domain(domain) => email.as_str().rsplit_once('@').is_some_and(|(_, of)| of == domain),
        }
    }
}

impl FromStr for AllowedPeople {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wrong = |_| format!("expected an email or a domain such as @example.org, found `{text}`");
        match text.strip_prefix('@') {
            // What is a domain is told by the rules for emails.
            Some(domain) => {
                let example: Email = format!("a@{domain}").parse().map_err(wrong)?;
                Ok(Self::Domain(example.as_str().trim_start_matches("a@").to_owned()))
            }
            None => text.parse().map(Self::Email).map_err(wrong),
        }
    }
}

impl fmt::Display for AllowedPeople {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Email(email) => email.fmt(f),
            Self::Domain(domain) => write!(f, "@{domain}"),
        }
    }
}

impl TryFrom<String> for AllowedPeople {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AllowedPeople> for String {
    fn from(allowed: AllowedPeople) -> Self {
        allowed.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_includes_its_own_addresses_and_no_others() {
        let email = |text: &str| text.parse::<Email>().expect("an address");
        let domain: AllowedPeople = " @Example.ORG ".parse().expect("a domain");
        assert_eq!(domain.to_string(), "@example.org");
        assert!(domain.includes(&email("ada@example.org")));
        for other in ["ada@sub.example.org", "ada@notexample.org", "ada@example.org.evil.test"] {
            assert!(!domain.includes(&email(other)), "{other}");
        }
        let one: AllowedPeople = "Ada@example.org".parse().expect("an address");
        assert!(one.includes(&email("ada@example.org")) && !one.includes(&email("eve@example.org")));
        for bad in ["", "@", "example.org", "@exa mple.org", "@@example.org", "*@example.org@", "@example..org"] {
            assert!(bad.parse::<AllowedPeople>().is_err(), "{bad}");
        }
    }
}
