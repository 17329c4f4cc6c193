"""What a run said, held to what its scenario expects. A difference is one line of text."""

import json
import re
from base64 import b64encode
from functools import cache
from pathlib import Path

import jsonschema_rs
from lxml import etree

from deployment import CANARY
from scan import Run

ROOT = Path(__file__).resolve().parents[2]
# The word as it is, and as base64 has it wherever in a group of three bytes it begins: in tokens and signed sessions.
SPELLINGS = (
    CANARY,
    *(b64encode(bytes(n) + CANARY.encode())[-(-n * 8 // 6) : (n + 12) * 8 // 6].decode() for n in range(3)),
)
SECRET = re.compile(rf".{{0,50}}(?:{'|'.join(SPELLINGS)})[\w-]*")
RESULTS = {0: ("GO", "PASS"), 1: ("NO-GO",), 3: ("UNPROVEN",)}


def differences(expected, run: Run) -> list[str]:
    if run.exit != expected.exit:
        yield f"exit {run.exit} instead of {expected.exit}: {last_line(run)}"
    if not run.report:
        yield f"no golive.json: {last_line(run)}"
        return
    if run.report["interrupted"] != (expected.exit == 130):
        yield f"interrupted: {run.report['interrupted']}"
    yield from failures(expected, run)
    yield from missing(run.deciding("unknown"), expected.unknown, "is not unknown")
    yield from missing(run.deciding("pass"), expected.passes, "does not pass")
    for check, status in expected.advice.items():
        if not any(finding["check"] == check and finding["status"] == status for finding in run.findings):
            yield f"{check} says {[told(f) for f in run.findings if f['check'] == check]}, not {status}"
    for check in expected.no_pass:
        for finding in run.findings:
            if finding["status"] == "pass" and check in (finding["check"], finding["family"]):
                yield f"passes although nothing can be seen: {told(finding)}"
    if bool(run.gate["given"]) != expected.given:
        yield f"given: {run.gate['given']}"
    if run.gate["scope"] != expected.scope:
        yield f"scope: {run.gate['scope']!r} instead of {expected.scope!r}"
    for words in expected.not_seen:
        if not any(words in unseen for unseen in run.gate["not_seen"]):
            yield f"not seen lacks {words!r}: {run.gate['not_seen']}"
    yield from always(run, expected.files)


def failures(expected, run):
    failed = run.deciding("fail")
    yield from missing(failed, expected.fails, "does not fail")
    for finding in failed:
        check, subject = finding["check"], finding["subject"]
        if check not in (*expected.fails, *expected.follows):
            yield f"fails: {told(finding)}"
        elif check in expected.fails and not any(text in subject for text in texts(expected.fails[check])):
            yield f"{check} fails for {subject} too"


def missing(findings, expected, words):
    for check, wanted in expected.items():
        subjects = [finding["subject"] for finding in findings if finding["check"] == check]
        for text in texts(wanted):
            if not any(text in subject for subject in subjects):
                yield f"{check} {words} for {text or 'anything'}"


def texts(wanted):
    return (wanted,) if isinstance(wanted, str) else wanted


def always(run: Run, own=()):
    """Whatever was scanned."""
    verdict = run.gate["exit_code"]
    if run.exit != verdict and not run.report["interrupted"]:
        yield f"exit {run.exit}, but gate.exit_code {verdict}"
    if run.gate["result"] not in RESULTS[verdict]:
        yield f"result {run.gate['result']} with exit_code {verdict}"
    yield from leaks(run.folder, own)
    yield from junit(run, green=verdict == 0)
    for error in schema().iter_errors(run.report):
        yield f"golive.json is not as its schema says: {list(error.instance_path)}: {error.message[:200]}"
        break


def junit(run: Run, green: bool):
    file = run.folder / "TEST-golive.xml"
    if not file.exists():
        yield "no TEST-golive.xml"
        return
    try:
        document = etree.parse(file)
    except etree.XMLSyntaxError as error:
        yield f"TEST-golive.xml: {error}"
        return
    for name in ("jenkins-junit-10.xsd", "junit-windyroad.xsd"):
        if not xsd(name).validate(document):
            yield f"TEST-golive.xml: {name}: {xsd(name).error_log.last_error}"
    bad = len(document.findall(".//failure")) + len(document.findall(".//error"))
    if (bad == 0) != green:
        yield f"TEST-golive.xml has {bad} failures and errors"


def leaks(folder: Path, own):
    """Each secret of the deployment begins with one word, which no file and no screen may show; but for the owner's own
    files, which lie beside the reports."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name not in own:
            text = file.read_text(errors="replace")
            known = any(spelling in text for spelling in SPELLINGS)
            places = {shape(found[0]) for found in SECRET.finditer(text)} if known else ()
            for place in sorted(places):
                yield f"a secret in {file.relative_to(folder)}: {place}"


def shape(text) -> str:
    """One line for each kind of place, not for each time and secret."""
    return re.sub(r"[0-9a-f]{8,}", "…", text)


@cache
def schema():
    return jsonschema_rs.validator_for(json.loads((ROOT / "src/report/golive.schema.json").read_text()))


@cache
def xsd(name):
    return etree.XMLSchema(etree.parse(ROOT / "tests/schemas" / name))


def told(finding) -> str:
    return f"{finding['check']}  {finding['subject']}  {finding['message']}"


def last_line(run: Run) -> str:
    lines = (run.errors.strip() or run.screen.strip()).splitlines()
    return lines[-1] if lines else "it said nothing"
