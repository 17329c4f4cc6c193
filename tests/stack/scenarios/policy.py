"""What the answers say: headers, hosts, cookies, CORS, files."""

import proofs
from scenario import FOUR, GO, HEALTH, NO_GO, ONE, PLAIN, SITE, Scenario, origin_is_read

SHOP = "https://shop.example.com"  # another site of the owner's

POLICIES = [
    Scenario(
        "nosniff-missing-on-404",
        NO_GO,
        {"front.headers": "not-on-404"},
        fails={"headers-on-errors": ""},
        follows=("content-type-options",),  # it looks at the same 404
        shows=((f"{SITE}/", "x-content-type-options: nosniff"), (f"{SITE}/no-such-page", "!x-content-type-options")),
    ),
    Scenario(
        "unknown-host-served-by-api",
        NO_GO,
        {"front.unknown": "api", "api.trusted_hosts": "*"},
        fails={"unknown-host-rejected": "/api/health"},
        follows=("look-alike-host-rejected", "address-host-rejected", "ambiguous-host-rejected"),
        shows=((f"-H 'Host: evil.test' {HEALTH}", '"status":"ok"'),),
    ),
    Scenario(
        "localhost-trusted",
        NO_GO,
        {"front.unknown": "api", "api.trusted_hosts": "app.example.com,www.example.com,localhost"},
        fails={"look-alike-host-rejected": "/api/health"},
        fronts=ONE,
        shows=((f"-H 'Host: localhost' {HEALTH}", " 200"), (f"-H 'Host: evil.test' {HEALTH}", " 400")),
    ),
    Scenario(
        "forwarded-host-believed",
        NO_GO,
        {"web.canonical": "forwarded"},
        fails={"forged-host-not-reflected": ""},
        fronts=("nginx",),
        shows=((f"-H 'X-Forwarded-Host: evil.test' {SITE}/", "https://evil.test/"),),
    ),
    Scenario(
        "cookie-insecure",
        NO_GO,
        {"api.cookie_secure": False},
        fails={"cookie-secure": "session"},
        shows=((HEALTH, "!; secure"),),
    ),
    Scenario(
        "cookie-script-readable",
        NO_GO,
        {"api.cookie_http_only": False},
        fails={"cookie-http-only": "session"},
        fronts=ONE,
        shows=((HEALTH, "!httponly"),),
    ),
    Scenario(
        "cookie-without-same-site",
        NO_GO,
        {"api.cookie_same_site": ""},
        fails={"cookie-same-site": "session"},
        fronts=ONE,
        shows=((HEALTH, "!samesite"),),
    ),
    Scenario(
        "cookie-domain-wide",
        NO_GO,
        {"api.cookie_domain": "example.com"},
        fails={"cookie-domain-narrow": "session"},
        fronts=ONE,
        shows=((HEALTH, "domain=example.com"),),
    ),
]

FIELDS = [
    # Pages are kept with the cookies of whoever came first.
    Scenario(
        "sessions-from-a-cache",
        NO_GO,
        {"front.cache": True},
        fails={"session-not-cached": ""},
        fronts=("nginx", "apache"),
        shows=((f"{SITE}/", " 200"), (f"{SITE}/", "set-cookie: web_session")),
    ),
    Scenario(
        "advice-of-headers-fails",
        GO,
        {
            "web.fields": (
                ("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'"),
                ("X-Frame-Options", "SAMEORIGIN"),
            ),
            "web.body": '<script src="http://cdn.lamps.test/lamps.js"></script>',
        },
        advice=dict.fromkeys(
            ("content-security-policy", "headers-once", "mixed-content-absent", "security-txt"), "fail"
        ),
        fronts=("caddy", "nginx"),
    ),
    Scenario(
        "advice-of-headers-passes",
        GO,
        {
            "web.fields": (
                ("Cross-Origin-Opener-Policy", "same-origin"),
                ("Cross-Origin-Embedder-Policy", "require-corp"),
                ("Cross-Origin-Resource-Policy", "same-origin"),
            ),
            "web.also": (
                (
                    "/.well-known/security.txt",
                    "text/plain",
                    "Contact: mailto:security@example.com\nExpires: 2099-12-31T23:59:59Z\n",
                ),
            ),
        },
        advice=dict.fromkeys(
            (
                "content-security-policy",
                "headers-once",
                "mixed-content-absent",
                "security-txt",
                "cross-origin-isolation",
                "trace-off",
            ),
            "pass",
        ),
        fronts=FOUR,
    ),
    Scenario(
        "advice-trace",
        GO,
        {"front.trace": True},
        advice={"trace-off": "fail"},
        fronts=("apache",),
        shows=((f"-X TRACE -H 'X-Mark: lamps' {SITE}/", "X-Mark: lamps"),),
    ),
    Scenario(
        "hosts-left-out-are-served",
        NO_GO,
        {"front.unknown": "unnamed"},
        fails={"ambiguous-host-rejected": ""},
        fronts=("haproxy",),
        shows=(
            (f"-H 'Host:' --http1.1 {SITE}/", "Lamps and tables"),
            (f"-H 'Host: evil.test' {SITE}/", "!Lamps and tables"),
        ),
    ),
    Scenario(
        "unknown-host-served-by-h11",
        NO_GO,
        {"front.unknown": "api", "api.trusted_hosts": "*", "api.http": "h11"},
        fails={"unknown-host-rejected": "/api/health"},
        follows=("look-alike-host-rejected", "address-host-rejected", "ambiguous-host-rejected"),
        fronts=("haproxy", "apache"),
    ),
]

