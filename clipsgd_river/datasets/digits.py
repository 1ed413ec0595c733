"""Images of digits of which one numeral is ordinary, and then another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from river import datasets


class Images(NamedTuple):
    """Images (n, pixels) with values in [0, 1], and the digit that each shows (n,)."""

    pixels: NDArray[np.float64]
    digits: NDArray[np.int64]

    @property
    def side(self) -> int:
        """Height and width in pixels."""
        return math.isqrt(self.pixels.shape[1])


class DrawnDigits(NamedTuple):
    """A drawn stream: images (n, pixels), which are anomalies (n,), the digit of each (n,)."""

    images: NDArray[np.float64]
    anomalies: NDArray[np.bool_]
    digits: NDArray[np.int64]


class DriftingDigits(datasets.base.SyntheticDataset):
    """Images of one numeral after another; other numerals in between are the anomalies.

    An ordinary numeral for a stretch of events, then abruptly the next one: what was normal turns
    anomalous and the other way round. Choose it to see how fast a detector follows a drift that
    looks like anomalies at first, in many dimensions and in pictures.

    Parameters
    ----------
    digits
        The ordinary numeral of each stretch.
    stretch
        Events to a stretch.
    anomaly_rate
        Probability with which an event shows another numeral.
    images
        ``None``: scikit-learn's bundled digits, 1,797 images of 8 x 8, without a download.
        ``"mnist"``: 70,000 of 28 x 28, by `sklearn.datasets.fetch_openml`, which downloads them
        unless it has done so before. A path: an ``.npz`` file with images ``X`` (n, pixels) and
        digits ``y``.
    seed
        The same seed gives the same stream.

    Notes
    -----
    Pixels are divided by their largest possible value, so they lie in [0, 1]; feature i is the
    i-th pixel, row by row. No image comes twice before all of its numeral were shown.

    Examples
    --------
    >>> from clipsgd_river.datasets import DriftingDigits
    >>> stream = DriftingDigits(digits=(3, 8), stretch=100)
    >>> stream.image_shape, stream.change_points
    ((8, 8), [100])
    >>> x, is_anomaly = next(iter(stream))
    >>> len(x)
    64
    """

    def __init__(
        self,
        digits: Sequence[int] = (0, 1, 2, 3, 4),
        stretch: int = 1000,
        anomaly_rate: float = 0.05,
        images: str | Path | None = None,
        seed: int = 42,
    ) -> None:
        if stretch < 1 or not 0.0 <= anomaly_rate < 1.0:
            raise ValueError(
                f"stretch must be at least 1 and anomaly_rate in [0, 1), not {stretch!r} and "
                f"{anomaly_rate!r}"
            )
        if len(digits) == 0 or not set(digits) <= set(range(10)):
            raise ValueError(f"digits must be some of 0 to 9, not {digits!r}")
        self.digits = digits
        self.stretch = stretch
        self.anomaly_rate = anomaly_rate
        self.images = images
        self.seed = seed
        super().__init__(  # type: ignore[no-untyped-call]
            task=datasets.base.BINARY_CLF,
            n_features=None,
            n_samples=len(digits) * stretch,
            n_classes=2,
        )

    def __iter__(self) -> Iterator[tuple[dict[int, float], bool]]:
        for image, anomaly in zip(self.drawn.images, self.drawn.anomalies.tolist(), strict=True):
            yield dict(enumerate(image.tolist())), anomaly

    @property
    def image_shape(self) -> tuple[int, int]:
        """Height and width of an image in pixels."""
        return self._images.side, self._images.side

    @property
    def change_points(self) -> list[int]:
        """Indices of the first event of each new stretch."""
        return list(range(self.stretch, self.n_samples, self.stretch))

    @cached_property
    def drawn(self) -> DrawnDigits:
        """The whole stream as arrays."""
        rng = np.random.default_rng(self.seed)
        ordinary = np.repeat(np.asarray(self.digits), self.stretch)
        anomalies = rng.random(self.n_samples) < self.anomaly_rate
        others = rng.integers(1, 10, self.n_samples)
        digits = np.where(anomalies, (ordinary + others) % 10, ordinary)
        chosen = np.empty(self.n_samples, dtype=int)
        for digit in range(10):
            events = np.flatnonzero(digits == digit)
            chosen[events] = _shuffled(rng, np.flatnonzero(self._images.digits == digit), events)
        pictures = self._turned(rng, self._images.pixels[chosen])
        return DrawnDigits(pictures, anomalies, digits)

    @cached_property
    def _images(self) -> Images:
        return _load(self.images)

    def _turned(self, rng: np.random.Generator, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        return pixels


class RotatedDigits(DriftingDigits):
    """One numeral, upright or turned, is ordinary; then abruptly another one.

    Each image is turned by a random multiple of a quarter, so the ordinary events form four
    clusters. The setting of the rotated-digits experiments of [1]_.

    Parameters are those of `DriftingDigits`.

    References
    ----------
    .. [1] A. Sankararaman and B. Narayanaswamy, *Online robust non-stationary estimation*,
       NeurIPS 2023.

    Examples
    --------
    >>> from clipsgd_river.datasets import RotatedDigits
    >>> stream = RotatedDigits(digits=(2, 5), stretch=50)
    >>> stream.drawn.images.shape
    (100, 64)
    """

    def _turned(self, rng: np.random.Generator, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        side = self._images.side
        turned = pixels.reshape(-1, side, side).copy()
        quarters = rng.integers(4, size=len(turned))
        for quarter in range(1, 4):
            turned[quarters == quarter] = np.rot90(turned[quarters == quarter], quarter, (1, 2))
        return turned.reshape(len(pixels), -1)


def _shuffled(
    rng: np.random.Generator, pool: NDArray[np.int64], events: NDArray[np.int64]
) -> NDArray[Any]:
    """One of the pool for each event; none twice before all were taken."""
    if len(events) == 0:
        return pool[:0]
    if len(pool) == 0:
        raise ValueError("the images lack one of the digits 0 to 9")
    rounds = -(-len(events) // len(pool))
    return np.concatenate([rng.permutation(pool) for _ in range(rounds)])[: len(events)]


def _load(source: str | Path | None) -> Images:
    """Images from where the user says."""
    if source is None:
        from sklearn.datasets import load_digits

        bundled = load_digits()
        return Images(bundled.data / 16.0, bundled.target.astype(np.int64))
    if source == "mnist":
        from sklearn.datasets import fetch_openml

        fetched = fetch_openml("mnist_784", version=1, as_frame=False)
        return Images(fetched.data / 255.0, fetched.target.astype(np.int64))
    with np.load(source) as file:
        pixels, digits = file["X"].astype(float), file["y"].astype(np.int64)
    pixels = pixels.reshape(len(pixels), -1) / max(float(pixels.max(initial=0.0)), 1.0)
    if math.isqrt(pixels.shape[1]) ** 2 != pixels.shape[1]:
        raise ValueError(
            f"{source} has images of {pixels.shape[1]} pixels, not a square number: X must "
            "hold square images, shape (n, pixels)"
        )
    return Images(pixels, digits)
