//! What a question puts on the wire. Only the promise and the run's nonce go in: nothing the target said.

use crate::observation::{Ask, Claim, Forgery, Http, Method, Nonce, Request, Sni};
use crate::spec::Spec;
use crate::target::{Endpoint, Host, Scheme};

use super::origins::registrable;

/// How far a dialogue follows redirects, on addresses of the site alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    No,
    /// Over https, to the end.
    Site,
    /// Until https answers.
    UntilHttps,
}

pub fn follow(question: &Http) -> Follow {
    match question.ask {
        Ask::Visit | Ask::Absent => Follow::Site,
        Ask::Origin { preflight: false, .. } => Follow::Site,
        Ask::Upgrade if question.method == Method::Get => Follow::UntilHttps,
        _ => Follow::No,
    }
}

/// The request a question stands for.
pub fn request(spec: &Spec, nonce: Nonce, question: &Http) -> Request {
    let Http { at, method, path, ask } = question;
    let mut target = path.clone();
    let mut host = at.authority();
    let mut sni = at.host.name().map(String::from);
    let mut extra: Vec<(&str, String)> = vec![];
    match ask {
        Ask::Visit | Ask::Again | Ask::Health | Ask::Toggled | Ask::Direct | Ask::File => {}
        Ask::Absent => target = format!("{path}golive-{nonce}"),
        Ask::Upgrade => {
            if *method == Method::Post {
                target = format!("{path}golive-{nonce}");
            }
            mark(&mut target, nonce);
        }
        Ask::Host { forgery, sni: named } => {
            let forged = forged_host(*forgery, at, nonce);
            match forgery {
                Forgery::XForwardedHost => extra.push(("X-Forwarded-Host", forged.clone())),
                Forgery::XHost => extra.push(("X-Host", forged.clone())),
                Forgery::XForwardedServer => extra.push(("X-Forwarded-Server", forged.clone())),
                Forgery::Forwarded => extra.push(("Forwarded", format!("host={forged}"))),
                _ => host = with_port(&forged, at),
            }
            if host == at.authority() {
                // A cache in front must not keep what a forged field has made of the page.
                mark(&mut target, nonce);
            }
            sni = match named {
                Sni::Own => sni,
                Sni::Forged => Some(forged),
                Sni::Absent => None,
            };
        }
        Ask::Origin { claim, preflight, round } => {
            let fresh = Nonce(nonce.0.wrapping_add(u64::from(*round)));
            mark(&mut target, nonce);
            extra.push(("Origin", origin(claim, at, fresh)));
            if *preflight {
                let method = spec.cors.methods.first().map_or("GET", String::as_str);
                extra.push(("Access-Control-Request-Method", method.into()));
                if matches!(claim, Claim::Own(_)) && !spec.cors.headers.is_empty() {
                    extra.push((
                        "Access-Control-Request-Headers",
                        spec.cors.headers.join(",").to_ascii_lowercase(),
                    ));
                }
            }
        }
    }
    Request {
        method: *method,
        origin: at.origin().to_string(),
        target,
        sni: sni.filter(|_| at.scheme == Scheme::Https),
        fields: fields(spec, host, extra),
    }
}

/// A request for another place of the same site: the next hop of a dialogue.
pub fn hop(spec: &Spec, at: &Endpoint, method: Method, target: String) -> Request {
    Request {
        method,
        origin: at.origin().to_string(),
        target,
        sni: at.host.name().filter(|_| at.scheme == Scheme::Https).map(String::from),
        fields: fields(spec, at.authority(), vec![]),
    }
}

fn fields(spec: &Spec, host: String, extra: Vec<(&str, String)>) -> Vec<(String, String)> {
    let agent = spec.user_agent.clone().unwrap_or_else(|| concat!("golive/", env!("CARGO_PKG_VERSION")).into());
    let usual =
        [("Host", host), ("User-Agent", agent), ("Accept", "*/*".into()), ("Accept-Encoding", "identity".into())];
    let last = [("Connection", "close".into())];
    usual.into_iter().chain(extra).chain(last).map(|(name, value)| (name.into(), value)).collect()
}

/// A query of our own, which no cache has an answer for.
fn mark(target: &mut String, nonce: Nonce) {
    target.push(if target.contains('?') { '&' } else { '?' });
    target.push_str(&format!("golive={nonce}"));
}

fn forged_host(forgery: Forgery, at: &Endpoint, nonce: Nonce) -> String {
    let own = at.host.to_string();
    match forgery {
        Forgery::Foreign => format!("golive-{nonce}.test"),
        Forgery::Suffix => format!("{own}.golive-{nonce}.test"),
        Forgery::Prefix => format!("golive{nonce}{own}"),
        Forgery::UnescapedDot(index) => without_dot(&own, index),
        Forgery::UserInfo => format!("{own}@golive-{nonce}.test"),
        Forgery::Subdomain => format!("golive-{nonce}.{own}"),
        Forgery::Localhost => "localhost".into(),
        Forgery::Loopback => "127.0.0.1".into(),
        Forgery::Address => Host::Address(at.ip).to_string(),
        Forgery::XForwardedHost => format!("golive-{nonce}-a.test"),
        Forgery::XHost => format!("golive-{nonce}-b.test"),
        Forgery::XForwardedServer => format!("golive-{nonce}-c.test"),
        Forgery::Forwarded => format!("golive-{nonce}-d.test"),
    }
}

fn with_port(host: &str, at: &Endpoint) -> String {
    if at.port == at.scheme.default_port() { host.into() } else { format!("{host}:{}", at.port) }
}

/// The origin that a script claims to come from.
pub fn origin(claim: &Claim, at: &Endpoint, nonce: Nonce) -> String {
    let own = at.host.to_string();
    let parent = registrable(&own).unwrap_or(&own);
    match claim {
        Claim::Foreign => format!("https://golive-{nonce}.test"),
        Claim::Null => "null".into(),
        Claim::Suffix => format!("https://{own}.golive-{nonce}.test"),
        Claim::MissingDot => format!("https://golive{nonce}{own}"),
        Claim::MissingDotParent => format!("https://golive{nonce}{parent}"),
        Claim::UnescapedDot(index) => format!("https://{}", without_dot(&own, *index)),
        Claim::Separator(c) => format!("https://{own}{c}.golive-{nonce}.test"),
        Claim::EncodedSeparator => format!("https://{own}%60.golive-{nonce}.test"),
        Claim::OtherPort => format!("https://{own}:{}", if at.port == 8443 { 9443 } else { 8443 }),
        Claim::PlainHttp => format!("http://{own}"),
        Claim::Development(origin) => origin.clone(),
        Claim::Subdomain => format!("https://golive-{nonce}.{own}"),
        Claim::Sibling => format!("https://golive-{nonce}.{parent}"),
        Claim::Own(origin) => origin.to_string(),
    }
}

/// A name in which the dot of that index is a letter.
fn without_dot(name: &str, index: u8) -> String {
    let dot = name.match_indices('.').nth(usize::from(index)).map(|(at, _)| at);
    name.char_indices().map(|(at, c)| if Some(at) == dot { 'x' } else { c }).collect()
}
