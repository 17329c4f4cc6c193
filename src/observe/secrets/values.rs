//! Values of the owner's secret variables, looked for as they are and as HTML and JSON write them.

use super::genuine::distinct;
use super::pairs::claims;

/// Shorter ones stand anywhere, longer ones are no secrets of one line.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=4096;

#[derive(Default)]
pub struct Values {
    all: Vec<(String, Vec<u8>)>,
    by_byte: Vec<Vec<usize>>,
}

impl Values {
    /// Of names (`.env.production:12 APP_SECRET`) and values.
    pub fn new<'a>(secrets: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut all: Vec<(String, Vec<u8>)> = vec![];
        for (name, value) in secrets {
            let value = value.trim();
            if !is_telling(value) || is_public(name, value) {
                continue;
            }
            for written in [value.to_string(), in_json(value), in_html(value)] {
                if !all.iter().any(|(_, held)| *held == written.as_bytes()) {
                    all.push((name.to_string(), written.into_bytes()));
                }
            }
        }
        let mut by_byte = vec![vec![]; 256];
        for (index, (_, value)) in all.iter().enumerate() {
            by_byte[usize::from(value[0])].push(index);
        }
        Self { all, by_byte }
    }

    /// The name and the length of a value at a place, unless it is a part of a longer word.
    pub fn at(&self, window: &[u8], at: usize) -> Option<(&str, usize)> {
        let text = &window[at..];
        let here = self.by_byte.get(usize::from(text[0]))?;
        let (name, value) = here.iter().map(|index| &self.all[*index]).find(|(_, v)| text.starts_with(v))?;
        let word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let begins = !word(value.first()) || !super::is_in_word(window, at);
        let ends = !word(value.last()) || !word(text.get(value.len()));
        (begins && ends).then_some((name.as_str(), value.len()))
    }
}

/// Whether a value is no word that a page may have anyway.
fn is_telling(value: &str) -> bool {
    let digit = value.bytes().any(|b| b.is_ascii_digit());
    let letter = value.bytes().any(|b| b.is_ascii_alphabetic());
    let is_word = value.bytes().all(|b| b.is_ascii_alphabetic());
    let is_mixed = digit && letter || value.len() >= 20 && !value.contains(' ') && !is_word;
    LENGTHS.contains(&value.len()) && is_mixed && distinct(value.as_bytes()) >= 6
}

/// Keys that are made to stand in pages, whatever their variable is called.
fn is_public(name: &str, value: &str) -> bool {
    const NAMES: [&str; 17] = [
        "PUBLIC",
        "PUBLISHABLE",
        "ANON",
        "SITE_KEY",
        "SITEKEY",
        "SEARCH_KEY",
        "SEARCH_API_KEY",
        "WRITE_KEY",
        "CLIENT_ID",
        "MAPS",
        "MAPBOX",
        "POSTHOG",
        "MIXPANEL",
        "AMPLITUDE",
        "PUSHER_KEY",
        "PUSHER_APP_KEY",
        "FIREBASE_API_KEY",
    ];
    const BEGINS: [&str; 6] = ["pk_live_", "pk_test_", "pk.", "AIza", "phc_", "sb_publishable_"];
    let variable = name.rsplit(' ').next().unwrap_or_default().to_ascii_uppercase();
    NAMES.iter().any(|public| variable.contains(public))
        || BEGINS.iter().any(|begin| value.starts_with(begin))
        || claims(value.as_bytes()).is_some_and(|claims| claims.role == "anon")
}

fn in_json(value: &str) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.trim_matches('"').to_string()
}

fn in_html(value: &str) -> String {
    value
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
