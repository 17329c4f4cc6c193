//! Facts of a content: what it is, what it resembles, where it leads, and whether something of ours is in it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::markup::markup;
use super::page::{self, Tag};
use super::published::security_txt;
use super::redact::Redactor;
use super::{debug, document, files, listing, software};
use crate::observation::{Content, Echo, Link, Mark, Place, SKETCH_SIZE};

/// Links that are kept.
const MOST_KEPT: usize = 32;

/// Looks at a whole content. `sent` are host names of ours that may come back in it.
pub fn facts(body: &[u8], coded: Option<String>, sent: &[String], redactor: &Redactor) -> Content {
    let length = body.len() as u64;
    if coded.is_some() {
        return Content { length, coded, ..Content::default() };
    }
    let text = String::from_utf8_lossy(body);
    let (digest, sketch) = resemblance(body, &text);
    let tags = if text.contains('<') { page::tags(&text) } else { vec![] };
    let mut marks = files::of_bytes(body).map_or_else(|| marks(&text), |mark| vec![mark]);
    marks.extend(asks_password(&tags).then_some(Mark::Login));
    Content {
        length,
        digest,
        sketch,
        links: links(&tags, redactor),
        echoes: echoes(&text, &tags, sent),
        page: Some(markup(&text, &tags, redactor)),
        marks,
        ..Content::default()
    }
}

/// A host without its port and without user information; an address of IPv6 keeps its brackets.
pub fn bare(authority: &str) -> &str {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.find(']') {
        Some(end) => &host[..=end],
        None => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

/// The words that a content has each time: without numbers, random tokens, and the names in dates.
pub fn lasting_words(text: &str) -> impl Iterator<Item = String> {
    const JOINING: [char; 5] = ['_', '-', '+', '/', '='];
    const IN_DATES: [&str; 22] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed",
        "thu", "fri", "sat", "sun", "gmt", "am", "pm",
    ];
    // A token of base64 or base64url is one piece, whatever joins its parts.
    let pieces = text.split(|c: char| !(c.is_alphanumeric() || JOINING.contains(&c)));
    let parts = pieces.filter(|piece| !is_random(piece)).flat_map(|piece| piece.split(JOINING));
    let words = parts.filter(|word| !word.is_empty() && !word.bytes().any(|b| b.is_ascii_digit()));
    words.map(str::to_lowercase).filter(|word| !IN_DATES.contains(&word.as_str()))
}

/// A token of a coding: long, and with digits or changes of case that words do not have.
fn is_random(word: &str) -> bool {
    let bytes = word.as_bytes();
    let turns = bytes.windows(2).filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase()).count();
    let digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    bytes.len() >= 8 && (digits >= 2 || turns >= 2) || bytes.len() > 40
}

/// The digest of the lasting words and the sketch of their triples, one word at a time: a content may be large.
fn resemblance(body: &[u8], text: &str) -> (String, Vec<u32>) {
    let mut hash = Sha256::new();
    let mut smallest = BTreeSet::new();
    let mut last: [Option<String>; 2] = [None, None];
    for word in lasting_words(text) {
        hash.update(word.as_bytes());
        hash.update(b" ");
        if let [Some(first), Some(second)] = &last {
            smallest.insert(fnv(&[first.as_str(), second.as_str(), word.as_str()].join(" ")));
            if smallest.len() > SKETCH_SIZE {
                smallest.pop_last();
            }
        }
        last = [last[1].take(), Some(word)];
    }
    if last[1].is_none() {
        hash.update(body);
    }
    let digest = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    (digest, smallest.into_iter().collect())
}

/// FNV-1a, folded to 32 bits. It need not withstand anyone: it only estimates.
fn fnv(text: &str) -> u32 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = hash ^ hash >> 29;
    (mixed >> 32) as u32 ^ mixed as u32
}

