"""What a deployment is made of. The defaults are a sound one; a scenario changes a field or two.

Every part is frozen, so that "has it changed?" is `==` and only what changed is started again.
"""

from dataclasses import dataclass, field, fields, replace

SITE = "app.example.com"
ALIAS = "www.example.com"

# Documentation prefixes (RFC 5737, RFC 3849, RFC 9637): nothing here is private, and nothing is anybody's.
HOST4, HOST6 = "203.0.113.7", "2001:db8::7"
HIDDEN4 = "203.0.113.9"  # the host's too, and no name leads there
CONTROL4, CONTROL6 = "203.0.113.250", "2001:db8::250"
SCAN4, SCAN6 = "198.51.100.20", "2001:db8:5::20"
HOME4, HOME6 = "192.168.1.20", "fd00:1::20"
CONTAINER4, CONTAINER6 = "172.17.0.2", "fd00:17::2"
BRIDGE4, BRIDGE6 = "172.17.0.1", "fd00:17::1"  # of the host, towards the container
LOST4, LOST6 = "198.51.100.70", "2001:db8:6::70"  # r2 knows no way to them
LOOP4, LOOP6 = "198.51.100.100", "2001:db8:7::100"  # r1 and r2 send them to each other

ROUTERS = ("r1", "r2", "r3")
GUARDED_PORTS = (3000, 8000, 5432, 6379)

# Every secret begins with this word, so that a report which holds one is found by searching for it.
CANARY = "golivecanary"
MEMBER, PASSWORD = f"{CANARY}.member@example.com", f"{CANARY}-correct-horse"
SEED, SEED_PASSWORD = "admin@example.com", f"{CANARY}-seed"


@dataclass(frozen=True)
class Firewall:
    mode: str = "refuse"  # refuse (RST) | reject, prohibit (ICMP) | drop | none
    allow4: tuple = ()  # further ports let in, by family: the gap between Docker and ufw
    allow6: tuple = ()
    drop4: tuple = ()  # ports that are silent whatever the mode
    drop6: tuple = ()
    quic: bool = True  # UDP 443 is let in
    hidden: bool = True  # 80 and 443 are let in at the address that no name leads to


@dataclass(frozen=True)
class Front:
    kind: str = "caddy"  # caddy | nginx | haproxy | apache | none (nothing listens on 80 and 443)
    certificate: str = "sound"  # a name in authority.py
    # same-host | fixed-name | port-said (and :443) | found (302) | dropped (no answer) | forbidden (403) | none |
    # gap (/api/health answers on :80)
    redirect: str = "same-host"
    # Other names: closed | empty (200 without content) | refused (403) | misdirected (421) | redirected (to the site) |
    # unanswered (haproxy: 503) | unnamed (haproxy: whoever names no host is let in) | welcome (the package's page) |
    # blog (another site) | api (it decides) | internal (nginx: a certificate with a name of the inside)
    unknown: str = "closed"
    alias: str = "redirects"  # the www name: redirects | serves
    headers: str = "page"  # page (the API sends its own) | everywhere (both send them) | not-on-404
    fields: tuple = ()  # (name, value) pairs in place of the usual ones; without a value it is not sent
    hsts: str = "max-age=31536000; includeSubDomains"
    http2: bool = True
    staple: str = ""  # an OCSP response (nginx): "" (none) | good | revoked
    network: bool = False  # every answer has the field of a content delivery network
    apex: bool = False  # example.com has a certificate and leads to the site
    # After some requests (nginx): "" (none) | 503, 429 (nginx's own; 429 haproxy's too) | a page that asks:
    # page (200) | 403 | challenge (403, and a field that says so) | login (429 to the second who signs in)
    limit: str = ""
    wall: bool = False  # a password before everything (nginx)
    dotenv: bool = False  # /.env lies in a folder that is served
    files: str = "served"  # /static/: "" (not here) | served | listed | slip (nginx: the location lacks its slash)
    cache: bool = False  # pages are kept for everybody, with their cookies (nginx, apache)
    trace: bool = False  # TRACE is answered (apache)
    more: str = ""  # lines of its own language, in the block of the site


@dataclass(frozen=True)
class Api:
    """FastAPI on 8000; the names are the environment variables of the application."""

    listen: str = "127.0.0.1"
    http: str = "httptools"  # or h11
    proxy_headers: bool = True
    trusted_hosts: str = f"{SITE},{ALIAS}"
    cors_origins: str = f"https://{SITE}"
    cors_origin_regex: str = ""
    cookie_secure: bool = True
    cookie_http_only: bool = True
    cookie_same_site: str = "lax"
    cookie_domain: str = SITE
    cookies: tuple = ()  # further lines of Set-Cookie, of /api/health
    fields: tuple = ()  # (name, value) pairs in place of the usual ones; without a value it is not sent
    session_secret: str = ""  # of Starlette's SessionMiddleware; random unless said
    token_secret: str = ""  # of PyJWT; random unless said
    member: bool = True  # whose account is there
    seed: bool = False  # an account of the tutorial's is there too
    websocket: str = "own"  # /ws is for: own (pages, signed in) | signed-in (from any page) | anybody
    profile_cache: str = ""  # Cache-Control of /api/me
    guarded: bool = True  # /api/admin asks who it is
    docs: bool = False
    debug: bool = False
    canary: bool = False  # secrets where a careless recorder would keep them
    running: bool = True


