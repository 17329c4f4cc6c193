//! Signing in, and what is for those who are signed in. Every secret is random, and dies with the process.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::exchange::{Request, Response};
use super::{Entry, SITE, random};

/// Password, seed's password, token and session.
static SECRETS: LazyLock<[String; 4]> = LazyLock::new(|| [random(), random(), random(), random()]);

/// The variables that the promise of the demo has as `${NAME}`.
pub(super) fn variables() -> BTreeMap<String, String> {
    let [password, seed, ..] = &*SECRETS;
    BTreeMap::from([("DEMO_PASSWORD".into(), password.clone()), ("DEMO_SEED_PASSWORD".into(), seed.clone())])
}

/// The answer where the path is one of these.
pub(super) fn answer(entry: Entry, request: &Request) -> Option<Response> {
    match (request.path(), request.method.as_str()) {
        ("/api/auth/login", "POST") => Some(login(entry, request)),
        ("/api/me", "GET") => Some(profile(entry, request)),
        ("/api/ws", "GET") => Some(websocket(entry, request)),
        _ => None,
    }
}

fn login(entry: Entry, request: &Request) -> Response {
    let [password, seed, token, session] = &*SECRETS;
    let sent: serde_json::Value = serde_json::from_str(&request.content).unwrap_or_default();
    let is = |user: &str, word: &String| sent["email"] == user && sent["password"] == **word;
    let seeded = is("admin@example.com", seed) && entry.has("seed-account-works");
    if !seeded && !is("demo@example.com", password) {
        return Response::new(401, JSON, r#"{"detail":"Incorrect email or password"}"#);
    }
    // What a site needs whose page is shown within others.
    let same_site = if entry.has("websocket-any-origin") { "None" } else { "Lax" };
    let cookie = format!("account={session}; Path=/; HttpOnly; Secure; SameSite={same_site}");
    let role = if seeded { "admin" } else { "member" };
    let content = format!(r#"{{"access_token":"{token}","token_type":"bearer","user":{{"role":"{role}"}}}}"#);
    Response::new(200, JSON, content).with("Set-Cookie", cookie)
}

fn profile(entry: Entry, request: &Request) -> Response {
    let [.., token, _] = &*SECRETS;
    match request.value("authorization") {
        Some(value) if value == format!("Bearer {token}") => match entry.has("step-broken") {
            true => Response::new(500, JSON, r#"{"detail":"Internal Server Error"}"#),
            false => Response::new(200, JSON, r#"{"email":"demo@example.com","role":"member","parcels":3}"#),
        },
        _ => Response::new(401, JSON, r#"{"detail":"Not authenticated"}"#).with("WWW-Authenticate", "Bearer"),
    }
}

fn websocket(entry: Entry, request: &Request) -> Response {
    let [.., session] = &*SECRETS;
    let cookies = request.value("cookie").unwrap_or_default();
    let signed_in = cookies.split("; ").any(|pair| pair == format!("account={session}"));
    let own = request.value("origin").and_then(|origin| origin.strip_prefix("https://")) == Some(SITE);
    match request.value("sec-websocket-key") {
        Some(key) if signed_in && (own || entry.has("websocket-any-origin")) => {
            let accept =
                digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes());
            Response::empty(101)
                .with("Upgrade", "websocket")
                .with("Connection", "Upgrade")
                .with("Sec-WebSocket-Accept", STANDARD.encode(accept))
        }
        Some(_) => Response::empty(403),
        None => Response::new(404, JSON, r#"{"detail":"Not Found"}"#),
    }
}

const JSON: &str = "application/json";
