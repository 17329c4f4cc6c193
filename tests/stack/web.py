"""The web application behind the front: pages made on the server, or one page for every path (an SPA)."""

import datetime
import json
import os
import re
import secrets

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from deployment import CANARY, SITE

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Shop: lamps and tables</title>
<link rel="canonical" href="{canonical}">
<meta property="og:url" content="{canonical}">
<script nonce="{nonce}">window.page = "{page}"</script>
</head>
<body>
<h1>Lamps and tables</h1>
<p>We have sold lamps and tables since 1987. Come in and look around; everything on show can be taken home today.</p>
<form action="/search"><input name="q"><button>Search</button></form>
{extra}
<footer>Made at {now}. <a href="/imprint">Imprint</a></footer>
</body>
</html>
"""
SHELL = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title></head>
<body><div id="root"></div><script src="/assets/index-4f1c2a9b.js"></script></body>
</html>
"""
SIGN_IN = """<!doctype html><title>Sign in</title><h1>Sign in</h1><form action="/login" method="post">
<input name="email"><input name="password" type="password"><button>Sign in</button></form>"""
ORDERS = """<!doctype html><title>Orders</title><h1>Orders of today</h1><table><tr><td>4711</td><td>two lamps</td>
<td>Erika Mustermann, Heidestrasse 17</td></tr><tr><td>4712</td><td>a table</td><td>Max Mustermann</td></tr></table>"""
# What its middleware put there before 15.2.3, and anybody can put there (CVE-2025-29927).
PASSED_BY = re.compile(r"(src/)?middleware(:(src/)?middleware){0,4}|pages/_middleware")

KIND, GUARD = os.environ.get("KIND"), os.environ.get("GUARD")
FIELDS = json.loads(os.environ.get("FIELDS", "[]"))
COOKIES = json.loads(os.environ.get("COOKIES", "[]"))
ALSO = {path: (media, content) for path, media, content in json.loads(os.environ.get("ALSO", "[]"))}


def page(request: Request, status: int = 200):
    now = datetime.datetime.now(datetime.timezone.utc)
    nonce = secrets.token_urlsafe(16)
    if os.environ.get("VARIES") == "false":
        now, nonce = datetime.datetime(2026, 1, 31), "c3RlYWR5"
    extra = os.environ.get("BODY", "")
    if os.environ.get("CANARY") == "true":
        extra += (
            f'<input type="hidden" name="csrf_token" value="{CANARY}{secrets.token_hex(16)}">'
            f'<a href="/open?access_token={CANARY}{secrets.token_hex(16)}">open</a>'
        )
    host = SITE
    if os.environ.get("CANONICAL") == "forwarded":
        host = request.headers.get("x-forwarded-host", host)
    body = PAGE.format(
        canonical=f"https://{host}{request.url.path}",
        nonce=nonce,
        page=request.url.path,
        extra=extra,
        now=now.isoformat(timespec="seconds"),
    )
    response = HTMLResponse(body, status)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'nonce-{nonce}'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    for name, value in FIELDS:
        response.headers[name] = value
    if "web_session" not in request.cookies:
        response.set_cookie(
            "web_session", CANARY + secrets.token_urlsafe(24), path="/", secure=True, httponly=True, samesite="lax"
        )
    # As Next.js sets it: a preference is no session, and carries no Secure.
    response.set_cookie("NEXT_LOCALE", "en", path="/", samesite="lax")
    for line in COOKIES:
        response.headers.append("Set-Cookie", line)
    return response


def admin(request):
    passed = GUARD == "subrequest" and PASSED_BY.fullmatch(request.headers.get("x-middleware-subrequest", ""))
    if GUARD == "none" or passed:
        return HTMLResponse(ORDERS)
    if GUARD == "forbidden":
        return HTMLResponse("<!doctype html><title>Forbidden</title><h1>Not for you</h1>", 403)
    return RedirectResponse("/login?next=/admin", status_code=307)


def answer(request: Request):
    path = request.url.path
    if KIND == "loose":
        path = re.sub("/+", "/", path.lower())
    if path in ALSO:
        media, content = ALSO[path]
        return Response(content, media_type=media)
    match path:
        case _ if KIND == "spa":
            return HTMLResponse(SHELL)
        case "/":
            return page(request)
        case "/admin" | "/admin/":
            return admin(request)
        case "/login":
            return HTMLResponse(SIGN_IN)
        case "/welcome":
            return RedirectResponse(f"/?token={CANARY}{secrets.token_hex(16)}", status_code=302)
    return page(request, 404)


app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "HEAD"])])
