//! The API side of the application, as FastAPI and Starlette's CORSMiddleware answer.

use super::exchange::{Request, Response};
use super::{Entry, SITE, account, random};

/// `origin` is the scheme and authority that the redirect for a trailing slash names.
pub(super) fn answer(entry: Entry, origin: &str, request: &Request) -> Response {
    match (request.value("origin"), request.value("access-control-request-method")) {
        (None, _) => route(entry, origin, request),
        (Some(claim), Some(method)) if request.method == "OPTIONS" => {
            let headers = request.value("access-control-request-headers").unwrap_or("");
            preflight(entry, claim, method, headers)
        }
        (Some(claim), _) => shared(entry, claim, route(entry, origin, request)),
    }
}

fn route(entry: Entry, origin: &str, request: &Request) -> Response {
    let json = |status, content| Response::new(status, "application/json", content);
    if let Some(answer) = account::answer(entry, request) {
        return answer.with("Cache-Control", "no-store").with("X-Request-Id", random());
    }
    let answer = match (request.path(), request.method.as_str()) {
        ("/api/health", "GET") if entry.has("health-broken") => json(500, r#"{"detail":"Internal Server Error"}"#),
        ("/api/health", "GET") => json(200, r#"{"status":"ok","database":"ok","cache":"ok","queue":"ok"}"#),
        ("/api/health", _) => json(405, r#"{"detail":"Method Not Allowed"}"#).with("Allow", "GET"),
        ("/api/health/", _) => {
            let origin = match origin.strip_prefix("https:") {
                Some(rest) if entry.has("slash-redirect-to-http") => format!("http:{rest}"),
                _ => origin.into(),
            };
            let query = request.target.strip_prefix("/api/health/").unwrap_or_default();
            Response::empty(307).with("Location", format!("{origin}/api/health{query}"))
        }
        _ => json(404, r#"{"detail":"Not Found"}"#),
    };
    answer.with("Cache-Control", "no-store").with("X-Request-Id", random()).with("X-Process-Time", "0.0021")
}

/// Starlette, `CORSMiddleware.preflight_response`.
fn preflight(entry: Entry, claim: &str, method: &str, headers: &str) -> Response {
    let allowed = is_allowed(entry, claim);
    let is_safelisted = |name: &str| SAFELISTED.iter().any(|s| s.eq_ignore_ascii_case(name.trim()));
    let failures: Vec<&str> = [
        (!allowed, "origin"),
        (method != "GET", "method"),
        (!headers.is_empty() && !headers.split(',').all(is_safelisted), "headers"),
    ]
    .into_iter()
    .filter_map(|(failed, what)| failed.then_some(what))
    .collect();
    let answer = match &failures[..] {
        [] => Response::new(200, "text/plain; charset=utf-8", "OK"),
        _ => Response::new(400, "text/plain; charset=utf-8", format!("Disallowed CORS {}", failures.join(", "))),
    };
    let answer = answer
        .with("Access-Control-Allow-Methods", "GET")
        .with("Access-Control-Max-Age", "600")
        .with("Access-Control-Allow-Headers", SAFELISTED.join(", "));
    if allowed { allowing(entry, claim, answer) } else { answer.with("Vary", "Origin") }
}

/// Starlette, `CORSMiddleware.send`.
fn shared(entry: Entry, claim: &str, answer: Response) -> Response {
    if is_allowed(entry, claim) { allowing(entry, claim, answer) } else { answer }
}

fn allowing(entry: Entry, claim: &str, answer: Response) -> Response {
    if entry.has("cors-wildcard") {
        return answer.with("Access-Control-Allow-Origin", "*");
    }
    let answer = answer.with("Access-Control-Allow-Origin", claim).with("Vary", "Origin");
    if entry.has("cors-any-origin") { answer.with("Access-Control-Allow-Credentials", "true") } else { answer }
}

fn is_allowed(entry: Entry, claim: &str) -> bool {
    let name = claim.strip_prefix("https://");
    match entry.fault.map_or("", |fault| fault.name) {
        "cors-own-origin-refused" => name == Some(SITE),
        _ if name.is_some_and(|name| [SITE, CONSOLE].contains(&name)) => true,
        "cors-wildcard" => true,
        "cors-any-origin" => name.is_some(),
        "cors-null-origin" => claim == "null",
        "cors-missing-dot" => {
            name.and_then(|name| name.strip_suffix(SITE)).is_some_and(|label| !label.contains('.'))
        }
        "cors-unescaped-dot" => name.is_some_and(|name| {
            let fits = |(pattern, byte)| pattern == b'.' || pattern == byte;
            name.len() == SITE.len() && SITE.bytes().zip(name.bytes()).all(fits)
        }),
        "cors-plain-http" => claim.strip_prefix("http://") == Some(SITE),
        "cors-development-origin" => claim == "http://localhost:3000",
        "cors-subdomain" => name.and_then(|name| name.strip_suffix(SITE)).is_some_and(|l| l.ends_with('.')),
        _ => false,
    }
}

/// The second origin of `cors.origins`.
const CONSOLE: &str = "console.example.com";

/// Starlette's `SAFELISTED_HEADERS`, sorted as it sends them.
const SAFELISTED: [&str; 4] = ["Accept", "Accept-Language", "Content-Language", "Content-Type"];
