"""The digest of a tag: asked of a registry on loopback through the real engine."""

import hashlib
import http.server
import json
import threading

import pytest

from resolver.build.registry import digest

KIND = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
SHA = hashlib.sha256(CONFIG).hexdigest()
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": KIND,
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": len(CONFIG), "digest": f"sha256:{SHA}"},
        "layers": [],
    }
).encode()


class Registry(http.server.BaseHTTPRequestHandler):
    """One tag of one image."""

    def do_HEAD(self) -> None:
        body = {"/v2/": b"{}", "/v2/python/manifests/3.9-slim": MANIFEST}.get(self.path)
        if body is None and self.path.startswith("/v2/python/manifests/sha256:"):
            body = MANIFEST
        if body is None and self.path.startswith("/v2/python/blobs/"):
            body = CONFIG
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", KIND if body is MANIFEST else "application/json")
        self.send_header("Content-Length", str(len(body or b"")))
        if body is MANIFEST:
            self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body or b"")

    do_GET = do_HEAD  # noqa: N815 - the server's own spelling

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def registry():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.docker
def test_the_registry_tells_the_digest_of_a_tag(registry):
    assert digest(f"{registry}/python:3.9-slim") == f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
    assert digest(f"{registry}/python:9.9-slim") == ""


def test_without_an_engine_nothing_is_told(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert digest("python:3.9-slim") == ""
