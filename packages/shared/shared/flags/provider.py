"""Rollout flags as OpenFeature sees them."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import FlagNotFoundError, TypeMismatchError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata

from shared.flags.value import FlagValue, Mode, Path


class SettingsProvider(AbstractProvider):
    """Answers from the positions that the settings give.

    A flag as text is the path (`legacy` or `service`) for the context's targeting key, as boolean whether that is the
    service; the variant is the position.
    """

    def __init__(self, values: Mapping[str, FlagValue]) -> None:
        super().__init__()
        self._values = dict(values)

    def get_metadata(self) -> Metadata:
        """The provider's name."""
        return Metadata(name="oms-settings")

    def resolve_string_details(
        self,
        flag_key: str,
        default_value: str,  # noqa: ARG002 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        """The path that serves the context's targeting key."""
        value, path = self._resolve(flag_key, evaluation_context)
        return FlagResolutionDetails(value=path.value, variant=str(value), reason=_reason(value))

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: ARG002 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Whether the service serves the context's targeting key."""
        value, path = self._resolve(flag_key, evaluation_context)
        return FlagResolutionDetails(value=path is Path.SERVICE, variant=str(value), reason=_reason(value))

    def resolve_integer_details(
        self,
        flag_key: str,
        default_value: int,  # noqa: ARG002 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,  # noqa: ARG002 - likewise
    ) -> FlagResolutionDetails[int]:
        """No rollout flag is a number."""
        _mismatch(flag_key)

    def resolve_float_details(
        self,
        flag_key: str,
        default_value: float,  # noqa: ARG002 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,  # noqa: ARG002 - likewise
    ) -> FlagResolutionDetails[float]:
        """No rollout flag is a number."""
        _mismatch(flag_key)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],  # noqa: ARG002 - OpenFeature's signature
        evaluation_context: EvaluationContext | None = None,  # noqa: ARG002 - likewise
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """No rollout flag is a structure."""
        _mismatch(flag_key)

    def _resolve(self, name: str, context: EvaluationContext | None) -> tuple[FlagValue, Path]:
        if name not in self._values:
            raise FlagNotFoundError(f"{name} is no rollout flag")
        value = self._values[name]
        key = context.targeting_key if context else None
        return value, value.path(name, key or "")


def _reason(value: FlagValue) -> Reason:
    return Reason.SPLIT if value.mode is Mode.PERCENT else Reason.STATIC


def _mismatch(name: str) -> NoReturn:
    raise TypeMismatchError(f"{name} is a path or a boolean")
