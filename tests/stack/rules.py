"""What nftables does where: each thing is a table of its own, written anew when it changes."""

from deployment import CONTAINER4, CONTAINER6, HIDDEN4, HOST4, HOST6, Container, Firewall, Impostor, Routers

FILTER = "type filter hook {} priority {}; policy accept;"
DNAT = "type nat hook prerouting priority -100; policy accept;"
SNAT = "type nat hook postrouting priority 100; policy accept;"


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
    "prohibit": "reject with icmpx type admin-prohibited",
    "drop": "drop",
    "none": "accept",
}


def guard(firewall: Firewall) -> dict:
    """No connection tracking: the host never calls out, so only what comes in on its own ports is let in."""

    def ports(family, chosen, verdict):
        return [f"meta nfproto {family} tcp dport {numbers(chosen)} {verdict}"] if chosen else []

    return {
        FILTER.format("input", 0): [
            "iif lo accept",
            "meta l4proto { icmp, ipv6-icmp } accept",
            *ports("ipv4", firewall.drop4, "drop"),
            *ports("ipv6", firewall.drop6, "drop"),
            *([] if firewall.hidden else [f"ip daddr {HIDDEN4} tcp dport {{ 80, 443 }} reject with tcp reset"]),
            "tcp dport { 22, 80, 443 } accept",
            f"udp dport 443 {'accept' if firewall.quic else 'drop'}",
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


OUTWARDS = {"scan": "oifname eth0", "r1": "iifname wan0", "r2": "iifname in0", "r3": "iifname in0"}


def on_the_way(routers: Routers, room: str) -> dict:
    chains = {}
    for rule in routers.rules:
        if rule.room == room:
            what = [f"{OUTWARDS[room]} {family} tcp dport {numbers(rule.ports)}" for family in families(rule.family)]
            lines = chains.setdefault(FILTER.format(rule.chain, 0), [])
            lines += [f"{which} {VERDICTS[rule.verdict]}" for which in what]
    if room in routers.silent:
        chains.setdefault(FILTER.format("output", 0), []).extend(SILENT)
    return chains


def families(wanted):
    return [f"meta nfproto {family}" for family in ("ipv4", "ipv6") if wanted in ("both", family)]


def numbers(ports):
    return f"{{ {', '.join(map(str, ports))} }}"


def masquerade() -> dict:
    return {SNAT: ["oifname out0 masquerade"]}


# On the host, for the container behind it


def publish(container: Container) -> dict:
    if not container.published:
        return {}
    ports = numbers(container.published)
    return {
        DNAT: [
            f"ip daddr {HOST4} tcp dport {ports} dnat ip to {CONTAINER4}",
            f"ip6 daddr {HOST6} tcp dport {ports} dnat ip6 to {CONTAINER6}",
        ],
        FILTER.format("forward", 0): [f"tcp dport {ports} drop"] if container.dropped else [],
    }


# Who answers in place of the host: room → chains


def synproxy(impostor: Impostor) -> dict:
    """Nothing is known behind it: every SYN is answered, and only then is the host asked (nft(8), SYNPROXY)."""
    which = [f"iifname in0 {family}" for family in families(impostor.family)]
    return {
        FILTER.format("prerouting", -300): [f"{w} tcp flags syn / fin,syn,rst,ack notrack" for w in which],
        FILTER.format("forward", 0): [
            line
            for w in which
            for line in (
                f"{w} meta l4proto tcp ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm",
                f"{w} meta l4proto tcp ct state invalid drop",
            )
        ],
    }


def every_other_port(impostor: Impostor, to: int) -> dict:
    """All but a few lead to one that accepts."""
    which = [f"iifname eth0 {family}" for family in families(impostor.family)]
    return {DNAT: [f"{w} tcp dport != {numbers(impostor.spares)} redirect to :{to}" for w in which]}


def transparent_proxy(impostor: Impostor, ports: dict) -> dict:
    which = [f"iifname wan0 {family}" for family in families(impostor.family)]
    return {DNAT: [f"{w} tcp dport {port} redirect to :{to}" for w in which for port, to in ports.items()]}
