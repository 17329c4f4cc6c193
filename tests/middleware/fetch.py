"""Fetch's CORS check and what the servers say, without a line of golive's."""

import http.client
import socket
import ssl

CONTEXT = ssl._create_unverified_context()


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def values(self, name):
        return [value for key, value in self.fields if key.lower() == name]


def ask(port, method, target, fields):
    """As a browser would send it, by Python's own client."""
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=CONTEXT, timeout=10)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in fields:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    answer = Answer(response.status, response.getheaders(), response.read())
    connection.close()
    return answer


def write(port, method, target, fields):
    """As it stands, byte for byte; `None` where the connection is closed without an answer."""
    head = "".join([f"{method} {target} HTTP/1.1\r\n", *(f"{n}: {v}\r\n" for n, v in fields), "\r\n"])
    with socket.create_connection(("127.0.0.1", port), 10) as plain, CONTEXT.wrap_socket(plain) as stream:
        stream.sendall(head.encode())
        response = http.client.HTTPResponse(stream, method=method)
        try:
            response.begin()
        except (http.client.HTTPException, ConnectionError):
            return None
        return Answer(response.status, response.getheaders(), response.read())


def cors_check(answer, origin, credentials):
    """https://fetch.spec.whatwg.org/#concept-cors-check"""
    allowed = ", ".join(answer.values("access-control-allow-origin")) or None
    if allowed is None:
        return False
    if not credentials and allowed == "*":
        return True
    if allowed != origin:
        return False
    return not credentials or ", ".join(answer.values("access-control-allow-credentials")) == "true"


def preflight_check(answer, origin, credentials, method):
    """https://fetch.spec.whatwg.org/#cors-preflight-fetch, without fields of the request"""
    if not (200 <= answer.status <= 299 and cors_check(answer, origin, credentials)):
        return False
    methods = [m.strip() for value in answer.values("access-control-allow-methods") for m in value.split(",")]
    return method in methods or method in ("GET", "HEAD", "POST") or (not credentials and "*" in methods)


def is_named(answer, origin):
    """The origin itself and not `*`."""
    return ", ".join(answer.values("access-control-allow-origin")) == origin
