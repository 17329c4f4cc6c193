"""The way between scanner and host: each row of what a connection attempt can meet there, over both families.

Only what judges the way is asked: a row costs a second or two, and the rest of the table asks everything else.
"""

from deployment import GUARDED_PORTS, HOST4, HOST6, LOOP4, LOOP6, LOST4, LOST6, ROUTERS, Rule
from scenario import GO, NO_GO, ONE, UNPROVEN, Scenario, is_open, refused, reset, silent

WAY = ("--only", "vantage,ports")
QUICK = '\n[ports]\nsweep = "off"\n'


def row(name, exit, changes=None, policy="", flags=(), **expected):
    return Scenario(
        name,
        exit,
        changes or {},
        flags=(*WAY, *flags),
        policy=QUICK + policy,
        scope="only vantage ports",
        fronts=ONE,
        **expected,
    )


def filtered(*rules, **more):
    return {"routers.rules": rules} | more


def on_both(port):
    return f"{port}/tcp {HOST4}", f"{port}/tcp {HOST6}"


PORTS = tuple(subject for port in GUARDED_PORTS for subject in on_both(port))
DROP = {"firewall.mode": "drop"}
EVERYTHING_ELSE = ("0-21", "23-79", "81-442", "444-65535")
PROVEN = {"passes": {"egress-proven": PORTS}}
NOT_PROVEN = {"unknown": {"egress-proven": PORTS, "datastore-port-closed": PORTS[4:], "app-port-closed": PORTS[:4]}}

# What a connection attempt says, and who can have said it.
ANSWERS = [
    row("answer-prohibited-by-host", GO, {"firewall.mode": "prohibit"}, passes={"datastore-port-closed": PORTS[4:]}),
    row(
        "answer-unreachable-from-the-edge",
        UNPROVEN,
        filtered(Rule("r3", "forward", "unreachable")),
        unknown={"datastore-port-closed": PORTS[4:]},
    ),
    row(
        "answer-neighbour-is-dead",
        NO_GO,
        {"names.also": ("203.0.113.8", "2001:db8::8")},
        fails={"web-ports-open": ("203.0.113.8", "2001:db8::8")},
        unknown={"datastore-port-closed": ("203.0.113.8", "2001:db8::8")},
    ),
    row(
        "answer-no-way-there",
        NO_GO,
        {"names.also": (LOST4, LOST6)},
        fails={"web-ports-open": (LOST4, LOST6)},
        unknown={"datastore-port-closed": (LOST4, LOST6)},
    ),
    row(
        "answer-routing-loop",
        NO_GO,
        {"names.also": (LOOP4, LOOP6)},
        fails={"web-ports-open": (LOOP4, LOOP6)},
        unknown={"datastore-port-closed": (LOOP4, LOOP6)},
    ),
]

# A family that this machine cannot use is not covered, whatever its routes say.
ROUTES = [
    row(
        f"route-{kind}-{family}",
        UNPROVEN,
        {f"scanner.{family}": kind},
        unknown={"families-covered": host, "datastore-port-closed": host},
        passes={"families-covered": other},
    )
    for family, host, other in (("ipv4", HOST4, HOST6), ("ipv6", HOST6, HOST4))
    for kind in ("none", "unreachable", "prohibit", "blackhole", "dead-gateway", "disabled")
    if (family, kind) != ("ipv4", "disabled")
]

# Silence: closed only when our packets are seen to come as far as the host's last router.
SILENCE = [
    row("silent-behind-host", GO, DROP, **PROVEN),
    row("silent-behind-edge", GO, filtered(Rule("r3", "forward", "drop")), **PROVEN),
    row("silent-behind-provider", UNPROVEN, filtered(Rule("r2", "forward", "drop")), **NOT_PROVEN),
    row("silent-one-router-silent", GO, DROP | {"routers.silent": ("r2",)}, **PROVEN),
    row("silent-far-routers-silent", UNPROVEN, DROP | {"routers.silent": ("r2", "r3")}, **NOT_PROVEN),
    row("silent-last-router-silent", UNPROVEN, DROP | {"routers.silent": ("r3",)}, **NOT_PROVEN),
    row(
        "silent-beyond-two-networks",
        GO,
        DROP | {"routers.silent": ("r3",)},
        policy='\n[vantage]\npath_proof = "beyond"\n',
        **PROVEN,
    ),
    row(
        "silent-near-routers-are-ours",
        UNPROVEN,
        DROP,
        policy='\n[vantage]\nown_networks = ["198.51.100.0/26", "192.0.2.0/24", "2001:db8:5::/64", "3fff:1::/64"]\n',
        **NOT_PROVEN,
    ),
    row("silent-limits-of-linux", GO, DROP | {"routers.limits": True}, **PROVEN),
    row("silent-from-home", GO, DROP | {"scanner.home": True}, **PROVEN),
    row(
        "silent-published-and-dropped",
        GO,
        {"container.published": (5432, 6379), "container.dropped": True},
        passes={"egress-proven": (*on_both(5432), *on_both(6379))},
        shows=(silent(HOST4, 5432), silent(HOST6, 6379), refused(HOST4, 3000)),
    ),
    row("silent-behind-published-front", GO, DROP | {"container.published": (443,)}, **PROVEN),
]

