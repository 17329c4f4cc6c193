"""What `golive plan` counts, held to what the host saw: connections by nftables, requests by nginx's log.

nginx alone, and one that answers every name: a handshake that is refused leaves no line in a log.
"""

import json
import re
import shutil
from collections import Counter

import scan
import verdicts
from deployment import HOST4, HOST6
from network import sh

COUNTING = """
table inet counting
delete table inet counting
table inet counting {
    set four { typeof ip saddr . tcp sport . tcp dport . tcp sequence; size 65535; flags dynamic; }
    set six { typeof ip6 saddr . tcp sport . tcp dport . tcp sequence; size 65535; flags dynamic; }
    chain input {
        type filter hook prerouting priority -400; policy accept;
        iifname != eth0 accept
        tcp flags & (syn | ack) == syn add @four { ip saddr . tcp sport . tcp dport . tcp sequence }
        tcp flags & (syn | ack) == syn add @six { ip6 saddr . tcp sport . tcp dport . tcp sequence }
    }
}
"""
NAMED_PORTS = '\n[ports]\nsweep = "off"\n'
PLANNED = re.compile(r"^  (\S+) +(\d+ ports knocked.*)", re.M)
MORE = re.compile(r"up to (\d+) follow-ups")


def plan_is_what_is_seen(stack, golive, folder, first):
    said = scan.run(stack, golive, folder, "plan", "--config", "golive.toml").screen
    planned = {ip: list(map(int, re.findall(r"\d+", counts))) for ip, counts in PLANNED.findall(said)}
    before = len(log(stack))
    stack.network.nft("host", COUNTING)
    there = folder / "counted"
    there.mkdir()
    shutil.copy(folder / "golive.toml", there)
    run = scan.scan_as_written(stack, golive, there)
    requests = Counter(line.split()[0] for line in log(stack)[before:])
    followed = 0
    for ip, name in ((HOST4, "four"), (HOST6, "six")):
        asked = questions_to(ip, run.report["observations"])
        followed += len(asked) - sum(planned[ip])
        recorded = sum(exchanges(o) for kind, o in asked if kind in ("http", "smoke", "searches"))
        if requests[ip] != recorded:
            yield f"{ip}: {recorded} requests recorded, nginx saw {requests[ip]}"
        connections = connections_to(stack, name)
        if len(connections) != planned[ip][0]:
            yield f"{ip}: {planned[ip][0]} ports planned, seen: {sorted(connections)}"
        # Packets that were meant to expire on the way are not seen, and those that were not are.
        ways = sum(exchanges(o) for kind, o in asked if kind in ("routes", "passages"))
        least = sum(exchanges(o) for kind, o in asked) - ways
        if not least <= connections.total() <= least + ways:
            yield f"{ip}: {least} to {least + ways} connections recorded, seen: {connections}"
    more = int(MORE.search(said)[1])
    if not 0 <= followed <= more:
        yield f"{followed} follow-ups, of up to {more} planned: {verdicts.last_line(run)}"


def log(stack):
    return (stack.folder / "access.log").read_text().splitlines()


def questions_to(ip, observations) -> list:
    lists = {kind: held for kind, held in observations.items() if isinstance(held, list)}
    return [(kind, o) for kind, held in lists.items() for o in held if address(o["question"]) == ip]


def exchanges(observation) -> int:
    """Each on a connection of its own."""
    answer = observation["outcome"].get("Ok", {})
    if "upgrades" in answer:
        return sum(map(hops, walked(answer)))
    if isinstance(read := answer.get("read"), list):
        return len(read)
    if isinstance(crossings := answer.get("ports"), list):
        return sum(len(crossing["replies"]) + len(crossing["beside"]) for crossing in crossings)
    several = answer.get("hops") or answer.get("steps")
    return observation["attempts"] - 1 + (len(several) if several else 1)


def walked(answer) -> list:
    """What was sent for the owner's steps, and for what needs their login."""
    steps = answer["steps"]
    anonymous = [step["anonymous"] for step in steps if step.get("anonymous")]
    stranger = [answer["stranger"]["outcome"]] if answer.get("stranger") else []
    return [o["outcome"] for o in (*steps, *answer["upgrades"], *answer["accounts"])] + anonymous + stranger


def hops(outcome) -> int:
    answer = outcome.get("Ok")
    if answer is None:
        return int(outcome["Err"]["kind"] != "not-sent")
    return len(answer["hops"]) if isinstance(answer, dict) else 1


def connections_to(stack, name) -> Counter:
    """Destination port → connections: a SYN that is sent again has the sequence number of the first."""
    nft = ("ip", "netns", "exec", stack.network.host, "nft")
    said = json.loads(sh(*nft, "-j", "list", "set", "inet", "counting", name))
    elements = next(entry["set"] for entry in said["nftables"] if "set" in entry).get("elem", [])
    return Counter(element["concat"][2] for element in elements)


def address(question) -> str:
    at = question.get("at") or question.get("to") or ""
    if isinstance(at, dict):
        return at["ip"]
    return at if at.count(":") > 1 and "[" not in at else at.rsplit(":", 1)[0].strip("[]")
