from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.core.signs import Dating, Sign, SignKind


def test_without_signs_nothing_is_known() -> None:
    dating = Dating(())
    assert (dating.best, dating.others, dating.quantile(0.5), dating.points) == (None, (), None, ())


def test_the_last_change_of_code_goes_before_the_last_commit_which_stays_likely() -> None:
    dating = Dating([Sign(date(2023, 5, 1), "readme"), Sign(date(2019, 3, 1), "code", SignKind.SOURCE)])
    assert dating.best == date(2019, 3, 1)
    assert dating.others == (date(2023, 5, 1),)
    early, late = dating.quantile(0.3), dating.quantile(0.9)
    assert early
    assert late
    assert early.year in (2018, 2019)
    assert late.year in (2022, 2023)


def test_nothing_worked_before_its_newest_pin_was_uploaded() -> None:
    dating = Dating([Sign(date(2019, 1, 1), "file", SignKind.FILE), Sign(date(2020, 6, 1), "pin", SignKind.PIN)])
    assert dating.best == date(2020, 6, 1)
    assert dating.points[0][0] == date(2020, 6, 1)
    assert dating.others == ()


def test_of_one_kind_the_newest_counts() -> None:
    signs = [Sign(date(2018, 1, 1), "a.ipynb", SignKind.RUN), Sign(date(2021, 1, 1), "b.ipynb", SignKind.RUN)]
    assert Dating(signs).best == date(2021, 1, 1)


SIGNS = st.builds(Sign, st.dates(date(2005, 1, 1), date(2030, 1, 1)), st.just("why"), st.sampled_from(SignKind))


@given(st.lists(SIGNS, min_size=1, max_size=8))
def test_it_is_a_distribution(signs: list[Sign]) -> None:
    dating = Dating(signs)
    assert sum(weight for _, weight in dating.points) == pytest.approx(1)
    days = [day for day, _ in dating.points]
    assert days == sorted(days)
    quantiles = [dating.quantile(share / 10) for share in range(11)]
    assert quantiles == sorted(day for day in quantiles if day)
    floors = [sign.day for sign in signs if sign.kind is SignKind.PIN]
    assert not floors or days[0] >= max(floors)
    assert dating.best not in dating.others
