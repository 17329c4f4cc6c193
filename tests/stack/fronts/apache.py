from pathlib import Path

from deployment import ALIAS, SITE, Front
from fronts.site import API, NETWORK, WEB, indent, policy

# What Debian enables by itself, and what a proxy over TLS needs beside it.
MODULES = """
mpm_event alias authz_core authz_host autoindex cache cache_socache dir env headers http2 mime proxy proxy_http
reqtimeout rewrite setenvif socache_shmcb ssl status
""".split()


def command(config: Path, folder: Path) -> list:
    return ["apache2", "-f", config, "-DFOREGROUND"]


def config(front: Front, chain: Path, key: Path, folder: Path, public: Path) -> str:
    tls = f"SSLEngine on\nSSLCertificateFile {chain}\nSSLCertificateKeyFile {key}"
    hsts = f"Header always set Strict-Transport-Security {quoted(front.hsts)}" if front.hsts else ""
    if front.network:
        hsts += f"\nHeader always set {' '.join(NETWORK)}"
    # What a backend sends stands in one table and what `always` sets in another: both are sent (mod_headers, Header).
    fields = "\n".join(
        f"Header unset {name}\nHeader always set {name} {quoted(value)}"
        + (' "expr=%{REQUEST_STATUS} != 404"' if front.headers == "not-on-404" and value == "nosniff" else "")
        for name, value in policy(front).items()
    )
    if front.headers != "everywhere":
        fields = section("LocationMatch ^/(?!api/|ws$)", fields)
    proxy = "ProxyPreserveHost On\nRequestHeader set X-Forwarded-Proto https"
    api = f"ProxyPass /api/ http://{API}/api/\nProxyPass /ws http://{API}/ws upgrade=websocket"
    files = ""
    if front.files:
        options = f"Options {'Indexes' if front.files == 'listed' else 'None'}"
        files = f"ProxyPass /static/ !\nAlias /static/ {public}/static/\n" + folder_of(f"{public}/static", options)
    if front.trace:  # of what is handed on, the application decides
        files += f"ProxyPassMatch ^/$ !\nAliasMatch ^/$ {public}/blog/index.html\n" + folder_of(f"{public}/blog")
    cache = ""
    if front.cache:
        # Set-Cookie is kept with the page unless CacheIgnoreHeaders names it (mod_cache, Avoiding Cache Poisoning).
        cache = "CacheSocache shmcb\nCacheEnable socache /\nCacheDefaultExpire 600\nCacheIgnoreNoLastMod On"
    alias, names = "", f"ServerName {SITE}\nServerAlias {ALIAS}"
    if front.alias == "redirects":
        names = f"ServerName {SITE}"
        alias = secure(f"ServerName {ALIAS}", tls, hsts, f"Redirect permanent / https://{SITE}/")
    # The first of a port is for every name that no other one has.
    unknown = secure(
        "ServerName unknown.invalid",
        tls,
        *{
            "closed": [section("Location /", "Require all denied")],
            "redirected": [f"Redirect permanent / https://{SITE}/"],
            "misdirected": ["Redirect 421 /"],
            "welcome": [f"DocumentRoot {public}/welcome", folder_of(f"{public}/welcome")],
            "blog": [hsts, fields, f"DocumentRoot {public}/blog", folder_of(f"{public}/blog")],
            "api": [proxy, api],
        }[front.unknown],
    )
    # As certbot writes it; without UseCanonicalName the name is the visitor's word.
    to_same = "RewriteEngine on\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]"
    plain = {
        "same-host": to_same,
        "found": to_same.replace("permanent", "302"),
        "fixed-name": f"Redirect permanent / https://{SITE}/",
        "port-said": f"Redirect permanent / https://{SITE}:443/",
        "forbidden": section("Location /", "Require all denied"),
        "gap": f"{proxy.replace('https', 'http')}\nProxyPass /api/health http://{API}/api/health\n"
        + to_same.replace("RewriteRule", "RewriteCond %{REQUEST_URI} !=/api/health\nRewriteRule"),
        "none": f"{proxy.replace('https', 'http')}\n{api}\nProxyPass / http://{WEB}/",
    }[front.redirect]
    return "\n".join(
        [
            *(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in MODULES),
            f"ServerRoot {folder}\nDefaultRuntimeDir {folder}\nPidFile {folder}/apache.pid",
            f"ErrorLog {folder}/apache.log\nTypesConfig /dev/null\nAddType text/html .html\nAddType text/css .css",
            "User www-data\nGroup www-data\nServerName localhost\nListen 80\nListen 443",
            f"Protocols {'h2 ' if front.http2 else ''}http/1.1",
            "SSLProtocol all -SSLv3 -TLSv1 -TLSv1.1\nSSLSessionCache none",
            # Debian's conf-available/security.conf, hardened as it says.
            f"ServerTokens Prod\nServerSignature Off\nTraceEnable {'On' if front.trace else 'Off'}",
            section("Directory /", "AllowOverride None\nRequire all denied"),
            section("VirtualHost *:80", f"ServerName {SITE}", plain),
            unknown,
            alias,
            secure(names, tls, proxy, hsts, fields, cache, front.more, files, api, f"ProxyPass / http://{WEB}/"),
        ]
    )


def secure(*bodies: str) -> str:
    return section("VirtualHost *:443", *bodies)


def folder_of(path: str, *more: str) -> str:
    return section(f"Directory {path}", "Require all granted", *more)


def section(head: str, *bodies: str) -> str:
    word, _, argument = head.partition(" ")
    return f"<{word} {argument}>\n" + "\n".join(indent(body) for body in bodies if body.strip()) + f"\n</{word}>\n"


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
