"""Configurations of middleware, and the checks that each is known to fail. What it grants is asked of itself."""

from dataclasses import dataclass, field

SITE = "https://app.example.com"
CONSOLE = "https://console.example.com"
BOTH = [SITE, CONSOLE]

FOREIGN = "cors-foreign-origin-refused"
NULL = "cors-null-origin-refused"
ALIKE = "cors-look-alike-origin-refused"
PLAIN = "cors-plain-http-origin-refused"
DEVELOPMENT = "cors-development-origin-refused"
SUBDOMAIN = "cors-subdomain-origin-refused"
STAR = "cors-wildcard-alone"
VARIES = "cors-varies"
OWN = "cors-own-origin-allowed"

UNKNOWN = "unknown-host-rejected"
LIKE = "look-alike-host-rejected"
ADDRESS = "address-host-rejected"
BACK = "forged-host-not-reflected"
AMBIGUOUS = "ambiguous-host-rejected"


@dataclass(frozen=True)
class Cors:
    name: str
    # Of Starlette's CORSMiddleware, or of npm's cors; by the beginning of the path, where it differs.
    options: dict
    origins: list | None = None  # `cors.origins`
    fails: tuple = ()
    advice: tuple = ()
    credentials: bool = False  # `cors.credentials`
    public: tuple = field(default=())  # `exposure.public`


@dataclass(frozen=True)
class Hosts:
    name: str
    http: str  # uvicorn's implementation
    allowed: tuple  # `allowed_hosts`
    fails: tuple = ()
    trusted: tuple | None = None  # `hosts.trusted`


def everywhere(**options):
    return {"/": options}


STARLETTE = [
    Cors("exact", everywhere(allow_origins=BOTH, allow_credentials=True), BOTH, credentials=True),
    Cors("exact, nothing written", everywhere(allow_origins=[SITE], allow_credentials=True)),
    Cors("none, another promised", everywhere(allow_origins=[SITE]), BOTH, fails=(OWN,)),
    Cors("regex", everywhere(allow_origin_regex=r"https://(app|www)\.example\.com", allow_credentials=True)),
    Cors("unescaped dot", everywhere(allow_origin_regex="https://app.example.com", allow_credentials=True),
         fails=(ALIKE,)),
    Cors("unescaped dot of another", everywhere(allow_origin_regex=r"https://(app\.example\.com|console.example.com)"),
         BOTH, fails=(ALIKE,)),
    Cors("suffix", everywhere(allow_origin_regex=r"https://.*example\.com", allow_credentials=True),
         fails=(ALIKE,), advice=(SUBDOMAIN,)),
    Cors("suffix, written", everywhere(allow_origin_regex=r"https://.*example\.com"), BOTH,
         fails=(ALIKE, SUBDOMAIN)),
    Cors("prefix", everywhere(allow_origin_regex=r"https://app\.example\.com.*", allow_credentials=True),
         fails=(ALIKE,)),
    Cors("prefix, without credentials", everywhere(allow_origin_regex=r"https://app\.example\.com.*"),
         advice=(ALIKE,)),
    Cors("names below", everywhere(allow_origin_regex=r"https://([a-z0-9-]+\.)*example\.com", allow_credentials=True),
         advice=(SUBDOMAIN,)),
    Cors("both schemes", everywhere(allow_origin_regex=r"https?://app\.example\.com", allow_credentials=True),
         fails=(PLAIN,)),
    Cors("null", everywhere(allow_origins=[SITE, "null"], allow_credentials=True), fails=(NULL,)),
    Cors("development", everywhere(allow_origins=[SITE, "http://localhost:3000"], allow_credentials=True),
         fails=(DEVELOPMENT,)),
    Cors("star", everywhere(allow_origins=["*"]), advice=(STAR,)),
    Cors("star, written", everywhere(allow_origins=["*"]), BOTH, fails=(STAR,)),
    # Then it names everybody back.
    Cors("star with credentials", everywhere(allow_origins=["*"], allow_credentials=True),
         fails=(FOREIGN, NULL, ALIKE, PLAIN, DEVELOPMENT), advice=(SUBDOMAIN,)),
    Cors("private network", everywhere(allow_origins=["*"], allow_private_network=True), advice=(FOREIGN, STAR)),
    Cors("by path", {"/api/": {"allow_origins": [SITE]}, "/": {"allow_origin_regex": ".*", "allow_credentials": True}},
         fails=(FOREIGN, NULL, ALIKE, PLAIN, DEVELOPMENT), advice=(SUBDOMAIN,)),
]

