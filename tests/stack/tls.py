#!/usr/bin/env python3
"""TLS servers on loopback, each looked at by golive, by `openssl s_client`, and by testssl.sh if it is asked for."""

import argparse
import json
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# Not as a part of the package: its other tables need the virtual environment.
sys.path.insert(0, str(Path(__file__).parent / "scenarios"))
from tls import CHECKS, SERVERS  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SITE = "app.example.com"
LETTERS = {"pass": "P", "fail": "F", "skip": "S", "unknown": "U"}


def main():
    args = arguments()
    chosen = [s for s in SERVERS if not args.only or any(word in s.name for word in args.only)]
    with tempfile.TemporaryDirectory(prefix="golive-tls-") as folder:
        folder = Path(folder)
        make_files(folder)
        with ThreadPoolExecutor(4) as pool:
            problems = [p for found in pool.map(lambda s: look(s, folder, args), chosen) for p in found]
    for problem in problems:
        print(problem)
    print(f"{len(chosen)} servers, {len(problems)} differences")
    return 1 if problems else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="servers whose name holds one of these words")
    parser.add_argument("--golive", default=ROOT / "target/debug/golive")
    parser.add_argument("--testssl", action="store_true", help="compare with testssl.sh, a minute a server")
    return parser.parse_args()


def look(server, folder, args):
    """What differs from what is expected, in words."""
    with Running(server, folder) as port:
        said, versions = scan(args.golive, folder, server, port)
        problems = []
        if said != server.says:
            wrong = [f"{c} {got} for {want}" for c, got, want in zip(CHECKS, said, server.says) if got != want]
            problems.append(f"{server.name}: {', '.join(wrong)}")
        if server.kind in ("openssl", "nginx", "haproxy"):
            theirs = openssl_versions(port)
            if theirs != versions:
                problems.append(f"{server.name}: golive takes {sorted(versions)}, openssl {sorted(theirs)}")
            if args.testssl:
                problems += compare_testssl(server, said, port, folder)
    return problems


def scan(golive, folder, server, port):
    out = folder / f"{server.name}.json"
    config = folder / f"{server.name}.toml"
    limits = '\n[limits]\nexchange = "1s"\n' if server.kind == "mute" else ""
    config.write_text(f'site = "https://{SITE}:{port}"\n[vantage]\nallow_private = true\n{limits}')
    words = ["scan", "--config", config, "--resolve", f"{SITE}:{port}:127.0.0.1", "--only", "tls"]
    run = subprocess.run(
        [golive, *words, "--json", out, "-q", "--no-progress"], capture_output=True, text=True, timeout=120
    )
    if not out.exists():
        raise SystemExit(f"{server.name}: {run.stderr}{run.stdout}")
    report = json.loads(out.read_text())
    said = {f["check"]: LETTERS[f["status"]] for f in report["findings"] if f["family"] == "tls"}
    names = {"tls10": "TLS 1.0", "tls11": "TLS 1.1", "tls12": "TLS 1.2", "tls13": "TLS 1.3"}
    versions = {
        o["question"]["offer"]
        for o in report["observations"]["hellos"]
        if o["outcome"].get("Ok", {}) not in ("closed", "reset")
        and (o["outcome"].get("Ok") or {}).get("taken", {}).get("version") == names.get(o["question"]["offer"])
        and o["question"]["offer"] in names
    }
    return "".join(said.get(check, "-") for check in CHECKS), versions


def openssl_versions(port):
    offers = {"tls10": "-tls1", "tls11": "-tls1_1", "tls12": "-tls1_2", "tls13": "-tls1_3"}
    taken = set()
    for offer, flag in offers.items():
        cipher = [] if flag == "-tls1_3" else ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
        words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", SITE, flag, *cipher]
        run = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        if re.search(r"(New|Reused), (TLSv|SSLv)", run.stdout) and "Cipher is (NONE)" not in run.stdout:
            taken.add(offer)
    return taken


def compare_testssl(server, said, port, folder):
    """testssl.sh's own words for what our checks say."""
    out = folder / f"{server.name}-testssl.json"
    words = ["testssl", "--quiet", "--color", "0", "-p", "-s", "-f", "--jsonfile", out, f"127.0.0.1:{port}"]
    subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    found = {f["id"]: f["finding"] for f in json.loads(out.read_text())}
    offered = lambda key: found.get(key, "").startswith("offered")  # noqa: E731
    theirs = {
        "tls-legacy-refused": "F" if any(map(offered, ("SSLv3", "TLS1", "TLS1_1"))) else "P",
        "tls-modern-offered": "P" if offered("TLS1_2") or offered("TLS1_3") else "F",
        "tls-newest-offered": "P" if offered("TLS1_3") else "F",
        "tls-weak-ciphers-refused": "F"
        if any(offered(f"cipherlist_{kind}") for kind in ("NULL", "aNULL", "EXPORT", "LOW", "3DES_IDEA"))
        else "P",
    }
    differ = [f"{c} {said[CHECKS.index(c)]}, testssl {theirs[c]}" for c in theirs if said[CHECKS.index(c)] != theirs[c]]
    return [f"{server.name}: {', '.join(differ)}"] if differ and not server.testssl else []


