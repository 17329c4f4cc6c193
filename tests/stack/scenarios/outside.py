"""What can be reached, and what can be known from where the scan is made: ports, silence, names."""

import proofs
from deployment import CONTROL4, CONTROL6, HIDDEN4, HOST4, HOST6, ROUTERS
from scenario import (
    ANSWERS,
    CONTROLS,
    GO,
    HEALTH,
    INTERRUPTED,
    NO_GO,
    ONE,
    UNPROVEN,
    Scenario,
    is_open,
    refused,
    silent,
)
from stack import OTHER_RESOLVER

PORTS = [
    Scenario(
        "redis-open-on-ipv6",
        NO_GO,
        {"redis.bind": "0.0.0.0 ::", "firewall.allow6": (6379,)},
        fails={"datastore-port-closed": f"6379/tcp {HOST6}"},
        follows=("families-agree",),
        shows=(refused(HOST4, 6379), is_open(HOST6, 6379)),
    ),
    Scenario(
        "redis-open-without-password",
        NO_GO,
        {"redis.bind": "0.0.0.0 ::", "redis.password": False, "redis.protected": False, "firewall.mode": "none"},
        fails={"datastore-port-closed": "6379/tcp", "datastore-asks-password": "6379/tcp"},
        fronts=ONE,
        shows=(is_open(HOST4, 6379), is_open(HOST6, 6379)),
    ),
    Scenario(
        "redis-open-protected",
        NO_GO,
        {"redis.bind": "0.0.0.0 ::", "redis.password": False, "firewall.mode": "none"},
        fails={"datastore-port-closed": "6379/tcp"},
        fronts=ONE,
        shows=(is_open(HOST4, 6379), is_open(HOST6, 6379)),
    ),
    Scenario(
        "postgres-open",
        NO_GO,
        {"postgres.listen": "*", "firewall.allow4": (5432,), "firewall.allow6": (5432,)},
        fails={"datastore-port-closed": "5432/tcp"},
        shows=(is_open(HOST4, 5432), is_open(HOST6, 5432)),
    ),
    Scenario(
        "api-open",
        NO_GO,
        {"api.listen": "0.0.0.0", "firewall.allow4": (8000,)},
        fails={"app-port-closed": f"8000/tcp {HOST4}"},
        follows=("families-agree",),
        shows=(is_open(HOST4, 8000), refused(HOST6, 8000)),
    ),
    Scenario(
        "console-open-on-ipv6",
        NO_GO,
        {"console.kind": "listener", "firewall.allow6": (9000,)},
        fails={"only-expected-ports-open": f"9000/tcp {HOST6}"},
        follows=("families-agree",),
        fronts=ONE,
        shows=(refused(HOST4, 9000), is_open(HOST6, 9000)),
    ),
    Scenario(
        "network-without-origin",
        UNPROVEN,
        {"front.network": True},
        unknown={"origin-known": ""},
        fronts=ONE,
    ),
    Scenario(
        "network-passed-by",
        NO_GO,
        {"front.network": True},
        flags=("--origin", HIDDEN4),
        fails={"origin-refuses-world": HIDDEN4},
        fronts=ONE,
        shows=((f"--connect-to ::{HIDDEN4} {HEALTH}", "HTTP/"),),
    ),
    Scenario(
        "ipv6-dead",
        NO_GO,
        {"firewall.drop6": (80, 443, 3000, 8000, 5432, 6379)},
        fails={"web-ports-open": f"443/tcp {HOST6}"},
        flags=CONTROLS,
        shows=(silent(HOST6, 443), is_open(HOST4, 443), is_open(CONTROL6, 6379)),
    ),
]

