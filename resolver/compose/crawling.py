"""The crawl, wired: which cells, chosen how, built where."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from packaging.requirements import Requirement

from resolver.compose.rooms import Rooms, extra
from resolver.core.errors import ResolverError, UsageError
from resolver.core.package import normalize
from resolver.core.project import Project
from resolver.core.target import Accelerator
from resolver.settings import bundled, user_folder

if TYPE_CHECKING:
    from resolver.crawl.choose import Choice
    from resolver.crawl.matrix import Cell
    from resolver.crawl.runner import Night
    from resolver.crawl.side_by_side import Builds
    from resolver.crawl.stacks import Stack
    from resolver.flows.crawl import CrawlRequest


OVERLAP = timedelta(days=2)
"""So far before the old snapshot's day new releases are looked for: its day was not over."""


class Crawling(Rooms):
    """What `resolver crawl` does."""

    def stacks(self, file: Path | None, only: str = "") -> list[Stack]:
        """The stacks of a matrix file (default: the bundled ones) whose name contains `only`; raises UsageError where none does."""
        from resolver.crawl.stacks import read_stacks

        files = [file] if file else [bundled("stacks.yaml"), bundled("stacks-cuda.yaml")]
        every = [stack for place in files for stack in read_stacks(place)]
        found = [stack for stack in every if only in stack.name]
        if every and not found:
            raise UsageError(f"--only {only}: no stack's name contains it", hint=f"{len(every)} there are, the first is {every[0].name}")
        return found

    def plan(self, stacks: Sequence[Stack], request: CrawlRequest) -> list[Cell]:
        """The cells that a crawl of these stacks would build now, in order."""
        from resolver.crawl.plan import unbuildable
        from resolver.flows.accelerate import fitted
        from resolver.flows.crawl import plan_crawl
        from resolver.flows.narrow import narrow
        from resolver.rank.booster import has_ranker

        def readings(stack: Stack) -> tuple[Project, Project]:
            for name in stack.inferred:  # the search would go on without it, and every build fail at the import
                self.index.releases(normalize(Requirement(name).name))
            project = fitted(stack.project(), Accelerator(kind=stack.kind))
            return narrow(project, self.index, self.timeline, self.owners), project if stack.kind == "cuda" else stack.project()

        return plan_crawl(
            stacks,
            request,
            solver=self.solver(steered=False, lowest=True),
            libraries=self.libraries,
            projects=readings,
            known=self.store.keys(),
            unbuildable=unbuildable(self.store.iterate()),
            ranker=self.ranker,
            trained=has_ranker(Path(self.settings.ranker)),
            reporter=self.reporter,
        )

    def crawl(self, stacks: Sequence[Stack], request: CrawlRequest) -> Night:
        """Build the stacks' cells, round after round, and record them."""
        from resolver.flows.crawl import rounds_of

        return self._crawl(rounds_of(stacks, request), request, lambda stacks, _: self.plan(stacks, request))

    def renewed(self) -> tuple[Self, date | None]:
        """The same program on a snapshot brought up to date, and the day of the one before.

        The bundled snapshot is not touched: a copy in the user's data folder is. Where the index does not answer, the old one serves, and
        nothing counts as new. Either way the night is planned from the snapshot alone: hundreds of sets a stack would read thousands of
        releases out of their files that are in no set in the end (ten stacks in seven minutes, where the snapshot takes seconds).
        """
        old = Path(self.settings.snapshot)
        place = user_folder("data") / old.name if old == bundled("snapshot.sqlite") else old
        if place != old and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, place)
        there = type(self)(dataclasses.replace(self.settings, snapshot=str(place)), reporter=self.reporter)
        day = date.fromisoformat(there.snapshot.snapshot[:10])
        before: date | None = day
        try:
            there.index_refresh(None, since=day - OVERLAP)
        except ResolverError as problem:
            self.reporter.warning(f"the snapshot stays at {day}: {problem.message}")
            before = None
        return type(self)(dataclasses.replace(there.settings, offline=True), reporter=self.reporter), before

    def nightly(self, stacks: Sequence[Stack], request: CrawlRequest, since: date | None) -> Night:
        """Build what is chosen in each round of the stacks (see `choose`) within the round's part of the budget, and record it."""
        from resolver.crawl.plan import in_windows

        def planned(stacks: Sequence[Stack], seconds: float) -> list[Cell]:
            return in_windows([choice.cell for choice in self.choose(stacks, request, since, seconds)])

        return self._crawl(self._nightly_rounds(stacks, request), request, planned, shared=True)

    def plan_night(self, stacks: Sequence[Stack], request: CrawlRequest) -> Iterator[Choice]:
        """What a nightly crawl would build now, without a renewed snapshot, in the order of its rounds."""
        for members in self._nightly_rounds(stacks, request):
            yield from self.choose(members, request, None, request.budget_seconds * len(members) / len(stacks))

    def _nightly_rounds(self, stacks: Sequence[Stack], request: CrawlRequest) -> list[list[Stack]]:
        from resolver.flows.crawl import rounds_of

        return rounds_of(stacks, request, Counter(outcome.spec.stack for outcome in self.store.iterate()))

    def choose(self, stacks: Sequence[Stack], request: CrawlRequest, since: date | None, seconds: float) -> list[Choice]:
        """What a nightly crawl would build of these stacks in so many seconds, most wanted first, with the reason; `since` is the day of
        the last night's snapshot.

        The committee is the champion, its twin that saw no hold-out, and the rules.
        """
        from resolver.flows.nightly import chosen
        from resolver.rank.booster import has_ranker, load_ranker
        from resolver.rank.files import BLIND
        from resolver.rank.rules import RuleRanker

        folder = Path(self.settings.ranker)
        trained = [load_ranker(place, self.book) for place in (folder, folder / BLIND) if has_ranker(place)]
        return chosen(
            self.plan(stacks, request),
            budget_seconds=seconds,
            build_seconds=self.settings.build_seconds,
            side_by_side=max(request.jobs, request.workers),
            seen=self.store.iterate(),
            committee=[*trained, RuleRanker(self.book)] if trained else [],
            since=since,
            reporter=self.reporter,
        )

    def _crawl(
        self,
        rounds: Sequence[Sequence[Stack]],
        request: CrawlRequest,
        planned: Callable[[Sequence[Stack], float], list[Cell]],
        *,
        shared: bool = False,
    ) -> Night:
        extra("crawl", "joblib")
        from resolver.flows.crawl import crawl

        with self.builds(request) as builds:
            return crawl(
                rounds,
                request,
                planned=planned,
                executor=self.executor(harvest=request.walk, travels=bool(request.cluster or request.workers)),
                builds=builds,
                store=self.store,
                tracker=self.tracker,
                prune=self.prune,
                snapshot=self.index.snapshot,
                reporter=self.reporter,
                shared=shared,
            )

    def builds(self, request: CrawlRequest) -> contextlib.AbstractContextManager[Builds]:
        """Where the builds run: threads here, worker processes here, or the workers of a cluster."""
        from resolver.crawl.side_by_side import Cluster, Threads, local_cluster

        if request.cluster or request.workers:
            extra("cluster", "distributed")
        if request.cluster:
            return contextlib.nullcontext(Cluster(request.cluster))
        return local_cluster(request.workers) if request.workers else contextlib.nullcontext(Threads(request.jobs))

    def prune(self) -> None:
        """Keep the engine's build cache within the bound of the settings."""
        if self.settings.executor == "docker":
            from resolver.build.docker import prune

            self.reporter.note(prune(self.settings.disk_gb))

    def index_refresh(self, snapshot: Path | None, *, since: date) -> dict[str, object]:
        """Bring a snapshot file up to date with the live index: releases uploaded since a day are read."""
        from resolver.index.cache import Cache
        from resolver.index.refresh import refresh, seeds
        from resolver.index.simple import LiveIndex

        if self.settings.offline:
            raise UsageError("index refresh needs the network", hint="leave out the setting `offline`")
        live = LiveIndex(cache=Cache(Path(self.settings.cache)), listing=True)
        place = snapshot or Path(self.settings.snapshot)
        packages = refresh(live, place, seeds(), since=since, reporter=self.reporter)
        return {"packages": packages, "file": str(place), "megabytes": place.stat().st_size / 1e6}
