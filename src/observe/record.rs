//! Where an exchange becomes an observation: facts of the whole, then redaction, then the content is dropped.

use super::content;
use super::http::Raw;
use super::redact::Redactor;
use super::tokens::Tokens;
use crate::observation::{CookieValue, Echo, Hop, Nonce, Place, Request, Response};
use crate::spec::Candidate;

/// At most this many characters of a greeting are kept.
const GREETING_LENGTH: usize = 64;
/// Bytes of the values of one answer's fields; the rest is cut, and marked so that no rule takes it for whole.
const FIELD_BYTES: usize = 64 * 1024;
const CUT: &str = "‹cut›";

pub struct Recorder {
    redactor: Redactor,
    tokens: Tokens,
    nonce: Nonce,
}

impl Recorder {
    /// The key of its redaction is random and dies with it.
    pub fn new(nonce: Nonce) -> Self {
        Self { redactor: Redactor::new(nonce), tokens: Tokens::new(&[]), nonce }
    }

    /// The same with secrets of the owner's files, to be tried on the tokens that the site issues.
    pub fn trying(self, candidates: &[Candidate]) -> Self {
        Self { tokens: Tokens::new(candidates), ..self }
    }

    /// One exchange. A request that a redirect led to holds text of the target: it is redacted as well.
    pub fn hop(&self, request: &Request, led: bool, raw: &Raw) -> Hop {
        let sent = sent_hosts(request, self.nonce);
        let coded = coding(raw);
        let mut content = content::facts(&raw.body, coded.clone(), &sent, &self.redactor);
        content.cut = raw.cut;
        content.echoes.extend(echoed_fields(raw, &sent));
        let cookies = raw.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        let mut room = FIELD_BYTES;
        let fields = raw.fields.iter().map(|(name, value)| {
            let mut value = self.redactor.field(name, &String::from_utf8_lossy(value));
            if value.len() > room {
                value.truncate((0..=room).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0));
                value.push_str(CUT);
            }
            room = room.saturating_sub(value.len());
            (name.clone(), value)
        });
        Hop {
            request: if led { self.redacted(request) } else { request.clone() },
            response: Response {
                status: raw.status,
                fields: fields.collect(),
                cookies: cookies.map(|(_, value)| cookie_value(&String::from_utf8_lossy(value))).collect(),
                tokens: Some(self.tokens.of(raw, coded.is_some())),
                content,
            },
        }
    }

    /// What a port says first: the first line, printable and short.
    pub fn greeting(&self, bytes: &[u8]) -> String {
        let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        let text = self.redactor.words(&String::from_utf8_lossy(line));
        text.trim_end().escape_debug().take(GREETING_LENGTH).collect()
    }

    /// An address of the target's.
    pub fn url(&self, url: &str) -> String {
        self.redactor.url(url)
    }

    /// The mark of a secret.
    pub fn mark(&self, secret: &str) -> String {
        self.redactor.mark(secret)
    }

    /// Words of an answer: those that look like a token are marks.
    pub fn words(&self, text: &str) -> String {
        self.redactor.words(text)
    }

    fn redacted(&self, request: &Request) -> Request {
        Request { target: self.redactor.url(&request.target), ..request.clone() }
    }
}

/// The host names that a request carries beside the site's own, without what is no part of the name.
fn sent_hosts(request: &Request, nonce: Nonce) -> Vec<String> {
    let mark = nonce.to_string();
    let own = request.origin.split_once("://").map_or("", |(_, authority)| authority);
    let target = request.target.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let is_other = |name: &str, value: &str| value.contains(&mark) || name == "Host" && value != own;
    let fields = request.fields.iter().filter(|(name, value)| is_other(name, value)).map(|(_, value)| {
        let value = value.strip_prefix("host=").unwrap_or(value);
        value.rsplit_once("://").map_or(value, |(_, host)| host)
    });
    let hosts = fields.chain(target.filter(|authority| *authority != own)).map(|value| {
        let ours = value.rsplit([' ', '@']).find(|part| part.contains(&mark));
        ours.unwrap_or(value)
    });
    hosts.filter(|host| !host.is_empty()).map(String::from).collect()
}

/// Where a field of the answer names a host of ours.
fn echoed_fields(raw: &Raw, sent: &[String]) -> Vec<Echo> {
    let mut echoes = vec![];
    for (name, value) in &raw.fields {
        let value = String::from_utf8_lossy(value);
        let place = match name.to_ascii_lowercase().as_str() {
            "location" => Place::Location,
            "refresh" => Place::Refresh,
            "set-cookie" => Place::CookieDomain,
            _ => continue,
        };
        let held = match place {
            Place::CookieDomain => Some(attribute(&value, "domain").trim_start_matches('.').to_string()),
            Place::Refresh => content::refreshed(&value).and_then(content::named_host),
            _ => content::named_host(&value),
        };
        let Some(held) = held else { continue };
        let ours = sent.iter().filter(|host| held.eq_ignore_ascii_case(content::bare(host)));
        echoes.extend(ours.map(|host| Echo { place, value: host.clone() }));
    }
    echoes
}