@dataclass(frozen=True)
class Web:
    """The web application on 3000."""

    # rendered | spa (200 and the same page for every path) | loose (rendered; /ADMIN and //admin are /admin) |
    # next (a build of Next.js)
    kind: str = "rendered"
    varies: bool = True  # a nonce and the time in every page
    canonical: str = "fixed"  # fixed | forwarded (believes X-Forwarded-Host)
    guard: str = (
        "login"  # of /admin: login (leads there) | forbidden (403) | subrequest (but for Next.js itself) | none
    )
    fields: tuple = ()  # (name, value) pairs, in place of its own or beside them
    cookies: tuple = ()  # further lines of Set-Cookie
    body: str = ""  # more HTML in every page
    also: tuple = ()  # (path, media type, content) triples, served as they are
    canary: bool = False


@dataclass(frozen=True)
class Redis:
    bind: str = "127.0.0.1 ::1"
    password: bool = True
    protected: bool = True


@dataclass(frozen=True)
class Postgres:
    listen: str = "127.0.0.1"
    password: bool = True


@dataclass(frozen=True)
class Console:
    """Some tool of the owner's on 9000."""

    kind: str = ""  # listener (accepts, at the host's addresses) | folder (python -m http.server, on loopback)


@dataclass(frozen=True)
class Names:
    """What the resolver of the scanner says."""

    answer: str = "records"  # records | servfail | silent
    missing: tuple = ()  # names that do not exist
    aaaa: bool = True
    also: tuple = ()  # further addresses of the site
    apex: bool = False  # example.com leads to the site as well
    zone: str = ""  # its name server: "" (none is known) | agrees | differs
    caa: str = ""  # who may issue


@dataclass(frozen=True)
class Scanner:
    # routed | none (no route) | unreachable, prohibit, blackhole (a route that says so) | dead-gateway; IPv6: disabled
    ipv4: str = "routed"
    ipv6: str = "routed"
    home: bool = False  # private addresses, which the first router masquerades


@dataclass(frozen=True)
class Rule:
    """A filter between scanner and host."""

    room: str  # scan | r1 | r2 | r3
    chain: str  # output (of the scanner) | prerouting | forward
    verdict: str  # drop | reset | prohibited | unreachable
    ports: tuple = GUARDED_PORTS
    family: str = "both"  # both | ipv4 | ipv6


@dataclass(frozen=True)
class Routers:
    """Those between scanner and host, and the scanner's own filter."""

    rules: tuple = ()
    silent: tuple = ()  # routers that send no ICMP errors
    limits: bool = False  # ICMP errors rate-limited as Linux does by default


@dataclass(frozen=True)
class Container:
    """Behind the host, as Docker publishes ports: one hop deeper. What comes for 443 it hands to the host's front."""

    published: tuple = ()
    dropped: bool = False  # by the host, on the way in


@dataclass(frozen=True)
class Impostor:
    """Who answers in place of the host."""

    # synproxy (on r3) | closer, tarpit (on the host) | local (r1 ends web connections)
    kind: str = ""
    family: str = "both"  # both | ipv4 | ipv6
    spares: tuple = (22, 80, 443)  # of closer and tarpit


@dataclass(frozen=True)
class Deployment:
    firewall: Firewall = field(default_factory=Firewall)
    front: Front = field(default_factory=Front)
    api: Api = field(default_factory=Api)
    web: Web = field(default_factory=Web)
    redis: Redis = field(default_factory=Redis)
    postgres: Postgres = field(default_factory=Postgres)
    console: Console = field(default_factory=Console)
    names: Names = field(default_factory=Names)
    scanner: Scanner = field(default_factory=Scanner)
    routers: Routers = field(default_factory=Routers)
    container: Container = field(default_factory=Container)
    impostor: Impostor = field(default_factory=Impostor)

    def changed(self, changes: dict) -> "Deployment":
        """`{"front.certificate": "expired"}` → this deployment with that certificate."""
        now = self
        for key, value in changes.items():
            part, name = key.split(".")
            now = replace(now, **{part: replace(getattr(now, part), **{name: value})})
        return now

    def parts(self):
        return ((f.name, getattr(self, f.name)) for f in fields(self))
