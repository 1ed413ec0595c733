"""The options every script takes, and how every script ends."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from common.data import DataError

Chosen = TypeVar("Chosen")


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with --quick and --out."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    options.add_argument("--quick", action="store_true", help="a small part, to see that it runs")
    options.add_argument(
        "--out", type=_writable, metavar="FILE.json", help="write the figures here"
    )
    return options


def add_data(options: argparse.ArgumentParser) -> None:
    """Add --data, whose default is the environment variable CLIPSGD_DATA."""
    options.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("CLIPSGD_DATA") or None,
        metavar="DIR",
        help="folder of the data sets; default: the environment variable CLIPSGD_DATA",
    )


def data_folder(arguments: argparse.Namespace) -> Path:
    """Return the data folder; end the script with a word when there is none.

    Without any folder named, the script is skipped and succeeds; a folder that was named but does
    not exist is an error.
    """
    if arguments.data is None:
        sys.stderr.write(
            "skipped: no data; set CLIPSGD_DATA or pass --data DIR (see benchmarks/README.md)\n"
        )
        raise SystemExit(0)
    folder = Path(arguments.data)
    if not folder.is_dir():
        raise SystemExit(f"error: {folder} is not a folder; set CLIPSGD_DATA or pass --data DIR")
    return folder


def add_peers(options: argparse.ArgumentParser) -> None:
    """Add --peers and --no-peers."""
    options.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="run the rivals too"
    )


def add_detectors(options: argparse.ArgumentParser) -> None:
    """Add --detectors, which names the detectors of ours to run."""
    options.add_argument("--detectors", nargs="+", metavar="NAME", help="only these of ours")


def chosen(
    options: argparse.ArgumentParser, found: Mapping[str, Chosen], names: list[str] | None
) -> list[Chosen]:
    """Return what was found under those names, all without names; a wrong name ends the script."""
    unknown = [name for name in names or [] if name not in found]
    if unknown:
        options.error(f"no such detector: {', '.join(unknown)}; there are {', '.join(found)}")
    return [found[name] for name in names or found]


def run(main: Callable[[], None]) -> None:
    """Run a script so that a wrong file, Ctrl-C and a closed pipe end in a word, not a trace."""
    try:
        main()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing was written\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        # The reader has left; point stdout elsewhere so that the exit does not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except DataError as error:
        raise SystemExit(f"error: {error}") from error


def _writable(text: str) -> Path:
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a folder; name a file in it")
    if not os.access(path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{path.parent} is no folder one can write to")
    return path