CORS = [
    Scenario(
        "cors-dot-unescaped",
        NO_GO,
        {"api.cors_origin_regex": "https://app.example.com"},
        fails={"cors-look-alike-origin-refused": "/api/"},
        shows=(origin_is_read("https://appxexample.com"),),
    ),
    Scenario(
        "cors-reflected",
        NO_GO,
        {"api.cors_origin_regex": "https?://.*"},
        fails={"cors-foreign-origin-refused": "/api/"},
        follows=(
            "cors-look-alike-origin-refused",
            "cors-plain-http-origin-refused",
            "cors-development-origin-refused",
            "cors-subdomain-origin-refused",
        ),
        shows=(origin_is_read("https://evil.test"),),
    ),
    Scenario(
        "cors-null",
        NO_GO,
        {"api.cors_origins": "https://app.example.com,null"},
        fails={"cors-null-origin-refused": "/api/"},
        shows=(origin_is_read("null"),),
    ),
    Scenario(
        "cors-plain-http",
        NO_GO,
        {"api.cors_origins": "https://app.example.com,http://app.example.com"},
        fails={"cors-plain-http-origin-refused": "/api/health"},
        fronts=ONE,
        shows=(origin_is_read(PLAIN),),
    ),
    Scenario(
        "cors-development",
        NO_GO,
        {"api.cors_origins": "https://app.example.com,http://localhost:3000"},
        fails={"cors-development-origin-refused": "/api/health"},
        fronts=ONE,
        shows=(origin_is_read("http://localhost:3000"),),
    ),
    Scenario(
        "cors-subdomains",
        NO_GO,
        {"api.cors_origin_regex": r"https://([a-z0-9-]+\.)*app\.example\.com"},
        fails={"cors-subdomain-origin-refused": "/api/health"},
        fronts=ONE,
        shows=(origin_is_read("https://x7.app.example.com"),),
    ),
    # The names of the domain, and of whoever writes letters before it.
    Scenario(
        "cors-start-open",
        NO_GO,
        {"api.cors_origin_regex": r"https://.*app\.example\.com"},
        fails={"cors-look-alike-origin-refused": "/api/"},
        follows=("cors-subdomain-origin-refused",),
        fronts=ONE,
        shows=(origin_is_read("https://evilapp.example.com"),),
    ),
    Scenario(
        "cors-end-open",
        NO_GO,
        {"api.cors_origin_regex": r"https://app\.example\.com.*"},
        fails={"cors-look-alike-origin-refused": "/api/"},
        fronts=ONE,
        shows=(origin_is_read("https://app.example.com.evil.test"),),
    ),
    Scenario(
        "cors-scheme-open",
        NO_GO,
        {"api.cors_origin_regex": r"https?://app\.example\.com"},
        fails={"cors-plain-http-origin-refused": "/api/health"},
        fronts=ONE,
        shows=(origin_is_read(PLAIN),),
    ),
    Scenario(
        "cors-own-allowed",
        GO,
        {"api.cors_origins": f"{SITE},{SHOP}"},
        origins=(SITE, SHOP),
        fronts=ONE,
        shows=(origin_is_read(SHOP),),
    ),
    Scenario(
        "cors-own-refused",
        NO_GO,
        origins=(SITE, SHOP),
        fails={"cors-own-origin-allowed": "/api/health"},
        fronts=ONE,
        shows=((f"-H 'Origin: {SHOP}' {HEALTH}", "!access-control-allow-origin"),),
    ),
    # Starlette cannot send `*` with credentials, so it names whoever asks.
    Scenario(
        "cors-star-with-credentials",
        NO_GO,
        {"api.cors_origins": "*"},
        fails={"cors-foreign-origin-refused": "/api/"},
        follows=(
            "cors-null-origin-refused",
            "cors-look-alike-origin-refused",
            "cors-plain-http-origin-refused",
            "cors-development-origin-refused",
            "cors-subdomain-origin-refused",
            "cors-wildcard-alone",
        ),
        fronts=ONE,
        shows=(origin_is_read("https://evil.test"),),
    ),
]

SECRETS = [
    Scenario(
        "dotenv-served",
        NO_GO,
        {"front.dotenv": True},
        fails={"secret-file-hidden": "/.env"},
        flags=("-vv",),
        shows=((f"{SITE}/.env", "APP_SECRET="),),
    ),
    Scenario(
        "secrets-in-answers",
        GO,
        {"api.canary": True, "web.canary": True},
        flags=("-vv", "-o", "all"),
        proofs=(proofs.folder_of_reports,),
        paths=("/", "/api/health", "/welcome", "/api/go"),
        shows=((HEALTH, "uthorization: Bearer golivecanary"), (f"{SITE}/welcome", "ocation: /?token=golivecanary")),
    ),
]
