"""The owner's own files, read beside a scan or alone."""

from deployment import CANARY
from scenario import GO, NO_GO, ONE, SITE, Scenario

SOUND_ENV = f"""# written by the deployment
APP_ENV=production
DEBUG=false
APP_SECRET={CANARY}Zr8Kq1vT0wXyPb3HsUeJdL7fQ2
FERNET_KEY=Z29saXZlY2FuYXJ5LWZlcm5ldC1rZXktb2YtMzJieXQ=
POSTGRES_PASSWORD={CANARY}-Pb3HsUeJ
DATABASE_URL=postgresql://shop:{CANARY}-Pb3HsUeJ@db:5432/shop
REDIS_PASSWORD={CANARY}-T0wXyKq1
NEXTAUTH_SECRET={CANARY}UeJdL7fQ2Zr8Kq1vT0wXyPb3Hs
AUTH_SECRET={CANARY}UeJdL7fQ2Zr8Kq1vT0wXyPb3Hs
STRIPE_KEY={CANARY}short
NEXT_PUBLIC_MAPS_KEY=maps
COOKIE_SECURE=true
COOKIE_DOMAIN=app.example.com
CORS_ORIGINS={SITE}
CORS_ORIGIN_REGEX=^https://([a-z0-9-]+\\.)?app\\.example\\.com$
TRUSTED_HOSTS=app.example.com,www.example.com,localhost
"""
SOUND_COMPOSE = """services:
  proxy:
    image: caddy:2
    ports: ["80:80", "443:443", "443:443/udp"]
  web:
    build: .
    ports: ["127.0.0.1:3000:3000"]
  api:
    build: api
    ports:
      - "127.0.0.1:8000:8000"
      - { target: 8001, published: 8001, host_ip: "::1" }
    environment:
      APP_SECRET: ${APP_SECRET}
  db:
    image: postgres:16
    expose: ["5432"]
"""
ENV, COMPOSE = ".env.production", "docker-compose.yml"
BOTH = {ENV: SOUND_ENV, COMPOSE: SOUND_COMPOSE}


def row(name, check, old, new, **more):
    """Of the sound files, one line is another: read with what the outside says of nothing else."""
    files = {file: text.replace(old, new) for file, text in BOTH.items()}
    assert files != BOTH, name
    return Scenario(
        name,
        NO_GO,
        flags=("--env", ENV, "--compose", COMPOSE, "--only", "env"),
        files=files,
        fails={check: more.pop("subject", "")},
        scope="only env",
        fronts=ONE,
        **more,
    )


FILES = [
    Scenario(
        "files-sound",
        GO,
        flags=("--env", ENV, "--compose", COMPOSE),
        files=BOTH,
        passes=dict.fromkeys(
            (
                "env-placeholder-replaced",
                "env-secret-strong",
                "env-secrets-differ",
                "env-policy-restricted",
                "compose-ports-on-loopback",
            ),
            "",
        ),
        fronts=ONE,
    ),
    row(
        "files-placeholder",
        "env-placeholder-replaced",
        f"APP_SECRET={CANARY}Zr8Kq1vT0wXyPb3HsUeJdL7fQ2",
        "APP_SECRET=REPLACE_ME",
        follows=("env-secret-strong",),
    ),
    row(
        "files-placeholder-left-to-compose",
        "env-placeholder-replaced",
        "APP_SECRET: ${APP_SECRET}",
        f"SESSION_SECRET: ${{SESSION_SECRET:-{CANARY}-of-the-compose-file-5d}}",
    ),
    row(
        "files-password-empty",
        "env-placeholder-replaced",
        f"POSTGRES_PASSWORD={CANARY}-Pb3HsUeJ",
        "POSTGRES_PASSWORD=",
        follows=("env-secret-strong",),
    ),
    row(
        "files-secret-short",
        "env-secret-strong",
        f"APP_SECRET={CANARY}Zr8Kq1vT0wXyPb3HsUeJdL7fQ2",
        f"APP_SECRET={CANARY}Zr8",
    ),
    row(
        "files-secret-twice",
        "env-secrets-differ",
        f"REDIS_PASSWORD={CANARY}-T0wXyKq1",
        f"REDIS_PASSWORD={CANARY}-Pb3HsUeJ",
    ),
    row("files-cookie-insecure", "env-policy-restricted", "COOKIE_SECURE=true", "COOKIE_SECURE=false"),
    row("files-debug", "env-policy-restricted", "DEBUG=false", "DEBUG=true"),
    row(
        "files-origin-local",
        "env-policy-restricted",
        f"CORS_ORIGINS={SITE}",
        f"CORS_ORIGINS={SITE},http://localhost:3000",
    ),
    row("files-origin-dot", "env-policy-restricted", "app\\.example\\.com$", "app.example.com$"),
    row(
        "files-hosts-all",
        "env-policy-restricted",
        "TRUSTED_HOSTS=app.example.com,www.example.com,localhost",
        "TRUSTED_HOSTS=*",
    ),
    row("files-port-published", "compose-ports-on-loopback", 'expose: ["5432"]', 'ports: ["5432:5432"]'),
    # What a variable holds is searched for in the pages.
    Scenario(
        "files-value-in-a-script",
        NO_GO,
        {"web.body": f"<script>const secret = '{CANARY}Zr8Kq1vT0wXyPb3HsUeJdL7fQ2'</script>"},
        flags=("--env", ENV, "-vv"),
        files={ENV: SOUND_ENV},
        fails={"secret-not-in-page": ""},
        fronts=ONE,
    ),
]
