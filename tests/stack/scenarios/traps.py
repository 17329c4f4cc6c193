"""What looks wrong and is not, by the words of CHECKS.md: no check that decides may fail."""

from deployment import CANARY, HOST4
from scenario import FOUR, GO, HEALTH, ONE, PLAIN, SITE, UNPROVEN, Scenario
from scenarios.exposure import METRICS

NGINX, APACHE, HAPROXY = ("nginx",), ("apache",), ("haproxy",)
KEYS = (
    "<script>window.env={pay:'pk_" + "live_51Hq7TbXv9Zr2Kq8LmN4pQ6s',maps:'AIza" + "SyD4x9Kq8LmN4pQ6sT1vW3yZ5bC7dE9fG',"
    "dsn:'https://4f1c2a9b7d3e5f60718293a4b5c6d7e8@o4711.ingest.sentry.io/4711',"
    "db:'postgresql://user:password@localhost:5432/app',key:'YOUR_API_KEY'}</script>"
)
UNSIGNED = f"{CANARY}Zm9vYmFyYmF6cXV4"  # long enough for a session's


def field(name, value, *more):
    return {"web.fields": ((name, value), *more)}


# The way in, and names that are not ours

NAMES = [
    Scenario(
        "trap-redirect-says-the-port",
        GO,
        {"front.redirect": "port-said"},
        fronts=("haproxy", "apache"),
        shows=((f"{PLAIN}/a?b=c", f"Location: {SITE}:443/a?b=c"),),
    ),
    Scenario("trap-port-80-drops", GO, {"front.redirect": "dropped"}, fronts=NGINX, shows=((f"{PLAIN}/", "curl: 52"),)),
    Scenario(
        "trap-port-80-forbids",
        GO,
        {"front.redirect": "forbidden"},
        fronts=("haproxy", "apache"),
        shows=((f"{PLAIN}/", " 403"),),
    ),
    Scenario(
        "trap-unknown-name-refused",
        GO,
        {"front.unknown": "refused"},
        fronts=("caddy", "nginx", "haproxy"),
        shows=((f"-H 'Host: evil.test' {SITE}/", " 403"), (f"-k https://{HOST4}/", " 403")),
    ),
    Scenario(
        "trap-unknown-name-misdirected",
        GO,
        {"front.unknown": "misdirected"},
        fronts=("nginx", "apache"),
        shows=((f"-H 'Host: evil.test' {SITE}/", " 421"),),
    ),
    Scenario(
        "trap-unknown-name-led-to-the-site",
        GO,
        {"front.unknown": "redirected"},
        fronts=("caddy", "haproxy"),
        shows=((f"-H 'Host: evil.test' {SITE}/a", f"ocation: {SITE}/a"),),
    ),
    Scenario(
        "trap-unknown-name-is-welcomed",
        GO,
        {"front.unknown": "welcome"},
        fronts=("nginx", "apache"),
        shows=((f"-H 'Host: evil.test' {SITE}/", "Welcome to nginx!"),),
    ),
    # What HAProxy says when no backend is for a name, and what any proxy says whose backend is ill.
    Scenario(
        "trap-unknown-name-has-no-backend",
        UNPROVEN,
        {"front.unknown": "unanswered"},
        unknown={"unknown-host-rejected": ""},
        fronts=HAPROXY,
        shows=((f"-H 'Host: evil.test' {SITE}/", " 503"), (f"{SITE}/", " 200")),
    ),
    Scenario(
        "trap-led-to-a-language",
        GO,
        {"front.more": "redir / /en 307", "web.also": (("/en", "text/html", "<!doctype html><title>Lamps</title>"),)},
        fronts=ONE,
        shows=((f"{SITE}/", "ocation: /en"),),
    ),
    Scenario(
        "trap-led-to-a-provider",
        GO,
        {"front.more": "redir /account https://id.elsewhere.test/authorize?client_id=lamps 302"},
        paths=("/", "/api/health", "/account"),
        fronts=ONE,
        shows=((f"{SITE}/account", "ocation: https://id.elsewhere.test/"),),
    ),
]

# Fields, by the algorithms of those who read them

