from pathlib import Path

from deployment import ALIAS, SITE, Front
from fronts.site import API, BLOG, NETWORK, WEB, block, policy


def command(config: Path, folder: Path) -> list:
    return ["caddy", "run", "--adapter", "caddyfile", "--config", config]


def config(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    tls = f"tls {chain} {key}"
    api = block("handle /api/*", f"reverse_proxy {API}") + block("handle /ws", f"reverse_proxy {API}")
    fields = "\n".join(f"{name} `{value}`" for name, value in policy(front).items())
    hsts = f"header Strict-Transport-Security `{front.hsts}`" if front.hsts else ""
    if front.network:
        hsts += f"\nheader {' '.join(NETWORK)}"
    everywhere = block("header", fields) if front.headers == "everywhere" else ""
    at_page = "" if front.headers == "everywhere" else block("header", fields)
    web = f"reverse_proxy {WEB}"
    if front.headers == "not-on-404":
        web = block(
            web,
            "@missing status 404",
            block("handle_response @missing", "header -X-Content-Type-Options", "copy_response"),
        )
    dotenv = block("handle /.env", f"root * {public}", "file_server") if front.dotenv else ""
    file_server = "file_server browse" if front.files == "listed" else "file_server"
    files = block("handle_path /static/*", at_page, f"root * {public}/static", file_server) if front.files else ""
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
        "refused": block("https://", tls, "respond 403"),
        "misdirected": block("https://", tls, "respond 421"),
        "redirected": block("https://", tls, f"redir https://{SITE}{{uri}} permanent"),
        "welcome": block("https://", tls, f"root * {public}/welcome", "file_server"),
        "blog": block("https://", tls, hsts, block("header", fields, "Content-Type text/html"), f"respond `{BLOG}`"),
        "api": block("https://", tls, api, block("handle", "abort")),
    }[front.unknown]
    http = {
        "same-host": "",  # Caddy's own
        "fixed-name": block("http://", f"redir https://{SITE}{{uri}} permanent"),
        "port-said": block("http://", f"redir https://{SITE}:443{{uri}} permanent"),
        "found": block("http://", "redir https://{host}{uri} temporary"),
        "dropped": block("http://", "abort"),
        "forbidden": block("http://", "respond 403"),
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
            block(names, tls, hsts, everywhere, front.more, api, dotenv, files, block("handle", at_page, web)),
        ]
    )
