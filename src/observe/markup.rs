//! What the markup of a page brings with it: a policy of its own, and what it loads over plain http.

use sha2::{Digest, Sha256};
use url::{Host, Position, Url};

use super::content::lasting_words;
use super::page::Tag;
use super::redact::Redactor;
use crate::observation::Markup;

const MOST_POLICIES: usize = 8;
const POLICY_BYTES: usize = 8 * 1024;
const MOST_INSECURE: usize = 32;
const URL_BYTES: usize = 512;
const HEAD_BYTES: usize = 64 * 1024;

pub fn markup(text: &str, tags: &[Tag], redactor: &Redactor) -> Markup {
    let policies = policies(tags).filter(|policy| policy.len() <= POLICY_BYTES).take(MOST_POLICIES);
    let mut insecure: Vec<String> = vec![];
    for url in insecure_urls(tags) {
        let url = redactor.url(&url[..Position::AfterPath]);
        let kept: String = url.chars().take(URL_BYTES).collect();
        if !insecure.contains(&kept) {
            insecure.push(kept);
        }
        if insecure.len() == MOST_INSECURE {
            break;
        }
    }
    Markup {
        policies: policies.map(|policy| redactor.field("content-security-policy", policy)).collect(),
        insecure,
        title: title(text),
    }
}

