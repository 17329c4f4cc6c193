//! Secrets of the target become marks. Equal values stay recognisable within a run; none leaves the process.

use sha2::{Digest, Sha256};

use crate::observation::Nonce;

pub struct Redactor {
    /// `None` on a machine without randomness: a hash without a key could be guessed, so there is none.
    key: Option<[u8; 32]>,
    /// Values with this in them are ours.
    nonce: String,
}

impl Redactor {
    pub fn new(nonce: Nonce) -> Self {
        let mut key = [0; 32];
        let key = getrandom::fill(&mut key).is_ok().then_some(key);
        Self { key, nonce: nonce.to_string() }
    }

    /// The value of a field as it may be recorded.
    pub fn field(&self, name: &str, value: &str) -> String {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "set-cookie" => self.cookie(value),
            "location" | "content-location" => self.url(value),
            "refresh" => self.refresh(value),
            "x-served-by" => self.servers(value),
            name if CACHES.contains(&name) => self.caches(value),
            name if SPOKEN.contains(&name) || name.starts_with("access-control-") => self.text(value),
            _ => self.mark(value),
        }
    }

    /// A URL without credentials, query values, fragment, and random parts of its path. Query values with our nonce
    /// stay.
    pub fn url(&self, url: &str) -> String {
        let (url, fragment) = url.split_once('#').map_or((url, None), |(u, f)| (u, Some(f)));
        let (base, query) = url.split_once('?').map_or((url, None), |(u, q)| (u, Some(q)));
        let (origin, path) = split_origin(base);
        let mut out = self.without_credentials(origin) + &self.path(path);
        if let Some(query) = query {
            let values: Vec<String> = query.split('&').map(|pair| self.pair(pair)).collect();
            out.push('?');
            out.push_str(&values.join("&"));
        }
        if let Some(fragment) = fragment {
            out.push('#');
            out.push_str(&self.mark(fragment));
        }
        out
    }

    fn pair(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((_, value)) if !self.nonce.is_empty() && value == self.nonce => pair.into(),
            Some((name, value)) => format!("{name}={}", self.mark(value)),
            None => self.mark(pair),
        }
    }

    fn without_credentials(&self, origin: &str) -> String {
        match origin.rsplit_once('@') {
            Some((before, host)) => {
                let (scheme, credentials) = before.split_once("//").unwrap_or(("", before));
                format!("{scheme}//{}@{host}", self.mark(credentials))
            }
            None => origin.into(),
        }
    }

    /// Parts of a path that look like a token.
    fn path(&self, path: &str) -> String {
        let parts = path.split('/').map(|part| if self.is_token(part) { self.mark(part) } else { part.into() });
        parts.collect::<Vec<String>>().join("/")
    }

    /// Words of which nobody knows what they are: those that look like a token are marks.
    pub fn words(&self, text: &str) -> String {
        let is_between = |c: char| c.is_whitespace() || c.is_control();
        let words = text.split_inclusive(is_between).map(|word| {
            let bare = word.trim_end_matches(is_between);
            if self.is_token(bare) { self.mark(bare) + &word[bare.len()..] } else { word.into() }
        });
        words.collect()
    }

    /// Long, with digits and letters; or a JWT.
    fn is_token(&self, text: &str) -> bool {
        let digit = text.bytes().any(|b| b.is_ascii_digit());
        let letter = text.bytes().any(|b| b.is_ascii_alphabetic());
        let mixed = text.len() >= 16 && digit && letter && !text.contains(&self.nonce) && !text.contains('.');
        mixed || text.matches('.').count() == 2 && text.starts_with("eyJ")
    }

    /// The value of a Set-Cookie field with its attributes. What is no attribute is a second pair that somebody
    /// meant to set.
    fn cookie(&self, field: &str) -> String {
        let (pair, attributes) = field.find(';').map_or((field, ""), |at| field.split_at(at));
        let cookie = self.named(pair);
        let attributes = attributes.split_inclusive(';').map(|part| {
            let bare = part.trim_end_matches(';');
            let name = bare.split('=').next().unwrap_or("").trim().to_ascii_lowercase();
            let kept = match name.as_str() {
                "path" => self.path(bare),
                "" if bare.contains('=') => self.named(bare),
                name if ATTRIBUTES.contains(&name) => self.words(bare),
                _ => self.named(bare),
            };
            kept + &part[bare.len()..]
        });
        attributes.fold(cookie, |all, part| all + &part)
    }

    /// `name=value` without the value; without a name, nothing.
    fn named(&self, pair: &str) -> String {
        match pair.split_once('=') {
            Some((name, value)) => format!("{name}={}", self.mark(value.trim())),
            None => {
                let bare = pair.trim();
                pair.replacen(bare, &self.mark(bare), usize::from(!bare.is_empty()))
            }
        }
    }

    /// `5; url=…`
    fn refresh(&self, value: &str) -> String {
        match value.to_ascii_lowercase().find("url=") {
            Some(at) => {
                let (before, url) = value.split_at(at + 4);
                format!("{}{}{}", self.delay(&before[..at]), &before[at..], self.url(url))
            }
            None => self.delay(value),
        }
    }

    /// The names of servers, of which only the form that a network's caches have is kept.
    fn servers(&self, value: &str) -> String {
        let names = value.split(',').map(str::trim).map(|name| match name.strip_prefix("cache-") {
            Some(rest) => format!("cache-{}", self.mark(rest)),
            None => self.mark(name),
        });
        names.collect::<Vec<String>>().join(", ")
    }

    /// What a cache says of an answer: the words of RFC 9211, of RFC 9111 and of the usual caches, and numbers. Names
    /// of hosts and keys are marks.
    fn caches(&self, value: &str) -> String {
        let is_between = |c: char| " ,;=".contains(c);
        let words = value.split_inclusive(is_between).map(|word| {
            let bare = word.trim_end_matches(is_between);
            let spoken = bare.to_ascii_lowercase();
            let is_number = bare.len() <= 10 && bare.bytes().all(|b| b.is_ascii_digit() || b == b'-');
            let kept = is_number || CACHED.contains(&spoken.as_str());
            if kept { word.into() } else { self.mark(bare) + &word[bare.len()..] }
        });
        words.collect()
    }

    fn delay(&self, value: &str) -> String {
        let is_time = value.bytes().all(|b| b.is_ascii_digit() || b" .,;".contains(&b));
        if is_time { value.into() } else { self.mark(value) }
    }

    /// A field that speaks of policy or protocol: as it is, but for URLs with a query and for tokens.
    fn text(&self, value: &str) -> String {
        let words = value.split_inclusive([' ', ',', ';', '<', '>']).map(|word| {
            let bare = word.trim_end_matches([' ', ',', ';', '<', '>']);
            let tail = &word[bare.len()..];
            let is_url = bare.contains("://")
                || bare.contains("//") && bare.contains(['?', '@', '#'])
                || bare.starts_with('/') && bare.contains(['?', '#']);
            let is_token = bare.starts_with("eyJ") && bare.contains('.');
            match (is_url, is_token) {
                (true, _) => format!("{}{tail}", self.url(bare)),
                (_, true) => format!("{}{tail}", self.mark(bare)),
                _ => word.into(),
            }
        });
        words.collect()
    }

    /// The mark of a secret: a keyed hash, the same for equal values of one run. Nothing stays nothing.
    pub fn mark(&self, secret: &str) -> String {
        if secret.is_empty() {
            return String::new();
        }
        let Some(key) = &self.key else { return "‹redacted›".into() };
        let mut hash = Sha256::new();
        hash.update(key);
        hash.update(secret.as_bytes());
        let hash = hash.finalize();
        format!("‹redacted:{:02x}{:02x}{:02x}{:02x}›", hash[0], hash[1], hash[2], hash[3])
    }
}

