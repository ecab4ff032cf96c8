"""Reading what nobody walked: the releases of a set that is about to be chosen, out of their own files."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

from packaging.version import Version

from resolver.apis.history import minor
from resolver.apis.kept import KeptWalks
from resolver.apis.study import Studied, study
from resolver.apis.timeline import SqliteTimeline
from resolver.core.candidate import Scored
from resolver.core.package import DistFile, NormalizedName, Release
from resolver.core.project import Project
from resolver.core.target import PYTHON_RELEASED, PYTHONS, Target
from resolver.flows.narrow import Owners, admitted, allowed, finals, uses_by_distribution
from resolver.interfaces import PackageIndex
from resolver.project.syntax import loading_bounds, parse_python
from resolver.render.tags import sdists, wheels

LONGEST_BINARY = 128 << 20
LONGEST_SOURCE = 24 << 20
LONGEST_INSIDE = 2 << 20
"""Longer files are left alone: they say what they need when the image is built."""
MOST_SECONDS = 60.0
"""Nothing further is fetched in one resolution after this time."""
SUSPICIOUS = 0.05
"""Edges of this risk are looked at again with what the importer itself takes."""
BELATED = timedelta(days=900)
"""optax 0.1.8 of 2024 declares Python 3.8 and evaluates `tuple[...]`, for 3.9 of 2020."""
SPREAD, SPREAD_SECONDS, LONGEST_SPREAD = 4, 15.0, 10 << 20
"""So many releases of a package that was never walked are read to tell since when its names are there; no file is begun after this time."""
HALVINGS = 3
"""So often the gap between a release with a name and one without is halved: seven minor series become one."""
WORKERS = 4
_DRIVERS = ("nvidia-", "triton")
"""CUDA in wheels: nothing in them is imported, and the driver is no matter of Debian's packages."""

_ONE_PARSES = threading.Lock()

Fetch = Callable[[NormalizedName, str, int], bytes | None]


def unstudied(
    scored: Scored, timeline: SqliteTimeline, walks: KeptWalks, inside: Collection[NormalizedName] = ()
) -> list[tuple[Release, DistFile]]:
    """The releases worth reading before a set is chosen, each with the file to read: those of packages that were never walked, those
    far from every walked release of their package, those that are thought to break on another, or another on them, by what near releases
    take and have, and short ones of the packages of which the project imports submodules (`inside`: what those need no walk tells), or
    that came long after the interpreter was followed by another (what they say of it is seldom tried), or before `async` was a keyword.
    """
    target = scored.candidate.target
    suspects = {end for edge in scored.worst_edges if edge.probability >= SUSPICIOUS for end in (edge.importer, edge.provider)}
    found = []
    for release in scored.candidate.packages:
        distance = timeline.distance(release.name, release.version)
        known = distance == 0 or (distance == 1 and release.pin not in suspects)
        if (
            (known and release.name not in inside and not _untimely(release, target))
            or release.pin in walks
            or release.name.startswith(_DRIVERS)
        ):
            continue
        fitting = [*wheels(release, target), *sdists(release)]
        longest = LONGEST_INSIDE if known else LONGEST_SOURCE
        if fitting and fitting[0].size <= (_limit(fitting[0]) if distance is None else longest):
            found.append((release, fitting[0]))
    return found


def _untimely(release: Release, target: Target) -> bool:
    """Whether a pure release came `BELATED` after the interpreter that followed the target's, or before its grammar was known."""
    if release.uploaded is None or any(not tag.endswith("-any") for file in release.files for tag in file.tags):
        return False
    day, later = release.uploaded.date(), PYTHONS[PYTHONS.index(target.python) + 1 :]
    if later and day > date.fromisoformat(PYTHON_RELEASED[later[0]]) + BELATED:
        return True
    return target.python != PYTHONS[0] and day < date.fromisoformat(PYTHON_RELEASED["3.7"])


def unspread(
    project: Project, owners: Owners, index: PackageIndex, timeline: SqliteTimeline, walks: KeptWalks
) -> list[tuple[Release, DistFile]]:
    """Releases from the oldest to the newest that the project's lines admit, that of its date among them, of each package that its source
    takes names from and that was never walked, or seldom and lately without one of the names; each with the file to read: what one release
    lacks another may have, and what went may have come back (`xarray.ufuncs`).
    """
    found = []

    def in_doubt(name: NormalizedName, dotted: Sequence[str]) -> bool:
        walked = timeline.versions(name)
        return len(walked) <= SPREAD and not (walked and all(timeline.offers(name, walked[-1], dotted)))

    for _, _, admissible in _taken_from(project, owners, index, in_doubt):
        found += [(r, _readable(r)[0]) for r in _spread(admissible, project.evidence.last_worked) if r.pin not in walks]
    return found


