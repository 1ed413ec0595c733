"""The state file of a run: who may write it, and which files it has learned from."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from clipsgd_river.cli.input.byte_input import STANDARD_STREAM
from clipsgd_river.cli.scoring.run_history import RunHistory
from clipsgd_river.cli.terminal.errors import DataError, UsageError

try:
    import fcntl
except ImportError:  # Windows has none.
    fcntl = None  # type: ignore[assignment]

#: Files that a state remembers having learned from.
MOST_FILES: Final = 64
_BLOCK: Final = 1 << 20
#: What was read of these says nothing of where more was added.
_WHOLE_FILES: Final = (".gz", ".parquet")


class LearnedFile(NamedTuple):
    """A file that was learned from: a digest of so many bytes, and how many rows of them."""

    digest: str
    size: int
    rows: int
    complete: bool


class StateFile:
    """A state file that one run at a time writes, and what it knows of the file that is read.

    Parameters
    ----------
    path
        Of the state file.
    file
        The file that is read; standard input is not remembered.
    again
        Whether what was learned before is to be learned again.

    Raises
    ------
    UsageError
        If another process has it.
    """

    def __init__(self, path: str, file: str, *, again: bool = False) -> None:
        self._path = path
        self._lock = _locked(path)
        fields = _fields_of(path)
        self._learned = _files_in(fields)
        #: What was told of incidents that are open.
        self.told: Any = fields.get("told", [])
        #: The runs that it went through.
        self.history = RunHistory(fields)
        self._file: LearnedFile | None = None
        #: Rows of the file that were learned before.
        self.rows_before = 0
        #: Whether all of it was.
        self.is_known = False
        if file == STANDARD_STREAM or not Path(file).is_file():
            return
        before, digest, size = _match(file, self._learned)
        if before is not None:
            self._learned.remove(before)
        self._file = LearnedFile(digest, size, 0, complete=False)
        if before is not None and not again:
            self.rows_before = before.rows
            self.is_known = before.complete and before.size == size
            self._file = self._file._replace(rows=before.rows)

    def save(self, keeper: Any, rows: int, *, complete: bool, told: Any = ()) -> None:
        """Write the state in one step, with the row that the run has reached and what it told.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        from clipsgd_river._state import file_format

        header, numbers = keeper._state()
        fields = file_format.parse_header(header)
        learned = list(self._learned)
        if self._file is not None:
            reached = max(rows, self._file.rows)
            learned.append(self._file._replace(rows=reached, complete=complete))
        fields["files"] = [list(each) for each in learned[-MOST_FILES:]]
        fields["told"] = list(told)
        fields.update(self.history.fields())
        try:
            data = file_format.encode(file_format.make_header(fields), numbers)
            file_format.write_atomically(self._path, data)
        except OSError as error:
            raise DataError(f"cannot write the state file {self._path}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let other processes have it."""
        if self._lock is not None:
            # Removed while it is held: whoever opened it meanwhile finds another one in its place.
            with contextlib.suppress(OSError):
                Path(_lock_path(self._path)).unlink()
            os.close(self._lock)
            self._lock = None


def _lock_path(path: str) -> str:
    return f"{path}.lock"


def _locked(path: str) -> int | None:
    """Return a lock on the state file; None where the system has none."""
    if fcntl is None:
        return None
    name = _lock_path(path)
    while True:
        try:
            lock = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise UsageError(f"cannot lock the state file {path}: {error.strerror}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(lock).st_ino == Path(name).stat().st_ino:
                return lock
        except BlockingIOError:
            os.close(lock)
            raise UsageError(
                f"the state file {path} is in use by another process, such as a score that still "
                "runs: wait for it or end it, or name another file"
            ) from None
        except FileNotFoundError:
            pass
        # Its last owner has removed it.
        os.close(lock)


def _fields_of(path: str) -> dict[str, Any]:
    """Return the fields of a state; a damaged one has none."""
    from clipsgd_river._state import file_format

    try:
        fields, _ = file_format.decode(file_format.read(path))
    except (OSError, TypeError, ValueError):
        return {}
    return fields


def _files_in(fields: dict[str, Any]) -> list[LearnedFile]:
    """Return the files that a state has learned from; those of a damaged one are none."""
    try:
        return [
            LearnedFile(str(digest), int(size), int(rows), complete=bool(complete))
            for digest, size, rows, complete in fields.get("files", [])
        ]
    except (TypeError, ValueError):
        return []


def _match(file: str, learned: list[LearnedFile]) -> tuple[LearnedFile | None, str, int]:
    """Return what was learned of a file, or of its beginning; the digest and size of all of it."""
    grows = not file.endswith(_WHOLE_FILES)
    found: LearnedFile | None = None
    digest, size = hashlib.sha256(), 0
    wanted = sorted({each.size for each in learned})
    try:
        with Path(file).open("rb") as stream:
            while True:
                stop = next((each for each in wanted if each > size), size + _BLOCK)
                block = stream.read(min(stop - size, _BLOCK))
                if not block:
                    break
                digest.update(block)
                size += len(block)
                if size in wanted:
                    so_far = digest.hexdigest()
                    for each in learned:
                        if (each.size, each.digest) == (size, so_far) and grows:
                            found = each
    except OSError as error:
        raise DataError(f"cannot read {file}: {error.strerror}") from None
    whole = digest.hexdigest()
    same = [each for each in learned if (each.size, each.digest) == (size, whole)]
    return (same[-1] if same else found), whole, size
