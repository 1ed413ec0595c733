"""Let threads share an object of each class named, to see that the process outlives it.

Run by `test_threads.py`: a crash there is a return code here. The first argument is how many
seconds each object is shared.
"""

from __future__ import annotations

import pickle
import random
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

# The environment says that no folder is to be searched of itself.
sys.path.insert(0, str(Path(__file__).parent))

from conftest import discover_detectors
from parts import discover_parts

from clipsgd_river import __path__ as package

ROWS = np.random.default_rng(0).normal(size=(200, 6))


class Shared:
    """One object, the work that threads do with it, and what they met that they should not."""

    def __init__(self, detector: Any) -> None:
        self.detector = detector
        self.supervised = getattr(detector, "_supervised", False)
        self.strange: list[str] = []
        self._works = (self.events, self.new_keys, self.arrays, self.labels, self.copies)
        self._start, self._stop = threading.Barrier(len(self._works)), threading.Event()

    def call(self, method: str, *arguments: Any) -> None:
        """Call a method that it may not have, with targets where it wants them."""
        if hasattr(self.detector, method):
            targets = map(target_of, arguments) if self.supervised else ()
            getattr(self.detector, method)(*arguments, *targets)

    def events(self, n: int) -> None:
        self.call("learn_one", {f"feature {n % 90}": 1.0, "cpu": float(n), n % 50: -3.0})
        self.call("score_one", {"cpu": 1.0, f"feature {n % 70}": 2.0})
        self.call("score_learn_one", {"cpu": 5.0, "memory": 2.0})

    def new_keys(self, n: int) -> None:
        self.call("learn_one", {("key", n % 200): float(n)})
        self.call("explain_one", {("key", n % 100): 7.0, "cpu": 1.0})
        self.call("expect_one")

    def arrays(self, n: int) -> None:
        self.call("learn_many", ROWS)
        self.call("score_many", ROWS)
        self.call("score_learn_many", ROWS[:20])

    def labels(self, n: int) -> None:
        model = getattr(self.detector, "part", None)
        if hasattr(model, "predict_proba_one"):
            model.learn_one({"cpu": float(n)}, n % 40)
            model.predict_proba_one({"cpu": 1.0})
            model.predict_proba_many(ROWS)
            model.predict_many(ROWS)

    def copies(self, n: int) -> None:
        target = [1] if self.supervised else []
        kind = type(self.detector)
        kind.from_bytes(self.detector.to_bytes()).score_one({"cpu": 1.0}, *target)
        copy = pickle.loads(pickle.dumps(self.detector))
        copy.learn_one({"cpu": 1.0, "fresh": 2.0}, *target)

    def _hammer(self, work: Callable[[int], None]) -> None:
        self._start.wait()
        sys.settrace(switch)
        n = 0
        while not self._stop.is_set():
            n += 1
            try:
                work(n)
            except RuntimeError as error:
                # The one that names the cure.
                if "in use by another thread" not in str(error):
                    self.strange.append(repr(error))
                    return
            except ValueError as error:
                # A copy made while another thread learns may not fit together: it is refused.
                if work != self.copies or "damaged" not in str(error):
                    self.strange.append(repr(error))
                    return
            except BaseException as error:
                self.strange.append(repr(error))
                return

    def share(self, seconds: float) -> None:
        """Let threads work with it, then see that it still does what it should."""
        for cpu in (0.0, 80.0):
            # With the features of the arrays: rows none of whose columns it knows are refused.
            self.call("learn_one", {"cpu": cpu, **dict(enumerate(ROWS[0].tolist()))})
        workers = [threading.Thread(target=self._hammer, args=[work]) for work in self._works]
        for worker in workers:
            worker.start()
        time.sleep(seconds)
        self._stop.set()
        for worker in workers:
            worker.join()
        for n in range(100):
            self.call("learn_one", {"cpu": float(n)})
        score = self.detector.score_one({"cpu": 1e6}, *([0] if self.supervised else []))
        if not 0 <= score < 1:
            self.strange.append(f"score {score!r} afterwards")


def switch(frame: FrameType, _event: str, _arg: Any) -> Any:
    """Let another thread run between any two lines of the package, three times in ten."""
    if not frame.f_code.co_filename.startswith(package[0]):
        return None
    if random.random() < 0.3:
        time.sleep(0)
    return switch


def target_of(x: Any) -> Any:
    """A target of an event, or of each row."""
    return int(x.get("cpu", 0.0) > 40.0) if isinstance(x, dict) else [n % 2 for n in range(len(x))]


def main() -> None:
    """Share an object of each class, and tell of the first with which something strange came up."""
    seconds, names = float(sys.argv[1]), sys.argv[2:]
    sys.setswitchinterval(1e-6)
    known: dict[str, Any] = {}
    for found in [*discover_detectors(), *discover_parts()]:
        known.setdefault(type(found).__name__, found)
    for name in names:
        # Should the process crash, this is its last line.
        sys.stderr.write(f"{name}\n")
        sys.stderr.flush()
        shared = Shared(known[name])
        shared.share(seconds)
        if shared.strange:
            sys.exit("; ".join(shared.strange))


if __name__ == "__main__":
    main()
