//! The proxy: who is answered, what is redirected, and the fields that stand on everything.

use super::exchange::{Request, Response};
use super::{ALIAS, Entry, SITE, api, page};

/// Over https: the application for the site's names, refusal for any other.
pub(super) fn https(entry: Entry, request: &Request) -> Response {
    let first = || request.value("host").filter(|_| entry.has("ambiguous-host-served")).map(Into::into);
    let answer = match request.host().or_else(first) {
        Some(host) if is_served(entry, &host) => application(entry, &format!("https://{host}"), request),
        // Starlette's TrustedHostMiddleware.
        _ => Response::new(400, "text/plain; charset=utf-8", "Invalid host header"),
    };
    secured(entry, request, answer)
}

/// Over plain http: a redirect for the site's names, nothing for any other.
pub(super) fn http(entry: Entry, request: &Request) -> Response {
    let Some(host) = request.host().filter(|host| is_name(host)) else { return Response::empty(404) };
    let health = request.path() == "/api/health";
    if entry.has("http-serves-page") || entry.has("redirect-missing-on-path") && health {
        let mut answer = application(entry, &format!("http://{host}"), request);
        // The session begins over https alone, so that one fault is one fault.
        answer.fields.retain(|(name, _)| *name != "Set-Cookie");
        return answer;
    }
    let target = if entry.has("redirect-drops-path") { "/" } else { &request.target };
    let answer = Response::empty(308).with("Location", format!("https://{host}{target}")).with("Server", "Caddy");
    if entry.has("cookie-over-http") { answer.with("Set-Cookie", page::session_cookie(entry)) } else { answer }
}

/// On the application's own port: no redirect, no refusal, none of the proxy's fields.
pub(super) fn direct(entry: Entry, request: &Request) -> Response {
    let host = request.host().unwrap_or_default();
    application(entry, &format!("http://{host}"), request)
}

fn application(entry: Entry, origin: &str, request: &Request) -> Response {
    if request.path().starts_with("/api/") {
        api::answer(entry, origin, request)
    } else {
        page::answer(entry, request)
    }
}

fn is_served(entry: Entry, host: &str) -> bool {
    let is_address = || host.trim_matches(['[', ']']).parse() == Ok(entry.ip);
    is_name(host)
        || entry.has("unknown-host-served")
        || entry.has("look-alike-host-served") && host.starts_with(SITE)
        || entry.has("address-host-served") && is_address()
}

fn is_name(host: &str) -> bool {
    [SITE, ALIAS].contains(&host)
}

/// Adds the policy of the site. Its faults are on the front page alone: the rest keeps the promise.
fn secured(entry: Entry, request: &Request, answer: Response) -> Response {
    let max_age = if entry.has("hsts-short") { "300" } else { "31536000" };
    let answer = answer
        .with("Strict-Transport-Security", format!("max-age={max_age}; includeSubDomains"))
        .with("Server", "Caddy");
    if answer.status >= 400 && entry.has("headers-missing-on-404") {
        return answer;
    }
    let broken = |fault| request.path() == "/" && entry.has(fault);
    let referrer = if broken("referrer-unsafe") { "unsafe-url" } else { "strict-origin-when-cross-origin" };
    [
        (!broken("nosniff-missing"), "X-Content-Type-Options", "nosniff"),
        (!broken("frame-options-missing"), "X-Frame-Options", "DENY"),
        (true, "Referrer-Policy", referrer),
        (!broken("permissions-missing"), "Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ]
    .into_iter()
    .filter(|(sent, ..)| *sent)
    .fold(answer, |answer, (_, name, value)| answer.with(name, value))
}
