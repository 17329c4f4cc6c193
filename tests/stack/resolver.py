"""resolver.py ADDRESS servfail|silent: a resolver that has nothing to say, or says nothing."""

import socket
import sys

SERVFAIL = 2


def main():
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind((sys.argv[1], 53))
    while True:
        query, asker = door.recvfrom(4096)
        if sys.argv[2] == "servfail" and len(query) >= 12:
            flags = bytes([query[2] | 0x80, SERVFAIL])
            # Only the question goes back: the counts of the other sections must be nought (RFC 1035 §4.1.1).
            end = query.index(0, 12) + 5
            door.sendto(query[:2] + flags + query[4:6] + bytes(6) + query[12:end], asker)


if __name__ == "__main__":
    main()
