"""Which events of a stream an adversary replaces, and by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.float64]
#: What a corruption does: rows of shape (k, d) in, rows of the same shape out.
Replacement = Callable[[np.random.Generator, Rows], Rows]


@dataclass(frozen=True)
class Constant:
    """Every value becomes the same one.

    Examples
    --------
    >>> import numpy as np
    >>> Constant(7.0)(np.random.default_rng(0), np.zeros((1, 3)))
    array([[7., 7., 7.]])
    """

    value: float

    def __call__(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Replace the rows."""
        return np.full_like(rows, self.value)


@dataclass(frozen=True)
class SignFlip:
    """Every value changes its sign.

    Examples
    --------
    >>> import numpy as np
    >>> SignFlip()(np.random.default_rng(0), np.array([[1.0, -2.0]]))
    array([[-1.,  2.]])
    """

    def __call__(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Replace the rows."""
        return -rows


@dataclass(frozen=True)
class FarCluster:
    """Events come from a Gaussian elsewhere, with the same mean in every coordinate.

    Examples
    --------
    >>> import numpy as np
    >>> FarCluster(20.0, spread=0.0)(np.random.default_rng(0), np.zeros((1, 2)))
    array([[20., 20.]])
    """

    centre: float = 20.0
    spread: float = 1.0

    def __call__(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Replace the rows."""
        return self.centre + self.spread * rng.standard_normal(rows.shape)


class Replay:
    """Events are drawn from given rows: another class, yesterday's attack.

    Parameters
    ----------
    source
        Rows to draw from with replacement, shape (m, d).

    Examples
    --------
    >>> import numpy as np
    >>> Replay([[5.0, 6.0]])(np.random.default_rng(0), np.zeros((2, 2)))
    array([[5., 6.],
           [5., 6.]])
    """

    def __init__(self, source: ArrayLike) -> None:
        self.source = np.array(source, dtype=float, ndmin=2)
        if self.source.ndim != 2 or self.source.size == 0:
            raise ValueError(f"source must be rows, at least one, not shape {self.source.shape}")

    def __repr__(self) -> str:
        return f"Replay({len(self.source)} rows)"

    def __call__(self, rng: np.random.Generator, rows: Rows) -> Rows:
        """Replace the rows."""
        if self.source.shape[1] != rows.shape[1]:
            raise ValueError(
                f"rows to replay have {self.source.shape[1]} features, the stream has "
                f"{rows.shape[1]}"
            )
        return self.source[rng.integers(len(self.source), size=len(rows))]


@dataclass(frozen=True)
class Corruption:
    """How many events are replaced, when, and by what.

    Parameters
    ----------
    amount
        A share of the events, in (0, 1), or their number, an int; not needed where ``when`` lists
        them.
    when
        ``"scattered"``: anywhere, each event alike; ``"burst"``: in one run with a random start; or
        the indices of the events.
    how
        What replaces them: `Constant`, `SignFlip`, `FarCluster`, `Replay`, or any function of a
        random generator and rows (k, d) that returns rows (k, d).

    Examples
    --------
    >>> import numpy as np
    >>> burst = Corruption(3, when="burst", how=SignFlip())
    >>> int(burst.events(np.random.default_rng(0), length=100).sum())
    3
    """

    amount: float | int = 0.02
    when: str | Sequence[int] = "scattered"
    how: Replacement = field(default_factory=FarCluster)

    def events(self, rng: np.random.Generator, length: int) -> NDArray[np.bool_]:
        """Which of ``length`` events are replaced."""
        hit = np.zeros(length, dtype=bool)
        if not isinstance(self.when, str):
            indices = np.asarray(self.when, dtype=int)
            if len(indices) and not (indices.min() >= 0 and indices.max() < length):
                raise ValueError(f"when lists events outside the stream's 0 to {length - 1}")
            hit[indices] = True
            return hit
        number = self.number(length)
        if self.when == "scattered":
            hit[rng.choice(length, number, replace=False)] = True
        elif self.when == "burst":
            start = int(rng.integers(length - number + 1))
            hit[start : start + number] = True
        else:
            raise ValueError(
                f"when must be 'scattered', 'burst' or event indices, not {self.when!r}"
            )
        return hit

    def number(self, length: int) -> int:
        """How many of ``length`` events are replaced."""
        if isinstance(self.amount, int) and not isinstance(self.amount, bool):
            number = self.amount
        elif 0.0 < self.amount < 1.0:
            number = round(self.amount * length)
        else:
            number = -1
        if not 0 <= number <= length:
            raise ValueError(
                f"amount must be a share in (0, 1) or a number of events up to {length}, not "
                f"{self.amount!r}"
            )
        return number
