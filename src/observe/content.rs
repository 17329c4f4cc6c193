//! Facts of a content: what it is, what it resembles, where it leads, and whether something of ours is in it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::page::{self, Tag};
use super::redact::Redactor;
use super::software;
use crate::observation::{Content, Echo, Link, Mark, Place, SKETCH_SIZE};

/// Links, names of variables and names of services that are kept.
const MOST_KEPT: usize = 32;

/// Looks at a whole content. `sent` are host names of ours that may come back in it.
pub fn facts(body: &[u8], coded: Option<String>, sent: &[String], redactor: &Redactor) -> Content {
    let length = body.len() as u64;
    if coded.is_some() {
        return Content { length, coded, ..Content::default() };
    }
    let text = String::from_utf8_lossy(body);
    let (digest, sketch) = resemblance(body, &text);
    let marks = marks(&text);
    let tags = if text.contains('<') { page::tags(&text) } else { vec![] };
    Content {
        length,
        digest,
        sketch,
        links: links(&tags, redactor),
        echoes: echoes(&text, &tags, sent),
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
fn lasting_words(text: &str) -> impl Iterator<Item = String> {
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
        return marks;
    }
    if start.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(start).is_ok() {
        marks.push(Mark::Json);
        marks.extend(software::of_json(start));
        return marks;
    }
    marks.extend(dotenv(start).map(|keys| Mark::Dotenv { keys }));
    marks.extend(is_git_head(text).then_some(Mark::GitHead));
    marks.extend(is_git_config(text).then_some(Mark::GitConfig));
    marks.extend(compose(text).map(|services| Mark::Compose { services }));
    marks
}

/// Titles of the interstitials that ask a visitor to prove that they are human.
fn is_challenge(text: &str) -> bool {
    const TITLES: [&str; 4] = [
        "<title>just a moment...</title>",
        "<title>attention required! | cloudflare</title>",
        "<title>human verification</title>",
        "<title>pardon our interruption",
    ];
    let head: String = text.chars().take(4096).collect::<String>().to_lowercase();
    TITLES.iter().any(|title| head.contains(title))
}

/// Lines of `NAME=value`, and hardly anything else.
fn dotenv(text: &str) -> Option<Vec<String>> {
    if text.trim_start().starts_with('<') {
        return None;
    }
    let (mut keys, mut valued, mut others) = (vec![], 0, 0);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    while let Some(line) = lines.next() {
        match assignment(line) {
            Some((name, value)) => {
                // A key in PEM stands on many lines, with quotes around them or without.
                if let Some(quote) = open_quote(value) {
                    lines.by_ref().find(|line| line.contains(quote));
                } else if value.starts_with("-----BEGIN ") {
                    lines.by_ref().find(|line| line.starts_with("-----END "));
                }
                let named = is_loud(name) && !value.trim_matches('=').is_empty();
                valued += usize::from(named);
                keys.push(name);
            }
            // An INI file has sections.
            None if line.starts_with('[') && line.ends_with(']') => return None,
            None => others += 1,
        }
    }
    let hardly = others * 5 <= keys.len();
    (valued > 0 && hardly).then(|| keys.into_iter().take(MOST_KEPT).map(String::from).collect())
}

fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let name = name.trim_end();
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first = name.bytes().next()?;
    (name.len() <= 64 && name.bytes().all(fits) && !first.is_ascii_digit()).then(|| (name, value.trim_start()))
}

fn open_quote(value: &str) -> Option<char> {
    ['"', '\''].into_iter().find(|quote| value.strip_prefix(*quote).is_some_and(|rest| !rest.contains(*quote)))
}

/// The name of a variable as environments have it.
fn is_loud(name: &str) -> bool {
    name.len() > 1 && !name.bytes().any(|b| b.is_ascii_lowercase())
}

fn is_git_head(text: &str) -> bool {
    let text = text.trim_end();
    let hash = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
    hash || text
        .strip_prefix("ref: refs/")
        .is_some_and(|name| !name.is_empty() && !name.contains([' ', '<', '\n']))
}

fn is_git_config(text: &str) -> bool {
    let has = |what: &str| text.lines().any(|line| line.trim().starts_with(what));
    has("[core]") && (has("repositoryformatversion") || has("[remote \"") || has("bare"))
}

