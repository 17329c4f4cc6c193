"""TLS servers, and what the nine checks of the tls family must say of each.

Verdicts stand in the order of CHECKS: P pass, F fail, S skip, U unknown. A server without EC has no DHE either unless
it is told. `testssl` names what Debian's testssl.sh says otherwise, with the reason why both are right.
"""

from dataclasses import dataclass

CHECKS = (
    "tls-legacy-refused",
    "tls-modern-offered",
    "tls-weak-ciphers-refused",
    "tls-forward-secret",
    "tls-newest-offered",
    "tls-old-suites-refused",
    "tls-renegotiation-safe",
    "tls-compression-off",
    "tls-post-quantum",
)

ITS_OPENSSL = "its OpenSSL connects to no version so old, and it stops to ask whether to go on"
ITS_HELLO = "its hellos of old versions do not offer suites without encryption, which is all that is taken there"

AEAD = "ECDHE+AESGCM:ECDHE+CHACHA20"


@dataclass
class Server:
    name: str
    says: str
    kind: str = "openssl"  # openssl, nginx, haproxy or a script
    words: tuple = ()  # of its command line, or lines of its configuration
    key: str = "rsa"
    testssl: str = ""


def openssl(name, says, *words, **more):
    return Server(name, says, words=words, **more)


SERVERS = [
    # OpenSSL 3.0 has no ML-KEM: post-quantum is F throughout.
    openssl("modern", "PPPPPPPPF", "-cipher", AEAD),
    openssl("defaults", "PPPPPFPPF"),
    openssl("ecdsa", "PPPPPPPPF", "-cipher", AEAD, key="ec"),
    openssl("tls-1.3-alone", "PPPPPPSSF", "-tls1_3"),
    openssl("tls-1.2-alone", "PPPPFPPPF", "-tls1_2", "-cipher", AEAD),
    openssl("tls-1.0-alone", "FFPFFFPPF", "-tls1", "-cipher", "DEFAULT:@SECLEVEL=0", testssl=ITS_OPENSSL),
    openssl("tls-1.1-alone", "FFPFFFPPF", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0", testssl=ITS_OPENSSL),
    openssl("tls-1.0-too", "FPPPPFPPF", "-min_protocol", "TLSv1", "-cipher", "DEFAULT:@SECLEVEL=0"),
    # The suites without encryption are known in every version.
    openssl("null", "FPFPPPPPF", "-cipher", f"{AEAD}:eNULL:!PSK:@SECLEVEL=0", testssl=ITS_HELLO),
    openssl("anonymous", "PPFPPPPPF", "-cipher", f"{AEAD}:ADH-AES128-GCM-SHA256:@SECLEVEL=0"),
    openssl("static-rsa-alone", "PPPFFFPPF", "-tls1_2", "-cipher", "AES128-GCM-SHA256"),
    openssl("cbc-too", "PPPPPFPPF", "-cipher", f"{AEAD}:ECDHE-RSA-AES128-SHA"),
    openssl("dhe-2048", "PPPPPPPPF", "-cipher", f"{AEAD}:DHE-RSA-AES128-GCM-SHA256", "-dhparam", "{dh2048}"),
    openssl("dhe-1536", "PPPFPPPPF", "-cipher", f"{AEAD}:DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", "-dhparam", "{dh1536}"),
    openssl("client-certificate", "PPPPPPPPF", "-cipher", AEAD, "-Verify", "2"),
    openssl("renegotiates", "PPPPPPPPF", "-cipher", AEAD, "-legacy_renegotiation"),
    openssl("without-etm", "PPPPPFPPF", "-no_etm"),
    Server("nginx", "PPPPPFPPF", "nginx", ("ssl_protocols TLSv1.2 TLSv1.3;",)),
    Server(
        "nginx-old",
        "FPPPPFPPF",
        "nginx",
        ("ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;", "ssl_ciphers ALL:@SECLEVEL=0:!aNULL;"),
    ),
    Server("haproxy", "PPPPPFPPF", "haproxy", ("ssl-min-ver TLSv1.2",)),
    # Where OpenSSL refuses to be that bad, a script answers: SSLv3, compression, RFC 5746 unknown.
    Server("sslv3", "FFPFFFFPF", "script", ("0300", "002f", "00", "")),
    Server("compression", "PPPFFFPFF", "script", ("0303", "009c", "01", "ff01000100")),
    Server("renegotiation-unsafe", "PPPFFFFPF", "script", ("0303", "009c", "00", "")),
    Server("rc4", "PPFFFPPPF", "script", ("0303", "0005", "00", "ff01000100")),
    # What proves nothing: silence, a door that is closed at once.
    Server("silent", "UUUUUUUUU", "mute"),
    Server("closes", "UUUUUUUUU", "closer"),
]
