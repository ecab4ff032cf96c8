"""What `__all__` lists; more is asked in the tests of those who read it (apis.keywords, project.reexports)."""

from __future__ import annotations

import ast
import time

import pytest

from resolver.core.exports import MOST_NAMES, Exports, statements


def exports(text: str) -> Exports:
    body = ast.parse(text).body
    found = Exports(lambda local: f"own.{local}" if local == "base" else "")
    for node in statements(body):
        found.note(node)
    found.close(body)
    return found


@pytest.mark.parametrize(
    ("text", "names", "modules"),
    [
        ("x = 1", None, []),
        ("__all__ = ['a']\n__all__.extend(base.__all__)", ["a"], ["own.base"]),
        ("__all__ = ['a'] + other.__all__", None, []),
        ("__all__ = ['a', 1]", None, []),
        ("try:\n    import a\nexcept ImportError:\n    __all__ = []\nelse:\n    __all__ = ['a']", ["a"], []),
        ("if __name__ == '__main__':\n    __all__ = ['a']", None, []),
        ("__all__ = made()\n__all__ = ['a']", ["a"], []),
        ("__all__ = ['a']\nwith x:\n    __all__ = made()", None, []),
    ],
)
def test_lists(text: str, names: list[str] | None, modules: list[str]) -> None:
    found = exports(text)
    assert found.names == names
    assert names is None or found.modules == modules


def test_a_list_without_end_is_unknown_and_takes_no_time() -> None:
    start = time.process_time()
    assert exports("__all__ = []\n" + "__all__ = __all__ + ['a']\n" * (MOST_NAMES + 1)).names is None
    assert len(exports("__all__ = []\n" + "__all__.append('a')\n" * MOST_NAMES).names or ()) == MOST_NAMES
    assert time.process_time() - start < 5
