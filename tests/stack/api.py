"""The FastAPI application behind the front, set up from its environment as the deployment's notes say."""

import os
import secrets

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

# Every secret begins with this word, so that a report which holds one is found by searching for it.
CANARY = "golivecanary"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


def words(name: str) -> list[str]:
    return [word for word in os.environ.get(name, "").split(",") if word]


def told(name: str) -> bool:
    return os.environ.get(name, "") == "true"


app = FastAPI(title="Shop", docs_url=None, redoc_url=None, openapi_url=None)


@app.middleware("http")
async def headers_and_session(request: Request, call_next):
    response = await call_next(request)
    response.headers.update(HEADERS)
    if told("CANARY"):
        response.headers["Authorization"] = f"Bearer {CANARY}{secrets.token_hex(16)}"
        response.headers["X-Api-Key"] = f"{CANARY}{secrets.token_hex(16)}"
    if "session" not in request.cookies:
        start_session(response)
    return response


def start_session(response):
    response.set_cookie(
        "session",
        CANARY + secrets.token_urlsafe(24),
        max_age=7 * 86400,
        path="/",
        secure=told("COOKIE_SECURE"),
        httponly=told("COOKIE_HTTP_ONLY"),
        samesite=os.environ.get("COOKIE_SAME_SITE") or None,
        domain=os.environ.get("COOKIE_DOMAIN") or None,
    )


@app.get("/api/health")
async def health():
    answer = {"status": "ok", "database": "ok", "cache": "ok"}
    if told("CANARY"):
        answer |= {"access_token": CANARY + secrets.token_hex(16), "password": CANARY + secrets.token_hex(8)}
    return answer


@app.get("/api/items/")
async def items():
    return [{"id": 1, "name": "lamp"}, {"id": 2, "name": "table"}]


@app.post("/api/login")
async def login(credentials: dict):
    if credentials.get("password") != os.environ.get("LOGIN_PASSWORD", "correct horse"):
        return {"detail": "no"}
    return {"access_token": CANARY + secrets.token_hex(16), "user": {"role": "member"}}


@app.get("/api/go")
async def go():
    token = CANARY + secrets.token_hex(16)
    return RedirectResponse(f"https://app.example.com/?token={token}&state={token}", status_code=302)


# The last added is the outermost: an unknown host is refused before anything else is said.
app.add_middleware(
    CORSMiddleware,
    allow_origins=words("CORS_ORIGINS"),
    allow_origin_regex=os.environ.get("CORS_ORIGIN_REGEX") or None,
    allow_credentials=True,
    allow_methods=["GET", "POST"],
    allow_headers=["Content-Type"],
)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=words("TRUSTED_HOSTS"))
