"""Tokens made by Python's libraries, one answer a line: what golive must find in it, and the secret that made it."""

import asyncio
import base64
import hashlib
import json
import secrets
import sys
from importlib.metadata import version

import django
import flask
import itsdangerous
import jwt
from cryptography.fernet import Fernet
from django.conf import settings
from django.core import signing
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils.module_loading import import_string
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

PLACEHOLDER = "REPLACE_ME"
TUTORIAL = "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"


def tell(library, kind, algorithm, place, secret, fields=(), body=""):
    """`secret`: a text that golive knows or that is a candidate of the owner's; None where nobody knows it."""
    line = {"made_by": f"{library} {version(library)}", "kind": kind, "algorithm": algorithm, "place": place}
    print(json.dumps(line | {"secret": secret, "fields": [list(field) for field in fields], "body": body}))


def each(secret):
    """The secret itself, and one that nobody knows."""
    return [(secret, secret), (secrets.token_urlsafe(48), None)]


def pyjwt():
    for algorithm in ("HS256", "HS384", "HS512"):
        for key, told in each(PLACEHOLDER):
            token = jwt.encode({"sub": "alice", "exp": 4102444800}, key, algorithm=algorithm)
            body = json.dumps({"data": {"access_token": token, "token_type": "bearer"}})
            tell("PyJWT", "jws", algorithm, {"json": "$['data']['access_token']"}, told, body=body)
    for key, told in [*each(TUTORIAL), (bytes.fromhex(TUTORIAL), TUTORIAL), (b"changeme\n", "changeme\n")]:
        token = jwt.encode({"sub": "bob"}, key, algorithm="HS256")
        fields = [("Set-Cookie", f'access_token="Bearer {token}"; HttpOnly; Path=/; SameSite=lax; Secure')]
        tell("PyJWT", "jws", "HS256", {"cookie": "access_token"}, told, fields)
        tell("PyJWT", "jws", "HS256", {"field": "authorization"}, told, [("Authorization", f"Bearer {token}")])
        tell("PyJWT", "jws", "HS256", {"field": "location"}, told, [("Location", f"/in?token={token}&next=%2F")])
    token = jwt.encode({"sub": "eve"}, None, algorithm="none")
    tell("PyJWT", "jws", "none", {"json": "$[0]"}, None, body=json.dumps([token]))
    keys = [("RS256", "rsa"), ("ES256", "ec"), ("EdDSA", "ed25519")]
    for algorithm, kind in keys:
        token = jwt.encode({"sub": "carol"}, pair(kind), algorithm=algorithm)
        tell("PyJWT", None, None, None, None, [("Set-Cookie", f"jwt={token}; Path=/")], json.dumps({"t": token}))


def pair(kind):
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    match kind:
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case "ec":
            return ec.generate_private_key(ec.SECP256R1())
        case _:
            return ed25519.Ed25519PrivateKey.generate()


def starlette():
    async def enter(request):
        request.session["user"] = request.query_params["user"]
        return PlainTextResponse("in")

    for user in ("a", "ab", "abc", "Zoë Ångström: admin"):
        for key, told in each(PLACEHOLDER):
            middleware = [Middleware(SessionMiddleware, secret_key=key, https_only=True)]
            app = Starlette(routes=[Route("/", enter)], middleware=middleware)
            fields = asyncio.run(asgi(app, user))
            tell("starlette", "starlette-session", "HMAC-SHA1", {"cookie": "session"}, told, fields)


async def asgi(app, user):
    from urllib.parse import quote

    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": f"user={quote(user)}".encode()}
    await app(scope | {"scheme": "https", "server": ("app.example.com", 443), "root_path": ""}, receive, send)
    return [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]


def flask_session():
    for content in ({"user": "alice"}, {"user": "b"}, {"text": "round and round " * 40}, {"at: ": "x: y"}):
        for key, told in each("dev"):
            app = flask.Flask("vectors")
            app.secret_key = key

            @app.get("/")
            def enter():
                flask.session.update(content)
                return "in"

            fields = app.test_client().get("/").headers.items()
            tell("Flask", "flask-session", "HMAC-SHA1", {"cookie": "session"}, told, fields)


