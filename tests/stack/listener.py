"""listener.py ADDRESS… PORT…: accepts and says nothing. The `control` of a scan."""

import selectors
import socket
import sys


def main():
    words = sys.argv[1:]
    ports = [int(w) for w in words if w.isdigit()]
    doors = selectors.DefaultSelector()
    for address in (w for w in words if not w.isdigit()):
        for port in ports:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            door = socket.socket(family, socket.SOCK_STREAM)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((address, port))
            door.listen()
            doors.register(door, selectors.EVENT_READ)
    while True:
        for key, _ in doors.select():
            key.fileobj.accept()[0].close()


if __name__ == "__main__":
    main()