/// `https://host` and the path after it; a relative reference is all path.
fn split_origin(url: &str) -> (&str, &str) {
    let Some(at) = url.find("//") else { return ("", url) };
    let end = url[at + 2..].find('/').map_or(url.len(), |slash| at + 2 + slash);
    url.split_at(end)
}

/// RFC 6265bis §5.6, and those that browsers know beside it; a Path may hold a token.
const ATTRIBUTES: [&str; 9] =
    ["", "expires", "max-age", "domain", "secure", "httponly", "samesite", "partitioned", "priority"];

/// Fields in which caches say whether an answer is theirs, and what caches are told apart from Cache-Control (RFC 9213).
const CACHES: [&str; 11] = [
    "cache-status",
    "cdn-cache",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "surrogate-control",
    "vercel-cdn-cache-control",
    "x-cache",
    "x-cache-status",
    "x-nextjs-cache",
    "x-proxy-cache",
    "x-vercel-cache",
];

/// In lower case: of no secret.
const CACHED: [&str; 58] = [
    "bypass",
    "cloudfront",
    "collapsed",
    "detail",
    "dynamic",
    "error",
    "expired",
    "from",
    "fwd",
    "fwd-status",
    "hit",
    "immutable",
    "key",
    "max-age",
    "method",
    "miss",
    "must-revalidate",
    "no-cache",
    "no-store",
    "no-transform",
    "none",
    "partial",
    "pass",
    "prerender",
    "private",
    "proxy-revalidate",
    "public",
    "refresh",
    "refreshhit",
    "request",
    "revalidated",
    "s-maxage",
    "stale",
    "stale-if-error",
    "stale-while-revalidate",
    "stored",
    "synth",
    "tcp_client_refresh_miss",
    "tcp_denied",
    "tcp_expired_hit",
    "tcp_expired_miss",
    "tcp_hit",
    "tcp_ims_hit",
    "tcp_mem_hit",
    "tcp_miss",
    "tcp_negative_hit",
    "tcp_refresh_fail_hit",
    "tcp_refresh_hit",
    "tcp_refresh_miss",
    "tcp_remote_hit",
    "ttl",
    "updating",
    "uri-miss",
    "vary-miss",
    "config_nocache",
    "nocache",
    "uncacheable",
    "unknown",
];