def serializers():
    for key, told in each(PLACEHOLDER):
        timed = itsdangerous.URLSafeTimedSerializer(key).dumps({"reset": 7})
        # As Flask's, but for its salt: without the secret nobody can tell.
        kind = "itsdangerous" if told else "flask-session"
        body = json.dumps({"token": timed})
        tell("itsdangerous", kind, "HMAC-SHA1", {"json": "$['token']"}, told, body=body)
        plain = itsdangerous.URLSafeSerializer(key).dumps({"reset": 7})
        tell("itsdangerous", "itsdangerous", "HMAC-SHA1", {"json": "$['token']"}, told, body=json.dumps({"token": plain}))
        words = itsdangerous.TimestampSigner(key).sign("alice@example.com").decode()
        tell("itsdangerous", "itsdangerous", "HMAC-SHA1", {"cookie": "who"}, told, [("Set-Cookie", f"who={words}")])
        strong = itsdangerous.TimestampSigner(key, digest_method=hashlib.sha512).sign("alice").decode()
        tell("itsdangerous", "itsdangerous", "HMAC-SHA512", {"cookie": "who"}, told, [("Set-Cookie", f"who={strong}")])


def django_signing():
    settings.configure(
        SECRET_KEY="later", USE_TZ=True, SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage", ALLOWED_HOSTS=["*"],
    )
    django.setup()
    for key, told in each("django-insecure-change-me"):
        settings.SECRET_KEY = key
        tell_django = lambda place, fields=(), body="": tell(  # noqa: E731
            "Django", "django-signing", "HMAC-SHA256", place, told, fields, body
        )
        response = HttpResponse()
        response.set_signed_cookie("seen", "front page", secure=True, httponly=True)
        tell_django({"cookie": "seen"}, lines(response))
        response = HttpResponse()
        response.set_cookie("seen", signing.get_cookie_signer(salt="seen").sign("front"))
        tell_django({"cookie": "seen"}, lines(response))
        session = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
        session["user"] = "alice"
        session.save()
        response = HttpResponse()
        response.set_cookie(settings.SESSION_COOKIE_NAME, session.session_key, secure=True)
        tell_django({"cookie": "sessionid"}, lines(response))
        messages = import_string(settings.MESSAGE_STORAGE)(RequestFactory().get("/"))
        messages.add(20, "Welcome back, alice")
        response = HttpResponse()
        messages.update(response)
        tell_django({"cookie": "messages"}, lines(response))
        tell_django({"json": "$['t']"}, body=json.dumps({"t": signing.dumps({"reset": 7})}))
        tell_django({"json": "$['t']"}, body=json.dumps({"t": signing.dumps(["round"] * 40, compress=True)}))
        tell_django({"json": "$['t']"}, body=json.dumps({"t": signing.TimestampSigner().sign("alice")}))
        tell_django({"json": "$['t']"}, body=json.dumps({"t": signing.Signer().sign_object({"a": 1})}))


def lines(response):
    return [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]


def fernet():
    hashed = base64.urlsafe_b64encode(hashlib.sha256(PLACEHOLDER.encode()).digest())
    specification = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
    for key, told in [(hashed, PLACEHOLDER), (specification, specification), (Fernet.generate_key(), None)]:
        token = Fernet(key).encrypt(b"alice").decode()
        tell("cryptography", "fernet", "HMAC-SHA256", {"cookie": "token"}, told, [("Set-Cookie", f'token="{token}"; Path=/')])
        tell("cryptography", "fernet", "HMAC-SHA256", {"json": "$['t']"}, told, body=json.dumps({"t": token}))
        tell("cryptography", "fernet", "HMAC-SHA256", {"field": "x-token"}, told, [("X-Token", token)])


if __name__ == "__main__":
    for make in (pyjwt, starlette, flask_session, serializers, django_signing, fernet):
        make()
    sys.stdout.flush()
