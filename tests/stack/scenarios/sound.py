"""What is sound, and what looks wrong but is not: GO where all of it is seen, and never NO-GO."""

import proofs
import seen
from deployment import HIDDEN4, HOST4, HOST6
from scenario import FOUR, GO, HEALTH, ONE, PLAIN, SITE, UNPROVEN, Scenario, refused

NGINX = ("nginx",)

SOUND = [
    Scenario(
        "sound",
        GO,
        proofs=(proofs.again_offline, proofs.under_another_policy, proofs.twice_the_same_findings),
        fronts=FOUR,
        shows=(
            (f"-I {HEALTH}", " 405"),
            (f"-X OPTIONS -H 'Origin: https://evil.test' -H 'Access-Control-Request-Method: GET' {HEALTH}", " 400"),
            (f"{PLAIN}/a?b=c", f"Location: {SITE}/a?b=c"),
            (f"-H 'Host: evil.test' {PLAIN}/", "Location: https://evil.test/"),
            (f"-H 'Host: APP.example.com:443' {SITE}/", " 200"),
            ("https://www.example.com/", f"location: {SITE}/"),
        ),
    ),
    Scenario("sound-steady", GO, {"web.varies": False}, proofs=(proofs.twice_the_same,), fronts=ONE),
    Scenario(
        "sound-counted",
        GO,
        {"front.unknown": "empty"},
        proofs=(seen.plan_is_what_is_seen,),
        policy=seen.NAMED_PORTS,
        fronts=NGINX,
    ),
    Scenario("sound-rejecting", GO, {"firewall.mode": "reject"}, shows=(refused(HOST4, 6379),)),
    Scenario(
        "sound-without-firewall",
        GO,
        {"firewall.mode": "none"},
        fronts=ONE,
        shows=(refused(HOST4, 6379), refused(HOST6, 5432)),
    ),
    Scenario(
        "sound-advice",
        GO,
        {"names.zone": "agrees", "names.caa": "letsencrypt.org"},
        advice=dict.fromkeys(
            (
                "hsts-covers-subdomains",
                "hsts-covers-aliases",
                "http2-offered",
                "http3-works",
                "protocols-agree",
                "default-certificate-discreet",
                "dns-agrees",
                "caa-restricts-issuance",
            ),
            "pass",
        ),
        fronts=ONE,
    ),
    Scenario(
        "sound-apex",
        GO,
        {"names.apex": True, "front.apex": True, "front.certificate": "with-apex"},
        advice={"alias-secured": "pass"},
        fronts=ONE,
    ),
    Scenario(
        "sound-stapled",
        GO,
        {"front.certificate": "stapled", "front.staple": "good"},
        passes={"certificate-not-revoked": ""},
        fronts=NGINX,
    ),
    Scenario(
        "sound-behind-a-network",
        GO,
        {"front.network": True, "firewall.hidden": False},
        flags=("--origin", HIDDEN4),
        passes={"origin-known": "", "origin-refuses-world": HIDDEN4, "only-expected-ports-open": HIDDEN4},
        fronts=ONE,
        shows=((HEALTH, "cf-ray"), (f"--connect-to ::{HIDDEN4} {HEALTH}", "curl: 7")),
    ),
    Scenario("sound-without-ipv6", GO, {"names.aaaa": False}, not_seen=("IPv6",), fronts=ONE),
]

TRAPS = [
    Scenario(
        "trap-http3-shut-out",
        GO,
        {"firewall.quic": False},
        advice={"http3-works": "unknown"},
        fronts=ONE,
        shows=((HEALTH, "alt-svc: h3"),),
    ),
    Scenario(
        "trap-redirect-to-fixed-name",
        GO,
        {"front.redirect": "fixed-name"},
        advice={"redirect-host-fixed": "pass"},
        shows=((f"-H 'Host: evil.test' {PLAIN}/", f"Location: {SITE}/"),),
    ),
    Scenario("trap-redirect-found", GO, {"front.redirect": "found"}, shows=((f"{PLAIN}/", " 302"),)),
    Scenario(
        "trap-unknown-name-empty-200",
        GO,
        {"front.unknown": "empty"},
        shows=((f"-H 'Host: evil.test' {SITE}/", " 200"), (f"-k https://{HOST4}/", " 200")),
    ),
    Scenario(
        "trap-unknown-name-refused-by-api",
        GO,
        {"front.unknown": "api"},
        shows=((f"-H 'Host: evil.test' {HEALTH}", "Invalid host header"),),
    ),
    Scenario(
        "trap-headers-twice", GO, {"front.headers": "everywhere"}, shows=((HEALTH, "nosniff\r\nx-frame-options: DENY"),)
    ),
    Scenario("trap-single-page", GO, {"web.kind": "spa"}, shows=((f"{SITE}/.env", " 200"),)),
    # A browser ignores the Domain of the API's cookie there; it is within the written one all the same.
    Scenario(
        "trap-alias-serves",
        GO,
        {"front.alias": "serves"},
        shows=(("https://www.example.com/api/health", "domain=app.example.com"),),
    ),
    Scenario(
        "trap-unknown-name-gets-another-site",
        GO,
        {"front.unknown": "blog"},
        shows=(
            (f"-H 'Host: evil.test' {SITE}/", "Bamberg"),
            (f"-k https://{HOST4}/", "referrer-policy: strict-origin-when-cross-origin"),
        ),
    ),
    Scenario(
        "trap-password-before-everything",
        GO,
        {"front.wall": True, "front.headers": "everywhere"},
        fronts=NGINX,
        not_seen=("what it shows after signing in",),
        shows=((f"{SITE}/", " 401"), (HEALTH, " 401")),
    ),
]

# What is asked after the limit is met is unknown: neither a fault nor a pass.
REFUSED = {"secret-file-hidden": f"{SITE}/.env", "unknown-host-rejected": f"{SITE}/"}
LIMITS = [
    Scenario(
        "limit-says-503",
        UNPROVEN,
        {"front.limit": "503"},
        unknown=REFUSED,
        fronts=NGINX,
    ),
    Scenario(
        "limit-says-503-to-visits",
        UNPROVEN,
        {"front.limit": "503", "front.redirect": "fixed-name"},  # started anew: the first one is spent
        paths=("/", "/api/health", "/api/items/", *(f"/?page={n}" for n in range(1, 20))),
        unknown=REFUSED | {"site-answers": ""},
        fronts=NGINX,
    ),
    Scenario(
        "limit-shows-a-page",
        UNPROVEN,
        {"front.limit": "page"},
        unknown=REFUSED,
        fronts=NGINX,
    ),
    Scenario("limit-says-429", UNPROVEN, {"front.limit": "429"}, unknown=REFUSED, fronts=("nginx", "haproxy")),
    Scenario("limit-forbids", UNPROVEN, {"front.limit": "403"}, unknown=REFUSED, fronts=NGINX),
    Scenario("limit-challenges", UNPROVEN, {"front.limit": "challenge"}, unknown=REFUSED, fronts=NGINX),
]