FIELDS = [
    Scenario(
        "trap-hsts-spelled-otherwise",
        GO,
        {"front.hsts": 'INCLUDESUBDOMAINS ; Max-Age="31536000"'},
        fronts=("haproxy", "apache"),
        shows=((f"{SITE}/", 'Max-Age="31536000"'),),
    ),
    # RFC 6797 §8.1: only the first counts.
    Scenario(
        "trap-hsts-twice",
        GO,
        field("Strict-Transport-Security", "max-age=31536000"),
        fronts=FOUR,
        shows=((f"{SITE}/", "strict-transport-security: max-age=31536000"),),
    ),
    Scenario(
        "trap-nosniff-in-capitals",
        GO,
        {"front.fields": (("X-Content-Type-Options", "NOSNIFF"),)},
        fronts=ONE,
        shows=((f"{SITE}/", "NOSNIFF"),),
    ),
    Scenario(
        "trap-ancestors-alone",
        GO,
        {"front.fields": (("X-Frame-Options", ""),)},
        fronts=FOUR,
        shows=((f"{SITE}/", "frame-ancestors 'none'"), (f"{SITE}/", "!x-frame-options")),
    ),
    Scenario(
        "trap-framed-by-itself",
        GO,
        {"front.fields": (("X-Frame-Options", "SAMEORIGIN"),)} | field("Content-Security-Policy", "default-src 'self'"),
        fronts=ONE,
        shows=((f"{SITE}/", "x-frame-options: SAMEORIGIN"), (f"{SITE}/", "!frame-ancestors")),
    ),
    # Referrer Policy §8.1: the last word that is known.
    Scenario(
        "trap-referrer-with-a-fallback",
        GO,
        {"front.fields": (("Referrer-Policy", "unsafe-url, strict-origin-when-cross-origin, some-later-word"),)},
        fronts=HAPROXY,
        shows=((f"{SITE}/", "some-later-word"),),
    ),
    Scenario(
        "trap-permissions-of-tomorrow",
        GO,
        {"front.fields": (("Permissions-Policy", "interest-cohort=(), lamp-sensor=(), camera=(self)"),)},
        fronts=APACHE,
        shows=((f"{SITE}/", "lamp-sensor=()"),),
    ),
    Scenario(
        "trap-api-needs-no-frames",
        GO,
        {"api.fields": (("X-Frame-Options", ""), ("Referrer-Policy", ""), ("Permissions-Policy", ""))},
        fronts=ONE,
        shows=((HEALTH, "x-content-type-options: nosniff"), (HEALTH, "!x-frame-options")),
    ),
    # Next.js marks so what it made beforehand.
    Scenario(
        "trap-page-made-beforehand",
        GO,
        field("Cache-Control", "s-maxage=31536000, stale-while-revalidate"),
        shows=((f"{SITE}/", "s-maxage=31536000"),),
    ),
    Scenario(
        "trap-file-came-from-a-cache",
        GO,
        {"front.more": "header /static/* Age 60\nheader /static/* X-Cache HIT"},
        paths=("/", "/api/health", "/static/shop.css"),
        fronts=ONE,
        shows=((f"{SITE}/static/shop.css", "x-cache: HIT"),),
    ),
]

# Cookies that are no session, and sessions that are as they must be

COOKIES = [
    Scenario(
        "trap-cookies-that-are-no-session",
        GO,
        {
            "web.cookies": (
                f"csrftoken={UNSIGNED}; Path=/; Secure; SameSite=Lax",
                f"XSRF-TOKEN={UNSIGNED}; Path=/; Secure; SameSite=Lax",
                f"sb-lampsproject-auth-token={UNSIGNED}; Path=/; Secure; SameSite=Lax",
                "theme=dark; Path=/",
                "i18next=de; Path=/",
                f"__cf_bm={UNSIGNED}; Path=/; HttpOnly",
                f"AWSALB={UNSIGNED}; Path=/",
                f"_cfuvid={UNSIGNED}; Path=/; Domain=example.com; HttpOnly",
            )
        },
        fronts=ONE,
        shows=((f"{SITE}/", "set-cookie: csrftoken="),),
    ),
    Scenario(
        "trap-cookie-is-deleted",
        GO,
        {
            "web.cookies": (
                "session_old=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                "sid=deleted; Path=/; Max-Age=0; Domain=example.com",
            )
        },
        fronts=ONE,
        shows=((f"{SITE}/", "Max-Age=0"),),
    ),
    Scenario(
        "trap-cookie-is-prefixed",
        GO,
        {"web.cookies": (f"__Host-sid={UNSIGNED}; secure; HTTPONLY; samesite=strict; path=/",)},
        fronts=ONE,
        shows=((f"{SITE}/", "__Host-sid="),),
    ),
    Scenario(
        "trap-cookie-is-meant-for-others",
        GO,
        {"web.cookies": (f"embed_session={UNSIGNED}; Path=/; Secure; HttpOnly; SameSite=None",)},
        advice={"cookie-cross-site-meant": "fail"},
        fronts=ONE,
        shows=((f"{SITE}/", "SameSite=None"),),
    ),
]

# Origins

