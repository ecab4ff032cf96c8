from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.errors import ResolverError
from resolver.render.words import comment, debian_word, docker_list, docker_word, image_word, plain_word, sha256_word

ANY = st.text(st.characters(), max_size=60)


@given(ANY)
def test_docker_word_is_one_closed_word_on_one_line(text: str) -> None:
    word = docker_word(text)
    assert len(word.splitlines()) == 1
    assert word[0] == word[-1] == '"'
    inside = word[1:-1]
    position = 0
    while position < len(inside):
        assert inside[position] not in '"$'
        position += 2 if inside[position] == "\\" else 1
    assert position == len(inside), "a backslash swallows the closing quote"


def test_docker_word_keeps_what_is_harmless() -> None:
    assert docker_word("Modèle de démo (v2)") == '"Modèle de démo (v2)"'
    assert docker_word('a"b$c\\d\ne') == r'"a\"b\$c\\d e"'


@given(st.lists(ANY, max_size=4))
def test_docker_list_is_ascii_json_on_one_line(words: list[str]) -> None:
    text = docker_list(tuple(words))
    assert text.isascii()
    assert len(text.splitlines()) == 1
    assert json.loads(text) == words


@given(ANY)
def test_comment_stays_one_comment(text: str) -> None:
    told = comment(text)
    assert len(told.splitlines()) <= 1
    assert not told.endswith("\\")
    assert "\n" not in told
    assert "\r" not in told


@pytest.mark.parametrize("bad", ["", "a b", "a'b", "a;b", "$(x)", "a\n", "a\\", "-r", "a`b", "ä"])
def test_a_name_that_is_none_is_refused(bad: str) -> None:
    for check in (image_word, debian_word, sha256_word, lambda text: plain_word(text, "version")):
        with pytest.raises(ResolverError):
            check(bad)


def test_real_names_pass() -> None:
    assert plain_word("1!2.0.post1+cu117", "version") == "1!2.0.post1+cu117"
    assert image_word("python:3.7-slim-bookworm") == "python:3.7-slim-bookworm"
    assert debian_word("libstdc++6") == "libstdc++6"
    assert sha256_word("0" * 64) == "0" * 64
