"""What each check has to say, from what the server itself grants to every request that golive made."""

import re
from urllib.parse import urlsplit

import table
from fetch import ask, cors_check, is_named, preflight_check, write

RANKS = ["pass", "advice", "unknown", "fail"]
DOMAIN = "example.com"
SITE = urlsplit(table.SITE).hostname

CHECKS = {
    table.FOREIGN: ("foreign", "with-cookie", "extension", "shared"),
    table.NULL: ("null", "file"),
    table.ALIKE: ("suffix", "joined", "missing-dot", "missing-dot-parent", "unescaped-dot", "all-dots", "dropped-first",
                  "separator", "dotted-separator", "localhost", "other-port", "upper-case", "trailing-dot"),
    table.PLAIN: ("plain-http",),
    table.DEVELOPMENT: ("development",),
    table.SUBDOMAIN: ("subdomain", "deep-subdomain", "sibling"),
}
MESSAGES = ("other-port", "upper-case", "trailing-dot")


def kind(claim):
    """The name of a claim, and what it holds."""
    return (claim, None) if isinstance(claim, str) else next(iter(claim.items()))


def check_of(claim):
    name, held = kind(claim)
    if name == "like":
        return check_of(held[1])
    if name == "plain":
        inner = check_of(held)
        return table.PLAIN if inner == table.SUBDOMAIN else inner
    return next(check for check, names in CHECKS.items() if name in names)


def cors_expected(case, observations, port):
    says = {}
    asked = []
    for o in observations:
        what, how = kind(o["question"]["ask"])
        if what not in ("origin", "private-network") or (how or {}).get("round"):
            continue
        if "Ok" not in o["outcome"]:  # golive says unknown, and the server something
            continue
        request = o["outcome"]["Ok"]["hops"][0]["request"]
        answer = ask(port, o["question"]["method"], request["target"], request["fields"])
        origin = next(value for name, value in request["fields"] if name == "Origin")
        asked.append((o["question"]["path"], what, how, origin, answer))
    below = {(path, origin.split("://")[0], how["preflight"]) for path, what, how, origin, answer in asked
             if what == "origin" and named(how["claim"]) == "sibling" and is_hit(how, origin, answer)}
    for path, what, how, origin, answer in asked:
        public = any(path.startswith(prefix) for prefix in case.public)

        def say(check, status):
            says[check, path] = max(says.get((check, path), "pass"), "pass" if public else status, key=RANKS.index)

        if what == "private-network":
            opened = preflight_check(answer, origin, False, "GET")
            opened = opened and answer.values("access-control-allow-private-network") == ["true"]
            say(table.FOREIGN, "advice" if opened else "pass")
            continue
        claim, preflight = how["claim"], how["preflight"]
        if kind(claim)[0] == "own":
            fits = cors_check(answer, origin, case.credentials)
            if preflight:
                fits = preflight_check(answer, origin, case.credentials, preflight)
            say(table.OWN, "pass" if fits else "fail")
        else:
            say(check_of(claim), foreign(case, claim, how, path, origin, answer, below))
        if preflight is None and is_named(answer, origin):
            varies = "origin" in ",".join(answer.values("vary")).lower()
            says[table.VARIES, path] = max(says.get((table.VARIES, path), "pass"), "pass" if varies else "advice")
        if claim == "foreign" and preflight is None:
            allowed = answer.values("access-control-allow-origin")
            if path == "/api/health":
                say(table.STAR, ("fail" if case.origins else "advice") if allowed == ["*"] else "pass")
            other = allowed and allowed != ["*"] and allowed[0] != origin and urlsplit(allowed[0]).hostname != SITE
            if other and case.origins and allowed[0] not in case.origins:
                say(table.FOREIGN, "fail")
    return says


def foreign(case, claim, how, path, origin, answer, below):
    """What a claim that nobody should have been granted comes to."""
    if not is_hit(how, origin, answer) or origin in (case.origins or ()) or kind(claim)[0] in MESSAGES:
        return "pass"
    check = check_of(claim)
    scheme, _, host = origin.partition("://")
    if check == table.ALIKE and host.endswith("." + DOMAIN) and (path, scheme, how["preflight"]) in below:
        return "pass"
    grave = how["preflight"] is None and cors_check(answer, origin, True) and check != table.SUBDOMAIN
    return "fail" if grave or case.origins else "advice"


def named(claim):
    name, held = kind(claim)
    return named(held) if name == "plain" else name


def is_hit(how, origin, answer):
    if how["preflight"]:
        return is_named(answer, origin) and 200 <= answer.status <= 299
    return is_named(answer, origin)


LOOSE = ("subdomain", "localhost", "loopback")
HOST_CHECKS = {
    table.UNKNOWN: ("foreign",),
    table.LIKE: ("suffix", "prefix", "unescaped-dot", "user-info", *LOOSE),
    table.ADDRESS: ("address",),
    table.BACK: ("foreign", "x-forwarded-host", "x-host", "x-forwarded-server", "forwarded"),
    table.AMBIGUOUS: ("own-first", "own-last", "empty", "missing", "space", "user-before", "port-user",
                      "foreign-target", "own-target"),
}


def hosts_expected(case, observations, port):
    says = {}
    for o in observations:
        what, how = kind(o["question"]["ask"])
        if what != "host" or o["question"]["at"]["scheme"] != "https":
            continue
        forgery, _ = kind(how["forgery"])
        hop = (o["outcome"].get("Ok") or {"hops": [None]})["hops"][0]
        if hop is None:  # closed: what was sent is not recorded
            continue
        request = hop["request"]
        answer = write(port, o["question"]["method"], request["target"], request["fields"])
        served = answer is not None and answer.status == 200 and b"served" in answer.body
        sent = [value for name, value in request["fields"] if name != "User-Agent"]
        ours = re.findall(r"golive-[0-9a-f]+(?:-[a-d])?\.test", " ".join([*sent, request["target"]]))
        back = answer is not None and any(f"://{name}/".encode() in answer.body for name in ours)
        host = next((value for name, value in request["fields"] if name == "Host"), "")
        for check, forgeries in HOST_CHECKS.items():
            if forgery in forgeries:
                place = check, o["question"]["path"]
                status = "fail" if is_fault(case, check, forgery, host, served, back) else "pass"
                says[place] = max(says.get(place, "pass"), status, key=RANKS.index)
    return says


def is_fault(case, check, forgery, host, served, back):
    if check == table.BACK or forgery in ("own-target", "port-user"):
        return back
    covers = [name for name in case.trusted or () if host == name or name[0] == "*" and host.endswith(name[1:])]
    if covers and check != table.AMBIGUOUS or forgery in LOOSE and case.trusted is None:
        return False
    return served or back
