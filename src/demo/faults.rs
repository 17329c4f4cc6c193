//! What can be wrong with the demo deployment: one entry a fault, read by name where the behaviour differs.

/// One thing that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub name: &'static str,
    /// The id of the check that it breaks.
    pub check: &'static str,
    /// Further checks that must fail with it.
    pub follows: &'static [&'static str],
    /// One line, in the present tense.
    pub says: &'static str,
}

/// By family, as the gate asks. Vantage and advice have recordings instead.
pub const FAULTS: &[Fault] = &[
    // ports
    Fault {
        name: "postgresql-open",
        check: "datastore-port-closed",
        follows: &[],
        says: "5432 takes connections and answers as PostgreSQL",
    },
    Fault {
        name: "redis-open",
        check: "datastore-port-closed",
        follows: &[],
        says: "6379 takes connections and answers as Redis with a password",
    },
    Fault {
        name: "redis-open-on-ipv6",
        check: "datastore-port-closed",
        follows: &["families-agree"],
        says: "6379 is closed on IPv4 and open on IPv6",
    },
    Fault {
        name: "api-port-open",
        check: "app-port-closed",
        follows: &[],
        says: "8000 serves the application without the proxy",
    },
    Fault {
        name: "api-port-open-on-ipv6",
        check: "families-agree",
        follows: &["app-port-closed"],
        says: "8000 is closed on IPv4 and serves the application on IPv6",
    },
    Fault {
        name: "portainer-open",
        check: "only-expected-ports-open",
        follows: &[],
        says: "9000 serves Portainer to the world",
    },
    Fault {
        name: "docker-open-on-ipv6",
        check: "only-expected-ports-open",
        follows: &["families-agree"],
        says: "2375 is closed on IPv4 and serves the Docker API on IPv6",
    },
    Fault {
        name: "ipv6-dead",
        check: "web-ports-open",
        follows: &[],
        says: "the AAAA record leads to an address that refuses 443 and 80",
    },
    // https
    Fault {
        name: "http-serves-page",
        check: "http-redirects-to-https",
        follows: &[],
        says: "port 80 serves the site instead of redirecting",
    },
    Fault {
        name: "redirect-missing-on-path",
        check: "http-redirects-to-https",
        follows: &[],
        says: "port 80 serves /api/health and redirects the rest",
    },
    Fault {
        name: "redirect-drops-path",
        check: "redirect-keeps-address",
        follows: &[],
        says: "port 80 redirects every path to the front page",
    },
    Fault {
        name: "slash-redirect-to-http",
        check: "https-stays-https",
        follows: &[],
        says: "the redirect for a trailing slash says http://",
    },
    Fault {
        name: "cookie-over-http",
        check: "no-cookie-over-http",
        follows: &[],
        says: "the redirect on port 80 sets the session cookie",
    },
    Fault {
        name: "hsts-short",
        check: "hsts-holds",
        follows: &[],
        says: "Strict-Transport-Security holds for 300 seconds",
    },
    Fault {
        name: "ipv6-forbidden",
        check: "https-same-everywhere",
        follows: &[],
        says: "the front page is 200 on IPv4 and 403 on IPv6",
    },
    // certificate
    Fault {
        name: "certificate-self-signed",
        check: "certificate-trusted",
        follows: &[],
        says: "the certificate is its own issuer",
    },
    Fault {
        name: "certificate-unknown-issuer",
        check: "certificate-trusted",
        follows: &[],
        says: "the chain ends at a root that is not among the trusted ones",
    },
    Fault {
        name: "certificate-intermediate-missing",
        check: "certificate-trusted",
        follows: &[],
        says: "the server sends its certificate without the intermediate",
    },
    Fault {
        name: "certificate-lacks-alias",
        check: "certificate-names-site",
        follows: &[],
        says: "the certificate does not name www.example.com",
    },
    Fault {
        name: "certificate-expired",
        check: "certificate-in-date",
        follows: &["certificate-renewed"],
        says: "the certificate expired more than a day ago",
    },
    Fault {
        name: "certificate-due",
        check: "certificate-renewed",
        follows: &[],
        says: "the certificate has 5 days of 90 left",
    },
    Fault {
        name: "certificate-key-weak",
        check: "certificate-key-strong",
        follows: &[],
        says: "the certificate's key is RSA with 1024 bits",
    },
    // No verifier of ours knows SHA-1, so the path is not trusted either.
    Fault {
        name: "certificate-sha1",
        check: "certificate-signature-strong",
        follows: &["certificate-trusted"],
        says: "the intermediate certificate is signed with SHA-1",
    },
    Fault {
        name: "certificate-must-staple",
        check: "certificate-not-revoked",
        follows: &[],
        says: "the certificate asks for a stapled OCSP response, and none is sent",
    },
    // tls
    Fault {
        name: "tls-1-0-accepted",
        check: "tls-legacy-refused",
        follows: &[],
        says: "a client that knows TLS 1.0 and nothing newer is served",
    },
    Fault {
        name: "tls-weak-cipher",
        check: "tls-weak-ciphers-refused",
        follows: &[],
        says: "a client that offers 3DES and nothing else is served",
    },
    Fault {
        name: "tls-no-forward-secrecy",
        check: "tls-forward-secret",
        follows: &[],
        says: "browsers get a suite without forward secrecy",
    },
    Fault {
        name: "tls-renegotiation-unsafe",
        check: "tls-renegotiation-safe",
        follows: &[],
        says: "TLS 1.2 is spoken without renegotiation_info",
    },
    Fault {
        name: "tls-compression",
        check: "tls-compression-off",
        follows: &[],
        says: "a client that offers deflate gets it",
    },
    // headers
    Fault {
        name: "nosniff-missing",
        check: "content-type-options",
        follows: &[],
        says: "the front page has no X-Content-Type-Options",
    },
    Fault {
        name: "frame-options-missing",
        check: "frame-options",
        follows: &[],
        says: "the front page may be framed by any site",
    },
    Fault {
        name: "referrer-unsafe",
        check: "referrer-policy",
        follows: &[],
        says: "the front page says Referrer-Policy: unsafe-url",
    },
    Fault {
        name: "permissions-missing",
        check: "permissions-policy",
        follows: &[],
        says: "the front page has no Permissions-Policy",
    },
    // A 404 of the application is a judged answer like any other.
    Fault {
        name: "headers-missing-on-404",
        check: "headers-on-errors",
        follows: &[],
        says: "policy headers are sent with successes only",
    },
    Fault {
        name: "session-cached",
        check: "session-not-cached",
        follows: &[],
        says: "a cache in front gives every visitor the session of the first",
    },
    // hosts
    // Who serves any name serves the look-alikes, the address and what is no name as well.
    Fault {
        name: "unknown-host-served",
        check: "unknown-host-rejected",
        follows: &["look-alike-host-rejected", "address-host-rejected", "ambiguous-host-rejected"],
        says: "the application answers to any Host",
    },
    Fault {
        name: "look-alike-host-served",
        check: "look-alike-host-rejected",
        follows: &[],
        says: "the application answers to every Host that begins with app.example.com",
    },
    Fault {
        name: "address-host-served",
        check: "address-host-rejected",
        follows: &[],
        says: "the application answers to its bare address",
    },
    Fault {
        name: "forwarded-host-reflected",
        check: "forged-host-not-reflected",
        follows: &[],
        says: "the canonical link repeats X-Forwarded-Host",
    },
    Fault {
        name: "ambiguous-host-served",
        check: "ambiguous-host-rejected",
        follows: &[],
        says: "of two Host fields the first counts",
    },
    // cookies
    Fault {
        name: "cookie-insecure",
        check: "cookie-secure",
        follows: &[],
        says: "the session cookie has no Secure",
    },
    Fault {
        name: "cookie-readable",
        check: "cookie-http-only",
        follows: &[],
        says: "the session cookie has no HttpOnly",
    },
    Fault {
        name: "cookie-same-site-missing",
        check: "cookie-same-site",
        follows: &[],
        says: "the session cookie has no SameSite",
    },
    Fault {
        name: "cookie-domain-wide",
        check: "cookie-domain-narrow",
        follows: &[],
        says: "the session cookie goes to every name under example.com",
    },
    Fault {
        name: "cookie-prefix-broken",
        check: "cookie-prefix-valid",
        follows: &[],
        says: "the session cookie is named __Host- and has a Path below /",
    },
    // cors
    // Look-alikes and subdomains are https origins too.
    Fault {
        name: "cors-any-origin",
        check: "cors-foreign-origin-refused",
        follows: &["cors-look-alike-origin-refused", "cors-subdomain-origin-refused"],
        says: "the API allows every https origin, with credentials",
    },
    Fault {
        name: "cors-null-origin",
        check: "cors-null-origin-refused",
        follows: &[],
        says: "the API allows the origin null",
    },
    Fault {
        name: "cors-missing-dot",
        check: "cors-look-alike-origin-refused",
        follows: &[],
        says: "the API allows origins that end in app.example.com without a dot before it",
    },
    Fault {
        name: "cors-unescaped-dot",
        check: "cors-look-alike-origin-refused",
        follows: &[],
        says: "the API's regular expression lets any character stand for a dot",
    },
    Fault {
        name: "cors-plain-http",
        check: "cors-plain-http-origin-refused",
        follows: &[],
        says: "the API allows the site's own name over plain http",
    },
    Fault {
        name: "cors-development-origin",
        check: "cors-development-origin-refused",
        follows: &[],
        says: "the API allows http://localhost:3000",
    },
    Fault {
        name: "cors-subdomain",
        check: "cors-subdomain-origin-refused",
        follows: &[],
        says: "the API allows every name under app.example.com",
    },
    Fault {
        name: "cors-wildcard",
        check: "cors-wildcard-alone",
        follows: &[],
        says: "the API allows * where two origins are promised",
    },
    Fault {
        name: "cors-own-origin-refused",
        check: "cors-own-origin-allowed",
        follows: &[],
        says: "the API refuses https://console.example.com, which is promised",
    },
    Fault {
        name: "websocket-any-origin",
        check: "websocket-origin-checked",
        follows: &[],
        says: "/api/ws opens for any origin with the session's cookie, which is SameSite=None",
    },
    // exposure
    Fault { name: "dotenv-served", check: "secret-file-hidden", follows: &[], says: "/.env is served" },
    Fault {
        name: "secret-in-script",
        check: "secret-not-in-page",
        follows: &[],
        says: "a script of the front page holds the secret key of its payment service",
    },
    Fault {
        name: "key-served",
        check: "secret-file-hidden",
        follows: &[],
        says: "/.ssh/id_rsa serves a private key",
    },
    Fault {
        name: "debug-page",
        check: "debug-off",
        follows: &[],
        says: "unknown paths are answered by Django's debug page",
    },
    Fault {
        name: "metrics-served",
        check: "debug-off",
        follows: &[],
        says: "/metrics serves Prometheus metrics to the world",
    },
    Fault {
        name: "guarded-path-open",
        check: "guarded-path-refused",
        follows: &[],
        says: "/account is shown to whoever asks",
    },
    Fault {
        name: "middleware-passed-over",
        check: "guarded-path-refused",
        follows: &[],
        says: "/account is shown to a request with x-middleware-subrequest",
    },
    Fault {
        name: "directory-listing",
        check: "directory-listing-off",
        follows: &[],
        says: "/static/ lists its files",
    },
    // secrets
    // An open datastore is open first of all.
    Fault {
        name: "redis-without-password",
        check: "datastore-asks-password",
        follows: &["datastore-port-closed"],
        says: "6379 takes connections and asks for no password",
    },
    Fault {
        name: "postgresql-without-password",
        check: "datastore-asks-password",
        follows: &["datastore-port-closed"],
        says: "5432 lets postgres in without a password",
    },
    Fault {
        name: "session-secret-known",
        check: "token-secret-unguessed",
        follows: &[],
        says: "the session cookie is signed with the placeholder of a template",
    },
    Fault {
        name: "seed-account-works",
        check: "default-credentials-refused",
        follows: &[],
        says: "the account of the seed, admin@example.com, signs in",
    },
    // smoke
    Fault { name: "alias-missing", check: "names-resolve", follows: &[], says: "www.example.com does not exist" },
    Fault { name: "health-broken", check: "site-answers", follows: &[], says: "/api/health answers 500" },
    Fault {
        name: "step-broken",
        check: "smoke-step-passes",
        follows: &[],
        says: "/api/me answers 500 to whoever is signed in",
    },
];

/// The fault of that name.
pub fn fault(name: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.name == name)
}