# A refusal: the host's, when a packet that expires before it is not refused.
REFUSALS = [
    row("refused-by-host", GO, passes={"refusal-comes-from-host": PORTS}),
    row(
        "refused-by-edge",
        GO,
        filtered(Rule("r3", "forward", "reset"), **{"firewall.mode": "none"}),
        passes={"refusal-comes-from-host": PORTS},
    ),
    row(
        "refused-by-provider",
        UNPROVEN,
        filtered(Rule("r2", "forward", "reset")),
        unknown={"refusal-comes-from-host": PORTS},
    ),
    row(
        "refused-by-container",
        GO,
        {"container.published": (5432, 6379)},
        passes={"refusal-comes-from-host": PORTS},
        shows=(refused(HOST4, 5432), refused(HOST6, 6379)),
    ),
    # The front is one hop deeper than the host that refuses: the host must not be taken for a box on the way.
    row(
        "refused-before-published-front",
        GO,
        {"container.published": (443,)},
        passes={"refusal-comes-from-host": PORTS},
    ),
    row(
        "refused-by-silent-routers-network",
        UNPROVEN,
        filtered(Rule("r1", "forward", "reset"), **{"routers.silent": ROUTERS}),
        unknown={"refusal-comes-from-host": PORTS},
    ),
]


# No filter on our own side makes a port closed, wherever it stands, whatever it says, whichever family it is for.
OWN_SIDE = [
    row(
        f"own-side-{room}-{chain}-{verdict}-{family}{'-home' if home else ''}",
        UNPROVEN,
        filtered(Rule(room, chain, verdict, family=family), **{"scanner.home": home}),
    )
    for room, chain in (("scan", "output"), ("r1", "prerouting"), ("r1", "forward"))
    for verdict in ("drop", "reset", "prohibited", "unreachable")
    for family in (("both", "ipv4", "ipv6") if chain == "forward" else ("both",))
    for home in ((False, True) if (chain, family) == ("forward", "both") else (False,))
] + [
    row(
        f"own-side-all-but-the-web-{verdict}",
        UNPROVEN,
        filtered(Rule("r1", "forward", verdict, EVERYTHING_ELSE)),
    )
    for verdict in ("drop", "reset")
]

# Others answer for the host: what they say of ports is theirs. Bytes of an application are not to be had of them.
IMPOSTORS = [
    row(
        "impostor-before-open-redis",
        NO_GO,
        {
            "impostor.kind": "closer",
            "impostor.spares": (22, 80, 443, 6379),
            "redis.bind": "0.0.0.0 ::",
            "firewall.mode": "none",
        },
        fails={"datastore-port-closed": on_both(6379)},
        unknown={"path-honest": (HOST4, HOST6), "datastore-port-closed": on_both(5432)},
    ),
    *(
        row(
            f"impostor-{kind}-{family}",
            UNPROVEN,
            {"impostor.kind": kind, "impostor.family": family, "firewall.mode": "none"},
            policy='\n[limits]\nexchange = "2s"\n',  # for those who say nothing
            unknown={"path-honest": host, "datastore-port-closed": host},
            shows=(shown(host, 31999),),
        )
        for kind, shown in (("synproxy", reset), ("closer", is_open), ("tarpit", is_open))
        for family, host in (("ipv4", HOST4), ("ipv6", HOST6))
    ),
    *(
        row(
            f"impostor-local-proxy-{family}",
            UNPROVEN,
            {"impostor.kind": "local", "impostor.family": family},
            unknown={"path-honest": host, "datastore-port-closed": host},
            shows=(("https://app.example.com/", " 200"),),
        )
        for family, host in (("ipv4", HOST4), ("ipv6", HOST6))
    ),
]
