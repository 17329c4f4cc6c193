"""Caddy, nginx, HAProxy and Apache as a careful owner sets them up on one server. Each fault is one variable of the
template. A module has `config`, the text of its file, and `command`, which runs it."""

from fronts import apache, caddy, haproxy, nginx

KINDS = {"apache": apache, "caddy": caddy, "haproxy": haproxy, "nginx": nginx}