fn marks(text: &str) -> Vec<Mark> {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    let begins = |prefix: &str| start.get(..prefix.len()).is_some_and(|s| s.eq_ignore_ascii_case(prefix));
    let is_html = begins("<!doctype html") || begins("<html");
    let mut marks = vec![];
    if is_html {
        marks.push(Mark::Html);
        marks.extend(is_challenge(text).then_some(Mark::Challenge));
        marks.extend(software::of_page(text));
        marks.extend(debug::of_page(text));
        marks.extend(listing::of_page(text));
        marks.extend(document::of_page(text));
        return marks;
    }
    if start.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(start).is_ok() {
        marks.push(Mark::Json);
        marks.extend(software::of_json(start));
        marks.extend(files::of_json(start));
        marks.extend(debug::of_json(start));
        marks.extend(document::of_json(start));
        return marks;
    }
    marks.extend(files::of_text(text));
    marks.extend(software::of_text(text));
    marks.extend(debug::of_text(text));
    marks.extend(listing::of_text(start));
    marks.extend(security_txt(text));
    marks
}

/// Titles of the interstitials that ask a visitor to prove that they are human.
pub fn is_challenge(text: &str) -> bool {
    const TITLES: [&str; 4] = [
        "<title>just a moment...</title>",
        "<title>attention required! | cloudflare</title>",
        "<title>human verification</title>",
        "<title>pardon our interruption",
    ];
    let head: String = text.chars().take(4096).collect::<String>().to_lowercase();
    TITLES.iter().any(|title| head.contains(title))
}

/// Whether there is one field for a password: a form that changes a password has more, or names a new one.
fn asks_password(tags: &[Tag]) -> bool {
    let is = |tag: &Tag, name: &str, value: &str| {
        tag.attribute(name).is_some_and(|held| held.trim().eq_ignore_ascii_case(value))
    };
    let mut fields = tags.iter().filter(|tag| tag.name == "input" && is(tag, "type", "password"));
    match (fields.next(), fields.next()) {
        (Some(only), None) => !is(only, "autocomplete", "new-password"),
        _ => false,
    }
}

fn links(tags: &[Tag], redactor: &Redactor) -> Vec<Link> {
    let kept = tags.iter().filter_map(place).filter(|(place, _)| !matches!(place, Place::Href | Place::Script));
    kept.take(MOST_KEPT).map(|(place, url)| Link { place, url: redactor.url(url) }).collect()
}

