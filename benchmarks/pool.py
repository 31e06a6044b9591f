"""Compare the gateway with its peers on an engine of 5 ms a call and 0.5 ms an item.

Servers run one after the other, in rounds, so that the machine's moods hit all of them; the
figures are medians over the rounds, the ratios medians of each round's ratio to the ceiling.
"""

from __future__ import annotations

import argparse
import os
from statistics import median

from benchmarks import servers

CLIENTS = (1, 32, 128)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--peers",
        default=os.environ.get("PEERS", ".peers/bin/python"),
        help="the Python of an environment with uvicorn[standard], fastapi and litserve",
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", default="", help="names of server files, comma separated")
    args = parser.parse_args()
    compared = [
        servers.CEILING,
        servers.PLAIN,
        servers.LITSERVE,
        servers.LITSERVE_WAITS,
        servers.POOL,
        servers.GATEWAY,
    ]
    if args.only:
        compared = [one for one in compared if one.file.removesuffix(".py") in args.only.split(",")]
    figures: dict[tuple[str, int], list[dict[str, float]]] = {}
    for _ in range(args.rounds):
        for server in compared:
            with servers.running(server, args.peers) as port:
                for clients in CLIENTS:
                    measured = servers.load(
                        server, port, "closed", clients=clients, seconds=args.seconds
                    )
                    figures.setdefault((server.name, clients), []).append(measured)
    report(compared, figures)


def report(
    compared: list[servers.Server], figures: dict[tuple[str, int], list[dict[str, float]]]
) -> None:
    """Print a table: requests a second, ratio to the ceiling, p99 in ms, for 1, 32, 128 clients."""
    print(f"{'':30}" + "".join(f"{f'{n} clients':>26}" for n in CLIENTS))
    print(f"{'':30}" + f"{'req/s   ratio   p99 ms':>26}" * len(CLIENTS))
    for server in compared:
        cells = ""
        for clients in CLIENTS:
            own = figures[server.name, clients]
            best = figures[compared[0].name, clients]
            ratio = median(
                a["throughput"] / b["throughput"] for a, b in zip(own, best, strict=True)
            )
            rate = median(one["throughput"] for one in own)
            p99 = median(one["p99"] for one in own) * 1000
            bad = "!" if any(one["bad"] for one in own) else " "
            cells += f"{rate:12.0f}{bad}{ratio:6.2f}{p99:7.0f}"
        print(f"{server.name:30}{cells}")


if __name__ == "__main__":
    main()
