"""Answers on disk and in images: what each file says, the proof of what was written, and the next ones of the ranking when it fails."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.compose.rooms import Rooms
from resolver.core.candidate import Candidate, Scored
from resolver.core.errors import UsageError
from resolver.core.outcome import BuildSpec
from resolver.core.package import Release
from resolver.core.program import SERVER_FILE
from resolver.core.project import Project
from resolver.core.proof import Proof, Sample, Trial
from resolver.core.resolution import Resolution

if TYPE_CHECKING:
    from resolver.flows.verify import Completed


class Proving(Rooms):
    """The part of the program that writes an answer down and proves it."""

    def complete(self, candidate: Candidate) -> Completed:
        """The candidate with every release's own metadata, files and hashes, and what of that metadata it breaks anew. Where it breaks any,
        other releases of the same package have borrowed as wrongly: a spread of them is read, for the next search.
        """
        from resolver.flows.verify import Completed, breaches, contradictions

        self.shelves.learn((r.name, r.version) for r in candidate.packages if self.shelves.is_borrowed(r.name, r.version))
        own: dict[str, Release] = {}
        for release in candidate.packages:
            if not self.shelves.is_borrowed(release.name, release.version):
                own[release.name] = self.shelves.release(release.name, release.version) or release
            if not release.files or not all(file.sha256 for file in release.files):
                own[release.name] = self.shelves.exact(release.name, release.version) or release
        whole = dataclasses.replace(candidate, releases=tuple(own.get(r.name, r) for r in candidate.releases))
        known = contradictions(candidate)
        wrong = {told: release.name for release, told in breaches(whole) if told not in known}
        self.shelves.learn(pin for name in dict.fromkeys(wrong.values()) for pin in self._some_of(name))
        return Completed(candidate=whole, wrong=tuple(wrong))

    def system_packages(self, candidate: Candidate, project: Project) -> tuple[str, ...]:
        """The Debian packages of a set and of the project itself, sorted."""
        return tuple(sorted({*self.libraries(candidate), *self.asked_libraries(project)}))

    def texts(self, resolution: Resolution) -> dict[str, str]:
        """What each written file says."""
        from resolver.render.dockerfile import DockerfileRenderer
        from resolver.render.dockerignore import DockerignoreRenderer
        from resolver.render.files import MARKER
        from resolver.render.lock import LockRenderer
        from resolver.render.report import ReportRenderer
        from resolver.render.wrapper import WrapperRenderer

        dockerfile = DockerfileRenderer(classic=self.settings.builder == "classic", wheelhouse=self.settings.wheelhouse)
        texts = {
            "Dockerfile": dockerfile.render(resolution),
            "requirements.lock": LockRenderer().render(resolution),
            "resolution.json": ReportRenderer().render(resolution),
            ".dockerignore": DockerignoreRenderer().render(resolution),
        }
        if wrapper := WrapperRenderer().render(resolution):
            texts[SERVER_FILE] = wrapper
        if resolution.proof and resolution.proof.log:
            texts["resolver-build.log"] = f"# {MARKER}\n{resolution.proof.log}\n"
        return texts

    def write(self, folder: Path, texts: Mapping[str, str], *, force: bool = False) -> list[Path]:
        """Write the files, all or none."""
        from resolver.render.files import write_files

        return write_files(folder, texts, force=force)

    def prove(
        self,
        resolution: Resolution,
        folder: Path,
        *,
        trial: Trial | None = None,
        tag: str = "",
        attempts: int = 1,
        write: Callable[[Mapping[str, str]], object] = lambda _: None,
    ) -> tuple[Resolution, dict[str, str]]:
        """Build what was written to `folder`, start it when there is a trial, feed the outcome back, and give the resolution with its
        proof. While sets fail the next ones of the ranking are written with `write` and tried, at most `attempts` in all. The image
        stays under `tag` when one is given.
        """
        from resolver.build.docker import DockerExecutor
        from resolver.flows.feedback import prove, prove_down

        executor = self.executor()
        self.reporter.step(f"building with {executor.name}")

        def run(spec: BuildSpec) -> Proof:
            if isinstance(executor, DockerExecutor):
                return executor.prove(folder, spec, tag=tag or None, trial=trial, reporter=self.reporter)
            return Proof(outcome=executor.run(spec))

        def proved(one: Resolution) -> Resolution:
            if one is not resolution:
                write(self.texts(one))
            return prove(one, stack=f"user:{one.project.root.resolve().name}", run=run, store=self.store)

        proven = prove_down(resolution, attempts=attempts, ready=lambda scored: self.instead(resolution, scored), prove=proved)
        return proven, self.texts(proven)

    def instead(self, resolution: Resolution, scored: Scored) -> Resolution | None:
        """The resolution with a runner-up in its place; None when that set contradicts its releases' own metadata."""
        from resolver.compose.finishing import light
        from resolver.render.base import base_image

        completed = self.complete(scored.candidate)
        if completed.wrong:
            return None
        target = completed.candidate.target
        return light(
            self,
            dataclasses.replace(
                resolution,
                target=target,
                chosen=dataclasses.replace(scored, candidate=completed.candidate),
                others=tuple(other for other in (resolution.chosen, *resolution.others) if other is not scored),
                base_image=base_image(target),
                system_packages=self.system_packages(completed.candidate, resolution.project),
                relaxed=completed.candidate.relaxed,
                kept="",
            ),
        )

    def trial(self, resolution: Resolution, folder: Path, sample: Sample | None) -> Trial | None:
        """How to try the image that is built in `folder`; None when it does not serve, or the sources are not there (--output).

        A sample without a path goes to the project's one route for a POST. Raises UsageError when there is a sample and no way to send it.
        """
        from resolver.render.entry import entry_of

        program = resolution.project.program
        entry = entry_of(program)
        parts = [program.path, program.model.path if program.model else ""] if program else []
        if sample and self.settings.executor != "docker":
            raise UsageError("--sample needs an image to start", hint="leave out --executor")
        there = entry.port > 0 and all((folder / part).exists() for part in parts)
        if sample and not there:
            raise UsageError("--sample: nothing in this folder is known to answer HTTP", hint="leave out --output, or try --serve")
        if sample and program and not (sample.path or program.predict):
            raise UsageError("--sample: the project has no route, or several, for a POST", hint="name it: --sample /predict=FILE")
        if sample and program:
            sample = dataclasses.replace(sample, path=sample.path or program.predict)
        return Trial(port=entry.port, health=entry.health, sample=sample) if there else None
