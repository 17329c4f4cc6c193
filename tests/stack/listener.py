"""listener.py [hold] ADDRESS… PORT…: accepts, says nothing and closes; with `hold` it never does (a tarpit)."""

import selectors
import socket
import sys


def main():
    holds = sys.argv[1] == "hold"
    held = []
    words = sys.argv[1 + holds :]
    ports = [int(w) for w in words if w.isdigit()]
    doors = selectors.DefaultSelector()
    for address in (w for w in words if not w.isdigit()):
        for port in ports:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            door = socket.socket(family, socket.SOCK_STREAM)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind((address, port))
            door.listen()
            doors.register(door, selectors.EVENT_READ)
    while True:
        for key, _ in doors.select():
            visitor = key.fileobj.accept()[0]
            if holds:
                held.append(visitor)
            else:
                visitor.close()


if __name__ == "__main__":
    main()
