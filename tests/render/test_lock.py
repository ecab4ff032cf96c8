from __future__ import annotations

import dataclasses
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.errors import ResolverError
from resolver.core.package import Pin, normalize
from resolver.core.project import Need, Origin, OriginKind
from resolver.core.resolution import Resolution
from resolver.render.files import MARKER
from resolver.render.lock import LockRenderer
from tests.render.recorded import FLASK_37, declared, resolution

GOLDEN = f"""\
# {MARKER}
#
# Every version below was chosen together for Python 3.7, linux_x86_64, cpu;
# the hashes are those of the files that this target installs.
# To choose again, run:
#
#    resolve
#
click==7.1.2 \\
    --hash=sha256:d2b5255c7c6349bc1bd1e59e08cd12acbbd63ce649f2588755783aa94dfb6b1a \\
    --hash=sha256:dacca89f4bfadd5de3d7489b7c8a566eee0d3676333fbb50030263894c38c0dc
    # via flask
flask==1.1.4 \\
    --hash=sha256:0fbeb6180d383a9186d0d6ed954e0042ad9f18e0e8de088b2b419d526927d196 \\
    --hash=sha256:c34f04500f2cbbea882b1acb02002ad6fe6b7ffa64a6164577995657f50aed22
    # via
    #   -r requirements.txt
    #   the command line
itsdangerous==1.1.0 \\
    --hash=sha256:321b033d07f2a4136d3ec762eac9f16a10ccd60f53c0c91af90217ace7ba1f19 \\
    --hash=sha256:b12271b2047cb23eeb98c8b5622e2e5c5e9abd9784a153e9d8ef9cb4dd09d749
    # via flask
jinja2==2.11.3 \\
    --hash=sha256:03e47ad063331dd6a3f04a43eddca8a966a26ba0c5b7207a9a9e4e08f1b29419 \\
    --hash=sha256:a6d58433de0ae800347cab1fa3043cebbabe8baa9d29e668f1c768cb87a333c6
    # via flask
markupsafe==1.1.1 \\
    --hash=sha256:29872e92839765e546828bb7754a68c418d927cd064fd4708fab9fe9c8bb116b \\
    --hash=sha256:a6a744282b7718a2a62d2ed9d993cad6f5f585605ad352c11de459f4108df0a1 \\
    --hash=sha256:ba59edeaa2fc6114428f1637ffff42da1e311e29382d81b339c1817d37ec93c6
    # via jinja2
werkzeug==1.0.1 \\
    --hash=sha256:2de2a5db0baeae7b2d2664949077c2ac63fbd16d98da0ff71837f7d1dea3fd43 \\
    --hash=sha256:6c80b1e5ad3665290ea39320b91e1be1e0d5f60652b964a3070216de83d2e47c
    # via flask
"""


def parsed(text: str) -> dict[str, tuple[str, set[str]]]:
    """What pip itself reads out of a lock: name -> (specifier, hashes)."""
    from pip._internal.network.session import PipSession
    from pip._internal.req.constructors import install_req_from_parsed_requirement
    from pip._internal.req.req_file import parse_requirements

    found = {}
    with tempfile.TemporaryDirectory() as folder, PipSession() as session:
        path = Path(folder, "requirements.lock")
        path.write_text(text, encoding="utf-8")
        for one in parse_requirements(str(path), session=session):
            made = install_req_from_parsed_requirement(one)
            assert made.req is not None
            found[made.req.name] = (str(made.req.specifier), set(made.hash_options.get("sha256", ())))
    return found


def asked_twice() -> Resolution:
    request = Origin(kind=OriginKind.REQUEST)
    needs = (
        Need(requirement="Flask==1.1.4", origin=declared("requirements.txt", 3)),
        Need(requirement="flask<2", origin=request),
        Need(requirement="werkzeug<2", origin=declared("constraints.txt", 1), constraint=True),
    )
    return resolution(FLASK_37, needs=needs)


def test_golden() -> None:
    assert LockRenderer().render(asked_twice()) == GOLDEN


def test_pip_reads_every_pin_and_hash() -> None:
    found = parsed(LockRenderer().render(resolution(FLASK_37)))
    assert {f"{name}{specifier}" for name, (specifier, _) in found.items()} == set(FLASK_37)
    assert all(hashes for _, hashes in found.values())


def test_an_inferred_need_is_told_with_its_line() -> None:
    need = Need(requirement="flask", origin=Origin(kind=OriginKind.IMPORTED, path="src/app.py", line=7))
    assert "    # via src/app.py:7\n" in LockRenderer().render(resolution(FLASK_37, needs=(need,)))


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_no_file_name_can_add_a_requirement(path: str) -> None:
    evil = f"r.txt{path}\nevil==6.6.6 --hash=sha256:{'6' * 64}"
    found = parsed(LockRenderer().render(resolution(FLASK_37, needs=(Need(requirement="flask", origin=declared(evil)),))))
    assert set(found) == {pin.partition("==")[0] for pin in FLASK_37}


@pytest.mark.parametrize("version", ["1.0\nevil==1", "1.0 --index-url x", "1.0; import os", "${HOME}"])
def test_a_hostile_version_is_refused(version: str) -> None:
    base = resolution(FLASK_37)
    first, *rest = base.chosen.candidate.releases
    releases = (dataclasses.replace(first, pin=Pin(normalize("click"), version)), *rest)
    candidate = dataclasses.replace(base.chosen.candidate, releases=releases)
    with pytest.raises(ResolverError, match="version"):
        LockRenderer().render(dataclasses.replace(base, chosen=dataclasses.replace(base.chosen, candidate=candidate)))


def test_a_pin_without_a_fitting_file_is_an_error_with_a_hint() -> None:
    base = resolution(("six==1.16.0",))
    release = base.chosen.candidate.releases[0]
    bare = dataclasses.replace(release, files=tuple(dataclasses.replace(f, sha256="") for f in release.files))
    candidate = dataclasses.replace(base.chosen.candidate, releases=(bare,))
    with pytest.raises(ResolverError, match=r"six==1\.16\.0") as caught:
        LockRenderer().render(dataclasses.replace(base, chosen=dataclasses.replace(base.chosen, candidate=candidate)))
    assert caught.value.hint


def test_interpreter_and_cuda_are_not_locked() -> None:
    from resolver.core.package import CUDA, PYTHON, Release

    base = resolution(("six==1.16.0",))
    extra = (Release(pin=Pin(CUDA, "12.4")), Release(pin=Pin(PYTHON, "3.7")))
    candidate = dataclasses.replace(base.chosen.candidate, releases=(*extra, *base.chosen.candidate.releases))
    text = LockRenderer().render(dataclasses.replace(base, chosen=dataclasses.replace(base.chosen, candidate=candidate)))
    assert set(parsed(text)) == {"six"}
