//! What a question sends: the names and paths of our own making. Only the question and a random number go in, nothing
//! the target said, so that the planner, a judge's words and the commands to repeat it tell the same.

use super::{Ask, Claim, Forgery, Http, Method, Nonce, Request, Sni};
use crate::target::{Endpoint, Host, Scheme};

/// Stands in words for the number that differs from run to run.
const RANDOM: &str = "‹random›";

impl Request {
    /// A plain request: the Host field alone.
    pub fn plain(at: &Endpoint, method: Method, target: String) -> Self {
        Self {
            method,
            origin: at.origin().to_string(),
            target,
            sni: at.host.name().filter(|_| at.scheme == Scheme::Https).map(Into::into),
            fields: vec![("Host".into(), at.authority())],
        }
    }
}

impl Http {
    /// The request with the fields that the question asks for; those of every client are the planner's matter.
    pub fn request(&self, nonce: Nonce) -> Request {
        let mut request = Request::plain(&self.at, self.method, self.path.clone());
        match &self.ask {
            Ask::Visit | Ask::Again | Ask::Health | Ask::Toggled | Ask::Direct | Ask::File => {}
            Ask::Sibling | Ask::Http2 | Ask::Published => {}
            // Only a server that echoes says it.
            Ask::Trace => request.fields.push(("X-Golive".into(), format!("golive-{nonce}.test"))),
            Ask::Absent => request.target += &format!("golive-{nonce}"),
            Ask::Upgrade => {
                if self.method == Method::Post {
                    request.target += &format!("golive-{nonce}");
                }
                mark(&mut request.target, nonce);
            }
            Ask::Host { forgery, sni } => self.forge(&mut request, *forgery, *sni, nonce),
            Ask::Origin { claim, preflight, round } => {
                let fresh = Nonce(nonce.0.wrapping_add(u64::from(*round)));
                mark(&mut request.target, nonce);
                request.fields.push(("Origin".into(), claim.origin(&self.at, fresh)));
                let method =
                    preflight.iter().map(|method| ("Access-Control-Request-Method".into(), method.clone()));
                request.fields.extend(method);
            }
        }
        request
    }

    fn forge(&self, request: &mut Request, forgery: Forgery, sni: Sni, nonce: Nonce) {
        let host = forgery.host(&self.at, nonce);
        match forgery.field() {
            Some("Forwarded") => request.fields.push(("Forwarded".into(), format!("host={host}"))),
            Some(name) => request.fields.push((name.into(), host.clone())),
            None => request.fields = vec![("Host".into(), with_port(&host, &self.at))],
        }
        if request.fields[0].1 == self.at.authority() {
            // A cache in front must not keep what a forged field has made of the page.
            mark(&mut request.target, nonce);
        }
        match sni {
            Sni::Own => {}
            Sni::Forged => request.sni = Some(host).filter(|_| self.at.scheme == Scheme::Https),
            Sni::Absent => request.sni = None,
        }
    }
}

/// A query of our own, which no cache has an answer for.
fn mark(target: &mut String, nonce: Nonce) {
    target.push(if target.contains('?') { '&' } else { '?' });
    target.push_str(&format!("golive={nonce}"));
}

impl Forgery {
    /// The field beside the true Host; `None` where Host itself is wrong.
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::XForwardedHost => Some("X-Forwarded-Host"),
            Self::XHost => Some("X-Host"),
            Self::XForwardedServer => Some("X-Forwarded-Server"),
            Self::Forwarded => Some("Forwarded"),
            _ => None,
        }
    }

    /// The host that is named, without a port.
    pub fn host(self, at: &Endpoint, nonce: Nonce) -> String {
        let own = at.host.to_string();
        match self {
            Self::Foreign => format!("golive-{nonce}.test"),
            Self::Suffix => format!("{own}.golive-{nonce}.test"),
            Self::Prefix => format!("golive{nonce}{own}"),
            Self::UnescapedDot(index) => without_dot(&own, index),
            Self::UserInfo => format!("{own}@golive-{nonce}.test"),
            Self::Subdomain => format!("golive-{nonce}.{own}"),
            Self::Localhost => "localhost".into(),
            Self::Loopback => "127.0.0.1".into(),
            Self::Address => Host::Address(at.ip).to_string(),
            Self::XForwardedHost => format!("golive-{nonce}-a.test"),
            Self::XHost => format!("golive-{nonce}-b.test"),
            Self::XForwardedServer => format!("golive-{nonce}-c.test"),
            Self::Forwarded => format!("golive-{nonce}-d.test"),
        }
    }
}

impl Claim {
    /// The origin that a script claims to come from.
    pub fn origin(&self, at: &Endpoint, nonce: Nonce) -> String {
        self.written(at, &format!("golive-{nonce}"), &format!("golive{nonce}"))
    }

    /// The origin in words that are the same from run to run.
    pub fn form(&self, at: &Endpoint) -> String {
        self.written(at, RANDOM, RANDOM)
    }

    /// `label` stands as a label of its own, `letters` before a name.
    fn written(&self, at: &Endpoint, label: &str, letters: &str) -> String {
        let own = at.host.to_string();
        let parent = registrable(&own).unwrap_or(&own);
        // A name that resembles the site's has its port, or nothing compares it with the site's origin.
        let like = |name: String| format!("https://{}", with_port(&name, at));
        match self {
            Self::Foreign => format!("https://{label}.test"),
            Self::Null => "null".into(),
            Self::Suffix => format!("https://{own}.{label}.test"),
            Self::MissingDot => like(format!("{letters}{own}")),
            Self::MissingDotParent => like(format!("{letters}{parent}")),
            Self::UnescapedDot(index) => like(without_dot(&own, *index)),
            Self::Separator(c) => format!("https://{own}{c}.{label}.test"),
            Self::EncodedSeparator => format!("https://{own}%60.{label}.test"),
            Self::OtherPort => format!("https://{own}:{}", if at.port == 8443 { 9443 } else { 8443 }),
            Self::PlainHttp => format!("http://{own}"),
            Self::Development(origin) => origin.clone(),
            Self::Subdomain => like(format!("{label}.{own}")),
            Self::Sibling => like(format!("{label}.{parent}")),
            Self::Own(origin) => origin.to_string(),
        }
    }
}