/// Where a tag leads, if a browser follows or remembers it.
fn place(tag: &Tag) -> Option<(Place, &str)> {
    let is = |name: &str, value: &str| tag.attribute(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
    match tag.name.as_str() {
        "link" if is("rel", "canonical") => Some((Place::Canonical, tag.attribute("href")?)),
        "link" | "a" | "area" => Some((Place::Href, tag.attribute("href")?)),
        "form" => Some((Place::FormAction, tag.attribute("action")?)),
        "base" => Some((Place::Base, tag.attribute("href")?)),
        "script" => Some((Place::Script, tag.attribute("src")?)),
        "meta" if is("property", "og:url") => Some((Place::OpenGraph, tag.attribute("content")?)),
        "meta" if is("http-equiv", "refresh") => Some((Place::Refresh, refreshed(tag.attribute("content")?)?)),
        _ => None,
    }
}

/// Where a refresh leads: `5; url=…`
pub fn refreshed(value: &str) -> Option<&str> {
    let at = value.to_ascii_lowercase().find("url=")?;
    Some(value[at + 4..].trim_matches(['\'', '"', ' ']))
}

/// The host that a reference names, as a browser reads it; none when it stays at its own.
pub fn named_host(reference: &str) -> Option<String> {
    let elsewhere = url::Url::parse("https://own.invalid/").ok()?.join(reference).ok()?;
    elsewhere.host_str().filter(|host| *host != "own.invalid").map(String::from)
}

/// Where host names of ours came back, each place once.
fn echoes(text: &str, tags: &[Tag], sent: &[String]) -> Vec<Echo> {
    let mut echoes: Vec<Echo> = vec![];
    for host in sent {
        let name = bare(host);
        let held = |url: &str| named_host(url).is_some_and(|held| held.eq_ignore_ascii_case(name));
        let found: Vec<Place> =
            tags.iter().filter_map(place).filter(|(_, url)| held(url)).map(|(p, _)| p).collect();
        let plain = text.contains(name).then_some(Place::Text);
        for place in found.into_iter().chain(plain) {
            let echo = Echo { place, value: host.clone() };
            if !echoes.contains(&echo) {
                echoes.push(echo);
            }
        }
    }
    echoes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Nonce;
    use proptest::prelude::*;

    fn facts_of(text: &str) -> Content {
        facts(text.as_bytes(), None, &[], &Redactor::new(Nonce(1)))
    }

    #[test]
    fn a_page_resembles_itself_whatever_varies() {
        let page = |nonce: &str, date: &str, id: u32| {
            format!(
                "<!doctype html><html><head><title>Shop</title><script nonce=\"{nonce}\"></script></head>\
                 <body><h1>Welcome to our little shop</h1><p>Rendered on {date} as request {id}</p></body></html>"
            )
        };
        let one = facts_of(&page("dGhpcyBpcyBhIG5vbmNl", "Tue, 24 Nov 2026 10:00:00 GMT", 17));
        let two = facts_of(&page("YW5vdGhlciBub25jZQ12", "Wed, 02 Dec 2026 11:30:12 GMT", 9_812_312));
        let other = facts_of("<!doctype html><html><head><title>Welcome to nginx!</title></head></html>");
        assert!(one.is_like(&two));
        assert!(!one.is_like(&other));
        assert!(!facts_of(r#"{"status":"ok"}"#).is_like(&facts_of(r#"{"detail":"Not Found"}"#)));
    }

    #[test]
    fn a_content_is_recognised_by_what_is_in_it() {
        let compose = "services:\n  web:\n    image: app\n    ports:\n      - 80\n  db:\n    image: postgres\nvolumes:\n  x:\n";
        for (text, want) in [
            ("<!doctype html><p>DB=1</p>", vec![Mark::Html]),
            (r#"{"A":"B=1"}"#, vec![Mark::Json]),
            (
                "# c\nDB_PASSWORD=x\n\nexport KEY = y",
                vec![Mark::Dotenv { keys: vec!["DB_PASSWORD".into(), "KEY".into()] }],
            ),
            ("not found", vec![]),
            ("a = b", vec![]),
            ("ref: refs/heads/main\n", vec![Mark::GitHead]),
            ("[core]\n\trepositoryformatversion = 0\n", vec![Mark::GitConfig]),
            (compose, vec![Mark::Compose { services: vec!["web".into(), "db".into()] }]),
            ("<!DOCTYPE html><title>Just a moment...</title>", vec![Mark::Html, Mark::Challenge]),
        ] {
            assert_eq!(facts_of(text).marks, want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_have_facts(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let facts = facts(&body, None, &["golive-1.test".into()], &Redactor::new(Nonce(1)));
            prop_assert_eq!(facts.length, body.len() as u64);
        }

        #[test]
        fn any_words_have_facts(text in "([<>=:'\"/\\-#&;@ \n\u{e9}\u{feff}A-Cx]|url=|<a |<meta |href=|services:\n|\\[core\\]|ref: refs/){0,60}") {
            let _ = facts(text.as_bytes(), None, &["x@golive-1.test:1".into()], &Redactor::new(Nonce(1)));
        }
    }

    #[test]
    fn places_that_a_browser_follows_are_kept_without_secrets() {
        let page = "<link rel=\"canonical\" href='http://app.example.com/?s=1'><form action=/save></form>\
                    <meta http-equiv=refresh content='0; url=http://app.example.com/x'>\
                    <!-- <form action=no> --><script>var f = '<form action=no>'</script><a href=/y>y</a>";
        let links: Vec<_> = facts_of(page).links.into_iter().map(|l| (l.place, l.url)).collect();
        assert_eq!(links.len(), 3, "{links:?}");
        assert!(links[0].1.starts_with("http://app.example.com/?s=‹redacted:"));
        assert_eq!(links[1], (Place::FormAction, "/save".into()));
        assert_eq!(links[2], (Place::Refresh, "http://app.example.com/x".into()));
    }
}
