"""The stack: one deployment at a time, and only what differs from the one before is started again."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import fields, replace
from pathlib import Path

import fronts
from authority import Authority
from deployment import ALIAS, BRIDGE4, BRIDGE6, CANARY, GUARDED_PORTS, HIDDEN4, HOST4, HOST6, SITE, Deployment
from fronts.site import BLOG
from network import HERE, IMPOSTOR, LOCAL_PROXY, Network, remove_leftovers, sh
from servers import Server, next_js, uvicorn

NOBODY = 65534
UNPRIVILEGED = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
# What lies on the disk of the host. `static` is served, the folder around it is not.
PUBLIC = {
    ".env": f"APP_ENV=production\nAPP_SECRET={CANARY}4c7d1f0a9b\n"
    f"DATABASE_URL=postgresql://shop:{CANARY}77@db:5432/shop\n",
    "static/shop.css": "h1 { color: teal }\n",
    "static/print.css": "footer { display: none }\n",
    # The page of Debian's nginx package, and another site of the owner's.
    "welcome/index.html": "<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n</head>\n<body>\n"
    "<h1>Welcome to nginx!</h1>\n<p>If you see this page, the nginx web server is successfully installed and\n"
    "working. Further configuration is required.</p>\n</body>\n</html>\n",
    "blog/index.html": BLOG,
}
RESOLVER, OTHER_RESOLVER = "127.0.0.53", "127.0.0.54"


class Stack:
    def __init__(self, golive: Path, delay_ms: float = 0, loss: float = 0):
        self.network = Network(delay_ms, loss)
        for owner in remove_leftovers():
            for folder in Path(tempfile.gettempdir()).glob(f"golive-{owner}-stack-*"):
                shutil.rmtree(folder)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.network.prefix}-stack-"))
        self.folder.chmod(0o755)  # PostgreSQL, nginx and the scanner work as users of their own
        # A home directory lets no other account in: nobody runs a copy.
        self.golive = Path(shutil.copy(golive, self.folder / "golive"))
        self.servers: dict[str, Server] = {}
        self.now: dict[str, object] = {}

    # Up and down

    def up(self):
        self.network.up()
        self.authority = Authority(self.folder / "authority")
        self.public = self.folder / "public"
        for name, content in PUBLIC.items():
            file = self.public / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        self.make_cluster()
        resolv = Path("/etc/netns") / self.network.scan
        resolv.mkdir(parents=True)
        (resolv / "resolv.conf").write_text(f"nameserver {RESOLVER}\noptions timeout:1 attempts:1\n")
        self.start(
            "control",
            self.network.control,
            [self.golive, "listen"],
            tcp=GUARDED_PORTS,
        ).wait()
        # Always sound: what `--dns-servers` names when the system's resolver is at fault.
        sound = self.dnsmasq(OTHER_RESOLVER, Deployment().names)
        self.start("other-resolver", self.network.scan, sound, udp=[53]).wait()

    def down(self):
        for server in self.servers.values():
            server.stop()
        self.network.down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_):
        self.down()

    # Change

    def become(self, deployment: Deployment):
        changed = {part: wanted for part, wanted in deployment.parts() if self.now.get(part) != wanted}
        for part in changed:
            self.now.pop(part, None)
        begun = [getattr(self, f"change_{part}")(wanted) for part, wanted in changed.items()]
        for server in begun:
            if server:
                server.wait()
        self.now |= changed

    def change_firewall(self, firewall):
        self.network.guard(firewall)

    def change_scanner(self, scanner):
        self.network.become_scanner(scanner)

    def change_routers(self, routers):
        self.network.become_routers(routers)

    def change_front(self, front):
        self.stop("front")
        if front.kind == "none":
            return None
        chain, key = self.authority.certificate(front.certificate)
        if front.staple:
            self.authority.staple(front.certificate, front.staple)
        if front.unknown == "internal":
            self.authority.certificate("internal")
        kind = fronts.KINDS[front.kind]
        config = self.folder / f"{front.kind}.conf"
        config.write_text(kind.config(front, chain, key, self.folder, self.public))
        return self.start("front", self.network.host, kind.command(config, self.folder), tcp=[80, 443])

    def change_container(self, container):
        self.stop("container")
        self.network.publish(container)
        if 443 not in container.published:
            return None
        command = ["python3", HERE / "forward.py", f"443={BRIDGE4}", f"443={BRIDGE6}"]
        return self.start("container", self.network.rooms["container"], command, tcp=[443])

    def change_impostor(self, impostor):
        self.stop("impostor")
        self.network.disguise(impostor)
        match impostor.kind:
            case "closer" | "tarpit":
                manner = ["hold"] if impostor.kind == "tarpit" else []
                command = ["python3", HERE / "listener.py", *manner, "0.0.0.0", "::", IMPOSTOR]
                return self.start("impostor", self.network.host, command, tcp=[IMPOSTOR])
            case "local":
                pairs = [f"{own}={ip}" for own in LOCAL_PROXY.values() for ip in (HOST4, HOST6)]
                command = ["python3", HERE / "forward.py", *pairs]
                return self.start("impostor", self.network.rooms["r1"], command, tcp=LOCAL_PROXY.values())

    def change_api(self, api):
        self.stop("api")
        if not api.running:
            return None
        flag = "--proxy-headers" if api.proxy_headers else "--no-proxy-headers"
        command = uvicorn("api", api.listen, 8000, "--http", api.http, flag)
        return self.start("api", self.network.host, command, tcp=[8000], env=environment(api))

    def change_web(self, web):
        self.stop("web")
        command, env = uvicorn("web", "127.0.0.1", 3000), environment(web)
        if web.kind == "next":
            command, env = next_js(3000), {"NEXT_TELEMETRY_DISABLED": "1"}
        return self.start("web", self.network.host, command, tcp=[3000], env=env)

    def change_redis(self, redis):
        self.stop("redis")
        password = ["--requirepass", f"{CANARY}-redis"] if redis.password else []
        return self.start(
            "redis",
            self.network.host,
            [
                "redis-server",
                "--port",
                6379,
                "--bind",
                *redis.bind.split(),
                "--save",
                "",
                "--appendonly",
                "no",
                "--protected-mode",
                "yes" if redis.protected else "no",
                *password,
            ],
            tcp=[6379],
        )

    def change_postgres(self, postgres):
        self.stop("postgres")
        return self.start(
            "postgres",
            self.network.host,
            [
                postgres_tool("postgres"),
                "-D",
                self.cluster,
                "-c",
                f"listen_addresses={postgres.listen}",
                "-c",
                f"unix_socket_directories={self.cluster}",
                "-c",
                "fsync=off",
                "-c",
                f"hba_file={self.cluster / ('pg_hba.conf' if postgres.password else 'trusting.conf')}",
            ],
            tcp=[5432],
            user="postgres",
            stop="INT",
        )

    def change_console(self, console):
        self.stop("console")
        command = {
            "": None,
            "listener": ["python3", HERE / "listener.py", HOST4, HOST6, 9000],
            "folder": ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", self.public, 9000],
        }[console.kind]
        return self.start("console", self.network.host, command, tcp=[9000]) if command else None

    def change_names(self, names):
        self.stop("resolver")
        self.stop("name server")
        if names.zone:
            told = names if names.zone == "agrees" else replace(names, also=(HIDDEN4,))
            self.start("name server", self.network.host, self.dnsmasq(HIDDEN4, told), udp=[53]).wait()
        if names.answer == "records":
            command = self.dnsmasq(RESOLVER, names)
        else:
            command = ["python3", HERE / "resolver.py", RESOLVER, names.answer]
        return self.start("resolver", self.network.scan, command, udp=[53])

    # Parts

    def start(self, name, namespace, command, **how) -> Server:
        self.servers[name] = Server(name, namespace, command, self.folder / f"{name}.log", **how)
        return self.servers[name]

    def stop(self, name):
        if name in self.servers:
            self.servers.pop(name).stop()

    def make_cluster(self):
        self.cluster = self.folder / "cluster"
        self.cluster.mkdir()
        shutil.chown(self.cluster, "postgres", "postgres")
        password = self.folder / "postgres.password"
        password.write_text(f"{CANARY}-postgres\n")
        sh(
            "setpriv",
            "--reuid",
            "postgres",
            "--regid",
            "postgres",
            "--init-groups",
            postgres_tool("initdb"),
            "-D",
            self.cluster,
            "--no-sync",
            "-A",
            "scram-sha-256",
            "--pwfile",
            password,
        )
        (self.cluster / "trusting.conf").write_text("host all all all trust\n")

    @staticmethod
    def dnsmasq(address, names):
        said = []
        for name in (SITE, ALIAS):
            if name not in names.missing:
                said += [f"--host-record={name},{HOST4}" + (f",{HOST6}" if names.aaaa else "")]
        said += [f"--host-record={SITE},{address}" for address in names.also]
        if names.apex:
            said += [f"--host-record=example.com,{HOST4},{HOST6}"]
        if names.zone:
            said += [f"--host-record=ns1.example.com,{HIDDEN4}", f"--dns-rr=example.com,2,{wire('ns1.example.com')}"]
        if names.caa:
            said += [f"--dns-rr=example.com,257,0005{b'issue'.hex()}{names.caa.encode().hex()}"]
        return [
            "dnsmasq",
            "--no-daemon",
            "--conf-file=/dev/null",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
            f"--listen-address={address}",
            "--local=/#/",
            "--log-facility=-",
            *said,
        ]

    # Inside

    def inside(self, *words) -> list[str]:
        """The command as the scanner runs it: as nobody, who may do nothing that every account may not."""
        return ["ip", "netns", "exec", self.network.scan, "setpriv", *UNPRIVILEGED, *map(str, words)]

    def curl(self, *words) -> str:
        done = subprocess.run(
            self.inside("curl", "-sS", "-m", "5", "--cacert", self.authority.root, *words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={"PATH": os.environ["PATH"]},
        )
        # Undecoded line ends: what stands at the end of a line can be asked for.
        said = done.stdout.decode(errors="replace")
        return said if done.returncode == 0 else f"curl: {done.returncode} {done.stderr.decode()}"


def environment(part) -> dict[str, str]:
    """The fields of an application's part as variables: words as they are, the rest as JSON."""
    said = {field.name.upper(): getattr(part, field.name) for field in fields(part)}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in said.items()}


def wire(name: str) -> str:
    """A domain name as it is sent (RFC 1035 §3.1), in hexadecimal digits."""
    return "".join(f"{len(label):02x}{label.encode().hex()}" for label in name.split(".")) + "00"


def postgres_tool(name: str) -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        raise RuntimeError(f"no {name}: PostgreSQL's server package is missing")
    return found[-1]
