"""The files of a bare git repository's newest commit, read by git's plumbing: nothing of them is run or checked out."""

import os
import subprocess
from pathlib import Path, PurePosixPath

MAX_BYTES = 400_000
VENDORED = frozenset({
    "third_party", "thirdparty", "3rdparty", "vendor", "vendors", "vendored", "extern", "external", "externals",
    "node_modules", "site-packages", "venv", "env", ".venv", "virtualenv",
})  # fmt: skip
"""Folders of other people's code."""


class Tree:
    """The files of a bare repository's HEAD."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self.commit, self.date = self._git("log", "-1", "--format=%H %as", "HEAD").decode().split()
        self._blobs: dict[str, str] = {}
        self.elsewhere: set[str] = set()
        """Names of folders that are other repositories or links: their modules are not here."""
        for row in self._git("ls-tree", "-r", "-z", "--full-tree", "HEAD").split(b"\0"):
            head, _, path = row.partition(b"\t")
            name = path.decode("utf-8", "surrogateescape")
            if head.startswith((b"160000", b"120000")):
                self.elsewhere.add(PurePosixPath(name).stem)
            elif path:
                self._blobs[name] = head.split()[2].decode()
        self.paths = list(self._blobs)
        self.elsewhere -= {PurePosixPath(p).stem for p in self.paths} | {part for p in self.paths for part in PurePosixPath(p).parts[:-1]}

    def text(self, path: str) -> str | None:
        """The file's text; None where the snapshot lacks it or it is too large."""
        try:
            raw = self._git("cat-file", "blob", self._blobs[path])
        except subprocess.CalledProcessError:
            return None
        if len(raw) > MAX_BYTES:
            return None
        for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "latin-1"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
        return None

    def _git(self, *words: str) -> bytes:
        env = {"PATH": os.environ.get("PATH", ""), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        env |= {"GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        safe = ("-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.devnull, "-c", "protocol.allow=never")
        return subprocess.run(["git", "--git-dir", str(self._git_dir), *safe, *words], env=env, check=True, capture_output=True).stdout
