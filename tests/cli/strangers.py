"""Files as strangers have them: text beside numbers, times and identifiers in between."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

#: An ordinary Monday.
START = datetime(2026, 6, 1, 8)
EPOCH = 1_780_300_800


def csv_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows as CSV; None is an empty cell."""
    lines = [",".join(rows[0])]
    lines += [",".join("" if v is None else str(v) for v in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def json_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def firewall_log(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return a firewall's events: most of them repeat."""
    rng = np.random.default_rng(seed)
    inside = [f"10.0.0.{host}" for host in range(2, 40)]
    outside = [f"93.184.{a}.{b}" for a, b in rng.integers(1, 255, size=(60, 2)).tolist()]
    services = [("TCP", 443), ("TCP", 443), ("TCP", 443), ("TCP", 80), ("UDP", 53), ("TCP", 22)]
    rows = []
    for at in range(n):
        protocol, port = services[int(rng.integers(len(services)))]
        packets = 1 + int(rng.poisson(6))
        rows.append(
            {
                "time": (START + timedelta(seconds=2 * at)).isoformat(),
                "src_ip": inside[int(rng.zipf(1.6)) % len(inside)],
                "dst_ip": outside[int(rng.zipf(1.4)) % len(outside)],
                "src_port": int(rng.integers(1024, 65535)),
                "dst_port": port,
                "protocol": protocol,
                "action": "deny" if rng.random() < 0.02 else "allow",
                "bytes": int(packets * rng.lognormal(5, 0.6)),
                "packets": packets,
                "nat": "true" if rng.random() < 0.3 else "false",
                "log_id": 700_000 + 3 * at + int(rng.integers(3)),
            }
        )
    return rows


def access_log(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return what a web server writes, as CSV would have it."""
    rng = np.random.default_rng(seed)
    paths = ["/", "/cart", "/search", "/login", "/static/app.js", "/api/items"]
    agents = ["Mozilla/5.0", "curl/8.5", "Googlebot/2.1"]
    return [
        {
            "timestamp": f"01/Jun/2026:{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02} +0000",
            "client": f"203.0.{a}.{b}",
            "request_id": uuid.UUID(int=int.from_bytes(rng.bytes(16))),
            "method": "POST" if rng.random() < 0.1 else "GET",
            "path": paths[int(rng.zipf(1.5)) % len(paths)],
            "status": int(rng.choice([200, 304, 404, 500], p=[0.9, 0.06, 0.035, 0.005])),
            "size": int(rng.lognormal(8, 1)),
            "ms": round(float(rng.lognormal(3, 0.4)), 1),
            "agent": agents[int(rng.zipf(2)) % len(agents)],
        }
        for at, (a, b) in enumerate(rng.integers(0, 255, size=(n, 2)).tolist())
    ]


def sheet(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return a sheet of sales as pandas writes it, with its index in front."""
    rng = np.random.default_rng(seed)
    return [
        {
            "": at,
            "shop": ["Lyon", "Kiel", "Gent"][int(rng.integers(3))],
            "cents": int(rng.integers(10_000, 99_999)),
            "items": 1 + int(rng.poisson(1)),
        }
        for at in range(n)
    ]


def metrics(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return metrics of a host: a time since 1970, totals, and levels that rise for a while."""
    rng = np.random.default_rng(seed)
    sent, rows = 10**9, []
    for at in range(n):
        sent += int(rng.integers(500, 90_000))
        rows.append(
            {
                "ts": EPOCH + 15 * at,
                "cpu": round(float(rng.normal(40, 5)), 2),
                "temperature": round(20 + at * 0.01, 2),
                "disk_mb": 50_000 + at // 3,
                "tx_bytes": sent,
            }
        )
    return rows


def messages(n: int, seed: int = 0) -> list[dict[str, Any]]:
    """Return what a service says: identifiers, and a message that is never the same."""
    rng = np.random.default_rng(seed)
    return [
        {
            "@timestamp": 1000 * EPOCH + 250 * at + int(rng.integers(200)),
            "traceId": hashlib.sha256(rng.bytes(8)).hexdigest(),
            "pid": int(rng.choice([311, 4077, 20911])),
            "level": "ERROR" if rng.random() < 0.01 else "INFO",
            "message": f"request {at} took {rng.random():.4f} s for {rng.integers(10**6)}",
            "latency": round(float(rng.lognormal(0, 0.5)), 4),
            "cached": bool(rng.random() < 0.5),
            "customer_id": int(rng.integers(9000, 9040)),
        }
        for at in range(n)
    ]
