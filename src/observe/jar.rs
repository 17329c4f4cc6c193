//! Cookies of one dialogue: given back to the origin that set them, over https alone. They are never recorded.

use super::http::Raw;
use crate::observation::{SetCookie, Timestamp};
use crate::target::{Endpoint, Origin, Scheme};

#[derive(Clone, Default)]
pub struct Jar {
    cookies: Vec<Kept>,
    new: bool,
}

#[derive(Clone)]
struct Kept {
    origin: Origin,
    name: String,
    path: String,
    value: String,
}

/// RFC 6265 §6.1: what a browser keeps at least. More is not kept here.
const MOST_COOKIES: usize = 50;
const COOKIE_BYTES: usize = 4096;

impl Jar {
    /// Takes what an answer sets, as far as a browser would.
    pub fn keep(&mut self, at: &Endpoint, target: &str, raw: &Raw, now: Timestamp) {
        if at.scheme != Scheme::Https {
            return;
        }
        for (_, value) in raw.fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
            let text = String::from_utf8_lossy(value);
            let pair = text.split(';').next().unwrap_or("");
            let Some((_, value)) = pair.split_once('=').filter(|_| pair.len() <= COOKIE_BYTES) else { continue };
            let Some(cookie) = SetCookie::parse(&text).filter(|cookie| is_for(cookie, at)) else { continue };
            let path = cookie.path.clone().unwrap_or_else(|| default_path(target).into());
            self.put(
                Kept { origin: at.origin(), name: cookie.name.clone(), path, value: value.trim().into() },
                cookie.is_deletion(now),
            );
        }
    }

    fn put(&mut self, cookie: Kept, deletion: bool) {
        let same =
            |held: &Kept| (&held.origin, &held.name, &held.path) == (&cookie.origin, &cookie.name, &cookie.path);
        let at = self.cookies.iter().position(same);
        match at {
            Some(at) if deletion => {
                self.cookies.remove(at);
                self.new = true;
            }
            Some(at) => {
                self.new |= self.cookies[at].value != cookie.value;
                self.cookies[at] = cookie;
            }
            None if !deletion && self.cookies.len() < MOST_COOKIES => {
                self.cookies.push(cookie);
                self.new = true;
            }
            None => {}
        }
    }

    /// Whether anything came since the last time this was asked.
    pub fn is_new(&mut self) -> bool {
        std::mem::take(&mut self.new)
    }

    pub fn field(&self, at: &Endpoint, target: &str) -> Option<(String, String)> {
        let pairs: Vec<String> = self
            .fitting(at, target)
            .into_iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| ("Cookie".into(), pairs.join("; ")))
    }

    /// Names of the cookies that go there.
    pub fn names(&self, at: &Endpoint, target: &str) -> Vec<String> {
        self.fitting(at, target).into_iter().map(|cookie| cookie.name.clone()).collect()
    }

    /// RFC 6265 §5.4: longer paths stand first.
    fn fitting(&self, at: &Endpoint, target: &str) -> Vec<&Kept> {
        let path = target.split('?').next().unwrap_or("/");
        let origin = at.origin();
        let fits = |cookie: &&Kept| cookie.origin == origin && is_below(path, &cookie.path);
        let mut all: Vec<&Kept> = self.cookies.iter().filter(fits).collect();
        all.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        all
    }
}

/// RFC 6265 §5.1.3: a browser drops a cookie for a domain that its host is not within.
fn is_for(cookie: &SetCookie, at: &Endpoint) -> bool {
    let host = at.host.to_string();
    match cookie.domain.as_deref() {
        None => true,
        Some(domain) if domain == host => true,
        Some(domain) => {
            at.host.name().is_some() && host.strip_suffix(domain).is_some_and(|below| below.ends_with('.'))
        }
    }
}

/// RFC 6265 §5.1.4.
fn default_path(target: &str) -> &str {
    let path = target.split('?').next().unwrap_or("/");
    match path.rfind('/') {
        Some(end) if end > 0 => &path[..end],
        _ => "/",
    }
}

fn is_below(path: &str, of: &str) -> bool {
    path.strip_prefix(of).is_some_and(|rest| rest.is_empty() || of.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_where_a_browser_sends_it() {
        let at = |origin: &str| origin.parse::<Origin>().unwrap().at([203, 0, 113, 7].into());
        let site = at("https://app.example.com");
        for (set, asked, target, want) in [
            (&["a=1"][..], "https://app.example.com", "/x/y", "a=1"),
            (&["a=1"], "https://app.example.com", "/", ""),
            (&["a=1; Path=/"], "https://app.example.com", "/", "a=1"),
            (&["a=1; Path=/"], "https://www.example.com", "/", ""),
            (&["a=1; Path=/"], "http://app.example.com:443", "/", ""),
            (&["a=1; Path=/x"], "https://app.example.com", "/xy", ""),
            (&["a=1; Path=/x/"], "https://app.example.com", "/x/y?z=/", "a=1"),
            (&["a=1; Path=/", "b=2; Path=/x"], "https://app.example.com", "/x", "b=2; a=1"),
            (&["a=1; Path=/", "a=2; Path=/"], "https://app.example.com", "/", "a=2"),
            (&["a=1; Path=/", "a=; Path=/; Max-Age=0"], "https://app.example.com", "/", ""),
            (
                &["a=1; Path=/", "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"],
                "https://app.example.com",
                "/",
                "",
            ),
            (&["a=1; Path=/; Domain=example.com"], "https://app.example.com", "/", "a=1"),
            (&["a=1; Path=/; Domain=other.example"], "https://app.example.com", "/", ""),
            (&["a=1; Path=/; Domain=p.example.com"], "https://app.example.com", "/", ""),
        ] {
            let mut jar = Jar::default();
            for field in set {
                let fields = vec![("Set-Cookie".into(), field.as_bytes().to_vec())];
                let raw = Raw { status: 200, fields, body: vec![], cut: false };
                jar.keep(&site, "/x/login", &raw, Timestamp(1_700_000_000));
            }
            let sent = jar.field(&at(asked), target).map(|(_, value)| value).unwrap_or_default();
            assert_eq!(sent, want, "{set:?} {asked}{target}");
        }
    }
}
