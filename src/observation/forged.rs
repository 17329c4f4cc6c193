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

    /// What is asked for. A target in absolute form says it by itself (RFC 9112 §3.2.2).
    pub fn url(&self) -> String {
        match self.target.starts_with('/') {
            true => format!("{}{}", self.origin, self.target),
            false => self.target.clone(),
        }
    }
}

impl Http {
    /// The request with the fields that the question asks for; those of every client are the planner's matter.
    pub fn request(&self, nonce: Nonce) -> Request {
        let mut request = Request::plain(&self.at, self.method, self.path.clone());
        match &self.ask {
            Ask::Visit | Ask::Again | Ask::Health | Ask::Toggled | Ask::Direct | Ask::File => {}
            Ask::Sibling | Ask::Http2 | Ask::Debug | Ask::Folder | Ask::Document | Ask::Published => {}
            Ask::Guarded { trick, .. } => {
                request.target = trick.target(&self.path, nonce);
                if let Some((name, value)) = trick.field() {
                    // A cache in front must not keep what a forged field has made of the page.
                    mark(&mut request.target, nonce);
                    request.fields.push((name.into(), value.into()));
                }
            }
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
                if *claim == Claim::WithCookie {
                    request.fields.push(("Cookie".into(), "golive=1".into()));
                }
            }
            Ask::PrivateNetwork => {
                mark(&mut request.target, nonce);
                let sent = [
                    ("Origin", Claim::Foreign.origin(&self.at, nonce)),
                    ("Access-Control-Request-Method", Method::Get.to_string()),
                    ("Access-Control-Request-Private-Network", "true".into()),
                ];
                request.fields.extend(sent.map(|(name, value)| (name.into(), value)));
            }
        }
        request
    }

    fn forge(&self, request: &mut Request, forgery: Forgery, sni: Sni, nonce: Nonce) {
        let host = forgery.host(&self.at, nonce);
        let (own, forged) = (self.at.authority(), with_port(&host, &self.at));
        let named = |values: &[&String]| values.iter().map(|value| ("Host".into(), value.to_string())).collect();
        match (forgery, forgery.field()) {
            (_, Some("Forwarded")) => request.fields.push(("Forwarded".into(), format!("host={host}"))),
            (_, Some(name)) => request.fields.push((name.into(), host.clone())),
            (Forgery::OwnFirst, _) => request.fields = named(&[&own, &forged]),
            (Forgery::OwnLast, _) => request.fields = named(&[&forged, &own]),
            (Forgery::Missing, _) => request.fields = vec![],
            (Forgery::ForeignTarget, _) => {}
            _ => request.fields = named(&[&forged]),
        }
        if forgery == Forgery::OwnTarget || request.fields.iter().any(|(_, value)| *value == own) {
            // A cache in front must not keep what a forged field has made of the page.
            mark(&mut request.target, nonce);
        }
        match forgery {
            Forgery::ForeignTarget => request.target = format!("{}://{forged}{}", self.at.scheme, request.target),
            Forgery::OwnTarget => request.target = format!("{}://{own}{}", self.at.scheme, request.target),
            _ => {}
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
    /// What is no request for one host (RFC 9112 §3.2).
    pub const AMBIGUOUS: [Self; 9] = [
        Self::OwnFirst,
        Self::OwnLast,
        Self::Empty,
        Self::Missing,
        Self::Space,
        Self::UserBefore,
        Self::PortUser,
        Self::ForeignTarget,
        Self::OwnTarget,
    ];

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
            Self::Foreign | Self::OwnFirst | Self::OwnLast | Self::ForeignTarget | Self::OwnTarget => {
                format!("golive-{nonce}.test")
            }
            Self::Empty | Self::Missing => String::new(),
            Self::Space => format!("{own} golive-{nonce}.test"),
            Self::UserBefore => format!("golive-{nonce}.test@{own}"),
            Self::PortUser => format!("{own}:x@golive-{nonce}.test"),
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
        let words = [format!("golive-{nonce}"), format!("golive{nonce}"), extension(nonce)];
        self.written(at, words.each_ref().map(String::as_str))
    }

    /// The origin in words that are the same from run to run.
    pub fn form(&self, at: &Endpoint) -> String {
        self.written(at, [RANDOM; 3])
    }

    /// `label` stands as a label of its own, `letters` before a name, `extension` as the name of one.
    fn written(&self, at: &Endpoint, words @ [label, letters, extension]: [&str; 3]) -> String {
        let own = at.host.to_string();
        let parent = registrable(&own).unwrap_or(&own);
        // A name that resembles the site's has its port, or nothing compares it with the site's origin.
        let like = |name: String| format!("https://{}", with_port(&name, at));
        match self {
            Self::Foreign | Self::WithCookie => format!("https://{label}.test"),
            Self::Null => "null".into(),
            Self::Suffix => format!("https://{own}.{label}.test"),
            Self::MissingDot => like(format!("{letters}{own}")),
            Self::MissingDotParent => like(format!("{letters}{parent}")),
            Self::UnescapedDot(index) => like(without_dot(&own, *index)),
            Self::Joined => format!("https://{own}{label}.test"),
            Self::AllDots => like(own.replace('.', "x")),
            Self::DroppedFirst => like(parent.chars().skip(1).collect()),
            Self::Separator(text) => format!("https://{own}{text}.{label}.test"),
            Self::DottedSeparator(text) => format!("https://{own}.{text}.{label}.test"),
            Self::Localhost => format!("https://localhost.{label}.test"),
            Self::UpperCase => like(own.to_ascii_uppercase()),
            Self::TrailingDot => like(format!("{own}.")),
            Self::OtherPort => format!("https://{own}:{}", if at.port == 8443 { 9443 } else { 8443 }),
            Self::PlainHttp => format!("http://{own}"),
            Self::Development(origin) | Self::Shared(origin) => origin.clone(),
            Self::File => "file://".into(),
            Self::Extension => format!("chrome-extension://{extension}"),
            Self::Plain(claim) => claim.written(at, words).replacen("https://", "http://", 1),
            Self::Like(origin, claim) => claim.written(&origin.at(at.ip), words),
            Self::DeepSubdomain => like(format!("{label}.test.{own}")),
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

/// The name of an extension: 32 letters from a to p.
fn extension(nonce: Nonce) -> String {
    let digits = format!("{:032x}", u128::from(nonce.0) << 64 | u128::from(nonce.0));
    digits
        .bytes()
        .map(|digit| if digit > b'9' { digit + 10 } else { digit - b'0' + b'a' })
        .map(char::from)
        .collect()
}

fn with_port(host: &str, at: &Endpoint) -> String {
    if host.is_empty() || at.port == at.scheme.default_port() {
        host.into()
    } else {
        format!("{host}:{}", at.port)
    }
}

/// A name in which the dot of that index is a letter.
fn without_dot(name: &str, index: u8) -> String {
    let dot = name.match_indices('.').nth(usize::from(index)).map(|(at, _)| at);
    name.char_indices().map(|(at, c)| if Some(at) == dot { 'x' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Trick;
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
                Forgery::OwnFirst,
                Sni::Own,
                "Host: app.example.com:8443, Host: golive-N.test:8443",
                Some("app.example.com"),
            ),
            (
                Forgery::OwnLast,
                Sni::Own,
                "Host: golive-N.test:8443, Host: app.example.com:8443",
                Some("app.example.com"),
            ),
            (Forgery::Empty, Sni::Own, "Host: ", Some("app.example.com")),
            (Forgery::Missing, Sni::Own, "", Some("app.example.com")),
            (Forgery::Space, Sni::Own, "Host: app.example.com golive-N.test:8443", Some("app.example.com")),
            (Forgery::UserBefore, Sni::Own, "Host: golive-N.test@app.example.com:8443", Some("app.example.com")),
            (Forgery::PortUser, Sni::Own, "Host: app.example.com:x@golive-N.test:8443", Some("app.example.com")),
            (Forgery::ForeignTarget, Sni::Own, "Host: app.example.com:8443", Some("app.example.com")),
            (Forgery::OwnTarget, Sni::Own, "Host: golive-N.test:8443", Some("app.example.com")),
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
            let names_own = said.iter().any(|field| field == "Host: app.example.com:8443");
            let is_marked = names_own || forgery == Forgery::OwnTarget;
            assert_eq!(request.target.contains("golive="), is_marked, "{forgery}");
            let url = match forgery {
                Forgery::ForeignTarget => "https://golive-N.test:8443/",
                _ => "https://app.example.com:8443/",
            };
            assert!(request.url().starts_with(&url.replace('N', N)), "{forgery}: {}", request.url());
            let is_absolute = matches!(forgery, Forgery::ForeignTarget | Forgery::OwnTarget);
            assert_eq!(request.target.starts_with('/'), !is_absolute, "{forgery}");
        }
    }

    #[test]
    fn an_extension_has_a_name_of_32_letters() {
        let name = |nonce| Claim::Extension.origin(&at("app.example.com"), nonce);
        assert_eq!(name(Nonce(0xfeed)), "chrome-extension://aaaaaaaaaaaapoonaaaaaaaaaaaapoon");
        assert_ne!(name(Nonce(7)), name(Nonce(8)));
        assert_eq!(Claim::Extension.form(&at("app.example.com")), "chrome-extension://‹random›");
    }

    #[test]
    fn a_claim_is_written_alike_on_the_wire_and_in_words() {
        let like = |claim| Claim::Like("https://console.example.org".parse().unwrap(), Box::new(claim));
        for (site, claim, want) in [
            ("app.example.com", Claim::Foreign, "https://golive-N.test"),
            ("app.example.com", Claim::Null, "null"),
            ("app.example.com", Claim::Suffix, "https://app.example.com.golive-N.test"),
            ("app.example.com", Claim::MissingDot, "https://goliveNapp.example.com"),
            ("app.example.com", Claim::MissingDotParent, "https://goliveNexample.com"),
            ("app.example.com", Claim::UnescapedDot(0), "https://appxexample.com"),
            ("app.example.com", Claim::Joined, "https://app.example.comgolive-N.test"),
            ("app.example.com", Claim::AllDots, "https://appxexamplexcom"),
            ("app.example.com", Claim::DroppedFirst, "https://xample.com"),
            ("app.example.com", Claim::Separator("_".into()), "https://app.example.com_.golive-N.test"),
            ("app.example.com", Claim::DottedSeparator("%60".into()), "https://app.example.com.%60.golive-N.test"),
            ("app.example.com", Claim::Localhost, "https://localhost.golive-N.test"),
            ("app.example.com:8443", Claim::UpperCase, "https://APP.EXAMPLE.COM:8443"),
            ("app.example.com:8443", Claim::TrailingDot, "https://app.example.com.:8443"),
            ("app.example.com", Claim::DeepSubdomain, "https://golive-N.test.app.example.com"),
            ("app.example.com", Claim::File, "file://"),
            ("app.example.com", Claim::Shared("https://codepen.io".into()), "https://codepen.io"),
            ("app.example.com", Claim::Plain(Box::new(Claim::Sibling)), "http://golive-N.example.com"),
            ("app.example.com:8443", like(Claim::MissingDot), "https://goliveNconsole.example.org"),
            ("app.example.com:8443", like(Claim::PlainHttp), "http://console.example.org"),
            ("app.example.com", like(Claim::UnescapedDot(0)), "https://consolexexample.org"),
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
            ("/admin", Ask::Guarded { trick: Trick::DotSegment, round: 0 }, "/./admin"),
            ("/admin", Ask::Guarded { trick: Trick::Beside, round: 0 }, "/golive-N"),
            ("/admin", Ask::Guarded { trick: Trick::Subrequest(0), round: 1 }, "/admin?golive=N"),
        ] {
            assert_eq!(sent("app.example.com", path, ask).target, want.replace('N', N));
        }
        let origins = [0, 1].map(|round| sent("app.example.com", "/", origin(round)).fields[1].1.clone());
        assert_ne!(origins[0], origins[1]);
    }
}
