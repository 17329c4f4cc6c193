//! What the name of a variable says.

/// Whether its value must stay secret: the last word is SECRET, PASSWORD, KEY or TOKEN.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = words(&name).collect();
    let Some(last) = words.last() else { return false };
    let names_one = ["SECRET", "PASSWORD", "TOKEN"].iter().any(|word| last.ends_with(word));
    let is_key = ["KEY", "APIKEY", "SECRETKEY"].contains(last);
    (names_one || is_key)
        && !is_public_name(&name)
        && !(is_key && NO_SECRET_KEYS.iter().any(|w| words.contains(w)))
}

/// Whether its value is compiled into what every browser gets.
pub fn is_public_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    PUBLIC_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || words(&name).any(|word| word == "PUBLIC")
}

/// The words of a name.
pub fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '.', '-']).filter(|word| !word.is_empty())
}

/// Next.js, Vite, Nuxt, Create React App, Expo, Gatsby.
const PUBLIC_PREFIXES: [&str; 6] =
    ["NEXT_PUBLIC_", "VITE_", "NUXT_PUBLIC_", "REACT_APP_", "EXPO_PUBLIC_", "GATSBY_"];

/// A key with one of these words in its name is meant to be seen, or is no key of cryptography.
const NO_SECRET_KEYS: [&str; 9] =
    ["PUBLISHABLE", "SITE", "ANON", "PRIMARY", "FOREIGN", "SORT", "PARTITION", "CACHE", "IDEMPOTENCY"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_last_word() {
        for (name, want) in [
            ("APP_SECRET", true),
            ("SECRET_KEY", true),
            ("SECRET", true),
            ("app.secret", true),
            ("PGPASSWORD", true),
            ("POSTGRES_PASSWORD", true),
            ("GITHUB_TOKEN", true),
            ("STRIPE_APIKEY", true),
            ("SECRET_NAME", false),
            ("POSTGRES_PASSWORD_FILE", false),
            ("ACCESS_TOKEN_EXPIRE_MINUTES", false),
            ("MONKEY", false),
            ("STRIPE_PUBLISHABLE_KEY", false),
            ("RECAPTCHA_SITE_KEY", false),
            ("SUPABASE_ANON_KEY", false),
            ("VAPID_PUBLIC_KEY", false),
            ("VITE_MAPS_KEY", false),
            ("NEXT_PUBLIC_API_TOKEN", false),
            ("SITE_SECRET", true),
            ("", false),
        ] {
            assert_eq!(is_secret_name(name), want, "{name}");
        }
    }
}
