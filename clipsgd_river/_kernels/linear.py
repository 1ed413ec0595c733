# cython: language_level=3, cdivision=True, boundscheck=False, wraparound=False
"""The event loop that linear models share."""

from __future__ import annotations

from array import array
from sys import getsizeof
from typing import Any

from clipsgd_river._kernels.archive import Archive
from clipsgd_river._kernels.buffers import zeros
from clipsgd_river._kernels.clip_threshold import ClipThreshold
from clipsgd_river._kernels.location_scale import LocationScaleKernel

try:
    import cython
except ImportError:
    from clipsgd_river._kernels import _shim as cython

if not cython.compiled:
    from clipsgd_river._kernels.buffers import doubles, integers
    from clipsgd_river._kernels.vector import total

# Locations and scales of the features only condition the steps, since the function is kept when
# they move: a memory of 500 events is enough, and costs less than an automatic step.
INPUT_RATE = 0.002


class LinearKernel:
    """State of a linear model and the loop that runs events through it.

    A model is a subclass with a handful of methods: ``evaluate`` the loaded event, ``write`` what
    it predicts, ``learn`` a target, ``reserve`` and ``exchange``. The features are located,
    scaled and clipped by a `LocationScaleKernel`.

    Parameters
    ----------
    settings
        ``learning_rate``, ``clip``, ``warm_up`` and ``max_features``, already validated, and what
        a subclass adds; kept as given.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.inputs = LocationScaleKernel(
            {
                "learning_rate": INPUT_RATE,
                "clip": "auto",
                "warm_up": settings["warm_up"],
                "contamination": 0.5,
                "max_features": settings["max_features"],
            }
        )
        self.clip = ClipThreshold(settings["clip"], 2.0)
        self.scheduled = hasattr(settings["learning_rate"], "get")
        self.events = 0.0
        self.size = 0
        self.before_values = zeros(0)
        self.before = doubles(self.before_values)

    def prepare(self) -> cython.int:
        """Ask a River scheduler, if there is one, for the next step."""
        return 0

    def reserve(self) -> cython.int:
        """Make room for the features that the inputs have by now."""
        self.size = self.inputs.features.size
        self.before_values = zeros(self.size)
        self.before = doubles(self.before_values)
        return 0

    def exchange(self, archive: Archive) -> cython.int:
        """Pass the state through ``archive``; the features are known."""
        self.events = archive.count(self.events)
        self.inputs.exchange(archive)
        self.clip.exchange(archive)
        return 0

    def outputs(self) -> cython.Py_ssize_t:
        """Numbers that a prediction consists of."""
        return 1

    def evaluate(self) -> None:
        """Compute the linear functions of the loaded event."""

    def write(self, out: cython.p_double, start: cython.Py_ssize_t) -> None:
        """Write the prediction for the event evaluated just before from ``out[start]`` on."""

    def learn(self, target: float) -> None:
        """One clipped step on the event evaluated just before."""

    def load(self, event: Any, learn: cython.bint) -> cython.int:
        """Load a dict; to learn, start its new features, otherwise pass them over."""
        self.inputs.load(event, learn)
        if learn:
            self.prepare()
        if self.inputs.features.size != self.size:
            self.reserve()
        return 0

    def follow_inputs(self) -> float:
        """Let location and scale of the features take their step.

        Leaves the locations as they were in ``before`` and returns the squared norm of the clipped
        standardised event.
        """
        inputs: LocationScaleKernel = self.inputs
        count: cython.Py_ssize_t = inputs.features.count
        squares: cython.p_double = inputs.features.scratch
        k: cython.Py_ssize_t
        inputs.events += 1.0
        if count == 0:
            return 0.0
        for k in range(count):
            self.before[k] = inputs.location[inputs.features.present[k]]
        inputs.standardise()
        inputs.step()
        for k in range(count):
            squares[k] = inputs.gradient[k] * inputs.gradient[k]
        return total(squares, count)

    def clipped(self, norm: float, rate: float) -> float:
        """Share of a gradient of this norm that counts, for a step of this size."""
        dimension: cython.double = self.inputs.features.count + 1
        memory: cython.double = self.events
        if memory * rate > 1.0:
            memory = 1.0 / rate
        limit: cython.double = self.clip.value(memory, dimension)
        return limit / norm if norm > limit else 1.0

    def check_one(self, event: Any) -> None:
        """Raise what learning the event would raise; nothing changes."""
        self.inputs.claim()
        try:
            fresh = self.inputs.features.load(event)
            if fresh is not None:
                self.inputs.features.admit(fresh)
        finally:
            self.inputs.busy = False

    def learn_one(self, event: Any, target: float) -> None:
        """Learn an event and its target; a missing target (NaN) teaches nothing."""
        if target != target:
            return
        self.inputs.claim()
        try:
            self.load(event, True)
            self.evaluate()
            self.learn(target)
        finally:
            self.inputs.busy = False

    def predict_one(self, event: Any) -> list[float]:
        """Prediction for an event."""
        self.inputs.claim()
        try:
            self.load(event, False)
            self.evaluate()
            out = zeros(self.outputs())
            self.write(doubles(out), 0)
            return out.tolist()
        finally:
            self.inputs.busy = False

    def value_one(self, event: Any) -> float:
        """Prediction for an event by a model whose prediction is one number."""
        self.inputs.claim()
        try:
            self.load(event, False)
            self.evaluate()
            self.write(self.before, 0)
            return self.before[0]
        finally:
            self.inputs.busy = False

    def run_rows(self, rows: Any, names: Any, targets: Any, out: Any) -> None:
        """Run rows through the model.

        Parameters
        ----------
        rows
            Flat array of doubles, ``len(names)`` to a row; uncompiled, a list.
        names
            The features in the columns.
        targets
            Array of doubles, one a row and none of them NaN, to learn from; ``None`` to predict
            only.
        out
            Array of doubles for the predictions, made before each row is learned, ``outputs()`` a
            row; ``None`` to learn only.
        """
        width: cython.Py_ssize_t = len(names)
        outputs: cython.Py_ssize_t = self.outputs()
        learn: cython.bint = targets is not None
        writes: cython.bint = out is not None
        count: cython.Py_ssize_t = len(targets) if learn else len(out) // outputs
        if count == 0 or width == 0:
            return
        if len(rows) != count * width or (writes and len(out) != count * outputs):
            raise ValueError(f"{len(rows)} numbers do not make {count} rows of {width}")
        self.inputs.claim()
        try:
            data: cython.p_double = doubles(rows)
            none = zeros(1)
            target_of: cython.p_double = doubles(targets if learn else none)
            output_of: cython.p_double = doubles(out if writes else none)
            start: cython.Py_ssize_t = 0
            stop: cython.Py_ssize_t = count
            i: cython.Py_ssize_t
            while start < count:
                if learn:
                    stop = self.inputs.start_columns(data, names, start, count)
                    if self.inputs.features.size != self.size:
                        self.reserve()
                    self.inputs.prepare()
                    self.prepare()
                    if self.scheduled:
                        stop = start + 1
                positions = self.inputs.features.match(names)
                columns: cython.p_int = integers(positions)
                self.inputs.identity = self.inputs.features.is_identity(columns, width)
                for i in range(start, stop):
                    self.inputs.features.load_row(
                        data, i * width, columns, width, self.inputs.identity
                    )
                    self.evaluate()
                    if writes:
                        self.write(output_of, i * outputs)
                    if learn:
                        self.learn(target_of[i])
                start = stop
        finally:
            self.inputs.busy = False

    def snapshot(self) -> tuple[list[Any], array[float]]:
        """Names of the features and all numbers of the state as one flat array of doubles."""
        archive = Archive()
        self.inputs.claim()
        try:
            self.exchange(archive)
            return list(self.inputs.features.names), archive.numbers
        finally:
            self.inputs.busy = False

    def restore(self, names: list[Any], numbers: array[float]) -> None:
        """Take over the state that `snapshot` gave; this kernel must be new."""
        features = self.inputs.features
        if len(set(names)) != len(names) or len(names) > features.max_features:
            raise ValueError(
                f"the state names {len(names)} features where at most {features.max_features} "
                "different ones belong: it is damaged"
            )
        if len(numbers) < self.inputs.least_numbers(len(names)):
            raise ValueError("the state has too few numbers for its features: it is damaged")
        self.inputs.start_features(names)
        self.reserve()
        archive = Archive(numbers)
        self.exchange(archive)
        archive.close()

    def owners(self) -> list[Any]:
        """Objects whose memory belongs to this kernel."""
        return [*self.inputs.owners(), self.before_values, self.clip]

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + sum(map(getsizeof, self.owners()))

    def __reduce__(self) -> tuple[Any, ...]:
        return rebuild, (type(self), self.settings, *self.snapshot())


def rebuild(
    kernel: type[LinearKernel], settings: dict[str, Any], names: list[Any], numbers: array[float]
) -> LinearKernel:
    """Kernel with a state taken from another one of its kind."""
    fresh = kernel(settings)
    fresh.restore(names, numbers)
    return fresh
