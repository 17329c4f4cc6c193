"""What should not be seen: files, secrets in pages, debug pages, guarded paths, listings, documents, datastores."""

from deployment import CANARY
from scenario import FOUR, GO, NO_GO, ONE, SITE, Scenario

NGINX, APACHE, HAPROXY = ("nginx",), ("apache",), ("haproxy",)

# In pieces, so that nobody who searches this repository for keys finds one.
STRIPE = "sk_" + f"live_{CANARY}51Hq7TbXv9Zr2"
SCRIPT = "/assets/app-5f1c.js"
LOADS = f'<script src="{SCRIPT}"></script>'
FILES = {
    "/.git/HEAD": "ref: refs/heads/main\n",
    "/.git/config": '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n[remote "origin"]\n'
    f"\turl = https://deploy:{CANARY}77aa@git.lamps.internal/shop.git\n",
    "/docker-compose.yml": "services:\n  db:\n    image: postgres:16\n    environment:\n"
    f"      POSTGRES_PASSWORD: {CANARY}-compose\n",
    "/.aws/credentials": "[default]\naws_access_key_id = AKIA" + "Q3EGVN2BX7LJK4MT\n"
    f"aws_secret_access_key = {CANARY}Zr8Kq1vT0wXyPb3HsUeJdL7f\n",
    "/.npmrc": "//npm.lamps.internal/:_authToken=npm_" + f"{CANARY}Zr8Kq1vT0wXyPb3HsUeJ\n",
    "/backup.sql": "-- MySQL dump 10.19  Distrib 10.11.6\nDROP TABLE IF EXISTS `users`;\nCREATE TABLE `users` "
    f"(`id` int, `password` text);\nINSERT INTO `users` VALUES (1,'{CANARY}9f');\n",
}
PHPINFO = (
    '<!DOCTYPE html><html><head><title>PHP 8.2.7 - phpinfo()</title></head><body><h1 class="p">PHP Version 8.2.7</h1>'
    '<table><tr><td class="e">System </td><td class="v">Linux host 6.1.0</td></tr><tr><td class="e">Build Date </td>'
    '<td class="v">Jun  9 2023</td></tr></table></body></html>'
)
VITE = (
    'import "/node_modules/vite/dist/client/env.mjs";\nconsole.debug("[vite] connecting...");\n'
    "export function createHotContext(ownerPath) {}\n"
)
MANIFEST = (
    'self.__BUILD_MANIFEST = (function(a){return {__rewrites:{},"/":[a]}}());'
    "self.__BUILD_MANIFEST_CB&&self.__BUILD_MANIFEST_CB()"
)
METRICS = (
    "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.\n"
    "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total 12.47\n"
    '# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\nhttp_requests_total{method="GET"} 4711\n'
)


def text(path, content, media="text/plain"):
    return (path, media, content)


def guarded(*paths):
    return f"\n[exposure]\nguarded = {list(paths)!r}\n".replace("'", '"')


FILES_SHOWN = [
    Scenario(
        "files-served",
        NO_GO,
        {"web.also": tuple(text(path, content) for path, content in FILES.items())},
        fails={"secret-file-hidden": tuple(FILES)},
        flags=("-vv",),
        fronts=ONE,
        shows=((f"{SITE}/.git/config", "bare = false"),),
    ),
    # `location /static { alias …/static/; }`: what comes after `/static` is put behind the folder.
    Scenario(
        "files-by-a-slip",
        NO_GO,
        {"front.files": "slip"},
        fails={"secret-file-hidden": "/static../.env"},
        flags=("-vv",),
        fronts=NGINX,
        shows=((f"--path-as-is {SITE}/static../.env", "APP_SECRET="), (f"{SITE}/static/shop.css", "teal")),
    ),
    Scenario(
        "listing",
        NO_GO,
        {"front.files": "listed", "console.kind": "folder"},
        fails={"directory-listing-off": "/static/"},
        fronts=FOUR,
        shows=((f"{SITE}/static/", "print.css"),),
    ),
    Scenario(
        "secret-in-a-script",
        NO_GO,
        {"web.body": LOADS, "web.also": (text(SCRIPT, f'const pay="{STRIPE}";export{{pay}}', "text/javascript"),)},
        fails={"secret-not-in-page": ""},
        flags=("-vv",),
        shows=((f"{SITE}{SCRIPT}", "live_"),),
    ),
    Scenario(
        "secret-in-a-page",
        NO_GO,
        {"web.body": f"<script>var db='postgresql://shop:{CANARY}Zr8Kq1vT@db.lamps.internal:5432/shop'</script>"},
        fails={"secret-not-in-page": ""},
        flags=("-vv",),
        fronts=ONE,
    ),
]

