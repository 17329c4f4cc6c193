"""What is sound, and what looks wrong but is not: all of it must be GO."""

import proofs
from deployment import HOST4, HOST6
from scenario import GO, HEALTH, ONE, PLAIN, SITE, Scenario, refused

SOUND = [
    Scenario(
        "sound",
        GO,
        proofs=(proofs.again_offline, proofs.under_another_policy, proofs.twice_the_same_findings),
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
    Scenario("sound-rejecting", GO, {"firewall.mode": "reject"}, shows=(refused(HOST4, 6379),)),
    Scenario(
        "sound-without-firewall",
        GO,
        {"firewall.mode": "none"},
        fronts=ONE,
        shows=(refused(HOST4, 6379), refused(HOST6, 5432)),
    ),
    Scenario("sound-without-ipv6", GO, {"names.aaaa": False}, not_seen=("IPv6",), fronts=ONE),
]

TRAPS = [
    Scenario(
        "trap-redirect-to-fixed-name",
        GO,
        {"front.redirect": "fixed-name"},
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
]
