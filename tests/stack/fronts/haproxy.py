from pathlib import Path

from deployment import ALIAS, SITE, Front
from fronts.site import API, BLOG, FOLDER, NETWORK, WEB, policy


def command(config: Path, folder: Path) -> list:
    return ["haproxy", "-W", "-f", config]


def config(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    pem = folder / "haproxy.pem"
    pem.write_text(chain.read_text() + key.read_text())
    # `http-after-response` holds for HAProxy's own answers too, redirects among them; `http-response` does not.
    hsts = f"http-after-response set-header Strict-Transport-Security {quoted(front.hsts)}" if front.hsts else ""
    if front.network:
        hsts += f"\n    http-after-response set-header {' '.join(NETWORK)}"
    unless = " unless { status 404 }" if front.headers == "not-on-404" else ""
    fields = "\n    ".join(
        f"http-response set-header {name} {quoted(value)}{unless if value == 'nosniff' else ''}"
        for name, value in policy(front).items()
    )
    everywhere = front.headers == "everywhere"
    unknown = {
        "closed": "http-request reject unless ours or alias",
        "empty": "http-request return status 200 unless ours or alias",
        "refused": "http-request deny unless ours or alias",
        "misdirected": "http-request return status 421 unless ours or alias",
        "redirected": f"http-request redirect prefix https://{SITE} code 301 unless ours or alias",
        "unanswered": "",  # no backend is for them: HAProxy's own 503
        "blog": f"http-request return status 200 content-type text/html string {quoted(BLOG)} unless ours or alias",
        "unnamed": "http-request reject if { req.hdr(host) -m found } !ours !alias",
        "api": "http-request reject unless ours or alias or { path -m beg /api/ }",
    }[front.unknown]
    code = {"found": 302}.get(front.redirect, 301)
    plain = {
        "same-host": f"http-request redirect scheme https code {code}",
        "found": "http-request redirect scheme https",  # its own code
        "fixed-name": f"http-request redirect prefix https://{SITE} code {code}",
        "port-said": f"http-request redirect prefix https://{SITE}:443 code {code}",
        "dropped": "http-request silent-drop",
        "forbidden": "http-request deny",
        "gap": "http-request redirect scheme https code 301 unless { path /api/health }\n    use_backend api",
        "none": "use_backend api if api\n    default_backend web",
    }[front.redirect]
    limit = ""
    if front.limit == "429":
        limit = """
    stick-table type ipv6 size 100k expire 60s store http_req_cnt
    http-request track-sc0 src
    http-request deny deny_status 429 if { sc_http_req_cnt(0) gt 40 }"""
    return HAPROXY.format(
        pem=pem,
        strict="strict-sni " if front.unknown == "closed" else "",
        alpn="h2,http/1.1" if front.http2 else "http/1.1",
        site=SITE,
        alias=ALIAS,
        hsts=hsts,
        everywhere=fields if everywhere else "",
        at_page="" if everywhere else fields,
        plain=plain,
        unknown=unknown,
        limit=limit,
        api_for="use_backend api if api" if front.unknown == "api" else "use_backend api if api ours or api alias",
        unnamed="default_backend web" if front.unknown == "unnamed" else "",
        leads=f"http-request redirect prefix https://{SITE} code 301 if alias" if front.alias == "redirects" else "",
        files="use_backend folder if { path -m beg /static/ }" if front.files == "listed" else "",
        more="\n    ".join(front.more.strip().splitlines()),
        api=API,
        web=WEB,
        folder=FOLDER,
    )


def quoted(text: str) -> str:
    """Weak quotes would still take `\\`, `"` and `$` apart (HAProxy's configuration manual, 2.2)."""
    return "'" + text.replace("'", "'\\''") + "'"


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
    timeout tunnel 1m

frontend plain
    bind 0.0.0.0:80
    bind :::80 v6only
    acl api path -m beg /api/
    {plain}

frontend site
    bind 0.0.0.0:443 ssl crt {pem} {strict}alpn {alpn}
    bind :::443 v6only ssl crt {pem} {strict}alpn {alpn}
    acl ours hdr(host),field(1,:),lower -m str {site}
    acl alias hdr(host),field(1,:),lower -m str {alias}
    acl api path -m beg /api/
    acl api path /ws
    {limit}
    {unknown}
    {hsts}
    {everywhere}
    {more}
    http-request set-header X-Forwarded-Proto https
    {leads}
    {files}
    {api_for}
    use_backend web if ours or alias
    {unnamed}

backend api
    server api {api}

backend web
    {at_page}
    server web {web}

backend folder
    {at_page}
    server folder {folder}
"""
