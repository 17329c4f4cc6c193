"""What every front is given, whichever it is."""

from deployment import Front

API, WEB, FOLDER = "127.0.0.1:8000", "127.0.0.1:3000", "127.0.0.1:9000"
FOR_API = ("/api/", "/ws")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
NETWORK = ("CF-Ray", "8f0e1d2c3b4a5968-FRA")
# Another site of the same owner on the same server: the same policy, other words.
BLOG = (
    "<!doctype html><html><head><title>Notes on brewing</title></head><body><h1>Notes on brewing</h1>"
    "<p>This week a new yeast went into the wheat beer that we drank in Bamberg last summer.</p></body></html>"
)
HUMAN = "<!doctype html><title>One moment</title><p>Please prove that you are human before you go on to the page."


def policy(front: Front) -> dict:
    """The fields that this front sends with pages."""
    return {name: value for name, value in (HEADERS | dict(front.fields)).items() if value}


def indent(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.strip().splitlines())


def block(head: str, *bodies: str) -> str:
    return f"{head} {{\n" + "\n".join(indent(body) for body in bodies if body.strip()) + "\n}\n"
