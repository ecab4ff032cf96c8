"""`requirements.lock`: every pin with the hashes of the files that fit the target, in pip-compile's format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from resolver.core.errors import ResolverError
from resolver.core.package import Release, normalize
from resolver.core.project import Need, OriginKind
from resolver.core.resolution import Resolution
from resolver.render.files import MARKER
from resolver.render.tags import sdists, wheels
from resolver.render.words import comment, index_word, plain_word, sha256_word

HEADER = f"""\
# {MARKER}
#
# Every version below was chosen together for {{target}};
# the hashes are those of the files that this target installs.
# To choose again, run:
#
#    resolve
#
"""


class LockRenderer:
    """Writes `requirements.lock`."""

    def render(self, resolution: Resolution) -> str:
        """The lock's text; raises ResolverError when a pin has no file with a hash that fits the target."""
        candidate = resolution.chosen.candidate
        via = _via(resolution)
        blocks = [
            "\n".join([*_requirement(release, resolution), *_via_lines(via.get(release.name, ()))])
            for release in sorted(candidate.packages, key=lambda r: r.name)
        ]
        index = [f"--extra-index-url {index_word(resolution.extra_index)}"] if resolution.extra_index else []
        return "\n".join([HEADER.format(target=comment(str(resolution.target))) + "\n".join([*index, *blocks]), ""])


def hashes(release: Release, resolution: Resolution) -> tuple[str, ...]:
    """The SHA-256 of every wheel that fits the target and of the sdists, sorted."""
    found = {sha256_word(f.sha256) for f in (*wheels(release, resolution.target), *sdists(release)) if f.sha256}
    if not found:
        raise ResolverError(
            f"no file of {release.pin} fits {resolution.target}, or the index gives no sha256 for it",
            hint="run again without --offline, or ask for another version of it",
        )
    return tuple(sorted(found))


def _requirement(release: Release, resolution: Resolution) -> list[str]:
    words = [f"{plain_word(release.name, 'package name')}=={plain_word(release.version, 'version')}"]
    words += [f"    --hash=sha256:{digest}" for digest in hashes(release, resolution)]
    return [f"{word} \\" for word in words[:-1]] + words[-1:]


def _via(resolution: Resolution) -> Mapping[str, Sequence[str]]:
    """Name -> who asks for it: files of the project first, then importing distributions, each sorted."""
    candidate = resolution.chosen.candidate
    asked: dict[str, set[str]] = defaultdict(set)
    for need in resolution.project.needs:
        if not need.constraint and (name := _name(need)):
            asked[name].add(_asker(need))
    importers: dict[str, set[str]] = defaultdict(set)
    for importer, provider in candidate.edges:
        importers[candidate.releases[provider].name].add(candidate.releases[importer].name)
    for name in candidate.direct:
        if not asked[normalize(name)] and not importers[normalize(name)]:
            asked[normalize(name)].add("the project")
    return {name: [*sorted(asked[name]), *sorted(importers[name])] for name in {*asked, *importers}}


def _name(need: Need) -> str:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return normalize(Requirement(need.requirement).name)
    except InvalidRequirement:
        return ""


def _asker(need: Need) -> str:
    if need.origin.kind is OriginKind.DECLARED:
        return f"-r {need.origin.path or 'requirements.txt'}"
    if need.origin.kind is OriginKind.REQUEST:
        return "the command line"
    return str(need.origin)


def _via_lines(askers: Sequence[str]) -> list[str]:
    if not askers:
        return []
    if len(askers) == 1:
        return [f"    # via {comment(askers[0])}"]
    return ["    # via", *(f"    #   {comment(asker)}" for asker in askers)]
