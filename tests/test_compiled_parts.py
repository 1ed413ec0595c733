"""Compiled and uncompiled statistics, scaler and optimizer give the same bits."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from clipsgd_river import COMPILED

# Prints a line for each object and set of options: a digest of its answers and of its state.
SCRIPT = """
import hashlib, itertools, sys
import numpy as np
import clipsgd_river
from clipsgd_river.optim import ClippedSGD
from clipsgd_river.preprocessing import ClippedScaler
from clipsgd_river.stats import ClippedMean, ClippedQuantile, ClippedVar
from river.optim import schedulers

sys.stdout.write(f"compiled {clipsgd_river.COMPILED}\\n")
rng = np.random.default_rng(0)
rows = rng.standard_t(2, size=(300, 4))
rows[150:, 0] += 40.0
rows[:, 1] = np.where(rng.random(300) < 0.8, 7.0, rows[:, 1])
rows[rng.random(rows.shape) < 0.1] = np.nan
extremes = [1e308, -1e308, np.inf, -np.inf, 5e-324, 1e150, -0.0, 1e-160]
rows[::11] = np.where(rng.random((28, 4)) < 0.4, rng.choice(extremes, size=(28, 4)), rows[::11])

def digest(*parts):
    found = hashlib.sha256()
    for part in parts:
        found.update(np.asarray(part, dtype=float).tobytes())
    return found.hexdigest()

rates = ["averaging", "auto", "doubling", 0.1, schedulers.InverseScaling(0.5)]
clips = ["auto", "growing", 2.0, None]
for rate, clip, column in itertools.product(rates, clips, range(4)):
    mean = ClippedMean(learning_rate=rate, clip=clip)
    var = ClippedVar(learning_rate=rate, clip=clip, warm_up=7)
    answers = []
    for x in rows[:150, column].tolist():
        mean.update(x)
        var.update(x)
        answers += [mean.get(), mean.radius(0.9), mean.radius(sigma=2.0), var.get()]
    mean.update_many(rows[150:, column])
    answers.append(mean.get())
    states = mean._kernel.snapshot(), var._kernel.snapshot()
    sys.stdout.write(f"moments {rate} {clip} {column} {digest(answers, *states)}\\n")
for rate, q, column in itertools.product(rates, [0.05, 0.5, 0.9], range(4)):
    quantile = ClippedQuantile(q=q, learning_rate=rate)
    answers = []
    for x in rows[:, column].tolist():
        quantile.update(x)
        answers.append(quantile.get())
    state = quantile._kernel.snapshot()
    sys.stdout.write(f"quantile {rate} {q} {column} {digest(answers, state)}\\n")
for rate, clip, squash in itertools.product(rates[1:], clips, [False, True]):
    scaler = ClippedScaler(squash=squash, learning_rate=rate, clip=clip, warm_up=9)
    answers = []
    for row in rows[:150].tolist():
        x = dict(enumerate(row))
        scaler.learn_one(x)
        answers.append(list(scaler.transform_one(x).values()))
    scaler.learn_many(rows[150:])
    state = scaler._kernel.snapshot()[1]
    sys.stdout.write(f"scaler {rate} {clip} {squash} "
                     f"{digest(answers, scaler.transform_many(rows), state)}\\n")
for clip in ["auto", 0.5, None]:
    optimizer, weights = ClippedSGD(clip=clip), {i: 0.0 for i in range(4)}
    for row in rows.tolist():
        optimizer.step(weights, dict(enumerate(row)))
        optimizer.step(weights, {i: w - 1.0 for i, w in weights.items()})
    state = optimizer._gradients.snapshot()
    sys.stdout.write(f"optimizer {clip} {digest(list(weights.values()), state)}\\n")
"""
LINES = 1 + 5 * 4 * 4 + 5 * 3 * 4 + 4 * 4 * 2 + 3


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
def test_compiled_and_uncompiled_parts_agree_to_the_last_bit() -> None:
    compiled, uncompiled = digests("0"), digests("1")
    assert compiled[0] == "compiled True"
    assert uncompiled[0] == "compiled False"
    assert len(compiled) == LINES
    assert compiled[1:] == uncompiled[1:]
