"""Processes inside the namespaces: started, waited for by looking at what listens, stopped by pid."""

import subprocess
import sys
import time
from pathlib import Path

from entry import ROOT

HERE = Path(__file__).parent
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
PATIENCE = 20  # seconds until a server that does not listen counts as broken


class Server:
    def __init__(self, name, namespace, command, log: Path, tcp=(), udp=(), env=None, user=None, stop="TERM"):
        self.name, self.namespace, self.log, self.tcp, self.udp = name, namespace, log, tcp, udp
        self.stop_signal = stop
        # pdeathsig: no server outlives the harness, however that ends.
        wrap = ["setpriv", "--pdeathsig", stop]
        if user:
            wrap += ["--reuid", user, "--regid", user, "--init-groups"]
        with log.open("w") as out:
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", namespace, *wrap, *map(str, command)],
                cwd=log.parent,
                env=ENVIRONMENT | {"HOME": str(log.parent)} | (env or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self):
        until = time.monotonic() + PATIENCE
        while not self.listens():
            if self.process.poll() is not None or time.monotonic() > until:
                said = self.log.read_text()[-2000:]
                raise RuntimeError(f"{self.name} does not listen on {self.tcp or self.udp}:\n{said}")
            time.sleep(0.01)

    def listens(self) -> bool:
        return (
            self.has_moved_in()
            and set(self.tcp) <= self.open_doors("tcp", "0A")
            and set(self.udp) <= self.open_doors("udp", "07")
        )

    def has_moved_in(self) -> bool:
        """Before `ip netns exec` has done its work, the process sees the doors of the machine."""
        try:
            own, wanted = Path(f"/proc/{self.process.pid}/ns/net"), Path(f"/run/netns/{self.namespace}")
            return own.stat().st_ino == wanted.stat().st_ino
        except OSError:
            return False

    def open_doors(self, protocol, state) -> set[int]:
        """Ports in that state in the namespace of the process: no connection is needed to know."""
        doors = set()
        for table in (protocol, protocol + "6"):
            try:
                lines = Path(f"/proc/{self.process.pid}/net/{table}").read_text().splitlines()[1:]
            except OSError:
                continue
            fields = [line.split() for line in lines]
            doors |= {int(f[1].rpartition(":")[2], 16) for f in fields if f[3] == state}
        return doors

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal({"TERM": 15, "INT": 2, "KILL": 9}[self.stop_signal])
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def uvicorn(module: str, listen: str, port: int, *flags):
    return [
        sys.executable,
        "-m",
        "uvicorn",
        f"{module}:app",
        "--app-dir",
        HERE,
        "--host",
        listen,
        "--port",
        port,
        "--no-access-log",
        "--log-level",
        "warning",
        *flags,
    ]


def next_js(port: int):
    """At every address: told one, its middleware would lead visitors to `localhost` (router-server's initUrl)."""
    built = ROOT / "target/next"
    if not (built / "digest").exists():
        raise RuntimeError("no target/next: tests/stack/next/build makes it")
    return ["node", built / "node_modules/next/dist/bin/next", "start", built, "--port", port]
