"""Prove that a refactoring changed nothing: compare bit for bit what two builds say.

Run it before and after you move code::

    python tests/compare_commits.py HEAD~3                  # against the working tree
    python tests/compare_commits.py v0.1 main --quick
    python tests/compare_commits.py --old-python a/bin/python --new-python b/bin/python

OLD and NEW are git revisions, which are exported, built compiled (``--uncompiled``: not) and
installed into an environment of their own, with the dependencies of the Python that runs this;
or Pythons that have a build already; or recordings that ``--keep FOLDER`` left of a former run.
`behaviour/record.py` runs under both and notes everything that every public class says on ordinary
and hostile streams: scores, distances, contributions, estimates, bands, alerts, alarms and types
of exceptions, event by event, by rows, and after copies of every kind; not the numbers inside a
state. Classes are found by name, so they may move. One line for each class says "equal" or names
the first difference; the exit code is 1 if anything differs or is gone.

A class that was meant to change by rounding goes into ``--tolerance 1e-12 --tolerant NAME ...``;
answers that are meant to change or to go, by name, into ``--ignore``. ``--only NAME`` is for the
class at hand, ``--quick`` (a minute) for in between.
"""

from __future__ import annotations

import argparse
import fnmatch
import math
import os
import pickle
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
RECORDER = Path(__file__).parent / "behaviour" / "record.py"
#: Characters of an answer that are shown.
SHOWN = 200

Answer = tuple[int, str, bytes]
Places = dict[str, dict[str, list[Answer]]]


@dataclass
class Difference:
    """What two builds said where they differ."""

    place: str
    quantity: str
    step: int
    old: str
    new: str
    relative: float

    def __str__(self) -> str:
        return (
            f"in {self.place!r}, step {self.step}, {self.quantity}: old {self.old}, new {self.new}"
        )


