"""One run of the program, and what it left behind."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from deployment import ALIAS, MEMBER, PASSWORD, SEED_PASSWORD, SITE
from stack import NOBODY

LONGEST = 90  # seconds; the program's own limit is below it

POLICY = f"""
site    = "https://{SITE}"
aliases = ["https://{ALIAS}"]
paths   = PATHS
api     = ["/api/"]

[hosts]
trusted = ["{SITE}", "{ALIAS}"]

[cookies]
domain = "{SITE}"

[cors]
origins     = ORIGINS
credentials = true
"""
ENVIRONMENT = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "SMOKE_EMAIL": MEMBER,
    "SMOKE_PASSWORD": PASSWORD,
    "SEED_PASSWORD": SEED_PASSWORD,
}
REPORTS = ("--color", "never", "--config", "golive.toml", "--json", "golive.json", "--junit", "TEST-golive.xml")
PATHS = ("/", "/api/health")
ORIGINS = (f"https://{SITE}",)


@dataclass
class Run:
    exit: int
    screen: str
    errors: str
    report: dict
    folder: Path
    seconds: float

    @property
    def findings(self):
        return self.report.get("findings", [])

    @property
    def gate(self):
        return self.report.get("gate", {})

    def deciding(self, status: str) -> list[dict]:
        return [f for f in self.findings if f["status"] == status and f["gate"] != "advice" and not f["waived"]]


def write_policy(folder: Path, paths=PATHS, origins=ORIGINS, more=""):
    text = POLICY.replace("PATHS", json.dumps(paths)).replace("ORIGINS", json.dumps(origins))
    (folder / "golive.toml").write_text(text + more)


def run(stack, golive, folder: Path, *words, interrupt_after=None, wanted="golive.json") -> Run:
    """`words` as a person would type them, with the reports into `folder`."""
    os.chown(folder, NOBODY, NOBODY)
    begun = time.monotonic()
    process = subprocess.Popen(
        stack.inside(golive, *words),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    try:
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            process.send_signal(signal.SIGINT)
        screen, errors = process.communicate(timeout=LONGEST)
    except BaseException:
        process.kill()
        process.wait()
        raise
    (folder / "screen.txt").write_text(screen)
    (folder / "errors.txt").write_text(errors)
    file = folder / wanted
    report = json.loads(file.read_text()) if file.exists() else {}
    return Run(process.returncode, screen, errors, report, folder, time.monotonic() - begun)


def scan(
    stack, golive, folder: Path, *flags, paths=PATHS, origins=ORIGINS, policy="", files=None, interrupt_after=None
) -> Run:
    write_policy(folder, paths, origins, policy)
    for name, text in (files or {}).items():
        (folder / name).write_text(text)
    return scan_as_written(stack, golive, folder, *flags, interrupt_after=interrupt_after)


def scan_as_written(stack, golive, folder: Path, *flags, interrupt_after=None) -> Run:
    """By the golive.toml that is in `folder`."""
    trust = ("--cacert", stack.authority.root)
    return run(stack, golive, folder, "scan", *trust, *REPORTS, *flags, interrupt_after=interrupt_after)
