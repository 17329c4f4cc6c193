//! What a question puts on the wire: what it asks for, and what the promise adds.

use crate::observation::{Ask, Claim, Http, Method, Nonce, Request};
use crate::spec::Spec;
use crate::target::Endpoint;

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
        Ask::Visit | Ask::Again | Ask::Absent | Ask::Published | Ask::Guarded { .. } => Follow::Site,
        Ask::Origin { preflight: None, .. } => Follow::Site,
        Ask::Upgrade if question.method == Method::Get => Follow::UntilHttps,
        _ => Follow::No,
    }
}

/// The request a question stands for.
pub fn request(spec: &Spec, nonce: Nonce, question: &Http) -> Request {
    let mut request = question.request(nonce);
    if let Ask::Origin { claim: Claim::Own(_), preflight: Some(_), .. } = question.ask
        && !spec.cors.headers.is_empty()
    {
        let names = spec.cors.headers.join(",").to_ascii_lowercase();
        request.fields.push(("Access-Control-Request-Headers".into(), names));
    }
    let mut request = with_usual(spec, request);
    if question.ask == Ask::Http2 {
        // RFC 9113 §8.2.2: a field of the connection makes a message malformed.
        request.fields.retain(|(name, _)| name != "Connection");
    }
    request
}

/// A request for another place of the same site: the next hop of a dialogue.
pub fn hop(spec: &Spec, at: &Endpoint, method: Method, target: String) -> Request {
    with_usual(spec, Request::plain(at, method, target))
}

/// What every client sends stands after Host, of which there may be none or two, and at the end.
fn with_usual(spec: &Spec, mut request: Request) -> Request {
    let agent = spec.user_agent.clone().unwrap_or_else(|| concat!("golive/", env!("CARGO_PKG_VERSION")).into());
    let usual = [("User-Agent", agent), ("Accept", "*/*".into()), ("Accept-Encoding", "identity".into())];
    let hosts = request.fields.iter().take_while(|(name, _)| name == "Host").count();
    request.fields.splice(hosts..hosts, usual.map(|(name, value)| (name.into(), value)));
    request.fields.push(("Connection".into(), "close".into()));
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual_stands_after_host_of_which_there_may_be_none() {
        use crate::observation::{Forgery, Sni};
        let spec = Spec::of("app.example.com".parse().unwrap());
        for (forgery, hosts) in [(Forgery::Missing, 0), (Forgery::Foreign, 1), (Forgery::OwnLast, 2)] {
            let at = spec.site.at([203, 0, 113, 7].into());
            let ask = Ask::Host { forgery, sni: Sni::Own };
            let sent = request(&spec, Nonce(7), &Http { at, method: Method::Get, path: "/".into(), ask });
            let names: Vec<&str> = sent.fields.iter().map(|(name, _)| name.as_str()).collect();
            let usual = ["User-Agent", "Accept", "Accept-Encoding", "Connection"];
            assert_eq!(names, [&vec!["Host"; hosts][..], &usual].concat());
        }
    }

    #[test]
    fn a_preflight_asks_for_what_is_written() {
        let mut spec = Spec::of("app.example.com".parse().unwrap());
        spec.cors.headers = vec!["Authorization".into(), "X-A".into()];
        let own = Claim::Own("https://console.example.com".parse().unwrap());
        for (claim, preflight, want) in [
            (own.clone(), Some("PUT"), "PUT authorization,x-a"),
            (own, None, ""),
            (Claim::Foreign, Some("PUT"), "PUT"),
            (Claim::Foreign, None, ""),
        ] {
            let at = spec.site.at([203, 0, 113, 7].into());
            let ask = Ask::Origin { claim, preflight: preflight.map(Into::into), round: 0 };
            let fields = request(&spec, Nonce(7), &Http { at, method: Method::Get, path: "/".into(), ask }).fields;
            let asked = fields.iter().filter(|(name, _)| name.starts_with("Access-Control"));
            let asked: Vec<&str> = asked.map(|(_, value)| value.as_str()).collect();
            assert_eq!(asked.join(" "), want);
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names[..5], ["Host", "User-Agent", "Accept", "Accept-Encoding", "Origin"]);
            assert_eq!(names.last(), Some(&"Connection"));
        }
    }
}