DEBUG = [
    Scenario(
        "debug-traceback",
        NO_GO,
        {"api.debug": True},
        paths=("/", "/api/health", "/api/fail"),
        fails={"debug-off": "/api/fail"},
        follows=("site-answers", "headers-on-errors", "content-type-options"),
        shows=((f"{SITE}/api/fail", "Traceback (most recent call last)"),),
    ),
    Scenario(
        "debug-servers",
        NO_GO,
        {
            "web.also": (
                text("/@vite/client", VITE, "text/javascript"),
                text("/_next/static/development/_buildManifest.js", MANIFEST, "application/javascript"),
                text("/metrics", METRICS, "text/plain"),
                text("/phpinfo.php", PHPINFO, "text/html"),
            )
        },
        fails={"debug-off": ("/@vite/client", "/_next/static/development/", "/metrics", "/phpinfo.php")},
        fronts=ONE,
    ),
    Scenario(
        "debug-nginx-status",
        NO_GO,
        {"front.more": "location /nginx_status { stub_status; }"},
        fails={"debug-off": "/nginx_status"},
        fronts=NGINX,
        shows=((f"{SITE}/nginx_status", "Active connections"),),
    ),
    Scenario(
        "debug-server-status",
        NO_GO,
        {
            "front.more": "ProxyPass /server-status !\n<Location /server-status>\nSetHandler server-status\n"
            "Require all granted\n</Location>"
        },
        fails={"debug-off": "/server-status"},
        fronts=APACHE,
        shows=((f"{SITE}/server-status", "Apache Server Status"),),
    ),
]

GUARDS = [
    Scenario(
        "guard-missing",
        NO_GO,
        {"web.guard": "none", "api.guarded": False},
        policy=guarded("/admin", "/api/admin"),
        fails={"guarded-path-refused": ("/admin", "/api/admin")},
        shows=((f"{SITE}/admin", "Heidestrasse"), (f"{SITE}/api/admin", "Erika")),
    ),
    # What the front guards is one spelling, and the application knows others.
    Scenario(
        "guard-without-the-slash",
        NO_GO,
        {"web.guard": "none", "front.more": "location = /admin { return 403; }"},
        policy=guarded("/admin"),
        fails={"guarded-path-refused": "/admin"},
        fronts=NGINX,
        shows=((f"{SITE}/admin", " 403"), (f"{SITE}/admin/", "Heidestrasse")),
    ),
    Scenario(
        "guard-of-one-case",
        NO_GO,
        {"web.kind": "loose", "web.guard": "none", "front.more": "<Location /admin>\nRequire all denied\n</Location>"},
        policy=guarded("/admin"),
        fails={"guarded-path-refused": "/admin"},
        fronts=APACHE,
        shows=((f"{SITE}/admin", " 403"), (f"{SITE}/ADMIN", "Heidestrasse")),
    ),
    Scenario(
        "guard-of-one-slash",
        NO_GO,
        {"web.kind": "loose", "web.guard": "none", "front.more": "http-request deny if { path -i -m beg /admin }"},
        policy=guarded("/admin"),
        fails={"guarded-path-refused": "/admin"},
        fronts=HAPROXY,
        shows=((f"{SITE}/ADMIN", " 403"), (f"{SITE}//admin", "Heidestrasse")),
    ),
    # CVE-2025-29927, also where nothing is written: the path leads to a login.
    Scenario(
        "guard-passed-by-a-field",
        NO_GO,
        {"web.guard": "subrequest"},
        policy=guarded("/admin"),
        fails={"guarded-path-refused": "/admin"},
        shows=(
            (f"{SITE}/admin", "ocation: /login"),
            (f"-H 'x-middleware-subrequest: src/middleware' {SITE}/admin", "Heidestrasse"),
        ),
    ),
    Scenario(
        "guard-of-a-visited-path",
        NO_GO,
        {"web.guard": "subrequest"},
        paths=("/", "/api/health", "/admin"),
        fails={"guarded-path-refused": "/admin"},
        fronts=ONE,
    ),
]

DOCUMENTS = [
    Scenario(
        "documents-shown",
        GO,
        {"api.docs": True},
        advice={"api-document-hidden": "fail"},
        shows=((f"{SITE}/api/openapi.json", '"openapi"'),),
    ),
    Scenario(
        "documents-promoted",
        NO_GO,
        {"api.docs": True},
        policy='\n[gate]\npromote = ["api-document-hidden"]\n',
        fails={"api-document-hidden": "/api/"},
        fronts=ONE,
    ),
    Scenario(
        "documents-waived",
        GO,
        {"api.docs": True},
        policy='\n[gate]\npromote = ["api-document-hidden"]\n[[waive]]\ncheck = "api-document-hidden"\nsubject = "*"\n'
        'owner = "ops@example.com"\nreason = "public API"\nuntil = 2099-12-31\n',
        fronts=ONE,
    ),
]

DATASTORES = [
    Scenario(
        "postgres-trusting",
        NO_GO,
        {"postgres.listen": "*", "postgres.password": False, "firewall.allow4": (5432,), "firewall.allow6": (5432,)},
        fails={"datastore-port-closed": "5432/tcp", "datastore-asks-password": "5432/tcp"},
        fronts=ONE,
    ),
]
