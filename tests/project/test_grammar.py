from __future__ import annotations

import sys

import pytest
from packaging.specifiers import SpecifierSet

from resolver.project.legacy import python2_mark, python2_name
from resolver.project.syntax import parse_python, syntax_bounds

COMPILED = [
    ("x = 1\n", 6, 13),
    ("x = f'{1}'\n", 6, 13),
    ("x = 1_000\n", 6, 13),
    ("async def f():\n  return [x async for x in y]\n", 6, 13),
    ("if (a := 1): pass\n", 8, 13),
    ("x[a := 1]\n", 10, 13),
    ("x = {a := 1}\n", 9, 13),
    ("f(a := 1)\n", 8, 13),
    ("def f(a, /): pass\n", 8, 13),
    ("f = lambda a, /: a\n", 8, 13),
    ("f'{a=}'\n", 8, 13),
    ("f'''{\na=}'''\n", 8, 13),
    ("def f():\n  return 1, *a\n", 8, 13),
    ("def f():\n  yield 1, *a\n", 8, 13),
    ("for x in *a, b: pass\n", 9, 13),
    ("x[*a]\n", 11, 13),
    ("def f(*a: *b): pass\n", 11, 13),
    ("@a[0].b\ndef f(): pass\n", 9, 13),
    ("@(a or b)\ndef f(): pass\n", 9, 13),
    ("@a.b(c).d\ndef f(): pass\n", 9, 13),
    ("for x in y:\n  try: pass\n  finally: continue\n", 8, 13),
    ("with (open('a') as f, open('b') as g): pass\n", 9, 13),
    ("with (open('a') as f): pass\n", 9, 13),
    ("with (a, b) as c: pass\n", 6, 13),
    ("with (open('a')) as f: pass\n", 6, 13),
    ("with (\n  open('a') as f,\n  open('b') as g,\n): pass\n", 9, 13),
    ("match x:\n  case 1: pass\n", 10, 13),
    ("match(x)\n", 6, 13),
    ("match = 1\nmatch [0]\n", 6, 13),
    ("try: pass\nexcept* E: pass\n", 11, 13),
    ("async = 1\n", 6, 6),
    ("import a.async\n", 6, 6),
    ("a.async(1)\n", 6, 6),
    ("def f(async=1): pass\n", 6, 6),
    ("await = 2\n", 6, 6),
    ("x: int = 1, 2\n", 8, 13),
    ("x: tuple = 1, *a\n", 8, 13),
    ("[(yield 1) for x in y]\n", 6, 7),
    ("async def f():\n  return [[y async for y in z] for x in w]\n", 11, 13),
    ("type X = int\n", 12, 13),
    ("def f[T](x: T): pass\n", 12, 13),
    ("class A[T]: pass\n", 12, 13),
    ("def f[T = int](): pass\n", 13, 13),
    ("class A[T = int]: pass\n", 13, 13),
    ("type X[T = int] = T\n", 13, 13),
    ("f'{'a'}'\n", 12, 13),
    ("f\"{chr(10).join(a['x'])}\"\n", 6, 13),
    ("f'{a!r:{b!r}}'\n", 6, 13),
    ("f\"{'\\n'.join(x)}\"\n", 12, 13),
    ("f'''{\n# comment\n1}'''\n", 12, 13),
    ("f'{f'{1}'}'\n", 12, 13),
    ("f'{a['b']}'\n", 12, 13),
    ("f'{*a}'\n", 12, 13),
    ("f'{(lambda x: x)(1)}'\n", 6, 13),
    ("print >>f, x\n", 6, 13),
    ("def f(a, *, b, **c,): pass\n", 6, 13),
    ("f(*a, *b, **c, **d)\n", 6, 13),
    ("x = {**a}\n", 6, 13),
    ("x = [*a, *b]\n", 6, 13),
    ("def f(*, a,): pass\n", 6, 13),
    ("def f(*args,): pass\n", 6, 13),
    ("def f():\n  nonlocal_ = 1\n", 6, 13),
    ("f(**a, b=1)\n", 6, 13),
    ("f(a=1, *b)\n", 6, 13),
    ("try:\n  pass\nexcept (A, B): pass\n", 6, 13),
    ("del (a, b), c\n", 6, 13),
    ("x = yield_\n", 6, 13),
    ("assert x, (y)\n", 6, 13),
    ("import x as y\n", 6, 13),
    ("async def f():\n  x = (i async for i in y)\n", 6, 13),
    ("x = lambda: (yield)\n", 6, 13),
    ("return_ = 0\n", 6, 13),
    ("f'{x:{y}}'\n", 6, 13),
    ("while x: \n  try: break\n  finally: pass\n", 6, 13),
    ("x = 1 if y else 2\nprint(x, end='')\n", 6, 13),
    ("async def f():\n  await x\n  async with y as z: pass\n", 6, 13),
    ("with a as b, c as d: pass\n", 6, 13),
    ("f(a for a in b)\n", 6, 13),
    ("x[1:2, *a]\n", 11, 13),
    ("x = not_\n", 6, 13),
    ("rb'x'\n", 6, 13),
    ("u'x'\n", 6, 13),
    ("class A: \n  def f(self): return __class__\n", 6, 13),
    ("[x := 1 for y in z]\n", 8, 13),
    ("[(x := 1) for y in z]\n", 8, 13),
    ("while chunk := f(): pass\n", 8, 13),
    ("print(f'{a!r}')\n", 6, 13),
    ("f'{a:>{w}}'\n", 6, 13),
    ("for x in (*a, b): pass\n", 6, 13),
    ("return_type = lambda *a, **k: (a, k)\n", 6, 13),
]
"""Source, and the first and last minor version of 3.6 to 3.13 that compiles it, as each of those interpreters answered."""

