"""`.dockerignore`: what the image can do without; never a weight file, never the lock."""

from __future__ import annotations

from resolver.core.resolution import Resolution
from resolver.render.files import MARKER

_LINES = (
    ".git", ".gitignore", ".gitattributes", ".github", ".hg", ".svn",
    ".dockerignore", "Dockerfile", "resolution.json", "resolver-build.log",
    "**/.venv", "**/venv", "**/virtualenv", "**/.tox", "**/.nox",
    "**/__pycache__", "**/*.py[cod]", "**/*.egg-info", "**/.eggs",
    "**/.mypy_cache", "**/.pytest_cache", "**/.ruff_cache", "**/.ipynb_checkpoints",
    "**/.coverage", "**/htmlcov",
    "**/.env", "**/.env.*", "**/.netrc", "**/.pypirc", "**/pip.conf", "**/.aws", "**/.ssh",
    "**/.DS_Store", "**/.idea", "**/.vscode",
)  # fmt: skip


class DockerignoreRenderer:
    """Writes `.dockerignore`."""

    def render(self, resolution: Resolution) -> str:  # noqa: ARG002
        """The same text for every resolution."""
        return "\n".join([f"# {MARKER}", *_LINES, "!requirements.lock", ""])
