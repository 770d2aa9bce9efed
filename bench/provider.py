"""A provider that has nothing to do but to take messages: ``python -m bench.provider --delay 0.1`` says its port.

It speaks the first page of ``gateways/signed_http.py`` and takes everything, ``--delay`` seconds after it was asked.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re

_numbers = itertools.count(1)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if length := re.search(rb"(?i)content-length: *(\d+)", head):
        await reader.readexactly(int(length[1]))
    if delay:
        await asyncio.sleep(delay)
    said = b'{"provider_id": "P%d", "status": "delivered"}' % next(_numbers)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(said), said))
    await writer.drain()
    writer.close()


async def _serve(delay: float) -> None:
    server = await asyncio.start_server(lambda reader, writer: _answer(reader, writer, delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the command line and serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before the answer")
    asyncio.run(_serve(parser.parse_args().delay))


if __name__ == "__main__":
    main()
