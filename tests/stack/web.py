"""The web application behind the front: pages made on the server, or one page for every path (an SPA)."""

import datetime
import os
import secrets

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

CANARY = "golivecanary"
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


def page(request: Request, status: int = 200):
    now = datetime.datetime.now(datetime.timezone.utc)
    nonce = secrets.token_urlsafe(16)
    if os.environ.get("VARIES") == "false":
        now, nonce = datetime.datetime(2026, 1, 31), "c3RlYWR5"
    extra = ""
    if os.environ.get("CANARY") == "true":
        extra = (
            f'<input type="hidden" name="csrf_token" value="{CANARY}{secrets.token_hex(16)}">'
            f'<a href="/open?access_token={CANARY}{secrets.token_hex(16)}">open</a>'
        )
    host = "app.example.com"
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
    if "web_session" not in request.cookies:
        response.set_cookie(
            "web_session", CANARY + secrets.token_urlsafe(24), path="/", secure=True, httponly=True, samesite="lax"
        )
    # As Next.js sets it: a preference is no session, and carries no Secure.
    response.set_cookie("NEXT_LOCALE", "en", path="/", samesite="lax")
    return response


def home(request):
    return page(request)


def shell(request):
    return HTMLResponse(SHELL)


def missing(request, _error):
    return page(request, 404)


def welcome(_request):
    return RedirectResponse(f"/?token={CANARY}{secrets.token_hex(16)}", status_code=302)


if os.environ.get("KIND") == "spa":
    app = Starlette(routes=[Route("/{path:path}", shell)])
else:
    app = Starlette(routes=[Route("/", home), Route("/welcome", welcome)], exception_handlers={404: missing})
