"""The load generator: raw keep-alive sockets, so that it costs the machine little.

`closed` keeps a number of clients busy; `open` sends at a fixed rate whatever the server does, and
may let a share of its clients hang up while they wait. Prints one JSON object. `{id}` in the body
is replaced by the number of the request.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request under way."""

    def __init__(self) -> None:
        self.transport: Any = None
        self._data = bytearray()
        self._waiter: asyncio.Future[tuple[int, float | None]] | None = None

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the request under way."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_exception(ConnectionError("closed"))

    def data_received(self, data: bytes) -> None:
        """Answer the request under way once its response is whole."""
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._data[:end]).lower()
        length = int(_header(head, b"content-length") or 0)
        if len(self._data) < end + 4 + length:
            return
        self._data.clear()
        retry = _header(head, b"retry-after")
        if self._waiter and not self._waiter.done():
            self._waiter.set_result((int(head[9:12]), float(retry) if retry else None))

    async def ask(self, request: bytes) -> tuple[int, float | None]:
        """Return status and Retry-After."""
        self._waiter = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._waiter


def _header(head: bytes, name: bytes) -> bytes | None:
    _, found, rest = head.partition(b"\r\n" + name + b":")
    return rest.partition(b"\r\n")[0].strip() if found else None


def requests(path: str, body: str) -> Callable[[int], bytes]:
    """Return a function that writes the request of a number."""

    def write(number: int) -> bytes:
        content = body.replace("{id}", str(number)).encode()
        head = f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content

    return write


async def connect(port: int) -> Connection:
    _, protocol = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
    return protocol


async def closed(port: int, request: Callable[[int], bytes], clients: int, seconds: float) -> Any:
    """Keep `clients` busy; latencies are counted after a fifth of the time."""
    begin = time.monotonic()
    counted, end = begin + seconds / 5, begin + seconds
    latencies: list[float] = []
    bad = 0

    async def client(number: int) -> None:
        nonlocal bad
        connection = await connect(port)
        while (sent := time.monotonic()) < end:
            status, _ = await connection.ask(request(number))
            done = time.monotonic()
            if counted <= done < end:
                bad += status != 200
                latencies.append(done - sent)
        connection.transport.close()

    await asyncio.gather(*(client(number) for number in range(clients)))
    return {
        "throughput": (len(latencies) - bad) / (end - counted),
        "bad": bad,
        **quantiles(latencies),
    }


class Sent:
    """What became of one request of the open loop."""

    __slots__ = ("done", "left", "retry", "sent", "status")

    def __init__(self, sent: float) -> None:
        self.sent = sent
        self.done = 0.0
        self.left = 0.0
        self.status = 0
        self.retry: float | None = None


async def open_loop(
    port: int, request: Callable[[int], bytes], rate: float, seconds: float, impatient: float
) -> Any:
    """Send `rate` requests a second; a share `impatient` of the clients hangs up after 0.1 s."""
    idle: list[Connection] = []
    log: list[Sent] = []
    every = round(1 / impatient) if impatient else 0

    async def one(number: int, due: float) -> None:
        entry = Sent(due)
        log.append(entry)
        leaves = every and number % every == 0
        connection = idle.pop() if idle and not leaves else await connect(port)
        try:
            async with asyncio.timeout(0.1 if leaves else 30.0):
                entry.status, entry.retry = await connection.ask(request(number))
            entry.done = time.monotonic()
            idle.append(connection)
        except TimeoutError:
            connection.transport.abort()
            entry.left = time.monotonic()
        except OSError:
            entry.status = -1

    begin = time.monotonic()
    tasks: list[Awaitable[None]] = []
    for number in range(int(rate * seconds)):
        due = begin + number / rate
        if (pause := due - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        tasks.append(asyncio.ensure_future(one(number, due)))
    over = time.monotonic()
    recovery = await recovered(port, request, over)
    await asyncio.gather(*tasks)
    return {"begin": begin, "over": over, "recovery": recovery, **summary(log, begin, over)}


async def recovered(port: int, request: Callable[[int], bytes], since: float) -> float:
    """Return the seconds until a lone request is answered as by an idle server."""
    connection = await connect(port)
    while True:
        begin = time.monotonic()
        try:
            async with asyncio.timeout(30.0):
                status, _ = await connection.ask(request(10**9))
        except (TimeoutError, OSError):
            return float("inf")
        now = time.monotonic()
        if (status == 200 and now - begin < 0.05) or now - since > 60:
            return begin - since
        await asyncio.sleep(0.02)


def summary(log: list[Sent], begin: float, over: float) -> Any:
    ok = [one for one in log if one.status == 200]
    shed = [one for one in log if one.status == 429]
    stayed = [one for one in log if not one.left]
    return {
        "sent": len(log),
        "goodput": sum(one.done < over for one in ok) / (over - begin),
        "accepted": quantiles([one.done - one.sent for one in ok]),
        "shed": {"count": len(shed), **quantiles([one.done - one.sent for one in shed])},
        "retry_after": sum(one.retry is not None for one in shed),
        "errors": len(stayed) - len(ok) - len(shed),
        "left": {str(number): one.left for number, one in enumerate(log) if one.left},
    }


def quantiles(values: list[float]) -> dict[str, float]:
    if not values:
        return {"p50": 0.0, "p99": 0.0, "max": 0.0}
    values = sorted(values)
    last = len(values) - 1
    return {"p50": values[last // 2], "p99": values[int(last * 0.99)], "max": values[-1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("loop", choices=["closed", "open"])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/")
    parser.add_argument("--body", default='{"text": "{id}"}')
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--impatient", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=3.0)
    args = parser.parse_args()
    request = requests(args.path, args.body)
    gc.disable()
    if args.loop == "closed":
        work = closed(args.port, request, args.clients, args.seconds)
    else:
        work = open_loop(args.port, request, args.rate, args.seconds, args.impatient)
    print(json.dumps(uvloop.run(work)))


if __name__ == "__main__":
    main()