OLD = [
    "print 'x'\n", "print x\n", "exec 'x'\n", "raise E, 'x'\n", "try: pass\nexcept E, e: pass\n", "x = `1`\n", "x = 0777\n",
    "x = ur'a'\n", "if 1 <> 2: pass\n", "def f((a, b)): pass\n", "x = 10L\n", "lambda (a, b): a\n", "True = 1\n",
]  # fmt: skip
"""What 2.7 compiles and no Python 3 does."""


@pytest.mark.parametrize(("source", "first", "last"), COMPILED)
def test_the_bounds_are_those_of_the_interpreters(source: str, first: int, last: int) -> None:
    raw = source.encode()
    specifier = SpecifierSet(",".join(bound.specifier for bound in syntax_bounds(raw, parse_python(raw)[0], "x.py")))
    admitted = [minor for minor in range(6, 14) if specifier.contains(f"3.{minor}.0")]
    assert (admitted[0], admitted[-1]) == (first, last)


@pytest.mark.parametrize("source", ["f'{lambda x: 1}'\n", "f'{}'\n", "f'{x y}'\n", "f'}'\n", "f'{x!z}'\n", "f'{a)}'\n"])
def test_what_no_interpreter_takes_is_no_bound(source: str) -> None:
    assert parse_python(source)[0] is None
    assert syntax_bounds(source.encode(), None, "x.py") == ()


@pytest.mark.parametrize("source", OLD)
def test_python_2_is_told_by_its_line(source: str) -> None:
    raw = ("import os\n" + source).encode()
    assert parse_python(raw)[0] is None
    mark = python2_mark(raw.decode())
    assert mark is not None
    assert mark[0] == 2 + source.count("\n", 0, source.find("except"))


def test_this_interpreter_agrees() -> None:
    for source, first, last in COMPILED:
        if first <= sys.version_info[1] <= last:
            compile(source, "x", "exec", dont_inherit=True)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = 1\nfor i in xrange(3): pass\n", (2, "xrange")),
        ("x = unicode(y)\n", (1, "unicode")),
        ("if d.has_key(1): pass\n", (1, "has_key")),
        ("from six.moves import xrange\nxrange(3)\n", None),
        ("xrange = range\nxrange(3)\n", None),
        ("try:\n    unicode\nexcept NameError:\n    unicode = str\n", None),
        ("import sys\nif sys.version_info < (3,): x = unicode(y)\n", None),
        ("def f(long): return long\n", None),
        ("x.reduce(1)\ny = 'unicode'\n", None),
    ],
)
def test_names_that_only_python_2_has(source: str, expected: tuple[int, str] | None) -> None:
    tree, _ = parse_python(source)
    assert tree is not None
    assert python2_name(tree, source.encode()) == expected
