import pytest

from resolver.build.logs import install_failure, machine_trouble, shortened
from resolver.core.outcome import FailureClass as F

MACHINE = [
    "error: Failed to fetch: `https://index/numpy/`\n  cause: error sending request for url\n  cause: dns error: failed to lookup",
    "error: Failed to download `torch==2.1.0`\n  cause: request or response body error\n  cause: operation timed out",
    "  cause: HTTP status server error (503 Service Unavailable) for url (https://index/x)",
    "  cause: HTTP status client error (429 Too Many Requests) for url (https://index/x)",
    "error: failed to write to file `/uvcache/x`: No space left on device (os error 28)",
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    "Temporary failure resolving 'mirror'",
    "Could not resolve 'mirror'",
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "error during connect: this error may indicate that the docker daemon is not running",
    "failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF",
    "ERROR: python:3.7-slim: failed to resolve source metadata for registry/library/python:3.7-slim: dial tcp: i/o timeout",
    "pull access denied for python, repository does not exist or may require 'docker login'",
    "error: invalid peer certificate: UnknownIssuer",
    "E: Failed to fetch mirror/pool/x.deb  Connection timed out",
    "E: Failed to fetch mirror/pool/x.deb  Hash Sum mismatch",
    "ConnectionResetError: [Errno 104] Connection reset by peer",
    "OSError: [Errno 24] Too many open files",
]
SET = [
    (
        "  cause: Because there is no version of tensorflow==2.99.0 and you require it, requirements are unsatisfiable.",
        F.NO_WHEEL,
    ),
    ("Because numpy==1.16.0 has no wheels with a matching Python ABI tag (e.g., `cp312`), we can conclude it cannot be used.", F.NO_WHEEL),
    ("  cause: Because the current Python version (3.6.15) does not satisfy Python>=3.9 and numpy==1.26.4 depends on it,", F.NO_WHEEL),
    ("ERROR: Could not find a version that satisfies the requirement x==1\nERROR: No matching distribution found for x==1", F.NO_WHEEL),
    (
        "error: HTTP status client error (404 Not Found) for url (https://index/simple/x/)\n x was not found in the package registry",
        F.NO_WHEEL,
    ),
    ("Failed to build `pycrypto==2.6.1`\n  The build backend returned an error\n  RuntimeError: autoconf error", F.SDIST_BUILD),
    ("Failed to build `x==1`\n error: command 'gcc' failed: No such file or directory", F.SDIST_BUILD),
    ("error: Failed to download and build `gym==0.18.3`\n  cause: Failed to parse metadata from built wheel", F.SDIST_BUILD),
    ("Failed to build `x==1`\n  SyntaxError: invalid syntax", F.SYNTAX),
    ("Failed to build `x==1`\n c++: fatal error: Killed signal terminated program cc1plus\nKilled", F.MEMORY),
    ("Because a==1 depends on b<2 and you require b==2, we can conclude that your requirements are unsatisfiable.", F.CONFLICT),
    ("E: Unable to locate package libnope7", F.MISSING_LIBRARY),
    ("something nobody has ever seen", F.UNKNOWN),
]


@pytest.mark.parametrize("log", MACHINE)
def test_the_machine_failed(log):
    assert machine_trouble("Resolved 3 packages\n" + log)


@pytest.mark.parametrize(("log", "failure"), SET)
def test_the_set_failed(log, failure):
    assert not machine_trouble(log)
    told = install_failure(log)
    assert told.failure is failure
    assert told.message


def test_the_explanation_is_told_whole_in_one_line():
    log = "error: No\n  cause: Because a==1 depends on b<2\n     and you require b==2, we can conclude that it fails.\n\nhint: other"
    assert install_failure(log).message == "Because a==1 depends on b<2 and you require b==2, we can conclude that it fails."


def test_an_empty_log_has_a_message_too():
    assert install_failure("").message


def test_shortened_keeps_one_line_and_the_limit():
    assert shortened(" a\n  b ") == "a b"
    assert len(shortened("x" * 999, 50)) == 50