class Running:
    """A server on a port of its own, until the end of the block."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.process = self.listener = None

    def __enter__(self):
        if self.server.kind in SCRIPTS:
            self.listener = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self.accept, daemon=True).start()
            return self.listener.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = COMMANDS[self.server.kind](self.server, self.folder, port)
        log = open(self.folder / f"{self.server.name}.log", "w")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                return port
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.server.name} does not start: {(self.folder / f'{self.server.name}.log').read_text()}")

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()
        if self.listener:
            self.listener.close()

    def accept(self):
        while True:
            try:
                stream, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.answer, args=(stream,), daemon=True).start()

    def answer(self, stream):
        try:
            with stream:
                stream.settimeout(10)
                SCRIPTS[self.server.kind](self.server, stream)
        except OSError:
            pass


def make_files(folder):
    for key, words in {"rsa": ["rsa:2048"], "ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]}.items():
        sh("openssl", "req", "-x509", "-newkey", *words, "-nodes", "-days", "30", "-subj", f"/CN={SITE}",
           "-addext", f"subjectAltName=DNS:{SITE}", "-keyout", folder / f"{key}.key", "-out", folder / f"{key}.crt")
        both = (folder / f"{key}.crt").read_text() + (folder / f"{key}.key").read_text()
        (folder / f"{key}.pem").write_text(both)
    # RFC 3526 and RFC 7919.
    for name, group in {"dh1536": "modp_1536", "dh2048": "ffdhe2048"}.items():
        sh("openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{group}", "-out", folder / name)


def sh(*words):
    subprocess.run(words, check=True, capture_output=True)


def s_server(server, folder, port):
    files = {name: folder / name for name in ("dh1536", "dh2048")}
    words = [word.format(**files) for word in server.words]
    key = ["-cert", folder / f"{server.key}.crt", "-key", folder / f"{server.key}.key"]
    return ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www", *key, *words]


def nginx(server, folder, port):
    home = folder / server.name
    home.mkdir()
    lines = "\n".join(server.words)
    (home / "nginx.conf").write_text(f"""
daemon off; pid {home}/pid; error_log stderr; worker_processes 1;
events {{}}
http {{ access_log off; client_body_temp_path {home}/b; proxy_temp_path {home}/p; fastcgi_temp_path {home}/f;
uwsgi_temp_path {home}/u; scgi_temp_path {home}/s;
server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {folder}/rsa.crt; ssl_certificate_key {folder}/rsa.key;
{lines}
location / {{ return 200 "ok"; }} }} }}
""")
    return ["nginx", "-p", home, "-c", home / "nginx.conf"]


def haproxy(server, folder, port):
    path = folder / f"{server.name}.cfg"
    path.write_text(f"""
defaults
  mode http
  timeout client 5s
  timeout connect 5s
  timeout server 5s
frontend tls
  bind 127.0.0.1:{port} ssl crt {folder}/rsa.pem {' '.join(server.words)}
  http-request return status 200 content-type text/plain string ok
""")
    return ["haproxy", "-db", "-f", path]


COMMANDS = {"openssl": s_server, "nginx": nginx, "haproxy": haproxy}


def canned(server, stream):
    """One version, one suite: taken when a hello offers them, else an alert (RFC 5246 §7.2)."""
    version, suite, compression, extension = server.words
    version, suite = int(version, 16), bytes.fromhex(suite)
    head = receive(stream, 5)
    hello = receive(stream, struct.unpack("!H", head[3:])[0])
    client = struct.unpack("!H", hello[4:6])[0]
    at = 39 + hello[38]
    length = struct.unpack("!H", hello[at : at + 2])[0]
    offered = hello[at + 2 : at + 2 + length]
    methods = hello[at + 3 + length : at + 3 + length + hello[at + 2 + length]]
    newest_alone = b"\x00\x2b\x00\x03\x02\x03\x04" in hello
    if client < version or newest_alone or suite not in (offered[i : i + 2] for i in range(0, length, 2)):
        stream.sendall(bytes([21, 3, 3, 0, 2, 2, 70 if client < version or newest_alone else 40]))
        return
    chosen = compression if int(compression, 16) in methods else "00"
    body = struct.pack("!H", version) + b"\x07" * 32 + b"\0" + suite + bytes.fromhex(chosen)
    if extension:
        body += struct.pack("!H", len(extension) // 2) + bytes.fromhex(extension)
    flight = message(2, body) + message(11, b"\0\0\0") + message(14, b"")
    stream.sendall(bytes([22]) + struct.pack("!HH", version, len(flight)) + flight)
    stream.recv(1)


def receive(stream, count):
    data = b""
    while len(data) < count:
        part = stream.recv(count - len(data))
        if not part:
            raise OSError("the hello ends early")
        data += part
    return data


def message(kind, body):
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


def mute(_, stream):
    while stream.recv(4096):
        pass


def closer(_, stream):
    stream.recv(4096)


SCRIPTS = {"script": canned, "mute": mute, "closer": closer}

if __name__ == "__main__":
    sys.exit(main())
