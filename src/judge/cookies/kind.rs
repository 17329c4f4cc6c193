//! What a cookie is for, as far as its name and the form of its value tell.

use std::collections::BTreeSet;

use crate::judge::answered::is_edge_cookie;
use crate::observation::{CookieValue, SetCookie};
use crate::spec::Spec;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may sign somebody in; with what tells so.
    Session(String),
    /// Language, theme, consent: whoever reads it learns nothing.
    Preference,
    Other,
}

impl Kind {
    /// What a login sets may sign somebody in, whatever it is called.
    pub(super) fn of_login(self, login: bool) -> Self {
        match self {
            Self::Other if login => Self::Session("set by the login step".into()),
            kind => kind,
        }
    }
}

pub(super) fn kind(spec: &Spec, cookie: &SetCookie, value: Option<CookieValue>) -> Kind {
    match value {
        _ if is_preference(spec, &cookie.name) => Kind::Preference,
        _ if says_session(&cookie.name) => Kind::Session("session-like by its name".into()),
        Some(CookieValue { length, opaque: true }) if length >= SESSION_LENGTH => {
            Kind::Session(format!("session-like by its opaque value of {length} characters"))
        }
        _ => Kind::Other,
    }
}

/// Whether it may sign somebody in, and is no cookie of a network in front of the site.
pub(in crate::judge) fn is_session_like(spec: &Spec, cookie: &SetCookie, value: Option<CookieValue>) -> bool {
    !is_edge_cookie(&cookie.name) && matches!(kind(spec, cookie, value), Kind::Session(_))
}

pub(in crate::judge) fn is_preference(spec: &Spec, name: &str) -> bool {
    spec.cookies.preferences.iter().any(|own| own == name)
        || PREFERENCES.contains(&name.to_ascii_lowercase().as_str())
}

/// Scripts must read it to do their work. `beside` are the names of all cookies seen.
pub(super) fn is_script_readable(spec: &Spec, name: &str, beside: &BTreeSet<&str>) -> bool {
    spec.cookies.script_readable.iter().any(|own| own == name)
        || ["csrftoken", "XSRF-TOKEN"].contains(&name)
        || (name.starts_with("sb-") && name.contains("-auth-token"))
        || (name == "__session" && beside.contains("__client_uat"))
}

fn says_session(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    SESSION_PARTS.iter().any(|part| name.contains(part))
        || words.any(|word| word.ends_with("sid") || word.ends_with("auth") || SESSION_WORDS.contains(&word))
}

// In characters; 16 of an opaque value hold more than anybody guesses.
const SESSION_LENGTH: usize = 16;

const SESSION_PARTS: [&str; 5] = ["session", "sessid", "token", "jwt", "remember"];

const SESSION_WORDS: [&str; 5] = ["sess", "login", "authn", "authentication", "authorization"];

/// In lower case.
const PREFERENCES: [&str; 20] = [
    "next_locale",
    "paraglide_locale",
    "django_language",
    "i18next",
    "i18n",
    "i18n_redirected",
    "locale",
    "lang",
    "language",
    "theme",
    "color-scheme",
    "color_scheme",
    "color-mode",
    "color_mode",
    "consent",
    "cookie-consent",
    "cookie_consent",
    "cookieconsent",
    "cookieconsent_status",
    "timezone",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_known_by_its_name_and_the_form_of_its_value() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.cookies.preferences = vec!["session_layout".into()];
        let session = |name: &str, length, opaque| {
            let cookie = SetCookie::parse(&format!("{name}=x")).unwrap();
            match kind(&spec, &cookie, Some(CookieValue { length, opaque })) {
                Kind::Session(_) => "session",
                Kind::Preference => "preference",
                Kind::Other => "other",
            }
        };
        for (name, length, opaque, want) in [
            ("sid", 4, false, "session"),
            ("connect.sid", 4, false, "session"),
            ("PHPSESSID", 4, false, "session"),
            ("ASP.NET_SessionId", 4, false, "session"),
            (".ASPXAUTH", 4, false, "session"),
            ("__Secure-authjs.session-token", 4, false, "session"),
            ("author", 4, false, "other"),
            ("cart", 16, true, "session"),
            ("cart", 15, true, "other"),
            ("cart", 40, false, "other"),
            ("NEXT_LOCALE", 2, false, "preference"),
            ("theme", 40, true, "preference"),
            ("session_layout", 40, true, "preference"),
        ] {
            assert_eq!(session(name, length, opaque), want, "{name} {length} {opaque}");
        }
    }

    #[test]
    fn some_are_read_by_scripts_on_purpose() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.cookies.script_readable = vec!["widget".into()];
        let readable = |name, beside: &[&str]| {
            is_script_readable(&spec, name, &beside.iter().copied().collect::<BTreeSet<&str>>())
        };
        assert!(readable("csrftoken", &[]));
        assert!(readable("sb-abc-auth-token.0", &[]));
        assert!(readable("widget", &[]));
        assert!(readable("__session", &["__client_uat"]));
        assert!(!readable("__session", &[]));
        assert!(!readable("sid", &[]));
    }
}
