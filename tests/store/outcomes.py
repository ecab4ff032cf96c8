"""Outcomes for tests: one by hand, any by hypothesis."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from resolver.core.candidate import Edge
from resolver.core.outcome import BuildSpec, FailureClass, LibraryNeed, Outcome, Probe, Stage, Verdict
from resolver.core.package import Pin, normalize
from resolver.core.target import Accelerator, Target


def pin(text: str) -> Pin:
    name, _, version = text.partition("==")
    return Pin(normalize(name), version)


def edge(importer: str, provider: str, python: str = "3.7") -> Edge:
    return Edge(importer=pin(importer), provider=pin(provider), python=python)


def outcome(number: int = 0, *, verdict: Verdict = Verdict.PASS, pins: int = 2, **changed: Any) -> Outcome:
    """Outcomes of equal number have an equal spec."""
    names = tuple(Pin(normalize(f"package-{k}"), f"{number}.{k}") for k in range(pins))
    target = changed.pop("target", Target(python="3.7", accelerator=Accelerator(kind="cuda", runtime="12")))
    spec = BuildSpec(
        target=target, pins=names, system_packages=("libgl1",), probe=Probe(imports=("import a",)), stack=f"stack-{number % 3}"
    )
    base = Outcome(
        spec=spec,
        verdict=verdict,
        stage=Stage.RUN if verdict is Verdict.PASS else Stage.IMPORT,
        failure=FailureClass.NONE if verdict is Verdict.PASS else FailureClass.ABI,
        message="" if verdict is Verdict.PASS else "ImportError: numpy.core.multiarray failed to import",
        culprits=() if verdict is Verdict.PASS else (edge(str(names[0]), str(names[-1])),),
        working=tuple(Edge(importer=a, provider=b, python=target.python) for a, b in itertools.pairwise(names)),
        libraries=(LibraryNeed(distribution="a", soname="libGL.so.1", found=True),),
        seconds=6.25,
        log="one\ntwo\n",
        executor="docker",
        snapshot="2026-11-22",
        when=datetime(2026, 11, 22, 12, 0, number % 60, tzinfo=UTC),
    )
    return dataclasses.replace(base, **changed)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,4})?", fullmatch=True).map(normalize)
PINS = st.builds(Pin, NAMES, st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(rc1|\.post1)?", fullmatch=True))
PYTHONS = st.sampled_from(["3.6", "3.7", "3.12"])
EDGES = st.builds(Edge, importer=PINS, provider=PINS, python=PYTHONS)
TARGETS = st.builds(
    Target,
    python=PYTHONS,
    platform=st.sampled_from(["linux_x86_64", "linux_aarch64"]),
    accelerator=st.builds(Accelerator, kind=st.sampled_from(["cpu", "cuda"]), runtime=TEXT, driver=TEXT),
)


def tuples(of: st.SearchStrategy[Any], most: int = 5) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, max_size=most).map(tuple)


SPECS = st.builds(
    BuildSpec,
    target=TARGETS,
    pins=tuples(PINS),
    system_packages=tuples(TEXT),
    probe=st.builds(Probe, imports=tuples(TEXT), names=tuples(TEXT), distributions=tuples(TEXT), forward=st.booleans()),
    stack=TEXT,
    policy=TEXT,
)
ZONES = st.one_of(st.none(), st.just(UTC), st.just(timezone(timedelta(hours=-7, minutes=-30))))
OUTCOMES = st.builds(
    Outcome,
    spec=SPECS,
    verdict=st.sampled_from(Verdict),
    stage=st.sampled_from(Stage),
    failure=st.sampled_from(FailureClass),
    message=TEXT,
    culprits=tuples(EDGES),
    working=tuples(EDGES),
    missing=tuples(TEXT),
    libraries=tuples(st.builds(LibraryNeed, distribution=TEXT, soname=TEXT, found=st.booleans())),
    seconds=st.floats(min_value=0, max_value=1e9),
    image_size=st.integers(min_value=0, max_value=2**60),
    log=TEXT,
    executor=TEXT,
    snapshot=TEXT,
    when=st.one_of(st.none(), st.datetimes(timezones=ZONES, allow_imaginary=False)),
    origin=TEXT,
)
