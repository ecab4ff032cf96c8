"""A package index on loopback: simple pages, wheels and sdists made in memory, and the moods that real servers have."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import http.server
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Mapping
from typing import Any, Self


@dataclasses.dataclass
class Moods:
    """How the server behaves; `seen` collects what it was asked: (method, path, headers)."""

    ranges: bool = True
    suffix_ranges: bool = True
    etag: bool = False
    html: bool = False
    beside: bool = False
    password: str = ""
    failing: bool = False
    seen: list[tuple[str, Mapping[str, str]]] = dataclasses.field(default_factory=list)

    def asked(self, part: str) -> int:
        return sum(part in path for path, _ in self.seen)


@dataclasses.dataclass(frozen=True)
class Hosted:
    filename: str
    body: bytes
    requires_python: str = ""
    yanked: bool = False
    uploaded: str = "2020-01-01T00:00:00.000000Z"
    metadata: bytes = b""


def metadata_text(name: str, version: str, requires: tuple[str, ...] = (), python: str = "", extras: tuple[str, ...] = ()) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires] + [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Python: {python}"] if python else []
    return ("\n".join(lines) + "\n\nRequires-Dist: not-a-header\n").encode()


def wheel(
    name: str, version: str, *, tags: str = "py3-none-any", requires: tuple[str, ...] = (), python: str = "", extras: tuple[str, ...] = (),
    files: Mapping[str, bytes] | None = None, padding: int = 0, yanked: bool = False, uploaded: str = "2020-01-01T00:00:00Z",
) -> Hosted:  # fmt: skip
    dist = name.replace("-", "_")
    metadata = metadata_text(name, version, requires, python, extras)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, body in (files if files is not None else {f"{dist}/__init__.py": b""}).items():
            archive.writestr(path, body)
        if padding:
            archive.writestr(f"{dist}/weights.bin", bytes(padding))
        archive.writestr(f"{dist}-{version}.dist-info/METADATA", metadata)
        archive.writestr(f"{dist}-{version}.dist-info/RECORD", b"")
        if padding:
            archive.writestr(f"{dist}/more.bin", bytes(padding))
    return Hosted(f"{dist}-{version}-{tags}.whl", stream.getvalue(), python, yanked, uploaded, metadata)


def sdist(name: str, version: str, files: Mapping[str, str], *, form: str = "tar.gz", uploaded: str = "2020-01-01T00:00:00Z") -> Hosted:
    stream, root = io.BytesIO(), f"{name}-{version}"
    if form == "zip":
        with zipfile.ZipFile(stream, "w") as archive:
            for path, text in files.items():
                archive.writestr(f"{root}/{path}", text)
    else:
        with tarfile.open(fileobj=stream, mode="w:bz2" if form == "tar.bz2" else "w:gz") as tar:
            for path, text in files.items():
                info = tarfile.TarInfo(f"{root}/{path}")
                info.size = len(text.encode())
                tar.addfile(info, io.BytesIO(text.encode()))
    return Hosted(f"{root}.{form}", stream.getvalue(), uploaded=uploaded)


class IndexServer:
    """Serves `packages` {name: [Hosted]} until closed; both may change meanwhile."""

    def __init__(self, packages: dict[str, list[Hosted]], moods: Moods | None = None) -> None:
        self.packages, self.moods = packages, moods or Moods()
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, user: str = "") -> str:
        return f"http://{user + '@' if user else ''}127.0.0.1:{self._server.server_port}/simple"

    def page(self, name: str) -> tuple[str, bytes]:
        files: list[dict[str, Any]] = []
        for hosted in self.packages[name]:
            entry: dict[str, Any] = {"filename": hosted.filename, "url": f"../../files/{hosted.filename}"}
            entry |= {"hashes": {"sha256": hashlib.sha256(hosted.body).hexdigest()}, "size": len(hosted.body)}
            entry |= {"requires-python": hosted.requires_python or None, "yanked": hosted.yanked, "upload-time": hosted.uploaded}
            entry |= {"core-metadata": {"sha256": "0"}} if self.moods.beside and hosted.metadata else {}
            files.append(entry)
        if not self.moods.html:
            return "application/vnd.pypi.simple.v1+json", json.dumps(
                {"meta": {"api-version": "1.1"}, "name": name, "files": files}
            ).encode()
        anchors = "".join(
            f'<a href="{each["url"]}#sha256={each["hashes"]["sha256"]}"'
            + (
                f' data-requires-python="{each["requires-python"].replace(">", "&gt;").replace("<", "&lt;")}"'
                if each["requires-python"]
                else ""
            )
            + (' data-yanked=""' if each["yanked"] else "")
            + f">{each['filename']}</a><br/>\n"
            for each in files
        )
        return "text/html", f"<!DOCTYPE html><html><body>{anchors}</body></html>".encode()

    def answer(self, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        moods = self.moods
        moods.seen.append((path, headers))
        if moods.failing:
            return 404 if path.startswith("/files/") else 500, {}, b"broken"
        if moods.password and headers.get("Authorization") != "Basic " + base64.b64encode(moods.password.encode()).decode():
            return 401, {"WWW-Authenticate": 'Basic realm="index"'}, b""
        parts = path.strip("/").split("/")
        if parts[0] == "simple" and parts[-1] in self.packages:
            kind, body = self.page(parts[-1])
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
            if moods.etag and headers.get("If-None-Match") == tag:
                return 304, {"ETag": tag}, b""
            return 200, {"Content-Type": kind, **({"ETag": tag} if moods.etag else {})}, body
        for hosted in (each for shelf in self.packages.values() for each in shelf):
            if path == f"/files/{hosted.filename}":
                return self._file(hosted.body, headers.get("Range", ""))
            if path == f"/files/{hosted.filename}.metadata" and moods.beside:
                return 200, {}, hosted.metadata
        return 404, {}, b""

    def _file(self, body: bytes, wanted: str) -> tuple[int, dict[str, str], bytes]:
        if not wanted or not self.moods.ranges:
            return 200, {}, body
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        if not first:
            if not self.moods.suffix_ranges:
                return 501, {}, b""
            first, last = str(max(len(body) - int(last), 0)), str(len(body) - 1)
        start, stop = int(first), min(int(last), len(body) - 1) + 1
        return 206, {"Content-Range": f"bytes {start}-{stop - 1}/{len(body)}"}, body[start:stop]

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = outer.answer(self.path, dict(self.headers))
                self.send_response(status)
                for key, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
