//! Values that stand for a secret and are none.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::observe::tokens::known::known;

/// What kind of placeholder a value is.
pub fn placeholder(value: &str) -> Option<&'static str> {
    let lower = value.trim().to_ascii_lowercase();
    let bare = bare(value);
    // A random value may begin with these letters; a phrase has no capitals among its letters, or is in capitals.
    let phrase = value.chars().filter(char::is_ascii_alphabetic).all(|c| c.is_ascii_lowercase())
        || value.chars().filter(char::is_ascii_alphabetic).all(|c| c.is_ascii_uppercase())
        || value.len() < 24;
    let begins = |words: &[&str]| phrase && words.iter().any(|word| bare.starts_with(word));
    if begins(&["replaceme", "replacewith", "replacethis"])
        || lower.starts_with("replace_")
        || lower.starts_with("replace-")
    {
        Some("REPLACE_*")
    } else if begins(&[
        "changeme",
        "changethis",
        "changeit",
        "changebefore",
        "changein",
        "pleasechange",
        "tobechanged",
    ]) {
        Some("CHANGE*ME")
    } else if phrase
        && ["your-", "your_", "my-secret", "my_secret", "insert-", "insert_", "put-your", "put_your"]
            .iter()
            .any(|word| lower.starts_with(word))
    {
        Some("your-…")
    } else if lower.starts_with('<') && lower.ends_with('>') {
        Some("<…>")
    } else if lower.starts_with("django-insecure-") {
        Some("django-insecure-…, which startproject writes")
    } else if is_filler(&lower) {
        Some("a row of one sign")
    } else {
        KNOWN.get(&bare).copied()
    }
}

/// `xxxxxxxx`, `sk_live_xxxx`, `...`, `****`.
fn is_filler(value: &str) -> bool {
    let tail = value.rsplit(['_', '-']).next().unwrap_or(value);
    let mut signs = tail.chars();
    signs.next().is_some_and(|first| tail.len() >= 4 && signs.all(|sign| sign == first))
}

/// What stands in public, without case and without what joins its words.
static KNOWN: LazyLock<BTreeMap<String, &str>> = LazyLock::new(|| {
    known().map(|(name, value)| (bare(&value), name)).filter(|(value, _)| value.len() > 1).collect()
});

fn bare(value: &str) -> String {
    value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_told_from_a_secret() {
        for (value, want) in [
            ("REPLACE_ME", Some("REPLACE_*")),
            ("REPLACE_WITH_A_LONG_RANDOM_SECRET_VALUE", Some("REPLACE_*")),
            ("ChangeMe!", Some("CHANGE*ME")),
            ("!ChangeMe!", Some("CHANGE*ME")),
            ("change-this-in-production-please-or-else", Some("CHANGE*ME")),
            ("your-secret-key-goes-here-now-please", Some("your-…")),
            ("<generate with openssl rand -hex 32>", Some("<…>")),
            ("django-insecure-8$k2x", Some("django-insecure-…, which startproject writes")),
            ("xxxxxxxx", Some("a row of one sign")),
            ("sk_live_xxxxxxxxxxxx", Some("a row of one sign")),
            ("....", Some("a row of one sign")),
            ("Super-Secret", Some("a placeholder")),
            ("keyboard cat", Some("an example of Express or of its session's libraries")),
            ("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", Some("FastAPI tutorial key")),
            ("k3J9vQ2mXw7Rt5Yb8Nc4Zd6Pf1Hs0La", None),
            ("ChangeitKq8vZ2mXw7Rt5Yb8Nc4Zd6P", None),
            ("correct-horse-battery-staple", None),
            ("", None),
        ] {
            assert_eq!(placeholder(value), want, "{value}");
        }
    }
}
