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


INDEX = "application/vnd.oci.image.index.v1+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
PLATFORM = {"mediaType": KIND, "size": len(MANIFEST), "digest": f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"}
SEVERAL = {
    kind: json.dumps(
        {"schemaVersion": 2, "mediaType": kind, "manifests": [{**PLATFORM, "platform": {"os": "linux", "architecture": "amd64"}}]}
    ).encode()
    for kind in (INDEX, LIST)
}


class Registry(http.server.BaseHTTPRequestHandler):
    """Tags of one image: a manifest for one platform, an OCI index, a manifest list. With a `token` everything is asked for with it."""

    token = ""
    asked: list[str]

    def do_HEAD(self) -> None:
        host = self.headers["Host"]
        self.asked.append(f"{self.command} {self.path.split('?')[0]}")
        if self.path.startswith("/token?"):
            return self._say(200, json.dumps({"token": self.token, "expires_in": 60}).encode(), "application/json")
        if self.token and self.headers.get("Authorization") != f"Bearer {self.token}":
            scope = f'Bearer realm="http://{host}/token",service="{host}",scope="repository:python:pull"'
            return self._say(401, b"{}", "application/json", **{"WWW-Authenticate": scope})
        tags = {"3.9-slim": (KIND, MANIFEST), "3.10-slim": (INDEX, SEVERAL[INDEX]), "3.11-slim": (LIST, SEVERAL[LIST])}
        tags |= {f"sha256:{hashlib.sha256(body).hexdigest()}": (kind, body) for kind, body in tags.values()}
        if self.path == "/v2/":
            return self._say(200, b"{}", "application/json")
        if self.path.startswith("/v2/python/blobs/"):
            return self._say(200, CONFIG, "application/json")
        kind, body = tags.get(self.path.removeprefix("/v2/python/manifests/"), ("", b""))
        return self._say(200 if body else 404, body, kind, **{"Docker-Content-Digest": f"sha256:{hashlib.sha256(body).hexdigest()}"})

    do_GET = do_HEAD  # noqa: N815 - the server's own spelling

    def _say(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(params=["", "s3same"], ids=["open", "token"])
def registry(request):
    kind = type("Asked", (Registry,), {"token": request.param, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    assert ("GET /token" in kind.asked) is bool(request.param)


@pytest.mark.docker
def test_the_registry_tells_the_digest_of_a_tag(registry):
    assert digest(f"{registry}/python:3.9-slim") == f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
    assert digest(f"{registry}/python:9.9-slim") == ""


@pytest.mark.docker
@pytest.mark.parametrize(("tag", "kind"), [("3.10-slim", INDEX), ("3.11-slim", LIST)])
def test_of_an_image_for_several_platforms_it_is_the_digest_of_all(registry, tag, kind):
    assert digest(f"{registry}/python:{tag}") == f"sha256:{hashlib.sha256(SEVERAL[kind]).hexdigest()}"


def test_without_an_engine_nothing_is_told(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert digest("python:3.9-slim") == ""
