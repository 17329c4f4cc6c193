"""What is served: an application behind Starlette's middleware, told by the environment what to put on."""

import json
import os

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route

WORDS = "A small page that keeps a list of parcels, with who sent them, where they are now, and when they arrive at last"


async def page(request):
    base = request.base_url
    return HTMLResponse(f"<!doctype html><link rel=canonical href='{base}'><p>{WORDS}</p><p>served</p>")


async def health(request):
    return JSONResponse({"status": "served", "database": "ok", "cache": "ok", "queue": "ok"})


def application():
    inner = Starlette(routes=[Route("/", page), Route("/api/health", health)])
    given = json.loads(os.environ["MIDDLEWARE"])
    if "allowed_hosts" in given:
        return TrustedHostMiddleware(inner, allowed_hosts=given["allowed_hosts"], www_redirect=False)
    by_path = {prefix: CORSMiddleware(inner, **options) for prefix, options in given.items()}

    async def choose(scope, receive, send):
        path = scope.get("path", "/")
        prefix = max((p for p in by_path if path.startswith(p)), key=len, default="/")
        await by_path[prefix](scope, receive, send)

    return choose
