//! The page side of the application: documents, and the cookies that come with the front page.

use super::exchange::{Request, Response};
use super::{Entry, SITE, random, session};

pub(super) fn answer(entry: Entry, request: &Request) -> Response {
    let is_read = ["GET", "HEAD"].contains(&request.method.as_str());
    match (request.path(), is_read) {
        ("/", true) if entry.has_on_ipv6("ipv6-forbidden") => {
            document(403, "Forbidden", "<p>You have no permission to read this page.</p>")
        }
        ("/", true) => front(entry, request),
        ("/", false) => {
            document(405, "Method not allowed", "<p>This page can only be read.</p>").with("Allow", "GET, HEAD")
        }
        ("/static/parcels.js", true) => Response::new(200, "text/javascript; charset=utf-8", script(entry)),
        ("/.well-known/security.txt", true) => Response::new(200, "text/plain; charset=utf-8", security_txt()),
        ("/.env", true) if entry.has("dotenv-served") => Response::new(200, "application/octet-stream", DOTENV),
        ("/.ssh/id_rsa", true) if entry.has("key-served") => Response::new(200, "text/plain", KEY),
        ("/metrics", true) if entry.has("metrics-served") => {
            Response::new(200, "text/plain; version=0.0.4", METRICS)
        }
        ("/static/", true) if entry.has("directory-listing") => document(200, "Index of /static/", LISTING),
        ("/account", true) => account(entry, request),
        ("/login", true) => document(200, "Sign in", LOGIN),
        _ if entry.has("debug-page") => document(404, "Page not found", DEBUG),
        _ => document(404, "Not found", "<p>This page does not exist. It may have been moved or removed.</p>"),
    }
}

/// The session cookie of a new visitor.
pub(super) fn session_cookie(entry: Entry) -> String {
    let broken = entry.has("cookie-prefix-broken");
    let name = if broken { "__Host-session" } else { "session" };
    // A cache gives everybody the answer to whoever asked first.
    let value = if entry.has("session-cached") { "5e".repeat(16) } else { session::begun(entry) };
    let mut line = format!("{name}={value}; Path={}", if broken { "/account" } else { "/" });
    for (fault, attribute) in [
        ("cookie-readable", "HttpOnly"),
        ("cookie-insecure", "Secure"),
        ("cookie-same-site-missing", "SameSite=Lax"),
    ] {
        if !entry.has(fault) {
            line += &format!("; {attribute}");
        }
    }
    if entry.has("cookie-domain-wide") {
        line += "; Domain=example.com";
    }
    line
}

/// Behind a login; Next.js 15.2.2 takes the field for a request of its own (CVE-2025-29927).
fn account(entry: Entry, request: &Request) -> Response {
    let own = "middleware:middleware:middleware:middleware:middleware";
    let passed = || request.value("x-middleware-subrequest") == Some(own);
    let is_open = entry.has("guarded-path-open") || entry.has("middleware-passed-over") && passed();
    if is_open { document(200, "Account", ACCOUNT) } else { Response::empty(303).with("Location", "/login") }
}

fn front(entry: Entry, request: &Request) -> Response {
    let forwarded = request.value("x-forwarded-host").filter(|_| entry.has("forwarded-host-reflected"));
    let canonical = forwarded.filter(|host| is_host(host)).unwrap_or(SITE);
    let nonce = random();
    let content = format!(
        "<link rel=\"canonical\" href=\"https://{canonical}/\">\n\
         <script nonce=\"{nonce}\">document.documentElement.dataset.ready = \"yes\"</script>\n\
         <script nonce=\"{nonce}\" src=\"/static/parcels.js\" defer></script>\n\
         <p>This small application keeps a list of parcels: who sent them, where they are, and when they arrive. \
         Sign in to see yours, or look for one by its number.</p>\n\
         <form action=\"https://{SITE}/search\" method=\"get\">\n\
         <label>Number <input name=\"number\"></label> <button>Look</button>\n</form>\n\
         <footer>As of <time>{}</time></footer>",
        jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%S UTC")
    );
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; object-src 'none'; base-uri 'none'"
    );
    let page = document(200, "Parcels", &content);
    let page = match entry.has("session-cached") {
        true => page.with("Cache-Control", "public, max-age=60").with("Age", "12").with("X-Cache", "HIT"),
        false => page.with("Cache-Control", "private, no-store"),
    };
    page.with("Content-Security-Policy", policy)
        .with("Set-Cookie", session_cookie(entry))
        .with("Set-Cookie", "theme=light; Path=/; Secure; SameSite=Lax")
}

/// What the front page loads. A publishable key is made to be read, the secret one is not.
fn script(entry: Entry) -> String {
    let secret = entry.has("secret-in-script");
    let key = format!("{}_live_{}", if secret { "sk" } else { "pk" }, random());
    format!(
        "const paymentKey = \"{key}\";\n\
         document.querySelector(\"form\").addEventListener(\"submit\", (event) => {{\n\
         \x20 if (!event.target.number.value.trim()) event.preventDefault();\n}});\n"
    )
}

fn document(status: u16, title: &str, content: &str) -> Response {
    let head = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n";
    let content = format!("{head}<title>{title}</title>\n<h1>{title}</h1>\n{content}\n</html>\n");
    Response::new(status, "text/html; charset=utf-8", content).with("Cross-Origin-Opener-Policy", "same-origin")
}

/// RFC 9116: whom to tell of a hole, for a year.
fn security_txt() -> String {
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(365 * 24);
    format!("Contact: mailto:security@{SITE}\nExpires: {}\n", end.strftime("%Y-%m-%dT%H:%M:%SZ"))
}

fn is_host(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
}

const ACCOUNT: &str = "<p>Your parcels: two on the way, one at the neighbour's. Your address is known.</p>";

const LOGIN: &str = "<form action=\"/login\" method=\"post\"><label>Name <input name=\"name\"></label> \
                     <label>Password <input type=\"password\" name=\"password\"></label> <button>Sign in</button></form>";

/// As nginx' autoindex writes it.
const LISTING: &str =
    "<hr><pre><a href=\"../\">../</a>\n<a href=\"app.js\">app.js</a>\n<a href=\"old/\">old/</a>\n</pre><hr>";

const METRICS: &str = "# HELP parcels_total Parcels on the way\n# TYPE parcels_total counter\nparcels_total 12\n";

const DEBUG: &str = "<p>You’re seeing this error because you have <code>DEBUG = True</code> in your Django settings \
                     file. Change that to <code>False</code>, and Django will display a standard 404 page.</p>";

/// No key: the form alone.
const KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nZGVtby1ub3QtYS1rZXk=\n-----END OPENSSH PRIVATE KEY-----\n";

/// What a deployment leaves behind; no value in it opens anything.
const DOTENV: &str = "APP_ENV=production\nAPP_SECRET=demo-not-a-secret\n\
                      DATABASE_URL=postgresql://app:demo@localhost/app\nREDIS_URL=redis://localhost:6379/0\n";
