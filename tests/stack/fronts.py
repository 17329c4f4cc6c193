"""Caddy, nginx and HAProxy as a careful owner sets them up on one server. Each fault is one variable of the template."""

from pathlib import Path

from deployment import ALIAS, SITE, Front

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = {True: "max-age=31536000; includeSubDomains", False: "max-age=31536000"}  # for subdomains as well, or not
NETWORK = ("CF-Ray", "8f0e1d2c3b4a5968-FRA")
API, WEB = "127.0.0.1:8000", "127.0.0.1:3000"
# Another site of the same owner on the same server: the same policy, other words.
BLOG = (
    "<!doctype html><html><head><title>Notes on brewing</title></head><body><h1>Notes on brewing</h1>"
    "<p>This week a new yeast went into the wheat beer that we drank in Bamberg last summer.</p></body></html>"
)
HUMAN = "<!doctype html><title>One moment</title><p>Please prove that you are human before you go on to the page."


def indent(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.strip().splitlines())


def block(head: str, *bodies: str) -> str:
    return f"{head} {{\n" + "\n".join(indent(body) for body in bodies if body.strip()) + "\n}\n"


# nginx


def nginx(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    certificate = f"ssl_certificate {chain};\nssl_certificate_key {key};"
    proxy = "\n".join(
        [
            "proxy_set_header Host $host;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
        ]
    )
    api = block("location /api/", f"proxy_pass http://{API};")
    # `add_header` in a block takes the place of those around it: HSTS is said again beside the others.
    hsts = f'add_header Strict-Transport-Security "{HSTS[front.subdomains]}" always;' if front.hsts else ""
    if front.network:
        hsts += f"\nadd_header {' '.join(NETWORK)} always;"
    policy = "\n".join(
        f'add_header {name} "{value}"' + (";" if front.headers == "not-on-404" and value == "nosniff" else " always;")
        for name, value in HEADERS.items()
    )
    at_server, at_page = (f"{hsts}\n{policy}", "") if front.headers == "everywhere" else (hsts, f"{hsts}\n{policy}")
    if front.wall:
        at_server += f"\nauth_basic Shop;\nauth_basic_user_file {folder}/nobody;"
        (folder / "nobody").touch()
    limit = ""
    if front.limit:
        # The visits fit into the burst, what comes afterwards does not.
        limit = "limit_req_zone $binary_remote_addr zone=visitor:1m rate=6r/m;"
        at_server += "\nlimit_req zone=visitor burst=40 nodelay;"
    if front.limit == "page":
        at_server += "\nerror_page 503 =200 @human;" + block(
            "\nlocation @human", "default_type text/html;", f"return 200 '{HUMAN}';"
        )
    site = [proxy, at_server, api, block("location /", f"proxy_pass http://{WEB};", at_page)]
    if front.dotenv:
        site.append(block("location = /.env", f"root {public};", "default_type text/plain;"))

    http2 = " http2" if front.http2 else ""
    https = f"listen 443 ssl{http2};\nlisten [::]:443 ssl{http2};"
    if front.staple:
        certificate += f"\nssl_stapling on;\nssl_stapling_file {chain.parent / front.certificate}.ocsp;"
    alias = ""
    names = f"{SITE} {ALIAS}"
    if front.alias == "redirects":
        names = SITE
        alias = block(
            "server",
            https,
            f"server_name {ALIAS};",
            certificate,
            hsts,
            block("location /", f"return 301 https://{SITE}$request_uri;"),
        )
    # Names that are not ours: no certificate for them, no answer.
    unknown = block(
        "server",
        https.replace(";", " default_server;"),
        *{
            "closed": ["ssl_reject_handshake on;", "return 444;"],
            "empty": [certificate, "return 200;"],
            "blog": [certificate, f"{hsts}\n{policy}\ndefault_type text/html;\nreturn 200 '{BLOG}';"],
            "api": [certificate, proxy, api, block("location /", "return 444;")],
            "internal": [certificate.replace(front.certificate, "internal"), "return 444;"],
        }[front.unknown],
    )

    http = {
        "same-host": "return 301 https://$host$request_uri;",
        "fixed-name": f"return 301 https://{SITE}$request_uri;",
        "found": "return 302 https://$host$request_uri;",
        "gap": proxy
        + block("\nlocation = /api/health", f"proxy_pass http://{API};")
        + block("location /", "return 301 https://$host$request_uri;"),
        "none": proxy + "\n" + api + block("location /", f"proxy_pass http://{WEB};"),
    }[front.redirect]
    # OpenSSL would not load a weak certificate otherwise.
    weak = 'ssl_ciphers "DEFAULT@SECLEVEL=0";' if front.certificate in ("rsa-1024", "sha-1") else ""

    return "\n".join(
        [
            "user www-data;",
            "worker_processes 1;",
            "daemon off;",
            f"pid {folder}/nginx.pid;",
            f"error_log {folder}/nginx.log;",
            block("events", "worker_connections 1024;"),
            block(
                "http",
                f"log_format line '$server_addr $request';\naccess_log {folder}/access.log line;",
                "server_tokens off;\nssl_protocols TLSv1.2 TLSv1.3;\n" + weak,
                limit,
                "\n".join(
                    f"{kind}_temp_path {folder}/nginx-{kind};"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                ),
                block("server", "listen 80 default_server;\nlisten [::]:80 default_server;", http),
                unknown,
                alias,
                block("server", https, f"server_name {names};", certificate, *site),
            ),
        ]
    )


# Caddy


def caddy(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    tls = f"tls {chain} {key}"
    api = block("handle /api/*", f"reverse_proxy {API}")
    policy = "\n".join(f'{name} "{value}"' for name, value in HEADERS.items())
    hsts = f'header Strict-Transport-Security "{HSTS[front.subdomains]}"' if front.hsts else ""
    if front.network:
        hsts += f"\nheader {' '.join(NETWORK)}"
    everywhere = block("header", policy) if front.headers == "everywhere" else ""
    at_page = "" if front.headers == "everywhere" else block("header", policy)
    web = f"reverse_proxy {WEB}"
    if front.headers == "not-on-404":
        web = block(
            web,
            "@missing status 404",
            block("handle_response @missing", "header -X-Content-Type-Options", "copy_response"),
        )
    dotenv = block("handle /.env", f"root * {public}", "file_server") if front.dotenv else ""
    names = f"{SITE}, {ALIAS}"
    alias = ""
    if front.alias == "redirects":
        names = SITE
        alias = block(ALIAS, tls, hsts, f"redir https://{SITE}{{uri}} permanent")
    if front.apex:
        alias += block("example.com", tls, f"redir https://{SITE}{{uri}} permanent")
    unknown = {
        "closed": "",  # with the name in TLS an alert, in Host alone an empty 200
        "empty": block("https://", tls),
        "blog": block("https://", tls, hsts, block("header", policy, "Content-Type text/html"), f"respond `{BLOG}`"),
        "api": block("https://", tls, api, block("handle", "abort")),
    }[front.unknown]
    http = {
        "same-host": "",  # Caddy's own
        "fixed-name": block("http://", f"redir https://{SITE}{{uri}} permanent"),
        "found": block("http://", "redir https://{host}{uri} temporary"),
        "gap": block(
            "http://",
            block("handle /api/health", f"reverse_proxy {API}"),
            block("handle", "redir https://{host}{uri} permanent"),
        ),
        "none": block("http://", api, block("handle", f"reverse_proxy {WEB}")),
    }[front.redirect]
    return "\n".join(
        [
            # `disable_certs`: the files are all there is; Caddy must not go and ask for others.
            block("", "admin off", "auto_https disable_certs", block("log", f"output file {folder}/caddy.log")),
            http,
            alias,
            unknown,
            block(names, tls, hsts, everywhere, api, dotenv, block("handle", at_page, web)),
        ]
    )


# HAProxy


def haproxy(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    """The names of the site alone: others get no certificate (strict-sni) and no answer."""
    pem = folder / "haproxy.pem"
    pem.write_text(chain.read_text() + key.read_text())
    return HAPROXY.format(
        pem=pem,
        site=SITE,
        alias=ALIAS,
        hsts=f'http-after-response set-header Strict-Transport-Security "{HSTS[True]}"',
        policy="\n    ".join(f'http-response set-header {name} "{value}"' for name, value in HEADERS.items()),
        api=API,
        web=WEB,
    )


HAPROXY = """
global
    ssl-default-bind-options ssl-min-ver TLSv1.2
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256
    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20
    tune.ssl.default-dh-param 2048

defaults
    mode http
    option forwardfor
    timeout connect 5s
    timeout client 30s
    timeout server 30s

frontend plain
    bind 0.0.0.0:80
    bind :::80 v6only
    acl ours hdr(host),field(1,:),lower -m str {site} {alias}
    http-request reject unless ours
    http-request redirect scheme https code 301

frontend site
    bind 0.0.0.0:443 ssl crt {pem} strict-sni alpn h2,http/1.1
    bind :::443 v6only ssl crt {pem} strict-sni alpn h2,http/1.1
    acl ours hdr(host),field(1,:),lower -m str {site}
    acl alias hdr(host),field(1,:),lower -m str {alias}
    http-request reject unless ours or alias
    {hsts}
    http-request set-header X-Forwarded-Proto https
    http-request redirect prefix https://{site} code 301 if alias
    acl api path -m beg /api/
    use_backend api if api
    default_backend web

backend api
    server api {api}

backend web
    {policy}
    server web {web}
"""
