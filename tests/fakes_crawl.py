"""A solver that takes sets from a shelf instead of searching."""

from collections.abc import Iterator, Sequence

from resolver.core.candidate import Candidate
from resolver.core.package import DistFile, Pin, Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target


def release(name: str, version: str, *, mb: int = 0) -> Release:
    file = DistFile(filename=f"{name}-{version}-py3-none-any.whl", kind="wheel", size=mb * 10**6)
    return Release(pin=Pin(normalize(name), version), files=(file,))


class ShelfSolver:
    """Offers `versions` of one package on every target, under two kinds of policy."""

    def __init__(self, versions: int = 6) -> None:
        self.versions = versions

    def candidates(self, project: Project, targets: Sequence[Target], limit: int) -> Iterator[Candidate]:
        name = project.needs[0].requirement
        offered = 0
        for target in targets:
            for number in range(self.versions):
                if offered == limit:
                    return
                offered += 1
                policy = "newest" if number == 0 else f"as-of 20{10 + number}-01-01"
                heavy = 700 if number % 2 else 1
                yield Candidate(target=target, releases=(release(name, f"{number}.0", mb=heavy),), policy=policy, direct=(name,))
