"""Files as they come from servers, sensors and spreadsheets, with one odd event planted in each.

A generator returns the text of a file and what the odd event has that no other has.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np

START = datetime(2026, 6, 1, tzinfo=UTC)
N = 2000
ODD_AT = 1700


def nginx_access_log(seed: int = 0) -> tuple[str, str]:
    """Return a combined access log in which one answer is huge."""
    rng = np.random.default_rng(seed)
    paths = ["/", "/cart", "/search?q=tea", "/login", "/static/app.js", "/api/items"]
    agents = ["Mozilla/5.0 (X11; Linux)", "curl/8.5", "Googlebot/2.1"]
    lines = []
    for at in range(N):
        time = (START + timedelta(seconds=20 * at)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        size = int(rng.lognormal(8, 0.7))
        path, status = paths[int(rng.zipf(1.6)) % len(paths)], rng.choice([200, 304], p=[0.9, 0.1])
        client = f"203.0.113.{int(rng.zipf(1.5)) % 60}"
        method = "POST" if path == "/login" else "GET"
        if at == ODD_AT:
            client, method, path, status = "198.51.100.66", "PUT", "/backup.tar.gz", 201
            size = 987_654_321
        agent = agents[int(rng.zipf(2)) % len(agents)]
        lines.append(
            f'{client} - - [{time}] "{method} {path} HTTP/1.1" {status} {size} "-" "{agent}"'
        )
    return "\n".join(lines) + "\n", "987654321"


def sshd_through_syslog(seed: int = 0) -> tuple[str, str]:
    """Return what sshd says in syslog, and once that root was let in with a password."""
    rng = np.random.default_rng(seed)
    lines = []
    for at in range(N):
        time = (START + timedelta(seconds=37 * at)).strftime("%b %e %H:%M:%S")
        user, address = ("ann", "ben", "cem")[at % 3], f"10.0.0.{int(rng.integers(2, 9))}"
        port = rng.integers(30_000, 60_000)
        message = [
            f"Accepted publickey for {user} from {address} port {port} ssh2",
            f"pam_unix(sshd:session): session opened for user {user} by (uid=0)",
            f"Received disconnect from {address} port {port}:11: disconnected by user",
            f"pam_unix(sshd:session): session closed for user {user}",
        ][at % 4]
        if at == ODD_AT:
            message = f"Accepted password for root from 198.51.100.66 port {port} ssh2"
        lines.append(f"{time} bastion sshd[{rng.integers(900, 9000)}]: {message}")
    return "\n".join(lines) + "\n", "Accepted password for root"


def zeek_conn_log(seed: int = 0) -> tuple[str, str]:
    """Return connections as Zeek logs them; one sends out far more than the others."""
    rng = np.random.default_rng(seed)
    names = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes"
    names += " resp_bytes conn_state"
    lines = [
        "#separator \\x09",
        "#set_separator\t,",
        "#empty_field\t(empty)",
        "#unset_field\t-",
        "#path\tconn",
        "#fields\t" + names.replace(" ", "\t"),
        "#types\t" + "\t".join(["string"] * 12),
    ]
    services = [(443, "tcp", "ssl"), (443, "tcp", "ssl"), (53, "udp", "dns"), (80, "tcp", "http")]
    for at in range(N):
        port, protocol, service = services[int(rng.integers(4))]
        duration, sent = f"{rng.lognormal(-1, 0.6):.6f}", int(rng.lognormal(6, 0.6))
        if at == ODD_AT:
            duration, sent = "7200.000000", 5_000_000_000
        if rng.random() < 0.05 and at != ODD_AT:
            duration = "-"
        uid = "C" + "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyzABC123"), 17))
        cells = [f"{START.timestamp() + 3 * at:.6f}", uid, f"10.0.0.{at % 20 + 2}"]
        cells += [str(rng.integers(1024, 65535)), f"93.184.1.{int(rng.zipf(1.5)) % 40}", str(port)]
        cells += [protocol, service, duration, str(sent), str(int(rng.lognormal(8, 0.8))), "SF"]
        lines.append("\t".join(cells))
    return "\n".join([*lines, "#close\t2026-06-02-00-00-00"]) + "\n", "5000000000"


def cloudtrail(seed: int = 0) -> tuple[str, str]:
    """Return calls of a cloud's interface in one object; one stops the log itself."""
    rng = np.random.default_rng(seed)
    calls = ["DescribeInstances", "GetObject", "PutObject", "ListBuckets"]
    records = []
    for at in range(N):
        call = calls[int(rng.zipf(1.7)) % 4]
        user, region = ("deploy", "backup", "ann")[int(rng.zipf(1.7)) % 3], "eu-central-1"
        if at == ODD_AT:
            call, user, region = "StopLogging", "ben", "us-east-2"
        records.append(
            {
                "eventTime": (START + timedelta(seconds=9 * at)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "eventName": call,
                "awsRegion": region,
                "eventID": str(rng.integers(10**17, 10**18)),
                "userIdentity": {"type": "IAMUser", "userName": user},
                "sourceIPAddress": f"10.1.0.{int(rng.integers(2, 12))}",
                "resources": [{"type": "AWS::S3::Object"}] * int(rng.integers(1, 3)),
            }
        )
    return json.dumps({"Records": records}), "StopLogging"


def prometheus_range_query(seed: int = 0) -> tuple[str, str]:
    """Return the load of five hosts, of which one leaps once."""
    rng = np.random.default_rng(seed)
    result = []
    for host in range(5):
        values = [
            [int(START.timestamp()) + 15 * at, f"{rng.normal(10 + 5 * host, 1):.4f}"]
            for at in range(N)
        ]
        if host == 3:
            values[ODD_AT][1] = "77.7777"
        metric = {"__name__": "node_load1", "instance": f"web{host}:9100", "job": "node"}
        result.append({"metric": metric, "values": values})
    answer = {"status": "success", "data": {"resultType": "matrix", "result": result}}
    return json.dumps(answer), "77.7777"


def german_spreadsheet(seed: int = 0) -> tuple[bytes, str]:
    """Return sales as Excel saves them in Germany; one is a thousand times too large."""
    rng = np.random.default_rng(seed)
    lines = ["Umsätze der Filialen;;;;", ";;;;", "Datum;Filiale;Umsatz;Rabatt;Stück"]
    for at in range(N):
        sales = float(rng.normal(4200, 300)) * (1000 if at == ODD_AT else 1)
        written = f"{sales:,.2f}".translate(str.maketrans(",.", ".,"))
        day = (START + timedelta(hours=8 * at)).strftime("%d.%m.%Y")
        shop = ("Köln", "Kiel", "Mölln")[at % 3]
        discount = f"{rng.normal(5, 1):.1f}".replace(".", ",")
        lines.append(f"{day};{shop};{written} €;{discount} %;{rng.poisson(40)}")
        if at == ODD_AT:
            odd = written
    return ("\r\n".join(lines) + "\r\n").encode("cp1252"), odd


def iis_log(seed: int = 0) -> tuple[str, str]:
    """Return a log of IIS; one request takes minutes."""
    rng = np.random.default_rng(seed)
    fields = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port c-ip sc-status time-taken"
    head = [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Date: 2026-06-01 00:00:00",
        f"#Fields: {fields}",
    ]
    lines = list(head)
    for at in range(N):
        if at == N // 2:
            lines += head  # as after a restart
        time = (START + timedelta(seconds=11 * at)).strftime("%Y-%m-%d %H:%M:%S")
        path = ("/", "/default.aspx", "/img/logo.png")[int(rng.zipf(1.7)) % 3]
        taken, status = int(rng.lognormal(4, 0.5)), 200 if rng.random() < 0.97 else 304
        if at == ODD_AT:
            taken, status = 345_678, 500
        lines.append(f"{time} 10.0.0.5 GET {path} - 443 10.2.0.{at % 30} {status} {taken}")
    return "\r\n".join(lines) + "\r\n", "345678"


ALL = {
    "access.log": nginx_access_log,
    "auth.log": sshd_through_syslog,
    "conn.log": zeek_conn_log,
    "trail.json": cloudtrail,
    "query.json": prometheus_range_query,
    "Umsatz.csv": german_spreadsheet,
    "u_ex260601.log": iis_log,
}
