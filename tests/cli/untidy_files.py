"""Files as people and programs leave them, with one odd event planted in each.

A generator returns the text of a file, or its bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 6, 1, tzinfo=UTC)
N = 400
ODD_AT = 300
R = random.Random(5)


def after(minutes: float, form: str = "%Y-%m-%dT%H:%M:%S") -> str:
    return (START + timedelta(minutes=minutes)).strftime(form)


def value(at: int, usual: float, spread: float, odd: float) -> float:
    return odd if at == ODD_AT else R.gauss(usual, spread)


def lines(row: Callable[[int], str], head: str = "", end: str = "") -> str:
    return head + "".join(row(at) + "\n" for at in range(N)) + end


def sheet_with_title_and_total() -> str:
    def row(at: int) -> str:
        region, revenue = R.choice(["North", "South"]), value(at, 1200, 90, 30_000)
        return f'{after(1440 * at, "%m/%d/%Y")},{region},"{revenue:,.2f}",{R.randint(30, 50)}'

    head = "Quarterly sales report,,,\n,,,\nDate,Region,Revenue,Units\n"
    return lines(row, head, 'Total,,"480,000.00",16000\n')


def unicode_text() -> bytes:
    def row(at: int) -> str:
        return f"{after(60 * at, '%d.%m.%Y %H:%M')}\tKöln\t{value(at, 20, 2, 77):.2f}"

    return lines(row, "Zeit\tOrt\tWert\n").encode("utf-16")


def unicode_without_a_mark() -> bytes:
    return lines(lambda at: f"{value(at, 5, 1, 300):.3f}\t{at % 7}", "took\tn\n").encode(
        "utf-16-le"
    )


def comments() -> str:
    def row(at: int) -> str:
        note = "# sensor cleaned\n" if at % 150 == 100 else ""
        return f"{note}{after(10 * at)},{max(0, R.gauss(0, 1)):.1f},{value(at, 6, 1, 120):.1f}"

    return lines(row, "# exported by tool 1.2\n# units: mm\ntime,rain,wind\n")


def german_meter() -> bytes:
    def row(at: int) -> str:
        used = f"{value(at, 3.2, 0.3, 55):.3f}".replace(".", ",")
        return f"{after(15 * at, '%d.%m.%Y;%H:%M')};{used};0,{R.randint(20, 35)};"

    return lines(row, "Datum;Uhrzeit;Zähler;Preis;\n").encode("cp1252")


def quoted_tabs() -> str:
    def row(at: int) -> str:
        return f'"{at}"\t"a ""b"" {R.choice("xyz")}"\t"{value(at, 5, 1, 300):.3f}"'

    return lines(row, '"id"\t"name"\t"latency"\n')


def markdown() -> str:
    def row(at: int) -> str:
        return f"| web{R.randint(1, 3)} | {value(at, 40, 5, 400):.1f} | {R.gauss(60, 3):.1f} |"

    return lines(row, "| host | cpu | mem |\n|------|----:|----:|\n")


def psql() -> str:
    def row(at: int) -> str:
        return f" web{R.randint(1, 3)} | {value(at, 40, 5, 400):.1f} | {R.gauss(60, 3):.1f}"

    return lines(row, " host | cpu  | mem \n------+------+------\n", f"({N} rows)\n\n")


def mysql() -> str:
    rule = "+------+------+\n"

    def row(at: int) -> str:
        return f"| web{R.randint(1, 3)} | {value(at, 40, 5, 400):.1f} |"

    return lines(row, f"{rule}| host | cpu  |\n{rule}", f"{rule}{N} rows in set (0.00 sec)\n")


def vmstat() -> str:
    head = "procs -----memory---- ---io-- --cpu--\n r  free   cache  bi bo us sy\n"

    def row(at: int) -> str:
        free, cache = value(at, 812_000, 900, 100), R.gauss(420_000, 500)
        cells = [R.randint(0, 3), int(free), int(cache), R.randint(0, 9), R.randint(0, 50)]
        row = " ".join(map(str, [*cells, R.randint(2, 9), R.randint(1, 3)]))
        return (head if at % 20 == 0 else "") + " " + row

    return lines(row)


def columns_of_json() -> str:
    columns = {
        "time": list(map(after, range(N))),
        "cpu": [value(at, 40, 5, 400) for at in range(N)],
        "memory": [R.gauss(60, 3) for _ in range(N)],
    }
    return json.dumps({"host": "web1", **columns})


def frame_by_index() -> str:
    usual = {name: {str(at): R.gauss(40, 5) for at in range(N)} for name in ("memory", "disk")}
    return json.dumps({"cpu": {str(at): value(at, 40, 5, 400) for at in range(N)}, **usual})


def split_frame() -> str:
    data = [[value(at, 40, 5, 400), R.gauss(60, 3)] for at in range(N)]
    return json.dumps({"columns": ["cpu", "mem"], "index": list(range(N)), "data": data})


def influx() -> str:
    values = [[after(at), value(at, 40, 5, 400), R.gauss(70, 5)] for at in range(N)]
    series = [{"name": "cpu", "columns": ["time", "mean", "max"], "values": values}]
    return json.dumps({"results": [{"statement_id": 0, "series": series}]})


def arrays_under_a_header() -> str:
    rows = [[after(at), value(at, 40, 5, 400), R.gauss(60, 3)] for at in range(N)]
    return json.dumps([["time", "cpu", "mem"], *rows])


def service_log() -> str:
    def row(at: int) -> str:
        level, said = ("INFO", R.choice(["cache hit", f"handled in {R.randint(3, 9)} ms"]))
        if at == ODD_AT:
            level, said = "CRITICAL", "disk failure on sda"
        trace = "\nTraceback (most recent call last):\n  File x" if at % 90 == 80 else ""
        when = f"{after(at, '%Y-%m-%d %H:%M:%S')},{R.randint(0, 999):03}"
        return f"{when} - app - {level} - {said}{trace}"

    return lines(row)


def nginx_errors() -> str:
    def row(at: int) -> str:
        said = 'open() "/favicon.ico" failed (2: No such file)'
        level = "emerg" if at == ODD_AT else "error"
        said = "bind() to 0.0.0.0:80 failed" if at == ODD_AT else said
        return f"{after(at, '%Y/%m/%d %H:%M:%S')} [{level}] 311#311: *{at} {said}, client: 10.0.0.7"

    return lines(row)


def haproxy() -> str:
    def row(at: int) -> str:
        timers = f"{R.randint(5, 15)}/0/{R.randint(20, 40)}/{value(at, 70, 8, 30_000):.0f}/110"
        when = after(at, "%d/%b/%Y:%H:%M:%S.000")
        return (
            f"{after(at, '%b %e %H:%M:%S')} lb1 haproxy[14389]: 10.0.1.{at % 9}:51022 [{when}] web "
            f"static/srv{at % 3} {timers} 200 {R.randint(2000, 3000)} - - ---- 1/1/1/1/0 0/0 "
            '{x.org} {} "GET /index.html?q=1 HTTP/1.1"'
        )

    return lines(row)


def firewall_of_the_kernel() -> str:
    def row(at: int) -> str:
        port = 31_337 if at == ODD_AT else R.choice([22, 80])
        return (
            f"{after(at, '%b %e %H:%M:%S')} fw kernel: [{at}.5] IN=eth0 OUT= SRC=10.0.0.{at % 7} "
            f"DST=10.0.1.5 LEN={R.randint(40, 60)} DF PROTO=TCP DPT={port}"
        )

    return lines(row)


def common_events() -> str:
    def row(at: int) -> str:
        name = "exfiltration of data" if at == ODD_AT else R.choice(["scan", "login"])
        return (
            f"{after(at, '%b %e %H:%M:%S')} ids CEF:0|Sec|IDS|1.0|100|{name}|{at % 3}|"
            f"src=10.0.0.{at % 7} msg=seen by a sensor bytes={R.randint(100, 200)}"
        )

    return lines(row)


def tomcat() -> str:
    def row(at: int) -> str:
        level = "SEVERE" if at == ODD_AT else "INFO"
        return f"{after(at, '%d-%b-%Y %H:%M:%S')}.023 {level} [main] a.Catalina started in {at} ms"

    return lines(row)


def swiss_sheet() -> str:
    def row(at: int) -> str:
        amount = f"{value(at, 12_345.5, 90, 9_999_999):,.2f}".replace(",", "'")
        return f"{after(60 * at, '%d.%m.%y %H:%M')};CHF {amount}"

    return lines(row, "Datum;Betrag\n")


def journal() -> str:
    def row(at: int) -> str:
        said = ("sshd", "session opened for user root") if at % 3 else ("cron", f"Started {at}.")
        name, message = ("kernel", "Out of memory") if at == ODD_AT else said
        entry = {"__REALTIME_TIMESTAMP": str(1_780_300_800_000_000 + at), "_PID": str(at * 7 % 999)}
        return json.dumps({**entry, "SYSLOG_IDENTIFIER": name, "MESSAGE": message})

    return lines(row)


def suricata() -> str:
    def row(at: int) -> str:
        event: dict[str, object] = {"timestamp": after(at), "flow_id": R.getrandbits(50)}
        if at == ODD_AT:
            event |= {"event_type": "alert", "alert": {"signature": "ET TROJAN", "severity": 1}}
        elif at % 3:
            event |= {"event_type": "flow", "flow": {"bytes_toserver": R.randint(400, 3000)}}
        else:
            event |= {"event_type": "dns", "dns": {"type": "query", "rrname": "a.com"}}
        return json.dumps({**event, "src_ip": f"10.0.0.{R.randint(2, 9)}", "proto": "TCP"})

    return lines(row)


def flow_log() -> str:
    head = "version interface-id srcaddr dstaddr srcport dstport packets bytes start action\n"

    def row(at: int) -> str:
        packets = R.randint(3, 40)
        size = 9_999_999_999 if at == ODD_AT else packets * R.randint(60, 900)
        ports = f"{R.randint(1024, 65000)} {R.choice([443, 443, 80])}"
        source, start = f"10.0.0.{R.randint(2, 20)}", 1_780_300_800 + 10 * at
        return f"2 eni-1235b8ca {source} 10.0.1.5 {ports} {packets} {size} {start} ACCEPT"

    return lines(row, head)


def windows_events() -> str:
    def row(at: int) -> str:
        level, source, number = "Information", R.choice(["DHCP", "Service Control Manager"]), 7036
        if at == ODD_AT:
            level, source, number = "Critical", "Kernel-Power", 41
        # Of the message the header has no name.
        return f"{level},{after(-at, '%m/%d/%Y %I:%M:%S %p')},{source},{number},None,Text.\r"

    return lines(row, "\ufeffLevel,Date and Time,Source,Event ID,Task Category\r\n")


ALL: dict[str, Callable[[], str | bytes]] = {
    "report.csv": sheet_with_title_and_total,
    "unicode.txt": unicode_text,
    "unmarked.txt": unicode_without_a_mark,
    "comments.csv": comments,
    "strom.csv": german_meter,
    "quoted.tsv": quoted_tabs,
    "table.md": markdown,
    "psql.txt": psql,
    "mysql.txt": mysql,
    "vmstat.txt": vmstat,
    "columns.json": columns_of_json,
    "frame.json": frame_by_index,
    "split.json": split_frame,
    "influx.json": influx,
    "rows.json": arrays_under_a_header,
    "service.log": service_log,
    "error.log": nginx_errors,
    "haproxy.log": haproxy,
    "kern.log": firewall_of_the_kernel,
    "cef.log": common_events,
    "tomcat.log": tomcat,
    "Betrag.csv": swiss_sheet,
    "journal.json": journal,
    "eve.json": suricata,
    "vpc.log": flow_log,
    "events.csv": windows_events,
}
