"""Network namespaces: scan ── r1 ── r2 ── r3 ══ host ── container, control. Nothing leads out of them.

The scanner is four hops from the host: each router answers what expires there, from its address on the scanner's side.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import rules
from deployment import (
    BRIDGE4,
    BRIDGE6,
    CONTAINER4,
    CONTAINER6,
    CONTROL4,
    CONTROL6,
    HOME4,
    HOME6,
    HIDDEN4,
    HOST4,
    HOST6,
    ROUTERS,
    SCAN4,
    SCAN6,
    Container,
    Firewall,
    Impostor,
    Routers,
    Scanner,
)

HERE = Path(__file__).parent
ROOMS = ("scan", *ROUTERS, "host", "control", "container")
# Of each router the address that its errors come from.
R1_4, R1_6 = "198.51.100.1", "2001:db8:5::1"
R2_4, R2_6 = "192.0.2.2", "3fff:1::2"
R3_4, R3_6 = "198.51.100.131", "3fff:2::3"
# And what the scanner's router is at home.
R1_HOME4, R1_HOME6 = "192.168.1.1", "fd00:1::1"
IMPOSTOR = 9999
LOCAL_PROXY = {80: 9080, 443: 9443}
GATE_HOST4, GATE_HOST6 = "203.0.113.1", "2001:db8::1"
NOBODY4, NOBODY6 = "198.51.100.60", "2001:db8:5::60"  # on the scanner's link: a gateway that is not there

LINKS = {
    "scan": "link set lo up",
    "r1": """
        link set lo up
        link add out0 type veth peer name in0 netns {r2}
        address add 192.0.2.1/24 dev out0
        address add 3fff:1::1/64 dev out0 nodad
        link set out0 up""",
    "r2": """
        link set lo up
        address add 192.0.2.2/24 dev in0
        address add 3fff:1::2/64 dev in0 nodad
        link set in0 up
        link add out0 type veth peer name in0 netns {r3}
        address add 198.51.100.130/26 dev out0
        address add 3fff:2::2/64 dev out0 nodad
        link set out0 up""",
    "r3": """
        link set lo up
        address add 198.51.100.131/26 dev in0
        address add 3fff:2::3/64 dev in0 nodad
        link set in0 up
        link add lan0 type bridge
        address add 203.0.113.1/24 dev lan0
        address add 2001:db8::1/64 dev lan0 nodad
        link set lan0 up
        link add host0 type veth peer name eth0 netns {host}
        link set host0 master lan0 up
        link add control0 type veth peer name eth0 netns {control}
        link set control0 master lan0 up
        route add default via 198.51.100.130
        route add default via 3fff:2::2""",
    "host": f"""
        link set lo up
        address add {HOST4}/24 dev eth0
        address add {HIDDEN4}/24 dev eth0
        address add {HOST6}/64 dev eth0 nodad
        link set eth0 up
        route add default via {GATE_HOST4}
        route add default via {GATE_HOST6}
        link add docker0 type veth peer name eth0 netns {{container}}
        address add {BRIDGE4}/16 dev docker0
        address add {BRIDGE6}/64 dev docker0 nodad
        link set docker0 up""",
    "control": f"""
        link set lo up
        address add {CONTROL4}/24 dev eth0
        address add {CONTROL6}/64 dev eth0 nodad
        link set eth0 up
        route add default via {GATE_HOST4}
        route add default via {GATE_HOST6}""",
    "container": f"""
        link set lo up
        address add {CONTAINER4}/16 dev eth0
        address add {CONTAINER6}/64 dev eth0 nodad
        link set eth0 up
        route add default via {BRIDGE4}
        route add default via {BRIDGE6}""",
}
SCAN_EMPTY = """
        link set eth0 up
        address flush dev eth0 scope global
        neigh flush dev eth0 nud all"""
WAN = f"""
        address add {R1_4}/26 dev wan0
        address add {R1_6}/64 dev wan0 nodad
        address add {R1_HOME4}/24 dev wan0
        address add {R1_HOME6}/64 dev wan0 nodad
        link set wan0 up
        route add 203.0.113.0/24 via 192.0.2.2
        route add 198.51.100.64/26 via 192.0.2.2
        route add 2001:db8:7::/64 via 3fff:1::2
        route add 198.51.100.128/26 via 192.0.2.2
        route add 2001:db8::/64 via 3fff:1::2
        route add 2001:db8:6::/64 via 3fff:1::2
        route add 3fff:2::/64 via 3fff:1::2"""
BETWEEN = """
        route add 203.0.113.0/24 via 198.51.100.131
        route add 2001:db8::/64 via 3fff:2::3
        route add 198.51.100.96/27 via 192.0.2.1
        route add 2001:db8:7::/64 via 3fff:1::1
        route add 198.51.100.0/26 via 192.0.2.1
        route add 192.168.1.0/24 via 192.0.2.1
        route add 2001:db8:5::/64 via 3fff:1::1
        route add fd00:1::/64 via 3fff:1::1"""
ICMP_UNLIMITED = ("net.ipv4.icmp_ratelimit=0", "net.ipv4.icmp_ratemask=0", "net.ipv6.icmp.ratelimit=0")


def sh(*words, text=None):
    """Runs to the end; what it said is shown only when it failed."""
    done = subprocess.run([str(w) for w in words], input=text, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}".strip())
    return done.stdout


class Network:
    def __init__(self, delay_ms: float = 0, loss: float = 0):
        self.prefix = f"golive-{os.getpid()}"
        self.rooms = {room: f"{self.prefix}-{room}" for room in ROOMS}
        self.scan, self.host, self.control = (self.rooms[room] for room in ("scan", "host", "control"))
        self.delay_ms, self.loss = delay_ms, loss
        self.relay = None

    def up(self):
        for ns in self.rooms.values():
            sh("ip", "netns", "add", ns)
        names = [setting.partition("=")[0] for setting in ICMP_UNLIMITED]
        said = sh("ip", "netns", "exec", self.rooms["r1"], "sysctl", "-e", *names)
        self.icmp_as_linux_does = said.replace(" = ", "=").splitlines()
        for ns in self.rooms.values():
            self.settings(ns, "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", *ICMP_UNLIMITED)
        for room in (*ROUTERS, "host"):
            self.settings(self.rooms[room], "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        for room in ROOMS:
            self.ip(room, LINKS[room].format(**self.rooms))
        if self.delay_ms or self.loss:
            self.start_relay()
        else:
            self.ip("r1", f"link add wan0 type veth peer name eth0 netns {self.scan}")
        self.ip("r1", WAN)
        self.ip("r2", BETWEEN)

    def down(self):
        if self.relay:
            self.relay.terminate()
            self.relay.wait()
        remove(self.prefix)

    def ip(self, room, commands):
        sh("ip", "-n", self.rooms[room], "-batch", "-", text=commands)

    def nft(self, room, text):
        sh("ip", "netns", "exec", self.rooms[room], "nft", "-f", "-", text=text)

    def settings(self, ns, *pairs):
        sh("ip", "netns", "exec", ns, "sysctl", "-qw", *pairs)

    def start_relay(self):
        """Both ends are born in the router; moving one to the scanner keeps it attached to the relay."""
        r1 = self.rooms["r1"]
        wrap = ["ip", "netns", "exec", r1, "setpriv", "--pdeathsig", "TERM", sys.executable, str(HERE / "relay.py")]
        self.relay = subprocess.Popen(
            [*wrap, "wan0", "eth0", str(self.delay_ms / 2), str(self.loss)], stdout=subprocess.PIPE, text=True
        )
        if self.relay.stdout.readline() != "ready\n":
            raise RuntimeError("the relay did not start")
        sh("ip", "-n", r1, "link", "set", "eth0", "netns", self.scan)

    # Change

    def become_scanner(self, scanner: Scanner):
        """Everything of its link anew: what switches a family off takes addresses and neighbours with it."""
        self.settings(self.scan, f"net.ipv6.conf.all.disable_ipv6={int(scanner.ipv6 == 'disabled')}")
        for family in ("-4", "-6"):
            sh("ip", "-n", self.scan, family, "route", "flush", "default")
        self.ip("scan", SCAN_EMPTY)
        own4, gate4, own6, gate6 = SCAN4, R1_4, SCAN6, R1_6
        if scanner.home:
            own4, gate4, own6, gate6 = HOME4, R1_HOME4, HOME6, R1_HOME6
        self.ip("scan", f"address add {own4}/{24 if scanner.home else 26} dev eth0")
        self.ip("scan", default_route("0.0.0.0/0", scanner.ipv4, gate4, NOBODY4))
        if scanner.ipv6 != "disabled":
            self.ip("scan", f"address add {own6}/64 dev eth0 nodad")
            self.ip("scan", default_route("::/0", scanner.ipv6, gate6, NOBODY6))
        if self.relay:
            self.introduce([own4, own6], [gate4, gate6])
        self.nft("r1", rules.table("home", rules.masquerade() if scanner.home else {}))

    def introduce(self, scanner, router):
        """Neighbours known beforehand: resolution would cost the first packet a round trip of its own."""
        ends = (("scan", "eth0", scanner), ("r1", "wan0", router))
        for (room, device, _), (other, other_device, addresses) in (ends, ends[::-1]):
            mac = json.loads(sh("ip", "-n", self.rooms[other], "-j", "link", "show", other_device))[0]["address"]
            for address in addresses:
                sh("ip", "-n", self.rooms[room], "neigh", "replace", address, "lladdr", mac, "dev", device)

    def become_routers(self, routers: Routers):
        for room in ("scan", *ROUTERS):
            self.nft(room, rules.table("way", rules.on_the_way(routers, room)))
        for room in ROUTERS:
            self.settings(self.rooms[room], *(self.icmp_as_linux_does if routers.limits else ICMP_UNLIMITED))

    def guard(self, firewall: Firewall):
        self.nft("host", rules.table("guard", rules.guard(firewall)))


    def publish(self, container: Container):
        self.nft("host", rules.table("docker", rules.publish(container)))

    def disguise(self, impostor: Impostor):
        rooms = {"r1": {}, "r3": {}, "host": {}}
        match impostor.kind:
            case "synproxy":
                rooms["r3"] = rules.synproxy(impostor)
            case "closer" | "tarpit":
                rooms["host"] = rules.every_other_port(impostor, IMPOSTOR)
            case "local":
                rooms["r1"] = rules.transparent_proxy(impostor, LOCAL_PROXY)
        for room, chains in rooms.items():
            self.nft(room, rules.table("impostor", chains))


def default_route(everywhere, kind, gate, nobody) -> str:
    if kind in ("none", "disabled"):
        return ""
    if kind in ("unreachable", "prohibit", "blackhole"):
        return f"route add {kind} {everywhere}"
    return f"route add {everywhere} via {nobody if kind == 'dead-gateway' else gate}"


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
    owners = [ns.name.split("-")[1] for ns in Path("/run/netns").glob("golive-*-scan")]
    gone = [owner for owner in owners if owner.isdigit() and not Path("/proc", owner).exists()]
    for owner in gone:
        remove(f"golive-{owner}")
    return gone
