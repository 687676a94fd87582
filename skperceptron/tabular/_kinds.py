"""The kinds of networks that an estimator of tables has, and how many of them for which effort.

A new kind is a line in ``KINDS``, and its name in ``EFFORTS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Hyperparameters of a kind by name. They replace "auto" only, so that what the user has chosen is
# the same in all kinds; "weight_init" goes with the activation of the kind.
SILU: Mapping[str, Any] = MappingProxyType({"activation": "silu", "weight_init": "he_normal"})
KINDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "recipe": {},
        "mish-no-bins": {"activation": "mish", "n_bins": None},
        "silu": SILU,
        "silu-no-bins": {**SILU, "n_bins": None},
    }
)

EFFORTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fast": ("recipe",),
        "balanced": ("recipe", "mish-no-bins"),
        "thorough": tuple(KINDS),
    }
)
