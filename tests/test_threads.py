"""One object belongs to one thread; sharing it may fail, but never takes the process down."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import discover_detectors
from parts import discover_parts

from clipsgd_river import COMPILED
from clipsgd_river._state.saveable import Saveable

pytestmark = pytest.mark.skipif(not COMPILED, reason="plain Python cannot crash the interpreter")

# Runs in a process of its own: a crash there is a return code here.
SCRIPT = """
import pickle, sys, threading, time
import numpy as np

sys.path.insert(0, sys.argv[2])
from conftest import discover_detectors
from parts import discover_parts

sys.setswitchinterval(1e-6)
known = [*discover_detectors(), *discover_parts()]
detector = next(found for found in known if type(found).__name__ == sys.argv[1])
rows = np.random.default_rng(0).normal(size=(200, 6))
start, stop, strange = threading.Barrier(4), threading.Event(), []

def hammer(work):
    start.wait()
    n = 0
    while not stop.is_set():
        n += 1
        try:
            work(n)
        except RuntimeError:
            pass
        except ValueError as error:
            # A copy made while another thread learns may not fit together: it is refused then.
            if work is not copies or "damaged" not in str(error):
                strange.append(repr(error))
                return
        except BaseException as error:
            strange.append(repr(error))
            return

def target_of(x):
    return int(x.get("cpu", 0.0) > 40.0) if isinstance(x, dict) else [n % 2 for n in range(len(x))]

def call(method, *arguments):
    if hasattr(detector, method):
        targets = map(target_of, arguments) if supervised else ()
        getattr(detector, method)(*arguments, *targets)

supervised = getattr(detector, "_supervised", False)
for cpu in (0.0, 80.0):
    call("learn_one", {"cpu": cpu})

def events(n):
    call("learn_one", {f"feature {n % 90}": 1.0, "cpu": float(n), n % 50: -3.0})
    call("score_one", {"cpu": 1.0, f"feature {n % 70}": 2.0})
    call("score_learn_one", {"cpu": 5.0, "memory": 2.0})

def new_keys(n):
    call("learn_one", {("key", n % 200): float(n)})
    call("explain_one", {("key", n % 100): 7.0, "cpu": 1.0})
    call("expect_one")

def arrays(n):
    call("learn_many", rows)
    call("score_many", rows)
    call("score_learn_many", rows[:20])

def copies(n):
    target = [1] if supervised else []
    type(detector).from_bytes(detector.to_bytes()).score_one({"cpu": 1.0}, *target)
    pickle.loads(pickle.dumps(detector)).learn_one({"cpu": 1.0, "fresh": 2.0}, *target)

workers = [threading.Thread(target=hammer, args=[work])
           for work in (events, new_keys, arrays, copies)]
for worker in workers:
    worker.start()
time.sleep(0.8)
stop.set()
for worker in workers:
    worker.join()
for n in range(100):
    call("learn_one", {"cpu": float(n)})
score = detector.score_one({"cpu": 1e6}, *([0] if supervised else []))
if not 0 <= score < 1:
    strange.append(f"score {score!r} afterwards")
if strange:
    sys.exit("; ".join(strange))
"""

NAMES = sorted(
    {type(detector).__name__ for detector in discover_detectors() if isinstance(detector, Saveable)}
    | {type(part).__name__ for part in discover_parts()}
)


@pytest.mark.parametrize("name", NAMES)
def test_sharing_an_object_cannot_crash_the_interpreter(name: str) -> None:
    finished = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", SCRIPT, name, str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
