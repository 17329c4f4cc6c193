"""relay.py NEAR FAR MS LOSS: two tap devices, each frame handed to the other one MS milliseconds later, or lost.

The delay is constant, so frames leave in the order they came and a queue is enough. LOSS is in percent, each way; the
frames that are lost are the same in every run.
"""

import fcntl
import os
import random
import select
import struct
import sys
import time
from collections import deque

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
FRAME = 65536


def tap(name: str) -> int:
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def take_all(fd, queue, due, is_lost):
    try:
        while True:
            frame = os.read(fd, FRAME)
            if not is_lost():
                queue.append((due, frame))
    except OSError:  # empty, or the device is down for now
        pass


def hand_over(fd, queue, now):
    while queue and queue[0][0] <= now:
        try:
            os.write(fd, queue.popleft()[1])
        except OSError:  # a device that is down loses frames, as a wire does
            pass


def main():
    near, far = tap(sys.argv[1]), tap(sys.argv[2])
    delay, loss = float(sys.argv[3]) / 1000, float(sys.argv[4]) / 100
    chance = random.Random(1)

    def is_lost():
        return loss > 0 and chance.random() < loss

    to_far, to_near = deque(), deque()
    print("ready", flush=True)
    while True:
        due = min((q[0][0] for q in (to_far, to_near) if q), default=None)
        wait = None if due is None else max(0, due - time.monotonic())
        readable, _, _ = select.select([near, far], [], [], wait)
        now = time.monotonic()
        if near in readable:
            take_all(near, to_far, now + delay, is_lost)
        if far in readable:
            take_all(far, to_near, now + delay, is_lost)
        hand_over(far, to_far, now)
        hand_over(near, to_near, now)


if __name__ == "__main__":
    main()
