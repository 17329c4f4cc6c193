"""Four network namespaces: scan ── router ══ host, control. Nothing leads out of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from deployment import CONTROL4, CONTROL6, HOST4, HOST6, SCAN4, SCAN6, Firewall

HERE = Path(__file__).parent
GATE_SCAN4, GATE_SCAN6 = "198.51.100.1", "2001:db8:5::1"
GATE_HOST4, GATE_HOST6 = "203.0.113.1", "2001:db8::1"


def sh(*words, text=None):
    """Runs to the end; what it said is shown only when it failed."""
    done = subprocess.run([str(w) for w in words], input=text, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}".strip())
    return done.stdout


class Network:
    def __init__(self, delay_ms: float = 0):
        self.prefix = f"golive-{os.getpid()}"
        self.scan, self.router, self.host, self.control = (
            f"{self.prefix}-{room}" for room in ("scan", "router", "host", "control")
        )
        self.delay_ms = delay_ms
        self.relay = None

    def up(self):
        for ns in (self.scan, self.router, self.host, self.control):
            sh("ip", "netns", "add", ns)
            sh("ip", "-n", ns, "link", "set", "lo", "up")
            self.settings(
                ns,
                "net.ipv6.conf.all.accept_dad=0",
                "net.ipv6.conf.default.accept_dad=0",
                "net.ipv4.icmp_ratelimit=0",
                "net.ipv6.icmp.ratelimit=0",
            )
        self.settings(self.router, "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")

        sh("ip", "-n", self.router, "link", "add", "lan0", "type", "bridge")
        for name, ns in (("host0", self.host), ("control0", self.control)):
            self.pair(name, ns)
            sh("ip", "-n", self.router, "link", "set", name, "master", "lan0", "up")
        if self.delay_ms:
            self.start_relay()
        else:
            self.pair("wan0", self.scan)

        self.address(self.router, "lan0", GATE_HOST4, GATE_HOST6)
        self.address(self.router, "wan0", GATE_SCAN4, GATE_SCAN6)
        for ns, own, gate in (
            (self.host, (HOST4, HOST6), (GATE_HOST4, GATE_HOST6)),
            (self.control, (CONTROL4, CONTROL6), (GATE_HOST4, GATE_HOST6)),
            (self.scan, (SCAN4, SCAN6), (GATE_SCAN4, GATE_SCAN6)),
        ):
            self.address(ns, "eth0", *own)
            for gateway in gate:
                sh("ip", "-n", ns, "route", "add", "default", "via", gateway)
        if self.delay_ms:
            self.introduce(self.scan, "eth0", (SCAN4, SCAN6), self.router, "wan0", (GATE_SCAN4, GATE_SCAN6))

    def down(self):
        if self.relay:
            self.relay.terminate()
            self.relay.wait()
        remove(self.prefix)

    def settings(self, ns, *pairs):
        sh("ip", "netns", "exec", ns, "sysctl", "-qw", *pairs)

    def pair(self, name, ns):
        sh("ip", "-n", self.router, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", ns)

    def address(self, ns, device, v4, v6):
        sh("ip", "-n", ns, "address", "add", f"{v4}/24", "dev", device)
        sh("ip", "-n", ns, "address", "add", f"{v6}/64", "dev", device, "nodad")
        sh("ip", "-n", ns, "link", "set", device, "up")

    def start_relay(self):
        """Both ends are born in the router; moving one to the scanner keeps it attached to the relay."""
        self.relay = subprocess.Popen(
            [
                "ip",
                "netns",
                "exec",
                self.router,
                "setpriv",
                "--pdeathsig",
                "TERM",
                sys.executable,
                str(HERE / "relay.py"),
                "wan0",
                "eth0",
                str(self.delay_ms / 2),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.relay.stdout.readline() != "ready\n":
            raise RuntimeError("the relay did not start")
        sh("ip", "-n", self.router, "link", "set", "eth0", "netns", self.scan)

    def introduce(self, near, near_device, near_addresses, far, far_device, far_addresses):
        """Neighbours known beforehand: resolution would cost the first packet a round trip of its own."""
        for ns, device, other, other_device, addresses in (
            (near, near_device, far, far_device, far_addresses),
            (far, far_device, near, near_device, near_addresses),
        ):
            mac = json.loads(sh("ip", "-n", other, "-j", "link", "show", other_device))[0]["address"]
            for address in addresses:
                sh("ip", "-n", ns, "neigh", "replace", address, "lladdr", mac, "dev", device, "nud", "permanent")

    def scanner_ipv6(self, wanted: bool):
        sh("ip", "-n", self.scan, "-6", "route", "flush", "default")
        if wanted:
            sh("ip", "-n", self.scan, "-6", "route", "add", "default", "via", GATE_SCAN6)

    def guard(self, firewall: Firewall):
        sh("ip", "netns", "exec", self.host, "nft", "-f", "-", text=rules(firewall))


LAST_WORD = {
    "refuse": "meta l4proto tcp reject with tcp reset",
    "reject": "reject with icmpx type port-unreachable",
    "drop": "drop",
    "none": "accept",
}


def rules(firewall: Firewall) -> str:
    """No connection tracking: the host never calls out, so only what comes in on its own ports is let in."""

    def ports(family, numbers, verdict):
        return [f"meta nfproto {family} tcp dport {{ {', '.join(map(str, numbers))} }} {verdict}"] if numbers else []

    lines = [
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
    return "\n".join(
        [
            "flush ruleset",
            "table inet guard {",
            "chain input {",
            "type filter hook input priority 0; policy accept;",
            *lines,
            "}",
            "}",
            "",
        ]
    )


def remove(prefix: str):
    for ns in Path("/run/netns").glob(f"{prefix}-*"):
        subprocess.run(["ip", "netns", "del", ns.name], check=False)
        resolver = Path("/etc/netns") / ns.name
        for file in resolver.glob("*"):
            file.unlink()
        if resolver.exists():
            resolver.rmdir()


def remove_leftovers() -> list[str]:
    """Of runs that were killed outright (their servers died with them, by pdeathsig): the pids of those runs."""
    owners = [ns.name.split("-")[1] for ns in Path("/run/netns").glob("golive-*-router")]
    gone = [owner for owner in owners if owner.isdigit() and not Path("/proc", owner).exists()]
    for owner in gone:
        remove(f"golive-{owner}")
    return gone