/// The registrable domain of a name (public suffix list); `None` for a public suffix or an unknown one.
pub fn registrable(name: &str) -> Option<&str> {
    psl::domain(name.as_bytes()).and_then(|domain| std::str::from_utf8(domain.as_bytes()).ok())
}

fn with_port(host: &str, at: &Endpoint) -> String {
    if at.port == at.scheme.default_port() { host.into() } else { format!("{host}:{}", at.port) }
}

/// A name in which the dot of that index is a letter.
fn without_dot(name: &str, index: u8) -> String {
    let dot = name.match_indices('.').nth(usize::from(index)).map(|(at, _)| at);
    name.char_indices().map(|(at, c)| if Some(at) == dot { 'x' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Origin;

    const N: &str = "00000007";

    fn at(site: &str) -> Endpoint {
        site.parse::<Origin>().unwrap().at([203, 0, 113, 7].into())
    }

    fn sent(site: &str, path: &str, ask: Ask) -> Request {
        Http { at: at(site), method: Method::Get, path: path.into(), ask }.request(Nonce(7))
    }

    #[test]
    fn a_forged_host_stands_where_its_kind_says() {
        let site = "https://app.example.com:8443";
        for (forgery, sni, fields, hello) in [
            (Forgery::Foreign, Sni::Own, "Host: golive-N.test:8443", Some("app.example.com")),
            (Forgery::Foreign, Sni::Forged, "Host: golive-N.test:8443", Some("golive-N.test")),
            (Forgery::Suffix, Sni::Own, "Host: app.example.com.golive-N.test:8443", Some("app.example.com")),
            (Forgery::Prefix, Sni::Absent, "Host: goliveNapp.example.com:8443", None),
            (Forgery::UnescapedDot(1), Sni::Own, "Host: app.examplexcom:8443", Some("app.example.com")),
            (Forgery::UserInfo, Sni::Own, "Host: app.example.com@golive-N.test:8443", Some("app.example.com")),
            (Forgery::Localhost, Sni::Own, "Host: localhost:8443", Some("app.example.com")),
            (Forgery::Address, Sni::Own, "Host: 203.0.113.7:8443", Some("app.example.com")),
            (
                Forgery::Forwarded,
                Sni::Own,
                "Host: app.example.com:8443, Forwarded: host=golive-N-d.test",
                Some("app.example.com"),
            ),
        ] {
            let request = sent(site, "/", Ask::Host { forgery, sni });
            let said: Vec<String> =
                request.fields.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            assert_eq!(said.join(", "), fields.replace('N', N), "{forgery}");
            assert_eq!(request.sni, hello.map(|name| name.replace('N', N)), "{forgery}");
            assert_eq!(request.target.contains("golive="), forgery.field().is_some(), "{forgery}");
        }
    }

    #[test]
    fn a_claim_is_written_alike_on_the_wire_and_in_words() {
        for (site, claim, want) in [
            ("app.example.com", Claim::Foreign, "https://golive-N.test"),
            ("app.example.com", Claim::Null, "null"),
            ("app.example.com", Claim::Suffix, "https://app.example.com.golive-N.test"),
            ("app.example.com", Claim::MissingDot, "https://goliveNapp.example.com"),
            ("app.example.com", Claim::MissingDotParent, "https://goliveNexample.com"),
            ("app.example.com", Claim::UnescapedDot(0), "https://appxexample.com"),
            ("app.example.com", Claim::Separator('_'), "https://app.example.com_.golive-N.test"),
            ("app.example.com", Claim::EncodedSeparator, "https://app.example.com%60.golive-N.test"),
            ("app.example.com", Claim::OtherPort, "https://app.example.com:8443"),
            ("app.example.com:8443", Claim::OtherPort, "https://app.example.com:9443"),
            ("app.example.com:8443", Claim::Subdomain, "https://golive-N.app.example.com:8443"),
            ("app.example.com:8443", Claim::Sibling, "https://golive-N.example.com:8443"),
            ("app.example.com", Claim::PlainHttp, "http://app.example.com"),
        ] {
            assert_eq!(claim.origin(&at(site), Nonce(7)), want.replace('N', N));
            let form = want.replace("golive-N", RANDOM).replace("goliveN", RANDOM);
            assert_eq!(claim.form(&at(site)), form);
        }
    }

    #[test]
    fn a_path_of_our_own_is_random_and_passes_caches() {
        let origin = |round| Ask::Origin { claim: Claim::Foreign, preflight: None, round };
        for (path, ask, want) in [
            ("/", Ask::Visit, "/"),
            ("/api/", Ask::Toggled, "/api/"),
            ("/api/", Ask::Absent, "/api/golive-N"),
            ("/", Ask::Upgrade, "/?golive=N"),
            ("/a?b=1", origin(0), "/a?b=1&golive=N"),
        ] {
            assert_eq!(sent("app.example.com", path, ask).target, want.replace('N', N));
        }
        let origins = [0, 1].map(|round| sent("app.example.com", "/", origin(round)).fields[1].1.clone());
        assert_ne!(origins[0], origins[1]);
    }
}
