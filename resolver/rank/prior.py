"""What general rules say of one edge before anything was learned: missing names, binary interfaces, bounds, interpreters, age."""

from __future__ import annotations

import math
from collections.abc import Sequence

CEILING = 0.99
OUTDATED = 0.9
"""Generated code of before protoc 3.19 on a protobuf from 4 on: "Descriptors cannot be created directly", unless nothing imports it."""


def prior_risk(
    plain: Sequence[float],
    missing: float,
    *,
    outdated: bool = False,
) -> float:
    """The risk of an edge by rules, from its plain features (in the order of `features.PLAIN`), how many names are missing, and whether
    the importer carries protobuf code that the provider's runtime refuses.
    """
    (
        to_python,
        days,
        _importer_year,
        _provider_year,
        major,
        _minor,
        steps,
        declared,
        satisfied,
        importer_compiled,
        provider_compiled,
        pb2,
        _python_minor,
        newer,
        wheel_fit,
        sdist_only,
        requires_python_ok,
        _provider_newer,
        _twin_gap,
    ) = plain
    risk = 0.002 + 0.004 * _positive(days) + 0.002 * _positive(steps)
    if to_python:
        if newer > 0:
            risk = max(risk, 0.01 + 0.03 * min(newer, 4.0))
        if wheel_fit == 0:  # compiled, and nothing built for this interpreter: it would have to build itself
            risk = max(risk, 0.85 if newer > 0 else 0.4)
        if sdist_only == 1:
            risk = max(risk, 0.08 + 0.04 * min(_positive(newer), 5.0))
        if requires_python_ok == 0:
            risk = max(risk, 0.9)
    elif major > 0:
        if declared < 3:
            risk = max(risk, 0.06 + 0.02 * min(major, 5.0))
        if importer_compiled > 0 and provider_compiled > 0:
            risk = max(risk, 0.7 if pb2 > 0 else 0.5)
    if outdated:
        risk = max(risk, OUTDATED)
    if satisfied == 0:
        risk = max(risk, 0.3)
    if missing >= 1:
        risk = max(risk, (0.4 if to_python else 0.75) + 0.05 * min(missing, 4.0))
    elif missing > 0:
        risk = max(risk, 0.05 + 0.1 * missing)
    return min(risk, CEILING)


def _positive(value: float) -> float:
    return 0.0 if math.isnan(value) or value < 0 else value
