"""A small made-up world with known rules, for the ranker and its training: an index, a timeline, and builds of sets.

The rules: a release that was compiled before a new major of `numpish` breaks on it; one with generated code from before a new major of
`protish` breaks on it; `flaskish` imports `markish.soft`, gone in markish 2.1; nothing compiled works on an interpreter that came out
after the release's upload unless a wheel for it exists. None of it is declared by upper bounds.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from resolver.core.candidate import Candidate, Edge
from resolver.core.errors import UnknownPackage
from resolver.core.outcome import BuildSpec, FailureClass, Outcome, Probe, Stage, Verdict
from resolver.core.package import PYTHON, DistFile, NormalizedName, Pin, Release
from resolver.core.target import PYTHON_RELEASED, Target

BASES = {"numpish": True, "protish": True, "markish": False, "flaskish": False}
COMPILED = tuple(f"ext{n}" for n in range(6))
PURE = tuple(f"pure{n}" for n in range(6))
START = datetime(2018, 1, 1, tzinfo=UTC)
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11")


def version_of(step: int) -> str:
    return f"{1 + step // 6}.{step % 6}.0"


def uploaded(name: str, step: int) -> datetime:
    return START + timedelta(days=150 * step + len(name) * 3)


def release_of(name: str, step: int) -> Release:
    compiled = name in COMPILED or BASES.get(name, False)
    when = uploaded(name, step)
    if compiled:
        tags = [p.replace(".", "") for p in PYTHONS if datetime.fromisoformat(PYTHON_RELEASED[p]).replace(tzinfo=UTC) < when] or ["37"]
        files = tuple(wheel(name, step, f"cp{tag}-cp{tag}-manylinux1_x86_64") for tag in tags)
    else:
        files = (wheel(name, step, "py3-none-any"),)
    needs = {
        "flaskish": ("markish>=1.0",),
        **dict.fromkeys(COMPILED, ("numpish>=1.0", "protish")),
        **dict.fromkeys(PURE, ("flaskish", "numpish")),
    }
    return Release(
        pin=Pin(NormalizedName(name), version_of(step)),
        uploaded=when,
        requires=needs.get(name, ()),
        files=files,
        modules=(name,),
        compiled=compiled,
        requires_python=">=3.6",
    )


def wheel(name: str, step: int, tag: str) -> DistFile:
    return DistFile(filename=f"{name}-{version_of(step)}-{tag}.whl", kind="wheel", tags=(tag,), size=1_000_000)


class FakeIndex:
    """PackageIndex over the made-up releases."""

    snapshot = "made up"

    def __init__(self, steps: int = 16) -> None:
        names = (*BASES, *COMPILED, *PURE)
        self._releases = {name: [release_of(name, step) for step in reversed(range(steps))] for name in names}

    def releases(self, name: NormalizedName) -> Sequence[Release]:
        if name not in self._releases:
            raise UnknownPackage(f"no package {name}")
        return self._releases[name]

    def release(self, name: NormalizedName, version: str) -> Release | None:
        return next((r for r in self.releases(name) if r.version == version), None)


class FakeTimeline:
    """Timeline of the made-up names: markish.soft is gone from 2.1 on, the standard library lost `oldlib` in 3.10."""

    def offers(self, name: str, version: str, dotted: Sequence[str]) -> Sequence[float | None]:
        number = tuple(int(part) for part in version.split(".")[:2])
        if name == PYTHON:
            return [1.0 if d == "json" or (d == "oldlib" and number < (3, 10)) else 0.0 for d in dotted]
        if name == "markish":
            return [float(number < (2, 1)) if d == "markish.soft" else 1.0 for d in dotted]
        if name in PURE:
            return [float(int(d[-1]) <= number[0]) if d.rpartition(".")[2].startswith("since") else 1.0 for d in dotted]
        return [None] * len(dotted)

    def uses(self, name: str, version: str) -> Mapping[str, Sequence[str]]:
        return {"markish": ["markish.soft", "markish.escape"], "json": ["json"]} if name == "flaskish" else {}


def broken_edges(candidate: Candidate) -> list[tuple[Edge, FailureClass]]:
    """The edges of a set that the rules break."""
    python = candidate.target.python
    found = []
    for a, b in candidate.edges:
        importer, provider = candidate.releases[a], candidate.releases[b]
        edge = Edge(importer=importer.pin, provider=provider.pin, python=python)
        later = (
            provider.uploaded
            and importer.uploaded
            and int(provider.version.split(".")[0]) > _major_at(str(provider.name), importer.uploaded)
        )
        if importer.name in COMPILED and provider.name in ("numpish", "protish") and later:
            found.append((edge, FailureClass.ABI if provider.name == "numpish" else FailureClass.PROTOBUF))
        if importer.name == "flaskish" and provider.name == "markish" and tuple(map(int, provider.version.split(".")[:2])) >= (2, 1):
            found.append((edge, FailureClass.REMOVED_API))
    for release in candidate.packages:
        tag = "cp" + python.replace(".", "")
        if release.compiled and not any(tag in file.filename for file in release.files):
            edge = Edge(importer=release.pin, provider=Pin(PYTHON, python), python=python)
            found.append((edge, FailureClass.SDIST_BUILD))
    return found


def _major_at(name: str, when: datetime) -> int:
    return max((1 + step // 6 for step in range(40) if uploaded(name, step) <= when), default=1)


def build(candidate: Candidate, *, stack: str, noise: random.Random, when: datetime | None = None) -> Outcome:
    """What a build of this set would say, with a little noise: a failure shows the first culprit alone."""
    broken = broken_edges(candidate)
    all_edges = [
        Edge(importer=candidate.releases[a].pin, provider=candidate.releases[b].pin, python=candidate.target.python)
        for a, b in candidate.edges
    ] + [Edge(importer=pin, provider=Pin(PYTHON, candidate.target.python), python=candidate.target.python) for pin in candidate.pins]
    bad = {edge for edge, _ in broken}
    flaky = not broken and noise.random() < 0.01
    spec = BuildSpec(
        target=candidate.target, pins=candidate.pins, probe=Probe(distributions=candidate.direct), stack=stack, policy=candidate.policy
    )  # fmt: skip
    if broken or flaky:
        culprits = tuple(edge for edge, _ in broken[:1])
        working = tuple(edge for edge in all_edges if edge not in bad and noise.random() < 0.6)
        return Outcome(
            spec=spec, verdict=Verdict.FAIL, stage=Stage.IMPORT, failure=broken[0][1] if broken else FailureClass.UNKNOWN,
            culprits=culprits, working=working, when=when,
        )  # fmt: skip
    return Outcome(spec=spec, verdict=Verdict.PASS, stage=Stage.RUN, working=tuple(all_edges), when=when)


def random_candidate(index: FakeIndex, rng: random.Random, direct: Sequence[str], assemble: object) -> Candidate:
    """A set around some direct packages: coherent in date half the time, scattered otherwise."""
    names = {*direct, "numpish", "protish", "markish", "flaskish"}
    centre, spread = rng.randrange(16), rng.choice([0, 0, 1, 3])
    pins = [Pin(NormalizedName(n), version_of(min(15, max(0, centre + rng.randint(-spread, spread))))) for n in sorted(names)]
    target = Target(python=rng.choice(PYTHONS))
    return assemble.candidate(target, pins, direct=tuple(direct), policy=f"spread {spread}")  # type: ignore[attr-defined]


def outcomes(count: int, seed: int = 0, stacks: int = 12) -> list[Outcome]:
    """Made-up builds over several stacks; the first twentieth are void."""
    from resolver.rank.assemble import Assembler

    index, rng = FakeIndex(), random.Random(seed)
    assembler = Assembler(index)
    wanted = {f"stack{n}": rng.sample((*COMPILED, *PURE), 3) for n in range(stacks)}
    found = []
    for number in range(count):
        stack = f"stack{number % stacks}"
        candidate = random_candidate(index, rng, wanted[stack], assembler)
        found.append(build(candidate, stack=stack, noise=rng, when=START + timedelta(minutes=number)))
    return found