def unhalved(
    project: Project, owners: Owners, index: PackageIndex, timeline: SqliteTimeline, walks: KeptWalks
) -> list[tuple[Release, DistFile]]:
    """Between two known releases of a seldom walked package, one with a used name and one without, the newest of the middle one of the
    minor series that lie there: 500 releases of langchain 0.0 hide when `langchain.prompts` left in 1.0. Asked again after each reading.
    """
    found = []
    for name, dotted, admissible in _taken_from(project, owners, index, lambda name, _: len(timeline.versions(name)) <= 2 * SPREAD):
        known = set(timeline.versions(name))
        places = [place for place, release in enumerate(admissible) if release.version in known]
        for one, other in itertools.pairwise(places):
            here, there = (timeline.offers(name, admissible[place].version, dotted) for place in (one, other))
            if any({before, after} == {0.0, 1.0} for before, after in zip(here, there, strict=True)):
                ends = {minor(admissible[one].version), minor(admissible[other].version)}
                series = {minor(r.version): r for r in admissible[one:other]}
                middle = [release for number, release in series.items() if number not in ends]
                found += [(r, _readable(r)[0]) for r in middle[len(middle) // 2 :][:1] if r.pin not in walks]
    return found


def _taken_from(
    project: Project, owners: Owners, index: PackageIndex, worth: Callable[[NormalizedName, Sequence[str]], bool]
) -> Iterator[tuple[NormalizedName, list[str], list[Release]]]:
    """Each package that the source takes names from, those names, and its readable releases that the lines admit, oldest first; what is
    not `worth` it is not listed.
    """
    wanted = allowed(project)
    for name, uses in uses_by_distribution(project, owners).items():
        dotted = [use.dotted for use in uses if "." in use.dotted and not use.dotted.endswith(")")]
        if not dotted or not worth(name, dotted):
            continue
        try:
            releases = {release.version: release for release in index.releases(name) if _readable(release)}
        except LookupError:
            continue
        texts = {Version(version): version for version in releases}
        yield name, dotted, [releases[texts[version]] for version in admitted(sorted(texts), wanted.get(name, ()))]


def _spread(releases: Sequence[Release], worked: date | None) -> list[Release]:
    """Some of the releases, oldest to newest, and the newest one of the day when the project was last known to work."""
    places = {round(step * (len(releases) - 1) / (SPREAD - 1)) for step in range(SPREAD)} if releases else set()
    if worked:
        before = [place for place, release in enumerate(releases) if release.uploaded and release.uploaded.date() <= worked]
        places.update(before[-1:])
    return [releases[place] for place in sorted(places)]


def _readable(release: Release) -> list[DistFile]:
    """A final release's files that are short enough to be read, those that say most first: pure wheels, wheels, sdists."""
    fitting = [file for file in release.files if file.size <= LONGEST_SPREAD] if finals([release.version]) and not release.yanked else []
    return sorted(fitting, key=lambda file: (file.kind != "wheel", not all(tag.endswith("-any") for tag in file.tags)))


def study_all(todo: Sequence[tuple[Release, DistFile]], fetch: Fetch, walks: KeptWalks, said: Callable[[int], None], ends: float) -> bool:
    """Fetch and read the files, several at once, and keep what they say; whether any said something. `said` hears how many are done;
    no file is begun after `ends` (of the monotonic clock).
    """

    def one(job: tuple[Release, DistFile]) -> Studied | None:
        release, file = job
        body = fetch(release.name, file.filename, _limit(file)) if time.monotonic() < ends else None
        return study(body, file.filename, release.name, release.version, asked_when_loaded) if body else None

    learnt = False
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="study") as pool:
        for count, ((release, _), found) in enumerate(zip(todo, pool.map(one, todo), strict=True), 1):
            said(count)
            if found is not None:  # what could not be fetched is asked for again another day
                walks.keep(release.name, release.version, found)
                learnt = learnt or bool(found.walk or found.links)
    return learnt


def asked_when_loaded(raw: bytes, path: str) -> list[tuple[str, str]]:
    """What loading a source asks of the interpreter: (specifier, where and why). One at a time, whatever thread asks: parsing in several
    at once trips over the interpreter's own recursion counter ("AST constructor recursion depth mismatch", CPython 3.11).
    """
    with _ONE_PARSES:
        bounds = loading_bounds(raw, parse_python(raw)[0], path)
    return [(bound.specifier, f"{bound.origin}: {bound.reason}") for bound in bounds]


def _limit(file: DistFile) -> int:
    return LONGEST_BINARY if any(not tag.endswith("-any") for tag in file.tags) else LONGEST_SOURCE
