"""A row of the table, and the words to show with curl that a fault or trap is really there."""

from dataclasses import dataclass, field

from deployment import CONTROL4, CONTROL6, SEED
from scan import PATHS

GO, NO_GO, UNPROVEN, INTERRUPTED = 0, 1, 3, 130
ONE = ("caddy",)  # where the front makes no difference
FOUR = ("caddy", "nginx", "haproxy", "apache")

SITE, PLAIN = "https://app.example.com", "http://app.example.com"
HEALTH = f"{SITE}/api/health"
CONTROLS = ("--control", CONTROL4, "--control", CONTROL6)
# Everything that rests on an answer of the site over https: families and checks.
ANSWERS = (
    "certificate",
    "headers",
    "hosts",
    "cookies",
    "cors",
    "exposure",
    "site-answers",
    "https-stays-https",
    "hsts-holds",
    "https-same-everywhere",
    "redirect-keeps-address",
)


LOGIN = """
[[smoke]]
name    = "log in"
login   = true
method  = "POST"
path    = "/api/auth/login"
json    = { email = "${SMOKE_EMAIL}", password = "${SMOKE_PASSWORD}" }
expect  = { status = 200, json = { "$.user.role" = "member" } }
capture = { token = "$.access_token" }
"""
PROFILE = """
[[smoke]]
name    = "read my profile"
path    = "/api/me"
headers = { authorization = "Bearer ${token}" }
expect  = { status = 200, header = { "content-type" = "application/json" }, json = { "$.role" = "member" } }
"""
STEPS = LOGIN + PROFILE
ACCOUNTS = f"""
[secrets]
accounts = [{{ user = "{SEED}", password = "${{SEED_PASSWORD}}" }}]
"""


@dataclass
class Scenario:
    name: str
    exit: int
    changes: dict = field(default_factory=dict)
    # Check → a text, or several: each is in a subject of that status (and no other subject fails).
    fails: dict = field(default_factory=dict)
    unknown: dict = field(default_factory=dict)
    passes: dict = field(default_factory=dict)
    advice: dict = field(default_factory=dict)  # check of the gate `advice` → its status
    follows: tuple = ()  # checks that may fail beside it
    no_pass: tuple = ()  # checks and families that must not say pass
    given: bool = False
    scope: str | None = None
    not_seen: tuple = ()
    flags: tuple = ()
    policy: str = ""  # further lines of golive.toml
    files: dict = field(default_factory=dict)  # of the owner's, beside golive.toml: name → text
    paths: tuple = PATHS  # of golive.toml
    origins: tuple = (SITE,)  # cors.origins of golive.toml
    fronts: tuple = ("caddy", "nginx")
    shows: tuple = ()  # facts: the fault or trap is really there
    proofs: tuple = ()
    interrupt_after: float | None = None


# Facts: what curl is asked, and a text that its answer holds (or, after "!", does not hold). `-i` is always there.


def port(address, number):
    return f"--connect-timeout 0.3 -m 1 http://{f'[{address}]' if ':' in address else address}:{number}/"


def is_open(address, number):
    return port(address, number), "!Failed to connect"


def refused(address, number):
    return port(address, number), "curl: 7"


def reset(address, number):
    return f"-v {port(address, number)}", "reset by peer"


def silent(address, number):
    return port(address, number), "curl: 28"


def origin_is_read(origin):
    return f"-H 'Origin: {origin}' {HEALTH}", f"access-control-allow-origin: {origin}"
