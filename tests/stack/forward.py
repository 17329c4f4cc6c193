"""forward.py PORT=ADDRESS…: what comes for PORT, over the family of ADDRESS, is handed on to the host there.

The port there is PORT without its thousands: 9443 and 443 lead to 443, 9080 to 80.
"""

import asyncio
import sys


async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def hand_on(address, port):
    async def visit(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(address, port)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    return visit


async def main():
    for word in sys.argv[1:]:
        listen, address = word.split("=")
        own = "::" if ":" in address else "0.0.0.0"
        await asyncio.start_server(hand_on(address, int(listen) % 1000), own, int(listen))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