# Routers that do not answer prove nothing: what is said of silence then rests on the control or the owner's word.
UNPROVABLE = {"firewall.mode": "drop", "routers.silent": ROUTERS}
SILENCE = [
    Scenario(
        "silent-proven",
        GO,
        {"firewall.mode": "drop"},
        shows=(silent(HOST4, 6379), silent(HOST6, 5432)),
    ),
    Scenario(
        "silent-unproven",
        UNPROVEN,
        UNPROVABLE,
        unknown={"egress-proven": ""},
        shows=(silent(HOST4, 6379), silent(HOST6, 5432)),
    ),
    Scenario(
        "silent-control",
        GO,
        UNPROVABLE,
        flags=CONTROLS,
        shows=(silent(HOST4, 6379), is_open(CONTROL4, 6379), is_open(CONTROL6, 8000)),
    ),
    Scenario(
        "silent-control-of-one-family",
        UNPROVEN,
        UNPROVABLE,
        flags=CONTROLS[:2],
        fronts=ONE,
        unknown={"datastore-port-closed": HOST6},
    ),
    Scenario(
        "silent-control-does-not-listen",
        UNPROVEN,
        UNPROVABLE,
        flags=("--control", "203.0.113.1", "--control", "2001:db8::1"),
        fronts=ONE,
        unknown={"egress-proven": (HOST4, HOST6)},
    ),
    Scenario("silent-declared", GO, UNPROVABLE, flags=("--assume-egress",), given=True),
    Scenario(
        "silent-interrupted",
        INTERRUPTED,
        UNPROVABLE,
        interrupt_after=0.3,
        fronts=ONE,
        proofs=(proofs.interrupted_at_other_moments,),
        unknown={"datastore-port-closed": ""},
    ),
]

DOWN = [
    Scenario(
        "front-stopped",
        NO_GO,
        {"front.kind": "none"},
        fails={"web-ports-open": "443/tcp"},
        no_pass=ANSWERS,
        fronts=ONE,
        shows=(refused(HOST4, 443), refused(HOST6, 80)),
    ),
    # The refused ports show that the network works, so the silence is the site's.
    Scenario(
        "front-silent",
        NO_GO,
        {"firewall.drop4": (80, 443), "firewall.drop6": (80, 443)},
        fails={"web-ports-open": "443/tcp"},
        no_pass=(*ANSWERS, "http-redirects-to-https"),
        fronts=ONE,
        unknown={"site-answers": ""},
        shows=(silent(HOST4, 443), silent(HOST6, 80)),
    ),
    # Nothing at all is heard: that may as well be this side's fault.
    Scenario(
        "host-silent",
        UNPROVEN,
        {"firewall.mode": "drop", "firewall.drop4": (22, 80, 443), "firewall.drop6": (22, 80, 443)},
        no_pass=(*ANSWERS, "ports", "http-redirects-to-https"),
        fronts=ONE,
        unknown={"families-covered": "", "site-answers": "", "datastore-port-closed": ""},
        shows=(silent(HOST4, 443), silent(HOST6, 22)),
    ),
    Scenario(
        "api-stopped", NO_GO, {"api.running": False}, fails={"site-answers": "/api/health"}, shows=((HEALTH, " 502"),)
    ),
]

NAMES = [
    Scenario(
        "resolver-servfail",
        UNPROVEN,
        {"names.answer": "servfail"},
        unknown={"names-resolve": ""},
        no_pass=ANSWERS,
        fronts=ONE,
        shows=((HEALTH, "curl: 6"),),
    ),
    Scenario(
        "resolver-silent",
        UNPROVEN,
        {"names.answer": "silent"},
        unknown={"names-resolve": ""},
        no_pass=ANSWERS,
        fronts=ONE,
    ),
    Scenario("resolver-named", GO, {"names.answer": "silent"}, flags=("--dns-servers", OTHER_RESOLVER), fronts=ONE),
    Scenario(
        "site-name-missing",
        NO_GO,
        {"names.missing": ("app.example.com",)},
        fails={"names-resolve": "app.example.com"},
        follows=("cors-own-origin-allowed",),  # of the alias, which only leads to a name that is not there
        fronts=ONE,
        shows=((HEALTH, "curl: 6"),),
    ),
    Scenario(
        "alias-name-missing",
        NO_GO,
        {"names.missing": ("www.example.com",)},
        fails={"names-resolve": "www.example.com"},
        fronts=ONE,
        shows=(("https://www.example.com/", "curl: 6"),),
    ),
    Scenario(
        "second-address-dead",
        NO_GO,
        {"names.also": ("203.0.113.8",)},
        fails={"web-ports-open": "203.0.113.8"},
        fronts=ONE,
    ),
    Scenario(
        "scanner-without-ipv6",
        UNPROVEN,
        {"scanner.ipv6": "none"},
        unknown={"families-covered": ""},
        fronts=ONE,
        shows=((f"-6 {HEALTH}", "curl: 7"),),
    ),
    Scenario("scanner-asks-ipv4-alone", GO, {"scanner.ipv6": "none"}, flags=("-4",), scope="IPv4 only", fronts=ONE),
]
