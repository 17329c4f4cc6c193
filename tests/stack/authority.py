"""A certificate authority in a folder: root, intermediate, and one leaf for each thing that can be wrong."""

import datetime
from pathlib import Path

from deployment import ALIAS, SITE
from network import sh

DAY = datetime.timedelta(days=1)
SOUND = {
    "names": (SITE, ALIAS),
    "begins": -28,  # days from now: 61 of 90 are left, and some hours
    "ends": 62,
    "key": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "digest": "sha256",
    "issuer": "intermediate",
    "sends_intermediate": True,
    "extensions": "leaf",
}
LEAVES = {
    "sound": {},
    "expired": {"begins": -91, "ends": -1},
    "not-yet-valid": {"begins": 1, "ends": 91},
    "ends-soon": {"begins": -84, "ends": 6},
    "wrong-name": {"names": ("other.example.com",)},
    "without-alias": {"names": (SITE,)},
    "missing-intermediate": {"sends_intermediate": False},
    "untrusted": {"issuer": "stranger"},
    "rsa-1024": {"key": ("rsa", "-pkeyopt", "rsa_keygen_bits:1024")},
    "sha-1": {"digest": "sha1"},
    "must-staple": {"extensions": "strict"},
    "stapled": {},
    "stapled-revoked": {},
    "internal": {"names": ("grafana.internal",)},
    "with-apex": {"names": (SITE, ALIAS, "example.com")},
}
CONFIG = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
copy_extensions = copy
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[strict]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
tlsfeature = status_request
"""


class Authority:
    def __init__(self, folder: Path):
        self.folder = folder
        folder.mkdir()
        self.config = folder / "openssl.cnf"
        self.config.write_text(CONFIG.format(folder=folder))
        (folder / "index.txt").touch()
        for root in ("root", "stranger"):
            self.key(root, SOUND["key"])
            sh(
                "openssl",
                "req",
                "-x509",
                "-new",
                "-key",
                folder / f"{root}.key",
                "-subj",
                f"/CN=Stack {root}",
                "-days",
                "3650",
                "-config",
                self.config,
                "-extensions",
                "authority",
                "-out",
                folder / f"{root}.pem",
            )
        self.key("intermediate", SOUND["key"])
        self.issue("intermediate", "root", "authority", (), -365, 1825, "sha256")
        self.root = folder / "root.pem"

    def certificate(self, name: str) -> tuple[Path, Path]:
        """(chain as it is sent, key); made when first asked for."""
        chain, key = self.folder / f"{name}.chain.pem", self.folder / f"{name}.key"
        if not chain.exists():
            leaf = SOUND | LEAVES[name]
            self.key(name, leaf["key"])
            self.issue(
                name, leaf["issuer"], leaf["extensions"], leaf["names"], leaf["begins"], leaf["ends"], leaf["digest"]
            )
            sent = [self.folder / f"{name}.pem"]
            if leaf["sends_intermediate"]:
                sent.append(self.folder / f"{leaf['issuer']}.pem")
            chain.write_text("".join(pem.read_text() for pem in sent))
        return chain, key

    def staple(self, name: str, standing: str):
        """An OCSP response beside the certificate: good | revoked."""
        self.certificate(name)
        leaf, issuer = self.folder / f"{name}.pem", self.folder / f"{SOUND['issuer']}.pem"
        signer = issuer.with_suffix(".key")
        if standing == "revoked":
            self.ca(SOUND["issuer"], "-revoke", leaf)
        made = self.folder / f"{name}.ocsp"
        index = ("-index", self.folder / "index.txt", "-CA", issuer, "-rsigner", issuer, "-rkey", signer)
        sh("openssl", "ocsp", *index, "-issuer", issuer, "-cert", leaf, "-ndays", 7, "-noverify", "-respout", made)

    def ca(self, issuer, *words):
        own = ("-cert", self.folder / f"{issuer}.pem", "-keyfile", self.folder / f"{issuer}.key")
        sh("openssl", "ca", "-batch", "-notext", "-config", self.config, *own, *words)

    def key(self, name, kind):
        algorithm, *options = kind
        sh("openssl", "genpkey", "-algorithm", algorithm, *options, "-out", self.folder / f"{name}.key")

    def issue(self, name, issuer, extensions, names, begins, ends, digest):
        asked, made = self.folder / f"{name}.csr", self.folder / f"{name}.pem"
        alt = ["-addext", "subjectAltName=" + ",".join(f"DNS:{n}" for n in names)] if names else []
        sh(
            "openssl",
            "req",
            "-new",
            "-key",
            self.folder / f"{name}.key",
            "-subj",
            f"/CN={names[0] if names else 'Stack ' + name}",
            *alt,
            "-out",
            asked,
        )
        now = datetime.datetime.now(datetime.timezone.utc)
        dates = ("-startdate", stamp(now + begins * DAY), "-enddate", stamp(now + ends * DAY))
        self.ca(issuer, "-extensions", extensions, "-md", digest, *dates, "-in", asked, "-out", made)


def stamp(moment) -> str:
    return moment.strftime("%Y%m%d%H%M%SZ")
