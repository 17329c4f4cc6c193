"""The FastAPI application behind the front, set up from its environment as the deployment's notes say."""

import json
import os
import secrets

import jwt
from fastapi import Depends, FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import RedirectResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from deployment import CANARY, MEMBER, PASSWORD, SEED, SEED_PASSWORD, SITE

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


def secret(name: str) -> str:
    return os.environ.get(name) or CANARY + secrets.token_urlsafe(32)


FIELDS = {name: value for name, value in (HEADERS | dict(json.loads(os.environ.get("FIELDS", "[]")))).items() if value}
COOKIES = json.loads(os.environ.get("COOKIES", "[]"))
TOKEN_SECRET = secret("TOKEN_SECRET")
WEBSOCKET = os.environ.get("WEBSOCKET", "own")
SAME_SITE = os.environ.get("COOKIE_SAME_SITE") or None
DOMAIN = os.environ.get("COOKIE_DOMAIN") or None
MEMBERS = {MEMBER: PASSWORD} if told("MEMBER") else {}
if told("SEED"):
    MEMBERS[SEED] = SEED_PASSWORD

app = FastAPI(
    title="Shop",
    debug=told("DEBUG"),
    docs_url="/api/docs" if told("DOCS") else None,
    redoc_url="/api/redoc" if told("DOCS") else None,
    openapi_url="/api/openapi.json" if told("DOCS") else None,
)


@app.middleware("http")
async def headers_and_session(request: Request, call_next):
    response = await call_next(request)
    response.headers.update(FIELDS)
    if told("CANARY"):
        response.headers["Authorization"] = f"Bearer {CANARY}{secrets.token_hex(16)}"
        response.headers["X-Api-Key"] = f"{CANARY}{secrets.token_hex(16)}"
    if "session" not in request.cookies:
        response.set_cookie(
            "session",
            CANARY + secrets.token_urlsafe(24),
            max_age=7 * 86400,
            path="/",
            secure=told("COOKIE_SECURE"),
            httponly=told("COOKIE_HTTP_ONLY"),
            samesite=SAME_SITE,
            domain=DOMAIN,
        )
    return response


@app.get("/api/health")
async def health(response: Response):
    for line in COOKIES:
        response.headers.append("Set-Cookie", line)
    answer = {"status": "ok", "database": "ok", "cache": "ok"}
    if told("CANARY"):
        answer |= {"access_token": CANARY + secrets.token_hex(16), "password": CANARY + secrets.token_hex(8)}
    return answer


@app.get("/api/items/")
async def items():
    return [{"id": 1, "name": "lamp"}, {"id": 2, "name": "table"}]


@app.post("/api/auth/login")
async def login(credentials: dict, request: Request):
    user = credentials.get("email")
    if not user or MEMBERS.get(user) != credentials.get("password"):
        raise HTTPException(401, "wrong name or password")
    request.session["user"] = user
    token = jwt.encode({"sub": user, "jti": CANARY + secrets.token_hex(8)}, TOKEN_SECRET, "HS256")
    return {"access_token": token, "token_type": "bearer", "user": {"role": "member"}}


async def member(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            return jwt.decode(token, TOKEN_SECRET, ["HS256"])["sub"]
        except jwt.InvalidTokenError:
            raise HTTPException(401, "invalid token") from None
    if user := request.session.get("user"):
        return user
    raise HTTPException(401, "not signed in", {"WWW-Authenticate": "Bearer"})


@app.get("/api/me")
async def me(response: Response, user: str = Depends(member)):
    if kept := os.environ.get("PROFILE_CACHE"):
        response.headers["Cache-Control"] = kept
    return {"email": user, "role": "member", "orders": [4711, 4712]}


async def somebody(request: Request):
    return await member(request) if told("GUARDED") else None


@app.get("/api/admin", dependencies=[Depends(somebody)])
async def admin():
    return {"orders": [{"id": 4711, "customer": "Erika Mustermann"}, {"id": 4712, "customer": "Max Mustermann"}]}


@app.get("/api/fail")
async def fail():
    raise RuntimeError("the database has gone away")


@app.get("/api/go")
async def go():
    token = CANARY + secrets.token_hex(16)
    return RedirectResponse(f"https://{SITE}/?token={token}&state={token}", status_code=302)


@app.websocket("/ws")
async def live(socket: WebSocket):
    allowed = WEBSOCKET == "anybody" or "user" in socket.session
    if WEBSOCKET == "own":
        allowed = allowed and socket.headers.get("origin") in words("CORS_ORIGINS")
    if not allowed:
        return await socket.close()  # before it is accepted: 403
    await socket.accept()
    await socket.send_json({"lamps": 3})
    await socket.close()


# The last added is the outermost: an unknown host is refused before anything else is said.
app.add_middleware(
    SessionMiddleware,
    secret_key=secret("SESSION_SECRET"),
    session_cookie="signed_in",
    same_site=SAME_SITE or "lax",
    https_only=told("COOKIE_SECURE"),
    domain=DOMAIN,
)
app.add_middleware(
    CORSMiddleware,
    allow_origins=words("CORS_ORIGINS"),
    allow_origin_regex=os.environ.get("CORS_ORIGIN_REGEX") or None,
    allow_credentials=True,
    allow_methods=["GET", "POST"],
    allow_headers=["Content-Type"],
)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=words("TRUSTED_HOSTS"))