# npm's cors: "/…/" is a regular expression.
NPM = [
    Cors("exact", everywhere(origin=BOTH, credentials=True), BOTH, credentials=True),
    # A string is sent to everybody.
    Cors("one", everywhere(origin=SITE, credentials=True)),
    Cors("one of another", everywhere(origin="https://staging.test"), [SITE], fails=(FOREIGN,)),
    Cors("anchored", everywhere(origin=r"/^https:\/\/(app|www)\.example\.com$/", credentials=True)),
    Cors("unescaped dot", everywhere(origin="/^https:\\/\\/app.example.com$/", credentials=True), fails=(ALIKE,)),
    Cors("suffix", everywhere(origin=r"/example\.com$/", credentials=True),
         fails=(ALIKE, PLAIN), advice=(SUBDOMAIN,)),
    Cors("suffix, another promised", everywhere(origin=[SITE, r"/console\.example\.com$/"]), BOTH,
         fails=(ALIKE, PLAIN)),
    Cors("prefix", everywhere(origin=r"/^https:\/\/app\.example\.com/", credentials=True), fails=(ALIKE,)),
    Cors("prefix of localhost", everywhere(origin=[SITE, r"/^http:\/\/localhost/"], credentials=True),
         fails=(ALIKE, DEVELOPMENT)),
    Cors("part", everywhere(origin=r"/example\.com/", credentials=True), fails=(ALIKE, PLAIN), advice=(SUBDOMAIN,)),
    Cors("reflects", everywhere(origin=True, credentials=True),
         fails=(FOREIGN, NULL, ALIKE, PLAIN, DEVELOPMENT), advice=(SUBDOMAIN,)),
    Cors("reflects, without credentials", everywhere(origin=True),
         advice=(FOREIGN, NULL, ALIKE, PLAIN, DEVELOPMENT, SUBDOMAIN)),
    Cors("reflects, meant", everywhere(origin=True, credentials=True), public=("/",)),
    Cors("null", everywhere(origin=[SITE, "null"], credentials=True), fails=(NULL,)),
    Cors("file", everywhere(origin=[SITE, "file://"], credentials=True), fails=(NULL,)),
    Cors("extensions", everywhere(origin=[SITE, "/^chrome-extension:/"], credentials=True), fails=(FOREIGN,)),
    Cors("published by anybody", everywhere(origin=[SITE, "https://codepen.io"], credentials=True), fails=(FOREIGN,)),
    Cors("star", everywhere(origin="*"), advice=(STAR,)),
    # Browsers refuse it.
    Cors("star with credentials", everywhere(origin="*", credentials=True), advice=(STAR,)),
    Cors("by path", {"/api/": {"origin": True}, "/": {"origin": BOTH}}, BOTH, fails=(FOREIGN, NULL, ALIKE, PLAIN, DEVELOPMENT, SUBDOMAIN)),
    Cors("refused", everywhere(origin=False), BOTH, fails=(OWN,)),
]

ALL = (UNKNOWN, LIKE, ADDRESS, BACK, AMBIGUOUS)
HOSTS = [
    Hosts("exact", "h11", ("app.example.com",)),
    # The first of two Hosts counts, and the host of the target does not.
    Hosts("exact", "httptools", ("app.example.com",), fails=(AMBIGUOUS,)),
    Hosts("names below", "h11", ("app.example.com", "*.example.com"), fails=(LIKE,)),
    Hosts("names below, written", "h11", ("app.example.com", "*.example.com"), trusted=("*.example.com",)),
    Hosts("names below", "httptools", ("app.example.com", "*.app.example.com"), fails=(AMBIGUOUS,)),
    Hosts("localhost", "h11", ("app.example.com", "localhost", "127.0.0.1")),
    Hosts("localhost, written", "h11", ("app.example.com", "localhost"), trusted=("app.example.com",), fails=(LIKE,)),
    Hosts("address", "httptools", ("app.example.com", "203.0.113.7"), fails=(ADDRESS, AMBIGUOUS)),
    Hosts("any", "h11", ("*",), fails=ALL),
    Hosts("any", "httptools", ("*",), fails=ALL),
]
