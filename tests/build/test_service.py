"""Images really started: they answer, or it is told why not."""

from pathlib import Path

import pytest

from resolver.build.docker import DockerExecutor
from resolver.build.process import Limits
from resolver.build.venv import find_uv
from resolver.core.outcome import BuildSpec
from resolver.core.proof import Sample, Trial
from resolver.core.target import Target
from tests.build.engine import needs_engine

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]

SERVER = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200 if self.path == "/up" else 404, b"fine")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, self.headers["Content-Type"].encode() + b" " + body[::-1])
    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("coming up", flush=True)
http.server.HTTPServer(("", 8123), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def executor() -> DockerExecutor:
    needs_engine()
    return DockerExecutor(uv=find_uv(), limits=Limits(seconds=300))


def image(folder: Path, server: str) -> Path:
    (folder / "server.py").write_text(server)
    (folder / "Dockerfile").write_text(
        'FROM python:3.8-slim\nRUN useradd --uid 10001 app\nUSER app\nCOPY server.py /\nCMD ["python", "/server.py"]\n'
    )
    return folder


def test_a_server_is_asked_sampled_and_stopped(executor, tmp_path):
    trial = Trial(port=8123, health="/up", sample=Sample(path="/predict", content=b"abc", kind="text/x"))
    proof = executor.prove(image(tmp_path, SERVER), BuildSpec(target=Target(python="3.8"), pins=()), trial=trial)
    assert proof.passed, proof.log
    service = proof.service
    assert service is not None
    assert (service.health.status, service.health.body, service.user, service.killed) == (200, "fine", 10001, False), service
    assert service.sample is not None
    assert (service.sample.status, service.sample.body) == (200, "text/x cba")
    assert service.stopped < 5
    assert "coming up" in proof.log
    assert service.answered


def test_a_server_that_dies_is_told_with_what_it_printed(executor, tmp_path):
    trial = Trial(port=8123, sample=Sample(path="/", content=b""), patience=20)
    asked = BuildSpec(target=Target(python="3.8"), pins=())
    proof = executor.prove(image(tmp_path, "raise SystemExit('no model file')"), asked, trial=trial)
    assert proof.passed, "the environment is sound"
    assert proof.service is not None
    assert not proof.service.answered
    assert proof.service.health.body == "the container ended by itself"
    assert "no model file" in proof.service.log
