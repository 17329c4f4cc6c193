"""What only shows after signing in: steps, sessions, tokens, WebSockets, seed accounts."""

import proofs
import seen
from deployment import CANARY, MEMBER, PASSWORD, SEED, SEED_PASSWORD
from scenario import ACCOUNTS, FOUR, GO, HEALTH, LOGIN, NO_GO, ONE, SITE, STEPS, UNPROVEN, Scenario

LIVE = """
[exposure]
websockets = ["/ws"]
guarded = ["/admin", "/api/admin"]
"""
EVERYTHING = LIVE + ACCOUNTS + STEPS
# Nothing of these may be left out.
REQUIRED = """
[gate]
require = ["token-secret-unguessed", "default-credentials-refused", "websocket-origin-checked", "guarded-path-refused",
           "smoke-step-passes"]
"""
FAILING = """
[[smoke]]
name   = "look at what fails"
path   = "/api/fail"
expect = { status = 500 }
"""


def sign_in(email, password):
    return f"""--json '{{"email": "{email}", "password": "{password}"}}' {SITE}/api/auth/login"""


def with_expectation(text):
    return STEPS.replace('json = { "$.role" = "member" }', text)


STEPS_WALKED = [
    Scenario(
        "steps-sound",
        GO,
        flags=("-vv", "-o", "all"),
        policy=EVERYTHING + REQUIRED,
        passes={
            "smoke-step-passes": ("log in", "read my profile"),
            "token-secret-unguessed": "",
            "default-credentials-refused": "",
            "websocket-origin-checked": "/ws",
            "guarded-path-refused": ("/admin", "/api/admin"),
            "cookie-secure": "signed_in",
        },
        proofs=(proofs.again_offline, proofs.folder_of_reports),
        fronts=FOUR,
        shows=(
            (sign_in(MEMBER, PASSWORD), "set-cookie: signed_in="),
            (sign_in(SEED, SEED_PASSWORD), " 401"),
            (f"{SITE}/api/me", " 401"),
            (f"{SITE}/api/admin", " 401"),
            (f"{SITE}/admin", "ocation: /login"),
        ),
    ),
    Scenario(
        "steps-counted",
        GO,
        {"front.unknown": "empty"},
        proofs=(seen.plan_is_what_is_seen,),
        policy=EVERYTHING + seen.NAMED_PORTS,
        fronts=("nginx",),
    ),
    Scenario(
        "steps-not-signed-in",
        NO_GO,
        {"api.member": False},
        fails={"smoke-step-passes": ""},
        unknown={"default-credentials-refused": ""},
        policy=EVERYTHING,
        fronts=ONE,
        shows=((sign_in(MEMBER, PASSWORD), " 401"),),
    ),
    Scenario(
        "steps-another-role",
        NO_GO,
        policy=with_expectation('json = { "$.role" = "owner" }'),
        fails={"smoke-step-passes": "read my profile"},
        fronts=ONE,
    ),
    Scenario(
        "steps-another-media-type",
        NO_GO,
        policy=STEPS.replace('"application/json"', '"text/html"'),
        fails={"smoke-step-passes": "read my profile"},
        fronts=ONE,
    ),
    Scenario(
        "steps-other-words",
        NO_GO,
        policy=with_expectation('body = "no such words"'),
        fails={"smoke-step-passes": "read my profile"},
        fronts=ONE,
    ),
    Scenario(
        "steps-too-slow",
        NO_GO,
        policy=with_expectation('within = "1ms"'),
        fails={"smoke-step-passes": "read my profile"},
        fronts=ONE,
    ),
    Scenario(
        "seed-account-works",
        NO_GO,
        {"api.seed": True},
        policy=EVERYTHING,
        fails={"default-credentials-refused": ""},
        shows=((sign_in(SEED, SEED_PASSWORD), "access_token"),),
    ),
    # No CORS middleware sees an upgrade.
    Scenario(
        "websocket-for-every-page",
        NO_GO,
        {"api.websocket": "signed-in", "api.cookie_same_site": "none"},
        policy=EVERYTHING,
        fails={"websocket-origin-checked": "/ws"},
        fronts=FOUR,
        shows=((sign_in(MEMBER, PASSWORD), "samesite=none"),),
    ),
    Scenario(
        "session-secret-is-a-placeholder",
        NO_GO,
        {"api.session_secret": "REPLACE_ME"},
        policy=STEPS,
        fails={"token-secret-unguessed": "signed_in"},
    ),
    Scenario(
        "token-secret-is-a-placeholder",
        NO_GO,
        {"api.token_secret": "REPLACE_ME"},
        policy=STEPS,
        fails={"token-secret-unguessed": "access_token"},
        fronts=ONE,
    ),
    Scenario(
        "token-secret-is-of-the-example",
        NO_GO,
        {"api.token_secret": f"{CANARY}-of-the-example-0f3b"},
        flags=("--candidates", ".env.example"),
        files={".env.example": f"# copy me to .env\nTOKEN_SECRET={CANARY}-of-the-example-0f3b\n"},
        policy=STEPS,
        fails={"token-secret-unguessed": "access_token"},
        fronts=ONE,
    ),
    Scenario(
        "profile-kept-by-everybody",
        NO_GO,
        {"api.profile_cache": "public, max-age=60"},
        policy=STEPS,
        fails={"session-not-cached": "read my profile"},
        fronts=ONE,
    ),
    Scenario(
        "errors-without-headers",
        NO_GO,
        policy=FAILING,
        fails={"headers-on-errors": "look at what fails"},
        follows=("content-type-options",),
        fronts=ONE,
        shows=((f"{SITE}/api/fail", " 500"), (f"{SITE}/api/fail", "!x-content-type-options")),
    ),
]

