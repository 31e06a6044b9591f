"""Overload a server: three times what it can do, whether it keeps up or not, for 15 s.

The engine takes one item at a time (5.5 ms). A tenth of the clients hangs up after 0.1 s; what is
computed for them is wasted. Reported: the share of the capacity that is answered in time, how long
the accepted and the refused wait, what is wrong with refusals, and when all is well again.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import servers

NOTICE_SECONDS = 0.02  # in which a server may notice that a client has gone


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", default=os.environ.get("PEERS", ".peers/bin/python"))
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--factor", type=float, default=3.0)
    parser.add_argument("--impatient", type=float, default=0.1)
    parser.add_argument("--all", action="store_true", help="the peers too")
    args = parser.parse_args()
    compared = [servers.GATEWAY]
    if args.all:
        compared += [servers.PLAIN, servers.LITSERVE]
    for server in compared:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "computed"
            settings = {"BENCHMARK_BATCH": "1", "BENCHMARK_LOG": str(log)}
            with servers.running(server, args.peers, **settings) as port:
                capacity = servers.load(server, port, "closed", clients=8, seconds=4)["throughput"]
                log.write_bytes(b"")
                measured = servers.load(
                    server,
                    port,
                    "open",
                    rate=args.factor * capacity,
                    seconds=args.seconds,
                    impatient=args.impatient,
                )
            report(server, capacity, measured, log.read_text("ascii"))


def report(server: servers.Server, capacity: float, measured: dict[str, Any], log: str) -> None:
    """Print what happened to the accepted, the refused and those that left."""
    begun = dict(line.split() for line in log.splitlines())
    wasted = sum(
        float(begun[number]) > left + NOTICE_SECONDS
        for number, left in measured["left"].items()
        if number in begun
    )
    accepted, shed = measured["accepted"], measured["shed"]
    print(f"{server.name}: capacity {capacity:.0f}/s, sent {measured['sent']}")
    print(f"  goodput              {measured['goodput'] / capacity:8.2f} of capacity")
    print(f"  accepted p50, p99    {accepted['p50'] * 1000:8.0f}{accepted['p99'] * 1000:8.0f} ms")
    print(f"  refused p50, p99     {shed['p50'] * 1000:8.0f}{shed['p99'] * 1000:8.0f} ms")
    print(f"  refused with 429     {shed['count']:8}, {measured['retry_after']} with Retry-After")
    print(f"  other errors         {measured['errors']:8}")
    print(f"  clients that left    {len(measured['left']):8}, computed in vain {wasted}")
    print(f"  recovered after      {measured['recovery']:8.2f} s")


if __name__ == "__main__":
    main()