/// A compose file: services, each with an image or a build.
fn compose(text: &str) -> Option<Vec<String>> {
    let lines = text.lines().map(bare_of_comment).filter(|line| !line.is_empty());
    let mut lines = lines.skip_while(|line| name_of_mapping(line) != Some("services")).skip(1).peekable();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let indent = lines.peek().map(|line| depth(line)).filter(|indent| *indent > 0)?;
    let below: Vec<&str> = lines.take_while(|line| line.starts_with(' ')).collect();
    let inner = below.iter().filter(|line| depth(line) > indent).map(|line| line.trim_start());
    let is_built = inner.into_iter().any(|line| line.starts_with("image:") || line.starts_with("build:"));
    let services = below.iter().filter(|line| depth(line) == indent);
    let names: Vec<String> = services
        .filter_map(|line| name_of_mapping(line.trim_start()))
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)))
        .map(String::from)
        .take(MOST_KEPT)
        .collect();
    (is_built && !names.is_empty()).then_some(names)
}

/// A line of YAML without its comment.
fn bare_of_comment(line: &str) -> &str {
    let line = if line.trim_start().starts_with('#') { "" } else { line };
    line.split_once(" #").map_or(line, |(line, _)| line).trim_end()
}

/// The key of a line that opens a mapping: nothing stands behind its colon but an anchor.
fn name_of_mapping(line: &str) -> Option<&str> {
    let (name, behind) = line.split_once(':')?;
    let opens = behind.is_empty() || behind.starts_with(" &") && !behind[2..].contains(' ');
    opens.then(|| name.trim_matches(['"', '\'']))
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

    #[test]
    fn a_compose_file_is_told_as_people_write_it() {
        for (text, want) in [
            ("version: \"3.8\"\nservices:\n  db:\n    image: postgres\n", &["db"][..]),
            (
                "# shop\n---\nservices: # all\n\n  # the data\n  db: # pg\n    image: x\n  web:\n    build: .\n",
                &["db", "web"],
            ),
            ("services:\r\n  web: &web\r\n    image: x\r\n  job:\r\n    <<: *web\r\n", &["web", "job"]),
            ("\"services\":\n    \"web\":\n        image: x\nvolumes:\n    data:\n", &["web"]),
            ("services:\n  - web\n  - image: x\n", &[]),
            ("services:\n  image:\n", &[]),
            ("Our services:\n  image: nice\n", &[]),
            ("services: many\n  web:\n    image: x\n", &[]),
        ] {
            assert_eq!(compose(text).unwrap_or_default(), want, "{text}");
        }
    }

    #[test]
    fn what_has_an_equals_sign_is_no_environment() {
        for text in [
            "E=mc2\n",
            "The sum is A=1, as everybody knows.\nAnd more of it.",
            "name,NOTE=1,value\n1,2,3\n",
            "[database]\nHOST=db\nPASSWORD=x\nUser=y\n",
            "[mysqld]\nuser=mysql\nPORT = 1",
            "import os\nSECRET_KEY = os.environ['X']\nDEBUG = True\n",
            "User-agent: *\nDisallow: /search?Q=1\nSitemap: https://app.example.com/map.xml?A=1\n",
            "{\"A\": \"B=1\"}",
            "{\n\"A\": 1,\nTOKEN=x",
            "<!-- x -->\n<!doctype html>\nDB_PASSWORD=x",
            "MFRGGZDFMZTWQ===\n",
            "dGhpcyBpcyBhIHRva2Vu=",
            "fl=123\nh=app.example.com\nip=203.0.113.7\n",
            "Warning: KEY=1 is old\nWarning: KEY=2 is older\n",
            "a=1&B=2",
        ] {
            assert_eq!(dotenv(text), None, "{text}");
        }
        let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
        let pem = format!("A_KEY=\"{begin}\nMIIEvQIBADANBg\nkqhkiG9w0BAQ\n{end}\"\nB_2='x'\nempty=\n");
        let unquoted = pem.replace('"', "");
        for (text, keys) in [
            (pem.as_str(), &["A_KEY", "B_2", "empty"][..]),
            (&unquoted, &["A_KEY", "B_2", "empty"]),
            ("\u{feff}POSTGRES_PASSWORD=hunter2\r\n", &["POSTGRES_PASSWORD"]),
            ("# see below\nexport URL=postgres://u:p@db/x?A=b\n\nNOTE='it''s'\n", &["URL", "NOTE"]),
            ("OPEN=\"", &["OPEN"]),
        ] {
            let want = keys.iter().map(|key| String::from(*key)).collect();
            assert_eq!(facts_of(text).marks, [Mark::Dotenv { keys: want }], "{text}");
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
