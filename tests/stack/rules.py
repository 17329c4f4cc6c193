"""What nftables does where: each thing is a table of its own, written anew when it changes."""

from deployment import Firewall, Routers

FILTER = "type filter hook {} priority {}; policy accept;"


def table(name: str, chains: dict) -> str:
    """`chains`: what the chain hooks into → its rules. Without chains the table is empty, so that nothing is left."""
    body = []
    for number, (hook, lines) in enumerate(chains.items()):
        body += [f"chain c{number} {{", hook, *lines, "}"]
    return "\n".join([f"table inet {name}", f"delete table inet {name}", f"table inet {name} {{", *body, "}", ""])


# The host's own firewall

LAST_WORD = {
    "refuse": "meta l4proto tcp reject with tcp reset",
    "reject": "reject with icmpx type port-unreachable",
    "drop": "drop",
    "none": "accept",
}


def guard(firewall: Firewall) -> dict:
    """No connection tracking: the host never calls out, so only what comes in on its own ports is let in."""

    def ports(family, numbers, verdict):
        return [f"meta nfproto {family} tcp dport {{ {', '.join(map(str, numbers))} }} {verdict}"] if numbers else []

    return {
        FILTER.format("input", 0): [
            "iif lo accept",
            "meta l4proto { icmp, ipv6-icmp } accept",
            *ports("ipv4", firewall.drop4, "drop"),
            *ports("ipv6", firewall.drop6, "drop"),
            "tcp dport { 22, 80, 443 } accept",
            "udp dport 443 accept",
            *ports("ipv4", firewall.allow4, "accept"),
            *ports("ipv6", firewall.allow6, "accept"),
            LAST_WORD[firewall.mode],
        ]
    }


# Between scanner and host

VERDICTS = {
    "drop": "drop",
    "reset": "reject with tcp reset",
    "prohibited": "reject with icmpx type admin-prohibited",
    "unreachable": "reject with icmpx type host-unreachable",
}
SILENT = [
    "icmp type { time-exceeded, destination-unreachable } drop",
    "icmpv6 type { time-exceeded, destination-unreachable } drop",
]


def on_the_way(routers: Routers, room: str) -> dict:
    chains = {}
    for rule in routers.rules:
        if rule.room == room:
            what = [f"{family} tcp dport {{ {', '.join(map(str, rule.ports))} }}" for family in families(rule)]
            lines = chains.setdefault(FILTER.format(rule.chain, 0), [])
            lines += [f"{which} {VERDICTS[rule.verdict]}" for which in what]
    if room in routers.silent:
        chains.setdefault(FILTER.format("output", 0), []).extend(SILENT)
    return chains


def families(rule):
    return [f"meta nfproto {family}" for family in ("ipv4", "ipv6") if rule.family in ("both", family)]


def masquerade() -> dict:
    return {"type nat hook postrouting priority 100; policy accept;": ["oifname out0 masquerade"]}
