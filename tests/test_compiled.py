"""Compiled and uncompiled kernels give the same bits."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from clipsgd_river import COMPILED

# Prints a line for each detector and set of options: a digest of every score and of the state.
SCRIPT = """
import hashlib, itertools, sys
import numpy as np
import clipsgd_river
from clipsgd_river.anomaly import ClippedMahalanobis, ClippedSubspace, ClippedZScore
from river.optim import schedulers

sys.stdout.write(f"compiled {clipsgd_river.COMPILED}\\n")
rng = np.random.default_rng(0)
rows = rng.standard_t(2, size=(240, 6)) @ (np.eye(6) + 0.3)
rows[80:] *= 3.0
rows[:, 4] = np.where(np.arange(240) > 150, rows[:, 4], 7.0)
rows[:, 5] = np.where(rng.random(240) < 0.9, 0.0, rows[:, 5])
rows[rng.random(rows.shape) < 0.1] = np.nan
extremes = [1e308, -1e308, np.inf, -np.inf, 5e-324, 1e150, -0.0, 1e-160]
rows[::9] = np.where(rng.random((27, 6)) < 0.4, rng.choice(extremes, size=(27, 6)), rows[::9])
names = ["b", "a", 3, "load", "late", "x"]

def event(row):
    return {name: x for name, x in zip(names, row) if x == x or name == 3}

rates = ["auto", "doubling", 0.1, 0.7, schedulers.InverseScaling(0.5)]
for cls, rate, clip in itertools.product(
    [ClippedZScore, ClippedMahalanobis, ClippedSubspace], rates, ["auto", "growing", 2.0, None]
):
    digest = hashlib.sha256()
    detector = cls(learning_rate=rate, clip=clip, warm_up=10)
    for row in rows[:120].tolist():
        x = event(row)
        for number in (detector.distance_one(x), detector.score_learn_one(x)):
            digest.update(float.hex(number).encode())
        for contribution in detector.explain_one(x).values():
            digest.update(float.hex(contribution).encode())
        for band in detector.expect_one(x).values():
            digest.update("".join(map(float.hex, band)).encode())
    by_rows = cls(learning_rate=rate, clip=clip)
    for number in by_rows.score_learn_many(rows).tolist():
        digest.update(float.hex(number).encode())
    for number in by_rows.fit(rows).decision_function(rows).tolist():
        digest.update(float.hex(number).encode())
    if isinstance(rate, (str, float)):
        digest.update(detector.to_bytes() + by_rows.to_bytes())
        again = cls.from_bytes(detector.to_bytes())
        digest.update(again.score_learn_many(rows[:50]).tobytes() + again.to_bytes())
    sys.stdout.write(f"{cls.__name__} {rate} {clip} {digest.hexdigest()}\\n")
"""


def digests(pure_python: str) -> list[str]:
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "CLIPSGD_PURE_PYTHON": pure_python},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


@pytest.mark.skipif(not COMPILED, reason="the kernels are not compiled here: nothing to compare")
def test_compiled_and_uncompiled_kernels_agree_to_the_last_bit() -> None:
    compiled, uncompiled = digests("0"), digests("1")
    assert compiled[0] == "compiled True"
    assert uncompiled[0] == "compiled False"
    assert len(compiled) == 1 + 3 * 5 * 4
    assert compiled[1:] == uncompiled[1:]
