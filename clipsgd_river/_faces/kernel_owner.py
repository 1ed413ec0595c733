"""What every class over one kernel does alike: when its state exists, what it says before."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

from sklearn.exceptions import NotFittedError

from clipsgd_river._faces.known_features import KnowsFeatures
from clipsgd_river._state.saveable import Saveable
from clipsgd_river._tables.containers import table_of
from clipsgd_river._tables.tables import Table


class KernelOwner(KnowsFeatures, Saveable):
    """Methods of a scikit-learn estimator whose state is a kernel, made at the first event.

    Goes before ``BaseEstimator`` among the bases. A class names its ``_kernel_class`` and how each
    of its parameters is checked; checked, they are the settings of the kernel.
    """

    _kernel_class: ClassVar[type[Any]]
    #: Name of each parameter -> what checks a value, and returns it as a plain Python value. A
    #: ``ValueError`` says that it is out of range and what the range is, a ``TypeError`` that it is
    #: of a wrong type.
    _checks: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        unchecked = parameter_names(cls) - cls._checks.keys()
        if unchecked:
            raise TypeError(
                f"{cls.__name__} has parameters that nothing checks: {sorted(unchecked)}; add them "
                "to its _checks, from where they reach the kernel"
            )

    @cached_property
    def _kernel(self) -> Any:
        parameters: dict[str, Any] = self.get_params(deep=False)  # type: ignore[attr-defined]  # of BaseEstimator
        settings = {name: self._checks[name](value) for name, value in parameters.items()}
        self._check_together(settings)
        return self._new_kernel(settings)

    def _new_kernel(self, settings: dict[str, Any]) -> Any:
        """Kernel that has learned nothing."""
        return self._kernel_class(settings)

    @classmethod
    def _check_together(cls, settings: dict[str, Any]) -> None:
        """Check what several parameters, each checked, must be beside each other."""

    @property
    def ready(self) -> bool:
        """Whether ``warm_up`` events have been learned."""
        return self.events_until_ready == 0

    @property
    def events_until_ready(self) -> int:
        """Events still to be learned until it is ``ready``."""
        return max(int(self._kernel.settings["warm_up"] - self._kernel.events), 0)

    @property
    def n_samples_seen_(self) -> int:
        """Events learned so far."""
        self._check_learned()
        return int(self._kernel.events)

    def set_params(self, **params: Any) -> Self:
        """Set parameters; they take effect with the first event learned, or with the next `fit`."""
        super().set_params(**params)  # type: ignore[misc]  # of BaseEstimator
        if not self.__sklearn_is_fitted__():
            self._forget()
        return self

    def _forget(self) -> None:
        """Drop all that was learned."""
        self.__dict__.pop("_kernel", None)
        self.__dict__.pop("_header", None)

    @property
    def _known_features(self) -> Collection[Any] | None:
        """Names of the features learned so far."""
        positions: Collection[Any] = self._kernel.features.positions
        return positions

    def _next_table(self, X: Any) -> tuple[Table, bool]:
        """A table for ``partial_fit``, and whether it says what later ones must look like."""
        table = table_of(X)
        first = not hasattr(self, "n_features_in_")
        if first:
            self._to_learn(table)
        return table, first

    def _check_learned(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"this {type(self).__name__} has learned nothing yet; call fit, partial_fit or "
                "learn_one first"
            )

    def __sklearn_is_fitted__(self) -> bool:
        return "_kernel" in self.__dict__ and self._kernel.events > 0


def parameter_names(cls: type[Any]) -> set[str]:
    """Names of the parameters of a class's constructor."""
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    return {each.name for each in parameters if each.kind not in variable}