/// The value of an attribute of a Set-Cookie field.
fn attribute<'a>(field: &'a str, name: &str) -> &'a str {
    let attributes = field.split(';').skip(1).filter_map(|part| part.split_once('='));
    attributes.filter(|(n, _)| n.trim().eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()).last().unwrap_or("")
}

fn cookie_value(field: &str) -> CookieValue {
    let pair = field.split(';').next().unwrap_or("");
    let value = pair.split_once('=').map_or(pair, |(_, value)| value).trim();
    CookieValue { length: value.len(), opaque: is_opaque(value) }
}

/// At least 16 characters that no word of a language has: digits and letters mixed, or a coding's own characters.
fn is_opaque(value: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=%:".contains(c);
    let digit = value.bytes().any(|b| b.is_ascii_digit());
    let letter = value.bytes().any(|b| b.is_ascii_alphabetic());
    let mixed_case =
        value.bytes().any(|b| b.is_ascii_uppercase()) && value.bytes().any(|b| b.is_ascii_lowercase());
    value.len() >= 16 && value.chars().all(token) && letter && (digit || mixed_case)
}

/// The first coding that was put on the content or on its transfer (RFC 9110 §8.4, RFC 9112 §7).
pub fn coding(raw: &Raw) -> Option<String> {
    let named = |wanted: &'static str| {
        raw.fields.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let plain = |coding: &&str| ["", "identity", "chunked"].iter().any(|p| coding.eq_ignore_ascii_case(p));
    let mut values = named("content-encoding").chain(named("transfer-encoding"));
    values.find_map(|value| {
        let text = String::from_utf8_lossy(value);
        let coding = text.split(',').map(str::trim).find(|coding| !plain(coding))?;
        Some(coding.escape_debug().take(32).collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Method;

    fn recorded(fields: &[(&str, &str)], body: &str) -> Hop {
        let request = Request {
            method: Method::Get,
            origin: "https://app.example.com".into(),
            target: "/".into(),
            sni: None,
            fields: vec![("Host".into(), "golive-000000aa.test".into())],
        };
        let fields = fields.iter().map(|(n, v)| ((*n).into(), v.as_bytes().to_vec())).collect();
        let raw = Raw { status: 200, fields, body: body.into(), cut: false };
        Recorder::new(Nonce(0xaa)).hop(&request, false, &raw)
    }

    #[test]
    fn no_secret_of_the_target_is_recorded() {
        let secret = "CANARY-5ecret-0123456789";
        let hop = recorded(
            &[
                ("Set-Cookie", &format!("sid={secret}; Path=/; Secure")),
                ("Location", &format!("https://user:{secret}@app.example.com/login?token={secret}#t={secret}")),
                ("Authorization", &format!("Bearer {secret}")),
                ("X-Api-Key", secret),
                ("Link", &format!("<https://app.example.com/a?key={secret}>; rel=preload")),
                ("Refresh", &format!("0; url=/next?code={secret}")),
            ],
            &format!("<html><form action=\"/save?token={secret}\"><p>{secret}</p></form></html>"),
        );
        let text = serde_json::to_string(&hop).unwrap();
        assert!(!text.contains("CANARY") && !text.contains("5ecret"), "{text}");
        assert!(text.contains("sid=‹redacted:") && text.contains("; Path=/; Secure"), "{text}");
    }

    #[test]
    fn a_host_of_ours_that_comes_back_is_noted() {
        let forged = "golive-000000aa.test";
        let hop = recorded(
            &[("Location", &format!("https://{forged}/login")), ("Set-Cookie", &format!("a=b; Domain=.{forged}"))],
            &format!("<link rel=canonical href=\"https://{forged}/\"><p>{forged}</p>"),
        );
        let mut places: Vec<Place> = hop.response.content.echoes.iter().map(|echo| echo.place).collect();
        places.sort();
        assert_eq!(places, [Place::Location, Place::CookieDomain, Place::Canonical, Place::Text]);
    }

    #[test]
    fn only_the_other_name_of_a_request_is_ours_to_find() {
        let forged = "golive-000000aa.test";
        let site = "app.example.com";
        for (target, hosts) in [
            ("/", vec![format!("{site}@{forged}")]),
            ("/", vec![format!("{forged}@{site}")]),
            ("/", vec![format!("{site}:x@{forged}:8443")]),
            ("/", vec![format!("{site} {forged}")]),
            ("/?golive=000000aa", vec![site.into(), forged.into()]),
            ("https://golive-000000aa.test/?golive=000000aa", vec![site.into()]),
            ("https://app.example.com/?golive=000000aa", vec![forged.into()]),
        ] {
            let fields = hosts.iter().map(|host| ("Host".into(), host.clone())).collect();
            let request = Request { target: target.into(), fields, ..recorded(&[], "").request };
            let hop = |location: String| {
                let fields = vec![("Location".into(), location.into_bytes())];
                let raw = Raw { status: 302, fields, body: vec![], cut: false };
                Recorder::new(Nonce(0xaa)).hop(&request, false, &raw).response.content.echoes.len()
            };
            let seen = [hop(format!("https://{forged}/")), hop(format!("https://{site}/"))];
            assert_eq!(seen, [1, 0], "{target} {hosts:?}");
        }
    }

    /// A small page differs in more words than not when its links do.
    #[test]
    fn a_name_that_is_not_the_sites_is_ours_whatever_it_is() {
        for (host, seen) in [
            ("localhost", 1),
            ("203.0.113.7", 1),
            ("[2001:db8::7]:8443", 1),
            ("appxexample.com", 1),
            ("app.example.com", 0),
            ("", 0),
        ] {
            let fields = vec![("Host".into(), host.into())];
            let request = Request { fields, ..recorded(&[], "").request };
            let body = format!("<link rel=canonical href='https://{host}/'>").into_bytes();
            let raw = Raw { status: 200, fields: vec![], body, cut: false };
            let echoes = Recorder::new(Nonce(0xaa)).hop(&request, false, &raw).response.content.echoes;
            assert_eq!(echoes.iter().filter(|echo| echo.place == Place::Canonical).count(), seen, "{host}");
        }
    }

    #[test]
    fn a_host_of_ours_is_seen_however_it_is_written() {
        let forged = "golive-000000aa.test";
        for (name, value, seen) in [
            ("Location", format!("https://{forged}"), true),
            ("Location", format!("//{forged}/login"), true),
            ("Location", format!("\\\\{forged}\\login"), true),
            // The same scheme without its slashes is a path (WHATWG URL, special relative).
            ("Location", format!("https:{forged}/"), false),
            ("Location", format!("HTTPS://user@{}:8443/", forged.to_uppercase()), true),
            ("Refresh", format!("0; url=https://{forged}/"), true),
            ("Refresh", format!("0;URL='//{forged}/'"), true),
            ("Set-Cookie", format!("a=b; domain={forged}"), true),
            ("Location", format!("/login?next=https://{forged}/"), false),
            ("Location", format!("https://app.example.com/{forged}"), false),
            ("Set-Cookie", format!("a={forged}"), false),
            ("Refresh", "5".into(), false),
        ] {
            let echoes = recorded(&[(name, &value)], "").response.content.echoes;
            assert_eq!(!echoes.is_empty(), seen, "{name}: {value}");
            let page = format!("<a href=\"{value}\">x</a>");
            if name == "Location" {
                let echoes = recorded(&[], &page).response.content.echoes;
                assert_eq!(echoes.iter().any(|echo| echo.place == Place::Href), seen, "{page}");
            }
        }
    }

    #[test]
    fn fields_are_recorded_up_to_a_limit() {
        let long = "é".repeat(FIELD_BYTES / 2);
        for (server, ends, via) in
            [(long[8..].to_string(), "é", "nosniff"), (long.clone(), "é", CUT), (format!("x{long}"), CUT, CUT)]
        {
            let hop = recorded(&[("Server", &server), ("Via", "nosniff")], "");
            let [(_, first), (_, second)] = &hop.response.fields[..] else { panic!("two fields") };
            assert!(first.ends_with(ends) && first.len() <= FIELD_BYTES + CUT.len());
            assert_eq!(second, via);
        }
    }

    #[test]
    fn a_coding_that_nobody_asked_for_is_seen() {
        for (fields, want) in [
            (&[("Content-Encoding", "gzip")][..], Some("gzip")),
            (&[("content-encoding", "identity"), ("Content-Encoding", "BR")], Some("BR")),
            (&[("Content-Encoding", "identity, zstd")], Some("zstd")),
            (&[("Transfer-Encoding", "gzip, chunked")], Some("gzip")),
            (&[("Transfer-Encoding", "chunked"), ("Content-Encoding", " ")], None),
            (&[], None),
        ] {
            let content = recorded(fields, "DB_PASSWORD=x").response.content;
            assert_eq!(content.coded.as_deref(), want, "{fields:?}");
            assert_eq!(content.marks.is_empty(), want.is_some(), "{fields:?}");
        }
    }

    #[test]
    fn a_random_value_is_told_from_a_word() {
        for (value, want) in [
            ("4f3c2b1a09f8e7d6c5b4", true),
            ("eyJhbGciOiJIUzI1NiJ9.e30.abc", true),
            ("AbCdEfGhIjKlMnOpQr", true),
            ("en", false),
            ("dark", false),
            ("accept-all-cookies-please", false),
            ("1234567890123456789", false),
        ] {
            assert_eq!(is_opaque(value), want, "{value}");
        }
    }

    #[test]
    fn a_greeting_is_one_short_printable_line() {
        let recorder = Recorder::new(Nonce(0xaa));
        for (bytes, want) in [
            (&b"+PONG\r\n"[..], "+PONG"),
            (b"N", "N"),
            (b"-NOAUTH Authentication required.\r\nmore", "-NOAUTH Authentication required."),
            (b"\x1b[2J\x07", "\\u{1b}[2J\\u{7}"),
            (b"", ""),
        ] {
            assert_eq!(recorder.greeting(bytes), want);
        }
        assert_eq!(recorder.greeting(&[b'a'; 300]).len(), GREETING_LENGTH);
    }
}