@dataclass
class Result:
    """The comparison of one class."""

    name: str
    answers: int = 0
    numbers: int = 0
    differences: list[Difference] = field(default_factory=list)
    within: list[Difference] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether nothing differs beyond the tolerance and nothing is gone."""
        return not self.differences and not self.gone

    def line(self, tolerance: float) -> str:
        """The result in words."""
        found = []
        if self.differences:
            largest = max(each.relative for each in self.differences)
            names = list(dict.fromkeys(each.quantity for each in self.differences))
            found.append(
                f"DIFFERS in {len(self.differences):,} answers ({', '.join(names[:6])}), the first "
                f"{self.differences[0]}; largest relative difference {largest:.3g}"
            )
        if self.gone:
            found.append(f"GONE: {', '.join(self.gone[:6])} ({len(self.gone):,} in all)")
        if self.within:
            largest = max(each.relative for each in self.within)
            found.append(
                f"within {tolerance:g}: {len(self.within):,} answers, at most {largest:.3g}, the "
                f"first {self.within[0]}"
            )
        if self.new:
            found.append(f"new: {', '.join(self.new[:6])}")
        said = "; ".join(found) if found else "equal"
        if self.equal and self.new and not self.within:
            said = f"equal; {said}"
        return f"{self.name:28} {self.answers:9,} answers {self.numbers:10,} numbers  {said}"


def compare(old: Places, new: Places, name: str, tolerance: float, ignore: list[str]) -> Result:
    """Compare what both said of a class.

    Parameters
    ----------
    old, new
        Answers by place and quantity.
    name
        Of the class.
    tolerance
        Largest relative difference that is reported by itself.
    ignore
        Patterns of quantities that are not compared.
    """
    result = Result(name)
    for place in dict.fromkeys([*old, *new]):
        before, after = old.get(place), new.get(place)
        if before is None or after is None:
            (result.gone if after is None else result.new).append(place)
            continue
        here: list[Difference] = []
        for quantity in dict.fromkeys([*before, *after]):
            if any(fnmatch.fnmatch(quantity, pattern) for pattern in ignore):
                continue
            if quantity not in before or quantity not in after:
                (result.gone if quantity in before else result.new).append(quantity)
                continue
            result.answers += len(before[quantity])
            result.numbers += sum(len(bits) for _, _, bits in before[quantity]) // 8
            if before[quantity] != after[quantity]:
                here.extend(differences(place, quantity, before[quantity], after[quantity]))
        for each in sorted(here, key=lambda each: each.step):
            (result.within if each.relative <= tolerance else result.differences).append(each)
    result.gone, result.new = list(dict.fromkeys(result.gone)), list(dict.fromkeys(result.new))
    return result


def differences(
    place: str, quantity: str, old: list[Answer], new: list[Answer]
) -> Iterator[Difference]:
    """Yield every answer that differs."""
    for before, after in zip(old, new, strict=False):
        if before != after:
            yield difference(place, quantity, before, after)
    if len(old) != len(new):
        step = (old if len(old) > len(new) else new)[min(len(old), len(new))][0]
        counts = (f"{len(old)} answers", f"{len(new)} answers")
        yield Difference(place, quantity, step, *counts, math.inf)


def difference(place: str, quantity: str, old: Answer, new: Answer) -> Difference:
    """How two answers differ: in a number, or in what is no number."""
    (step, text, bits), (_, other_text, other_bits) = old, new
    if text != other_text or len(bits) != len(other_bits) or step != new[0]:
        return Difference(place, quantity, step, shown(old), shown(new), math.inf)
    a, b = np.frombuffer(bits), np.frombuffer(other_bits)
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(a), np.abs(b))
        relative = np.abs(a - b) / np.where(scale > 0.0, scale, 1.0)
    same = a.view(np.uint64) == b.view(np.uint64)
    relative = np.where(same, 0.0, np.where(np.isnan(relative), np.inf, relative))
    at = int(np.flatnonzero(~same)[0])
    where = f" (number {at} of {shown(old)})" if len(a) > 1 else ""
    return Difference(
        place, quantity, step, repr(float(a[at])), f"{float(b[at])!r}{where}", float(relative.max())
    )


def shown(answer: Answer) -> str:
    """An answer in short: its text, whose numbers are f, and the first of them."""
    _, text, bits = answer
    if text == "f":
        return repr(float(np.frombuffer(bits)[0]))
    numbers = np.frombuffer(bits)[:4].tolist()
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}..."
    return f"{short} with {numbers}" if numbers else short


def built(revision: str | None, folder: Path, *, compiled: bool) -> Path:
    """The Python of a new environment with a revision, or the working tree, installed."""
    source, environment = folder / "source", folder / "environment"
    source.mkdir(parents=True)
    git = ["git", "-C", str(ROOT)]
    if revision is None:
        listed = subprocess.check_output([*git, "ls-files", "-zco", "--exclude-standard"])
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, source / name)
    else:
        packed = subprocess.check_output([*git, "archive", revision])
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(source, filter="data")
    subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = environment / "lib" / version / "site-packages"
    known = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    (packages / "dependencies.pth").write_text("\n".join(known))
    python = environment / "bin" / "python"
    subprocess.check_call(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"),
            *("--no-deps", "--no-build-isolation", "--ignore-installed", str(source)),
        ],
        env=os.environ | ({} if compiled else {"CC": "/bin/false"}),
    )
    return python


def started(python: Path, out: Path, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    """A recorder that runs, in an empty folder."""
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [str(python), str(RECORDER), str(out)]
    command += ["--quick"] if options.quick else []
    command += ["--only", options.only] if options.only else []
    environment = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONHASHSEED": "0"}
    # Two recorders run at a time, and threads would sum in any order.
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    if options.uncompiled:
        environment["CLIPSGD_PURE_PYTHON"] = "1"
    empty = out.parent / "empty"
    empty.mkdir(exist_ok=True)
    return subprocess.Popen(command, cwd=empty, env=environment)


def recordings(options: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """What both sides said; whatever has to run does so side by side."""
    files: list[Path] = []
    running: list[subprocess.Popen[bytes]] = []
    for side, given, python in (
        ("old", options.old, options.old_python),
        ("new", options.new, options.new_python),
    ):
        path = Path(python or given or "")
        if not python and given and path.is_file() and not os.access(path, os.X_OK):
            files.append(path)
            continue
        if not python and not (given and path.is_file()):
            python = built(given, folder / side, compiled=not options.uncompiled)
        out = (options.keep or folder) / f"{side}.recording"
        # Not resolved: an environment's Python is a link that must be called by its name.
        running.append(started(Path(python or given).absolute(), out.absolute(), options))
        files.append(out)
    codes = [each.wait() for each in running]
    if any(codes):
        raise SystemExit("a recorder failed: see above")
    # Our own files, or the caller's.
    return [pickle.loads(file.read_bytes()) for file in files]


def report(old: dict[str, Any], new: dict[str, Any], options: argparse.Namespace) -> bool:
    """Print a line for each class and a summary; whether everything is equal."""
    results = []
    for name in sorted(old["classes"].keys() & new["classes"].keys()):
        tolerant = not options.tolerant or name in options.tolerant
        tolerance = options.tolerance if tolerant else -1.0
        places = old["classes"][name], new["classes"][name]
        results.append(compare(*places, name, tolerance, options.ignore))
        say(results[-1].line(options.tolerance))
    for side, mine, other in (("old", old, new), ("new", new, old)):
        names = sorted(mine["classes"].keys() - other["classes"].keys())
        say(f"{len(names)} classes only in the {side} build: {', '.join(names) or '-'}")
    wrong = [each.name for each in results if not each.equal]
    modes = ["compiled" if each["compiled"] else "uncompiled" for each in (old, new)]
    say(
        f"{len(results)} classes in both ({modes[0]} and {modes[1]}), "
        f"{sum(each.answers for each in results):,} answers, "
        f"{sum(each.numbers for each in results):,} numbers: "
        + (f"{len(wrong)} classes differ: {', '.join(wrong)}" if wrong else "all equal")
    )
    if not results:
        say("nothing was compared")
    return bool(results) and not wrong


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Compare; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("old", nargs="?", help="revision, Python or recording; default HEAD")
    parser.add_argument("new", nargs="?", help="the same; default: the working tree")
    parser.add_argument("--old-python", help="Python that has the old build")
    parser.add_argument("--new-python", help="Python that has the new build")
    parser.add_argument("--uncompiled", action="store_true", help="without a compiler")
    parser.add_argument("--quick", action="store_true", help="shorter streams, fewer variants")
    parser.add_argument("--only", metavar="NAME", help="one class")
    parser.add_argument("--tolerance", type=float, default=-1.0, metavar="RELATIVE")
    parser.add_argument("--tolerant", nargs="+", default=[], metavar="NAME", help="only for these")
    parser.add_argument("--ignore", nargs="+", default=[], metavar="PATTERN", help="quantities")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the recordings there")
    options = parser.parse_args(arguments)
    if not options.old_python:
        options.old = options.old or "HEAD"
    elif options.old and not options.new:
        options.old, options.new = None, options.old
    with tempfile.TemporaryDirectory() as folder:
        old, new = recordings(options, Path(folder))
    return 0 if report(old, new, options) else 1


if __name__ == "__main__":
    sys.exit(main())
