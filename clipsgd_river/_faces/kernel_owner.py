"""What every class over one kernel does alike: when its state exists, what it says before."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, Self

from sklearn.exceptions import NotFittedError

from clipsgd_river._state.saveable import Saveable


class KernelOwner(Saveable):
    """Methods of a scikit-learn estimator whose state is a kernel, made at the first event.

    Goes before ``BaseEstimator`` among the bases. A class names its ``_kernel_class`` and the
    ``_settings_check`` of its parameters.
    """

    _kernel_class: ClassVar[type[Any]]
    _settings_check: ClassVar[Any]

    @cached_property
    def _kernel(self) -> Any:
        return self._new_kernel(self._settings_check(self.get_params(deep=False)))  # type: ignore[attr-defined]  # of BaseEstimator

    def _new_kernel(self, settings: dict[str, Any]) -> Any:
        """Kernel that has learned nothing."""
        return self._kernel_class(settings)

    @property
    def ready(self) -> bool:
        """Whether ``warm_up`` events have been learned: estimates are settled from then on."""
        return self._events_to_ready <= 0

    @property
    def _events_to_ready(self) -> int:
        """Events still to be learned until it is ready; negative afterwards."""
        return int(self._kernel.settings["warm_up"] - self._kernel.events)

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

    def _check_learned(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"this {type(self).__name__} has learned nothing yet; call fit, partial_fit or "
                "learn_one first"
            )

    def __sklearn_is_fitted__(self) -> bool:
        return "_kernel" in self.__dict__ and self._kernel.events > 0
