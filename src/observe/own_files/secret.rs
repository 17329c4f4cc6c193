//! What a secret looks like, without saying what it is.

use base64::Engine;
use base64::prelude::{BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD};

/// A word, or a word and digits: letters and then digits, or nothing but words of secrets.
pub fn is_word(value: &str) -> bool {
    let value = value.trim_end_matches('!');
    let digits = value.len() - value.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let head = value[..value.len() - digits].trim_end_matches(['-', '_', '.']);
    let letters = head.chars().all(char::is_alphabetic);
    // A run of letters without capitals inside.
    let plain = head.chars().skip(1).all(char::is_lowercase) || head.chars().all(char::is_uppercase);
    !head.is_empty()
        && digits <= LONGEST_NUMBER
        && ((letters && plain && head.chars().count() <= LONGEST_WORD) || is_of_words(head))
}

/// Cut, from its beginning on, into words that stand in secrets nobody drew.
fn is_of_words(text: &str) -> bool {
    let text: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let longest = WORDS.iter().filter_map(|word| rest.strip_prefix(word)).min_by_key(|rest| rest.len());
        match longest {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

/// The letters of a text, in lower case.
pub fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect()
}

/// The cryptography package, Fernet: 32 bytes, base64url with padding.
pub fn is_fernet_key(value: &str) -> bool {
    // A list is MultiFernet's: the first is in use, the others still open old tokens.
    value.split(',').all(|key| {
        let decoded = BASE64_URL_SAFE.decode(key.trim()).or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(key.trim()));
        decoded.is_ok_and(|bytes| bytes.len() == 32)
    })
}

/// User, host and path of a URL.
pub fn parts(text: &str) -> (Option<&str>, Option<&str>, Option<&str>) {
    let Some((_, rest)) = text.split_once("://") else { return (None, None, None) };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user_info, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let user = user_info.split(':').next().filter(|user| !user.is_empty());
    let host = host.split(':').next().filter(|host| !host.is_empty());
    let path = path.split('?').next().filter(|path| !path.is_empty());
    (user, host, path)
}

/// Who issues such a value, by its prefix; of a password in a URL, by the host that it opens.
pub fn vendor(text: &str, secret: &str) -> Option<&'static str> {
    let host = parts(text).1.unwrap_or_default().to_ascii_lowercase();
    let by_host = HOSTS.iter().find(|(ending, _)| host.ends_with(ending));
    let by_prefix =
        || PREFIXES.iter().find(|(prefix, _)| secret.strip_prefix(prefix).is_some_and(|rest| rest.len() >= 8));
    by_host.or_else(by_prefix).map(|(_, name)| *name)
}

const LONGEST_WORD: usize = 12;
const LONGEST_NUMBER: usize = 8;

const WORDS: &[&str] = &[
    "my",
    "the",
    "this",
    "is",
    "a",
    "our",
    "super",
    "secret",
    "secure",
    "password",
    "pass",
    "pwd",
    "admin",
    "user",
    "postgres",
    "redis",
    "mysql",
    "database",
    "db",
    "production",
    "prod",
    "staging",
    "app",
    "application",
    "api",
    "web",
    "key",
    "jwt",
    "token",
    "test",
    "local",
    "dev",
    "development",
    "server",
    "root",
    "login",
    "session",
    "signing",
    "sign",
    "cookie",
    "auth",
    "very",
    "strong",
    "long",
    "random",
    "string",
    "value",
    "encryption",
    "private",
    "for",
    "not",
    "do",
    "use",
    "in",
    "at",
    "least",
    "characters",
    "chars",
    "and",
    "min",
    "minimum",
    "seed",
    "demo",
    "default",
    "example",
];

