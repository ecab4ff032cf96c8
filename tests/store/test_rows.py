from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.core.errors import StoreError
from resolver.core.outcome import Outcome
from resolver.store.rows import digest, edge_rows, outcome_row, to_outcome
from tests.store.outcomes import OUTCOMES, TEXT, outcome


@settings(deadline=None, max_examples=50)
@given(OUTCOMES)
def test_an_outcome_survives_its_rows(one: Outcome) -> None:
    row, edges = outcome_row(one), edge_rows(one)
    back = to_outcome(row, edges)
    assert back == one
    assert back.spec.key == row["key"] == one.spec.key
    assert digest(outcome_row(back), edge_rows(back)) == digest(row, edges)
    assert (back.when.utcoffset() if back.when else None) == (one.when.utcoffset() if one.when else None)


@settings(deadline=None)
@given(st.text(max_size=50), TEXT)
def test_every_text_can_be_encoded(log: str, message: str) -> None:
    row = outcome_row(outcome(1, log=log, message=message + "\ud800\0"))
    row["message"].encode()
    assert "\0" not in row["message"]
    to_outcome(row, ()).log.encode()


def test_digest_tells_any_difference() -> None:
    base = outcome(1)
    others = [
        dataclasses.replace(base, seconds=6.5),
        dataclasses.replace(base, log="x"),
        dataclasses.replace(base, working=()),
        dataclasses.replace(base, working=(), culprits=base.working),
        dataclasses.replace(base, when=None),
        dataclasses.replace(base, spec=dataclasses.replace(base.spec, policy="newest")),
    ]
    assert len({digest(outcome_row(one), edge_rows(one)) for one in [base, *others]}) == 7


@pytest.mark.parametrize(
    ("column", "value"), [("verdict", "maybe"), ("pins", "[[1"), ("log", b"raw"), ("seen", "yesterday"), ("probe", "[]")]
)
def test_a_damaged_row_is_told(column: str, value: object) -> None:
    with pytest.raises(StoreError) as caught:
        to_outcome({**outcome_row(outcome(1)), column: value}, ())
    assert caught.value.hint


def test_a_missing_column_is_told() -> None:
    row = outcome_row(outcome(1))
    del row["origin"]
    with pytest.raises(StoreError):
        to_outcome(row, ())
