from pathlib import Path

from deployment import ALIAS, SITE, Front
from fronts.site import API, BLOG, HUMAN, NETWORK, WEB, block, policy

UPGRADE = """
proxy_http_version 1.1;
proxy_set_header Upgrade $http_upgrade;
proxy_set_header Connection upgrade;
proxy_set_header Host $host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
"""
# What is said after the limit is met: status and fields of nginx's own answer, or of a page that asks.
LIMITS = {
    "503": "",
    "429": "limit_req_status 429;",
    "page": "error_page 503 =200 @human;",
    "403": "error_page 503 =403 @human;",
    "challenge": "error_page 503 =403 @human;",
}


def command(config: Path, folder: Path) -> list:
    return ["nginx", "-c", config, "-p", folder, "-e", folder / "nginx.log"]


def config(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    certificate = f"ssl_certificate {chain};\nssl_certificate_key {key};"
    proxy = "\n".join(
        [
            "proxy_set_header Host $host;",
            "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
            "proxy_set_header X-Forwarded-Proto $scheme;",
        ]
    )
    api = block("location /api/", f"proxy_pass http://{API};") + block(
        "location = /ws", UPGRADE, f"proxy_pass http://{API};"
    )
    # `add_header` in a block takes the place of those around it: HSTS is said again beside the others.
    hsts = f"add_header Strict-Transport-Security '{front.hsts}' always;" if front.hsts else ""
    if front.network:
        hsts += f"\nadd_header {' '.join(NETWORK)} always;"
    fields = "\n".join(
        f"add_header {name} '{value}'" + (";" if front.headers == "not-on-404" and value == "nosniff" else " always;")
        for name, value in policy(front).items()
    )
    at_server, at_page = (f"{hsts}\n{fields}", "") if front.headers == "everywhere" else (hsts, f"{hsts}\n{fields}")
    if front.wall:
        at_server += f"\nauth_basic Shop;\nauth_basic_user_file {folder}/nobody;"
        (folder / "nobody").touch()
    around = ""
    if front.limit == "login":
        around = "limit_req_zone $binary_remote_addr zone=visitor:1m rate=2r/m;"
        api += block(
            "location = /api/auth/login",
            "limit_req zone=visitor nodelay;\nlimit_req_status 429;",
            f"proxy_pass http://{API};",
        )
    elif front.limit:
        # The visits fit into the burst, what comes afterwards does not.
        around = "limit_req_zone $binary_remote_addr zone=visitor:1m rate=6r/m;"
        at_server += f"\nlimit_req zone=visitor burst=40 nodelay;\n{LIMITS[front.limit]}"
    if front.limit in ("page", "403", "challenge"):
        mitigated = "add_header cf-mitigated challenge always;" if front.limit == "challenge" else ""
        at_server += block("\nlocation @human", "default_type text/html;", mitigated, f"return 200 '{HUMAN}';")
    if front.cache:
        # As it is found in answers to "nginx does not cache": what the application forbids is overruled.
        around += f"\nproxy_cache_path {folder}/nginx-cache keys_zone=pages:1m;"
        at_page += "\nproxy_cache pages;\nproxy_cache_valid 200 10m;\nadd_header X-Cache-Status $upstream_cache_status;"
        at_page += "\nproxy_ignore_headers Cache-Control Expires Set-Cookie Vary;"
    static = "/static" if front.files == "slip" else "/static/"
    files = block(
        f"location {static}",
        f"alias {public}/static/;",
        "autoindex on;" if front.files == "listed" else "",
        f"{hsts}\n{fields}",
    )
    page = block("location /", f"proxy_pass http://{WEB};", at_page)
    site = [proxy, at_server, front.more, api, files if front.files else "", page]
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
            "refused": [certificate, "return 403;"],
            "misdirected": [certificate, "return 421;"],
            "redirected": [certificate, f"return 301 https://{SITE}$request_uri;"],
            "welcome": [certificate, f"root {public}/welcome;"],
            "blog": [certificate, f"{hsts}\n{fields}\ndefault_type text/html;\nreturn 200 '{BLOG}';"],
            "api": [certificate, proxy, api, block("location /", "return 444;")],
            "internal": [certificate.replace(front.certificate, "internal"), "return 444;"],
        }[front.unknown],
    )

    http = {
        "same-host": "return 301 https://$host$request_uri;",
        "fixed-name": f"return 301 https://{SITE}$request_uri;",
        "port-said": f"return 301 https://{SITE}:443$request_uri;",
        "found": "return 302 https://$host$request_uri;",
        "dropped": "return 444;",
        "forbidden": "return 403;",
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
                "types { text/html html; text/css css; text/javascript js; text/plain txt; }",
                around,
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