const PREFIXES: &[(&str, &str)] = &[
    ("sk_live_", "Stripe"),
    ("sk_test_", "Stripe"),
    ("rk_live_", "Stripe"),
    ("whsec_", "Stripe"),
    ("ghp_", "GitHub"),
    ("gho_", "GitHub"),
    ("ghs_", "GitHub"),
    ("ghu_", "GitHub"),
    ("github_pat_", "GitHub"),
    ("glpat-", "GitLab"),
    ("sk-", "OpenAI or Anthropic"),
    ("xoxb-", "Slack"),
    ("xoxp-", "Slack"),
    ("xapp-", "Slack"),
    ("SG.", "SendGrid"),
    ("re_", "Resend"),
    ("key-", "Mailgun"),
    ("npm_", "npm"),
    ("pypi-", "PyPI"),
    ("AKIA", "AWS"),
    ("ASIA", "AWS"),
    ("AIza", "Google"),
    ("GOCSPX-", "Google"),
    ("ya29.", "Google"),
    ("dckr_pat_", "Docker"),
    ("hf_", "Hugging Face"),
    ("shpat_", "Shopify"),
    ("dop_v1_", "DigitalOcean"),
    ("lin_api_", "Linear"),
    ("pscale_pw_", "PlanetScale"),
    ("npg_", "Neon"),
    ("sntrys_", "Sentry"),
    ("sntryu_", "Sentry"),
    ("phc_", "PostHog"),
    ("phx_", "PostHog"),
    ("-----BEGIN", "a key generator"),
];

/// Datastores whose host makes the password.
const HOSTS: &[(&str, &str)] = &[
    (".neon.tech", "Neon"),
    (".upstash.io", "Upstash"),
    (".render.com", "Render"),
    (".railway.internal", "Railway"),
    (".rlwy.net", "Railway"),
    (".ondigitalocean.com", "DigitalOcean"),
    (".aivencloud.com", "Aiven"),
    (".psdb.cloud", "PlanetScale"),
    (".cockroachlabs.cloud", "Cockroach Labs"),
    (".redis-cloud.com", "Redis Cloud"),
    (".redislabs.com", "Redis Cloud"),
    (".amazonaws.com", "AWS or Heroku"),
    (".timescale.com", "Timescale"),
    (".flycast", "Fly.io"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_and_digits_are_no_secret() {
        for (value, want) in [
            ("hunter2", true),
            ("Summer2024!", true),
            ("POSTGRES2024", true),
            ("acme-2024", true),
            ("my-super-secret-jwt-key", true),
            ("this_is_a_very_long_secret_key_for_production_1", true),
            ("Kq8vZ2mXw7Rt5Yb8", false),
            ("qkzjxwvbnmplokijuhyg", false),
            ("correct-horse-battery-staple", false),
            ("0123456789", false),
            ("a3f8", false),
            ("", false),
        ] {
            assert_eq!(is_word(value), want, "{value}");
        }
    }

    #[test]
    fn a_fernet_key_is_32_bytes() {
        for (value, want) in [
            ("ZmVybmV0LWtleS1vZi0zMi1ieXRlcy1mb3ItdGVzdHM=", true),
            ("ZmVybmV0LWtleS1vZi0zMi1ieXRlcy1mb3ItdGVzdHM", true),
            ("ZmVybmV0LWtleS1vZi0zMi1ieXRlcy1mb3ItdGVzdHM=,ZmVybmV0", false),
            ("ZmVybmV0", false),
            ("not base64!", false),
            ("", false),
        ] {
            assert_eq!(is_fernet_key(value), want, "{value}");
        }
    }

    #[test]
    fn vendors_are_known_by_prefix_or_host() {
        for (text, secret, want) in [
            ("sk_live_51H8x9Kq", "sk_live_51H8x9Kq", Some("Stripe")),
            ("sk_live_", "sk_live_", None),
            ("postgresql://u:p@ep-x.eu-central-1.aws.neon.tech/db", "p", Some("Neon")),
            ("postgresql://u:p@db/neon.tech", "p", None),
            ("Kq8vZ2mXw7Rt5Yb8", "Kq8vZ2mXw7Rt5Yb8", None),
        ] {
            assert_eq!(vendor(text, secret), want, "{text}");
        }
        assert_eq!(parts("redis://:p@cache:6379/0?x=1"), (None, Some("cache"), Some("0")));
        assert_eq!(parts("p"), (None, None, None));
    }

    proptest! {
        #[test]
        fn any_value_is_looked_at(value in "\\PC{0,40}|[a-z]{0,5}://[@:/a-z]{0,20}") {
            let _ = (is_word(&value), is_fernet_key(&value), parts(&value), vendor(&value, &value));
        }
    }
}