/// What tells pages of one template apart.
fn title(text: &str) -> Option<String> {
    let end = (0..=text.len().min(HEAD_BYTES)).rev().find(|at| text.is_char_boundary(*at))?;
    let lower = text[..end].to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower[start..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let words = lasting_words(&text[start..end]).collect::<Vec<_>>().join(" ");
    let hash = Sha256::digest(words.as_bytes());
    (!words.is_empty()).then(|| hash[..4].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// HTML, pragma directives: only in the head. What no head holds begins the body; what `noscript` and `template` hold
/// may not count, so nothing behind them does.
fn policies(tags: &[Tag]) -> impl Iterator<Item = &str> {
    const HEAD: [&str; 8] = ["html", "head", "title", "base", "link", "meta", "style", "script"];
    let head = tags.iter().take_while(|tag| HEAD.contains(&tag.name.as_str()));
    let policy = |tag: &&Tag| {
        tag.name == "meta"
            && tag.attribute("http-equiv").is_some_and(|v| v.eq_ignore_ascii_case("content-security-policy"))
    };
    head.filter(policy).filter_map(|tag| tag.attribute("content"))
}

/// What browsers block on a secure page (Mixed Content §3.2: images, audio and video are upgraded instead).
fn insecure_urls(tags: &[Tag]) -> impl Iterator<Item = Url> {
    let own = Url::parse("https://own.invalid/").ok();
    let base = tags.iter().find_map(|tag| if tag.name == "base" { tag.attribute("href") } else { None });
    let base = own.and_then(|own| own.join(base.unwrap_or("")).ok());
    let loaded = tags.iter().filter_map(loaded);
    let urls = loaded.filter_map(move |reference| base.as_ref()?.join(reference).ok());
    urls.filter(|url| url.scheme() == "http" && !is_own_machine(url))
}

fn loaded(tag: &Tag) -> Option<&str> {
    let is_style =
        || tag.attribute("rel")?.split_ascii_whitespace().find(|rel| rel.eq_ignore_ascii_case("stylesheet"));
    match tag.name.as_str() {
        "script" | "iframe" | "frame" | "embed" => tag.attribute("src"),
        "object" => tag.attribute("data"),
        "link" => is_style().and(tag.attribute("href")),
        _ => None,
    }
}

/// Secure Contexts §3.1: trustworthy without TLS.
fn is_own_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Nonce;
    use crate::observe::page::tags;
    use proptest::prelude::*;

    fn of(text: &str) -> Markup {
        markup(text, &tags(text), &Redactor::new(Nonce(1)))
    }

    #[test]
    fn a_policy_counts_in_the_head() {
        for (text, want) in [
            (
                "<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">",
                &["default-src 'self'"][..],
            ),
            (
                "<!doctype html><html><head><title>x</title><META HTTP-EQUIV='content-security-policy' CONTENT='a b'>",
                &["a b"],
            ),
            (
                "<head><meta http-equiv=content-security-policy content=a><meta http-equiv=content-security-policy content=b>",
                &["a", "b"],
            ),
            ("<head><body><meta http-equiv=content-security-policy content=a>", &[]),
            ("<p>x</p><meta http-equiv=content-security-policy content=a>", &[]),
            ("<noscript><meta http-equiv=content-security-policy content=a></noscript>", &[]),
            ("<meta http-equiv=content-security-policy-report-only content=a>", &[]),
            ("<meta http-equiv=content-security-policy>", &[]),
            ("<!-- <meta http-equiv=content-security-policy content=a> -->", &[]),
        ] {
            assert_eq!(of(text).policies, want, "{text}");
        }
        let secret =
            of("<meta http-equiv=content-security-policy content='report-uri https://r.example/?key=hunter2'>");
        assert!(secret.policies[0].starts_with("report-uri https://r.example/?key=‹"), "{secret:?}");
    }

    #[test]
    fn what_is_loaded_over_plain_http_is_kept() {
        for (text, want) in [
            ("<script src=http://a.example/x.js?v=1></script>", &["http://a.example/x.js"][..]),
            ("<SCRIPT SRC='HTTP://A.example/x.js'></SCRIPT>", &["http://a.example/x.js"]),
            (
                "<script src=https://a.example/x.js></script><script src=/y.js></script><script src=//z/></script>",
                &[],
            ),
            ("<link rel='preload STYLESHEET' href=http://a.example/x.css>", &["http://a.example/x.css"]),
            (
                "<link rel=icon href=http://a.example/x.ico><img src=http://a.example/x.png><a href=http://a.example>",
                &[],
            ),
            (
                "<iframe src=http://a.example/></iframe><object data=http://b.example/></object>",
                &["http://a.example/", "http://b.example/"],
            ),
            ("<base href=http://c.example/d/><script src=e.js></script>", &["http://c.example/d/e.js"]),
            ("<script src=http://localhost:3000/x.js></script><script src=http://127.0.0.1/x></script>", &[]),
            ("<script>var a = '<script src=http://a.example/>'</script>", &[]),
            ("<embed src=http://a.example/x><embed src=http://a.example/x#y>", &["http://a.example/x"]),
            ("<script src=http://u:p@a.example/8f14e45fceea167a5a36></script>", &["http://‹@a.example/‹"]),
        ] {
            let marked = |url: &String| {
                let mut parts = url.split('‹');
                let first = parts.next().unwrap_or_default().to_string();
                parts.fold(first, |all, part| all + "‹" + part.split_once('›').map_or(part, |(_, rest)| rest))
            };
            assert_eq!(of(text).insecure.iter().map(marked).collect::<Vec<_>>(), want, "{text}");
        }
    }

    #[test]
    fn a_title_is_compared_by_what_lasts_of_it() {
        let title = |text: &str| of(text).title;
        assert_eq!(title("<title>Inbox (3)</title>"), title("<TITLE lang=en>inbox (12) </TITLE>"));
        assert_ne!(title("<title>Inbox</title>"), title("<title>Outbox</title>"));
        for text in ["", "<title>", "<title>x", "<title></title>", "<title>7</title>"] {
            assert_eq!(title(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_markup_is_read_within_bounds(text in "(<meta http-equiv=content-security-policy content=|<title>|</title>|<script src=http://|<base href=|<link rel=stylesheet href=|[a-z'\"/<> .:?#@]|\\PC){0,80}") {
            let markup = of(&text);
            prop_assert!(markup.policies.len() <= MOST_POLICIES && markup.insecure.len() <= MOST_INSECURE);
        }
    }
}