/// Fields whose values are policy or protocol. The values of all others are marks: what is not known to be harmless
/// may be a secret.
const SPOKEN: [&str; 40] = [
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "cf-cache-status",
    "cf-mitigated",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-security-policy-report-only",
    "content-type",
    "cross-origin-embedder-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "expires",
    "feature-policy",
    "keep-alive",
    "last-modified",
    "permissions-policy",
    "pragma",
    "proxy-connection",
    "referrer-policy",
    "retry-after",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-content-type-options",
    "x-frame-options",
    "x-generator",
    "x-powered-by",
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_value_of_any_field_is_redacted(
            name in "(Set-Cookie|Location|Refresh|Server|Link|X-Cache|Cache-Status|X-Any)",
            value in "([ -~]|\\PC|//|url=|URL=|eyJ|\u{130}){0,40}",
        ) {
            let redactor = Redactor { key: Some([7; 32]), nonce: "000000aa".into() };
            let text = redactor.field(&name, &format!("{value}?a=CANARY-VALUE"));
            prop_assert!(name == "Server" || !text.contains("CANARY-VALUE"), "{name}: {text}");
        }
    }

    #[test]
    fn without_randomness_nothing_is_hashed() {
        let redactor = Redactor { key: None, nonce: "000000aa".into() };
        assert_eq!(redactor.field("Set-Cookie", "sid=hunter2; Secure"), "sid=‹redacted›; Secure");
    }

    #[test]
    fn what_may_be_a_secret_is_a_mark() {
        let redactor = Redactor { key: Some([7; 32]), nonce: "000000aa".into() };
        let redacted = |name: &str, value: &str| {
            let text = redactor.field(name, value);
            let mut parts = text.split('‹');
            let first = parts.next().unwrap_or("").to_string();
            parts.fold(first, |all, part| all + "‹" + part.split_once('›').map_or(part, |(_, rest)| rest))
        };
        for (name, value, want) in [
            ("Set-Cookie", "sid=abc; Secure", "sid=‹; Secure"),
            ("Set-Cookie", "=v", "=‹"),
            (
                "Set-Cookie",
                "a=b; path=/x; SameSite=Lax;; HttpOnly; old=abc; abc; =abc",
                "a=‹; path=/x; SameSite=Lax;; HttpOnly; old=‹; ‹; =‹",
            ),
            ("Refresh", "5", "5"),
            ("Refresh", "0; /x?code=s", "‹"),
            ("Set-Cookie", "abc", "‹"),
            ("Set-Cookie", "sid=; Max-Age=0", "sid=; Max-Age=0"),
            (
                "Set-Cookie",
                "a=b; Expires=Wed, 21 Oct 2026 07:28:00 GMT; path=/a;;HttpOnly ;SameSite=Lax",
                "a=‹; Expires=Wed, 21 Oct 2026 07:28:00 GMT; path=/a;;HttpOnly ;SameSite=Lax",
            ),
            ("Set-Cookie", "a=b; key=s; hunter2 ; Path=/x/8f14e45fceea167a5a36", "a=‹; key=‹; ‹ ; Path=/x/‹"),
            ("Location", "/login?next=/home&golive=000000aa", "/login?next=‹&golive=000000aa"),
            ("Location", "https://u:p@h/a#t", "https://‹@h/a#‹"),
            ("Location", "/reset/8f14e45fceea167a5a36dedd4bea2543", "/reset/‹"),
            ("Location", "/products/blue-shoes", "/products/blue-shoes"),
            ("ETag", "\"abc\"", "‹"),
            ("X-Cache", "Hit from cloudfront", "Hit from cloudfront"),
            ("X-Cache", "HIT, MISS from cache7.internal", "HIT, MISS from ‹"),
            ("Cache-Status", "edge1; hit; ttl=-30; key=\"/a?token=s\"", "‹; hit; ttl=-30; key=‹=‹"),
            (
                "CDN-Cache-Control",
                "max-age=60, stale-while-revalidate=9, x=hunter2",
                "max-age=60, stale-while-revalidate=9, ‹=‹",
            ),
            ("X-Anything", "hunter2", "‹"),
            ("X-Served-By", "cache-fra-etou8220101-FRA, cache-ams1,app-7", "cache-‹, cache-‹, ‹"),
            ("Server", "nginx/1.22.1", "nginx/1.22.1"),
            (
                "Content-Security-Policy",
                "report-uri https://r.example/?key=s",
                "report-uri https://r.example/?key=‹",
            ),
            (
                "Content-Security-Policy",
                "report-uri https://r.example/8f14e45fceea167a",
                "report-uri https://r.example/‹",
            ),
            (
                "Content-Security-Policy",
                "script-src 'sha256-a//b1' https://a.example",
                "script-src 'sha256-a//b1' https://a.example",
            ),
            (
                "Content-Security-Policy",
                "default-src 'self'; report-uri /csp?key=s",
                "default-src 'self'; report-uri /csp?key=‹",
            ),
            ("Access-Control-Allow-Origin", "https://a.example", "https://a.example"),
            ("Refresh", "0; url=/x?code=s", "0; url=/x?code=‹"),
        ] {
            assert_eq!(redacted(name, value), want, "{name}: {value}");
        }
    }

    #[test]
    fn of_free_words_the_tokens_are_marks() {
        let redactor = Redactor { key: Some([7; 32]), nonce: "000000aa".into() };
        for (text, want) in [
            ("SSH-2.0-OpenSSH_9.2p1 Debian-2", None),
            ("-NOAUTH Authentication required.", None),
            ("220 mail.example.com ESMTP Postfix", None),
            ("key 8f14e45fceea167a5a36 is wrong", Some("key ‹")),
            ("E\0password=8f14e45fceea167a5a36\0", Some("E\0‹")),
        ] {
            let words = redactor.words(text);
            assert!(want.map_or(words == text, |start| words.starts_with(start)), "{words}");
        }
    }
}
