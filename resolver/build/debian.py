"""Debian packages as files: what an image build installs where no mirror of Debian can be reached."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from resolver.build import host, process
from resolver.build.process import Limits
from resolver.core.errors import ResolverError

_WORD = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_IMAGE = re.compile(r"[a-z0-9][a-z0-9._/:@-]*", re.IGNORECASE)
_SECONDS = 1200
_DOCKERFILE = """\
FROM {image} AS debian
RUN mkdir -p /packages/partial && apt-get update \\
 && apt-get install -y --no-install-recommends --download-only -o Dir::Cache::archives=/packages {packages} \\
 && rm -rf /packages/partial /packages/lock
FROM scratch
COPY --from=debian /packages /
"""


def download(image: str, packages: Collection[str], folder: Path) -> list[Path]:
    """The packages and all that they need and `image` lacks, as .deb files in `folder`, which holds nothing else afterwards.

    apt in the image itself chooses them, so they fit it. Raises EngineUnavailable without an engine, ResolverError when the image or a
    package is not there.
    """
    if bad := [text for text in packages if not _WORD.fullmatch(text)] + ([] if _IMAGE.fullmatch(image) else [image]):
        raise ResolverError(f"{bad[0]!r} is no Debian word and no image name")
    shutil.rmtree(folder, ignore_errors=True)
    if not packages:
        return []
    with tempfile.TemporaryDirectory(prefix="resolver-debian-") as scratch:
        context, found = Path(scratch) / "context", Path(scratch) / "found"
        context.mkdir()
        (context / "Dockerfile").write_text(_DOCKERFILE.format(image=image, packages=" ".join(sorted(packages))))
        command = [str(host.buildkit_command()), "build", "--progress=plain", "--output", f"type=local,dest={found}", str(context)]
        host.engine_version()
        done = process.run(command, environment={"DOCKER_BUILDKIT": "1", "NO_COLOR": "1"}, limits=Limits(seconds=_SECONDS))
        if not done.ok:
            raise ResolverError(f"apt in {image} brings no {' '.join(sorted(packages))}: {done.log.strip()[-300:]}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(found, folder)
    return sorted(folder.glob("*.deb"))