ORIGINS = [
    # One answer for everybody: others cannot read it.
    Scenario(
        "trap-own-origin-said-to-all",
        GO,
        {"front.more": f"header /api/items/* Access-Control-Allow-Origin {SITE}"},
        paths=("/", "/api/health", "/api/items/"),
        fronts=ONE,
        shows=((f"-H 'Origin: https://evil.test' {SITE}/api/items/", f"access-control-allow-origin: {SITE}"),),
    ),
    Scenario(
        "trap-star-on-a-public-path",
        GO,
        {"front.more": "header /api/items/* Access-Control-Allow-Origin *"},
        paths=("/", "/api/health", "/api/items/"),
        policy='\n[exposure]\npublic = ["/api/items/"]\n',
        fronts=ONE,
        shows=((f"{SITE}/api/items/", "access-control-allow-origin: *"),),
    ),
    Scenario(
        "trap-star-on-files",
        GO,
        {"front.more": "header /static/* Access-Control-Allow-Origin *"},
        paths=("/", "/api/health", "/static/shop.css"),
        fronts=ONE,
        shows=((f"{SITE}/static/shop.css", "access-control-allow-origin: *"),),
    ),
    Scenario(
        "trap-credentials-alone",
        GO,
        {"front.more": "header /api/items/* Access-Control-Allow-Credentials true"},
        paths=("/", "/api/health", "/api/items/"),
        fronts=ONE,
        shows=((f"{SITE}/api/items/", "access-control-allow-credentials: true"),),
    ),
    Scenario("trap-origins-behind-haproxy-and-apache", GO, {"api.http": "h11"}, fronts=("haproxy", "apache")),
]

# What may be seen

SEEN = [
    # No secrets: they are for browsers.
    Scenario(
        "trap-keys-for-browsers",
        GO,
        {"web.body": KEYS},
        fronts=ONE,
        shows=((f"{SITE}/", "ingest.sentry.io"),),
    ),
    Scenario(
        "trap-example-of-an-environment",
        GO,
        {"web.also": (("/.env.example", "text/plain", "APP_ENV=production\nAPP_SECRET=REPLACE_ME\nDATABASE_URL=\n"),)},
        fronts=ONE,
        shows=((f"{SITE}/.env.example", "REPLACE_ME"),),
    ),
    Scenario(
        "trap-page-about-files",
        GO,
        {
            "web.body": "<h2>Index of our lamps</h2><pre>APP_SECRET=… stands in .env, and DB_PASSWORD=… too</pre>"
            "<p>The workshop says: <q>Traceback to the source: every lamp has a number.</q></p>",
        },
        fronts=ONE,
        shows=((f"{SITE}/.env", "Index of our lamps"),),
    ),
    Scenario(
        "trap-public-by-the-owner",
        GO,
        {"api.docs": True, "front.files": "listed", "web.also": (("/metrics", "text/plain", METRICS),)},
        policy='\n[exposure]\npublic = ["/api/docs", "/api/redoc", "/api/openapi.json", "/metrics", "/static/"]\n',
        advice={"api-document-hidden": "pass"},
        given=True,
        fronts=("nginx", "apache"),
        shows=((f"{SITE}/metrics", "http_requests_total"), (f"{SITE}/static/", "print.css")),
    ),
    Scenario(
        "trap-guard-forbids",
        GO,
        {"web.guard": "forbidden"},
        policy='\n[exposure]\nguarded = ["/admin", "/api/admin", "/no-such-page"]\n',
        passes={"guarded-path-refused": ("/admin", "/api/admin", "/no-such-page")},
        shows=((f"{SITE}/admin", " 403"), (f"{SITE}/api/admin", " 401")),
    ),
    # Every path shows the same empty page; what is behind it asks the API.
    Scenario(
        "trap-guard-of-a-single-page",
        GO,
        {"web.kind": "spa"},
        policy='\n[exposure]\nguarded = ["/admin"]\n',
        fronts=FOUR,
        shows=((f"{SITE}/admin", '<div id="root">'), (f"{SITE}/anything", '<div id="root">')),
    ),
    Scenario(
        "trap-everything-is-a-page", GO, {"web.kind": "spa"}, fronts=FOUR, shows=((f"{SITE}/.git/config", " 200"),)
    ),
    # A language is chosen for whoever comes, pages are made beforehand, and every address is a page.
    Scenario(
        "trap-next-js",
        GO,
        {"web.kind": "next"},
        paths=("/", "/en", "/en/lamps/floor", "/api/health"),
        # It answers on one thread, and slowly beside other tests.
        policy='\n[exposure]\nguarded = ["/admin"]\n[limits]\nexchange = "20s"\n',
        passes={"guarded-path-refused": "/admin"},
        shows=(
            (f"{SITE}/", "ocation: /en"),
            (f"{SITE}/admin", "ocation: /login"),
            (f"{SITE}/en", "cache-control: s-maxage=31536000"),
            (f"{SITE}/en", "x-powered-by: Next.js"),
            (f"-L {SITE}/.env", "<h1>Catalogue</h1>"),
        ),
    ),
]
