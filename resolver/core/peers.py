"""Releases that do not import beside too old a release of another distribution, and declare nothing of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from packaging.specifiers import SpecifierSet

from resolver.core.package import NormalizedName, Pin
from resolver.core.twins import TWINS

_PROBABILITY = {
    "0.7": "1.14",
    "0.8": "1.15",
    "0.9": "2.1",
    "0.10": "2.2",
    "0.11": "2.3",
    "0.12": "2.4",
    "0.13": "2.5",
    "0.14": "2.6",
    "0.15": "2.7",
    "0.16": "2.8",
    "0.17": "2.9",
    "0.18": "2.10",
    "0.19": "2.11",
    "0.20": "2.12",
    "0.21": "2.13",
    "0.22": "2.14",
    "0.23": "2.15",
    "0.24": "2.16",
    "0.25": "2.18",
}
"""TensorFlow Probability's `required_tensorflow_version`, read from the wheel of each minor release on 2026-11-25."""

_ADDONS = {
    "0.6": "2.0",
    "0.7": "2.1",
    "0.8": "2.1",
    "0.9": "2.1",
    "0.10": "2.2",
    "0.11": "2.2",
    "0.12": "2.3",
    "0.13": "2.3",
    "0.14": "2.4",
    "0.15": "2.5",
    "0.16": "2.6",
    "0.17": "2.7",
    "0.18": "2.8",
    "0.19": "2.9",
    "0.20": "2.10",
    "0.21": "2.11",
    "0.22": "2.12",
    "0.23": "2.13",
}
"""The oldest TensorFlow that each minor release of TensorFlow Addons was tested against, as its release notes and matrix say."""

_OLDEST: Mapping[NormalizedName, tuple[NormalizedName, Mapping[str, str]]] = {
    NormalizedName("tensorflow-probability"): (
        NormalizedName("tensorflow"),
        {f"=={minor}.*": oldest for minor, oldest in _PROBABILITY.items()},
    ),
    NormalizedName("tensorflow-addons"): (
        NormalizedName("tensorflow"),
        {f"=={minor}.*": oldest for minor, oldest in _ADDONS.items()},
    ),
    # Its theme for plotly, made while it is imported, sets a trace that came with plotly 5 (seen failing beside 4.7).
    NormalizedName("streamlit"): (NormalizedName("plotly"), {">=1.16": "5"}),
}
"""Distribution -> (the other one, {releases: the oldest release of the other one that they accept})."""


@functools.lru_cache(maxsize=4096)
def peer_bounds(pin: Pin) -> Mapping[NormalizedName, SpecifierSet]:
    """The bounds that a release needs kept and does not declare, on each distribution that may be the other one; empty for most."""
    if pin.name not in _OLDEST:
        return {}
    other, oldest = _OLDEST[pin.name]
    bound = next((bound for releases, bound in oldest.items() if SpecifierSet(releases).contains(pin.version, prereleases=True)), "")
    return {name: SpecifierSet(f">={bound}") for name in (other, *TWINS.get(other, ()))} if bound else {}
