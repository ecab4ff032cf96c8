from __future__ import annotations

import pytest

from resolver.core.project import Origin, OriginKind, Use
from resolver.project.syntax import loading_bounds, parse_python, stdlib_bounds, syntax_bounds


def loading(source: str) -> list[str]:
    raw = source.encode()
    return [bound.specifier for bound in loading_bounds(raw, parse_python(raw)[0], "x.py")]


def bounds(source: str) -> list[tuple[str, int]]:
    raw = source.encode()
    return [(bound.specifier, bound.origin.line) for bound in syntax_bounds(raw, parse_python(raw)[0], "x.py")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = f'{1}'\n", []),
        ("\nif (a := 1): pass\n", [(">=3.8", 2)]),
        ("def f(a, /): pass\n", [(">=3.8", 1)]),
        ("f'{a=}'\n", [(">=3.8", 1)]),
        ("with (open('a') as f, open('b') as g):\n  pass\n", [(">=3.9", 2)]),
        ("match x:\n  case 1: pass\n", [(">=3.10", 2)]),
        ("import re\nre.match('a', 'b')\n", []),
        ("try: pass\nexcept* E: pass\n", [(">=3.11", 2)]),
        ("async = 1\n", [("<3.7", 1)]),
        ("x = 1\na.async(2)\n", [("<3.7", 2)]),
        ("def f(x: list[int]): pass\n", [(">=3.9", 1)]),
        ("def f(x: 'list[int]'): pass\n", []),
        ("from __future__ import annotations\ndef f(x: int | None) -> list[int]: pass\n", []),
        ("def f(x: int | None): pass\n", [(">=3.10", 1)]),
        ("class A:\n  x: dict[str, int] = {}\n", [(">=3.9", 2)]),
        ("def f():\n  x: dict[str, int] = {}\n", []),
        ("alias = tuple[int, str]\n", [(">=3.9", 1)]),
        ("from collections.abc import Callable\nAlias = Callable[[int], str]\n", [(">=3.9", 2)]),
        ("from collections import abc\ndef f(x: abc.Sequence[int]): pass\n", [(">=3.9", 2)]),
        ("from typing import Callable\nAlias = Callable[[int], str]\n", []),
        ("x = [1]\nlist = x\ny = 1 | 2\n", []),
        ("'a'.removeprefix('b')\n", [(">=3.9", 1)]),
        ("frame.str.removeprefix('b')\n", []),
        ("import sys\nif sys.version_info >= (3, 9):\n  'a'.removeprefix('b')\n", []),
        ("type X = int\n", [(">=3.12", 1)]),
        ("\ndef f[T](x: T): pass\n", [(">=3.12", 2)]),
        ("print 'x'\n", []),
        ("list = []\nkey = 1\nlist[key]\n", []),
        ("def f(a, dict): return dict[a]\n", []),
        ("import subprocess\n\nsubprocess.run(x, capture_output=True)\n", [(">=3.7", 3)]),
        ("from dataclasses import dataclass\n@dataclass(slots=True)\nclass A: pass\n", [(">=3.10", 2)]),
        ("import asyncio as aio\naio.gather(a, loop=b)\n", [("<3.10", 2)]),
        ("import shutil\nshutil.copytree(a, b, dirs_exist_ok=True)\n", [(">=3.8", 2)]),
        ("for a, b in zip(c, d, strict=True): pass\n", [(">=3.10", 1)]),
        ("try:\n  zip(c, strict=True)\nexcept Exception: pass\n", []),
        ("other.zip(c, strict=True)\n", []),
    ],
)
def test_bounds_of_syntax(source: str, expected: list[tuple[str, int]]) -> None:
    assert bounds(source) == expected


@pytest.mark.parametrize(
    ("dotted", "specifier"),
    [
        ("dataclasses.dataclass", ">=3.7"),
        ("__future__.annotations", ">=3.7"),
        ("tomllib", ">=3.11"),
        ("zoneinfo.ZoneInfo", ">=3.9"),
        ("importlib.metadata.version", ">=3.8"),
        ("distutils.util.strtobool", "<3.12"),
        ("imp", "<3.12"),
        ("asyncore.loop", "<3.12"),
        ("cgi.escape", "<3.13"),
        ("collections.Mapping", "<3.10"),
        ("time.clock", "<3.8"),
        ("inspect.getargspec", "<3.11"),
        ("fractions.gcd", "<3.9"),
        ("platform.linux_distribution", "<3.8"),
        ("typing.Literal", ">=3.8"),
        ("typing.Protocol", ">=3.8"),
        ("functools.cached_property", ">=3.8"),
        ("functools.cache", ">=3.9"),
        ("math.prod", ">=3.8"),
        ("datetime.UTC", ">=3.11"),
        ("os.path.join", None),
        ("unittest.mock.patch", None),
        ("http.client", None),
        ("concurrent.futures.ThreadPoolExecutor", None),
        ("os.path.isreserved", None),
        ("datetime.datetime.fromisoformat", ">=3.7"),
        ("threading.Thread.isAlive", "<3.9"),
        ("pathlib.Path.is_relative_to", ">=3.9"),
        ("datetime.datetime.now", None),
    ],
)
def test_bounds_of_the_standard_library(dotted: str, specifier: str | None) -> None:
    use = Use(dotted=dotted, origin=Origin(kind=OriginKind.IMPORTED, path="x.py", line=3))
    found = stdlib_bounds([use])
    assert [bound.specifier for bound in found] == ([specifier] if specifier else [])
    assert stdlib_bounds([Use(dotted=dotted, origin=use.origin, guarded=True)]) == ()


@pytest.mark.parametrize(
    "source",
    [
        "a" + ".b" * 50_000,
        "(" * 500,
        "-" * 50_000 + "1",
        "x=" + "1+" * 50_000 + "1",
        "not " * 20_000 + "1",
        "a" + "[0]" * 20_000,
        "\0",
        "\ud800",
    ],
)
def test_absurd_sources_are_told_not_raised(source: str) -> None:
    tree, problem = parse_python(source.encode("utf-8", "surrogatepass"))
    assert tree is None
    assert problem


def test_what_functions_do_is_no_matter_of_loading() -> None:
    inside = "def f():\n  return list[int], 'a'.removeprefix('b')\ng = lambda: tuple[int, str]\n"
    assert loading(inside) == []
    assert {specifier for specifier, _ in bounds(inside)} == {">=3.9"}
    assert loading("def f(x: list[int]): pass\n") == [">=3.9"]
    assert loading("def f():\n  if (a := 1): pass\n") == [">=3.8"]  # grammar is checked whole
    assert loading("@make(dict[str, int])\ndef f(): pass\n") == [">=3.9"]
    assert loading("async = 1\n") == ["<3.7"]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("with (a if b else c):\n    pass\n", []),
        ("with (open(x)) as f, g:\n    pass\n", []),
        ("with (a as b, c as d):\n    pass\n", [">=3.9"]),
        ("with (\n    a as b,  # x\n    c,\n):\n    pass\n", [">=3.9"]),
        ("with (a, b):\n    pass\n", [">=3.9"]),
    ],
)
def test_an_expression_in_parentheses_is_no_parenthesis_around_managers(source: str, wanted: list[str]) -> None:
    raw = source.encode()
    assert [bound.specifier for bound in loading_bounds(raw, parse_python(raw)[0], "x.py")] == wanted