STEPS_TRAPS = [
    Scenario(
        "trap-websocket-for-anybody",
        GO,
        {"api.websocket": "anybody"},
        policy=EVERYTHING,
        passes={"websocket-origin-checked": "/ws"},
        fronts=ONE,
    ),
    # No browser sends these cookies with another site's page (RFC 6265bis §5.2).
    Scenario(
        "trap-websocket-for-cookies-of-this-site",
        GO,
        {"api.websocket": "signed-in"},
        policy=EVERYTHING,
        passes={"websocket-origin-checked": "/ws"},
        fronts=ONE,
    ),
    Scenario(
        "trap-profile-kept-by-the-browser",
        GO,
        {"api.profile_cache": "private, max-age=60"},
        policy=STEPS,
        fronts=ONE,
    ),
    # What is kept for everybody holds nothing of anybody.
    Scenario(
        "trap-step-kept-by-everybody-is-public",
        GO,
        {"front.more": "header /api/items/ Cache-Control `public, max-age=60`"},
        policy=LOGIN
        + '\n[[smoke]]\nname = "items"\npath = "/api/items/"\nheaders = { authorization = "Bearer ${token}" }\n',
        fronts=ONE,
        shows=((f"{SITE}/api/items/", "public, max-age=60"),),
    ),
    Scenario(
        "trap-step-status-of-a-list",
        GO,
        policy='\n[[smoke]]\nname = "profile of nobody"\npath = "/api/me"\nexpect = { status = [401, 403] }\n',
        passes={"smoke-step-passes": "profile of nobody"},
        fronts=ONE,
    ),
    Scenario(
        "trap-step-is-led-on",
        GO,
        policy='\n[[smoke]]\nname = "items without the slash"\npath = "/api/items"\nexpect = { status = 200, json = '
        '{ "$[0].name" = "lamp" } }\n',
        passes={"smoke-step-passes": "items without the slash"},
        shows=((f"{SITE}/api/items", " 307"),),
    ),
    Scenario("trap-h11", GO, {"api.http": "h11"}, policy=STEPS, fronts=ONE, shows=((HEALTH, " 200"),)),
]

# A limit that is met half way: what comes after it proves nothing.
STEPS_LIMITED = [
    Scenario(
        "limit-says-429-to-accounts",
        UNPROVEN,
        {"front.limit": "login"},
        policy=EVERYTHING,
        unknown={"default-credentials-refused": ""},
        fronts=("nginx",),
    ),
]
