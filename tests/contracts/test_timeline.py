"""What every timeline must do, whatever it is made of."""

from __future__ import annotations

import pickle

import pytest

from resolver.apis.build import build
from resolver.apis.timeline import SqliteTimeline
from resolver.interfaces import Timeline
from tests.apis.walks import line
from tests.fakes_apis import FakeTimeline

OLD = ["markupsafe.soft_unicode", ":markupsafe.Markup"]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    path = tmp_path_factory.mktemp("apis") / "apis.sqlite"
    build(
        [
            line("MarkupSafe", "1.1.1", {"markupsafe": "Markup escape soft_unicode"}),
            line("markupsafe", "2.1.0", {"markupsafe": "Markup escape"}),
            line(
                "jinja2",
                "2.11.3",
                {"jinja2": "Template", "jinja2.filters": "do_mark_safe"},
                takes={"markupsafe": OLD},
            ),
            line("jinja2", "3.1.0", {"jinja2": "Template"}, takes={"markupsafe": ["markupsafe.Markup"]}),
        ],
        path,
    )
    return SqliteTimeline(path)


@pytest.fixture(params=["sqlite", "fake"])
def timeline(request, built) -> Timeline:
    if request.param == "sqlite":
        return built
    return FakeTimeline(
        {
            "markupsafe": {
                "1.1.1": ["markupsafe.Markup", "markupsafe.escape", "markupsafe.soft_unicode"],
                "2.1.0": ["markupsafe.Markup", "markupsafe.escape"],
            },
            "jinja2": {"2.11.3": ["jinja2.Template", "jinja2.filters.do_mark_safe"], "3.1.0": ["jinja2.Template"]},
        },
        {"jinja2": {"2.11.3": {"markupsafe": ["markupsafe.soft_unicode"]}, "3.1.0": {"markupsafe": ["markupsafe.Markup"]}}},
    )


def test_is_a_timeline(timeline):
    assert isinstance(timeline, Timeline)


def test_a_walked_version_is_certain(timeline):
    assert list(timeline.offers("markupsafe", "1.1.1", ["markupsafe", "markupsafe.soft_unicode"])) == [1.0, 1.0]
    assert list(timeline.offers("markupsafe", "2.1.0", ["markupsafe.soft_unicode"])) == [0.0]


def test_a_name_that_no_version_has_says_nothing(timeline):
    assert list(timeline.offers("markupsafe", "2.1.0", ["markupsafe.nothing"])) == [None]


def test_one_answer_per_question_in_order(timeline):
    assert list(timeline.offers("markupsafe", "1.1.1", [])) == []
    assert [bool(c) for c in timeline.offers("markupsafe", "1.1.1", ["markupsafe.no", "markupsafe.Markup", "markupsafe.no"])] == [
        False,
        True,
        False,
    ]


def test_certainties_lie_between_zero_and_one_and_follow_the_neighbours(timeline):
    for version in ("0.9", "1.1.2", "2.1.3", "9.0"):
        certainty = timeline.offers("markupsafe", version, ["markupsafe.Markup"])[0]
        assert certainty is not None
        assert 0.5 < certainty <= 1.0
    assert timeline.offers("markupsafe", "2.1.9", ["markupsafe.soft_unicode"])[0] <= 0.2


def test_unknown_package_and_deeper_names_are_none(timeline):
    assert list(timeline.offers("nothing", "1.0", ["nothing.x"])) == [None]
    assert list(timeline.offers("jinja2", "2.11.3", ["jinja2.Template.render"])) == [None]


def test_a_root_of_another_package_is_none(timeline):
    assert list(timeline.offers("markupsafe", "1.1.1", ["werkzeug.x"])) == [None]


def test_uses(timeline):
    assert list(timeline.uses("jinja2", "2.11.3")["markupsafe"]) == ["markupsafe.soft_unicode"]
    assert list(timeline.uses("jinja2", "2.11.9")["markupsafe"]) == ["markupsafe.soft_unicode"]
    assert list(timeline.uses("jinja2", "3.1.4")["markupsafe"]) == ["markupsafe.Markup"]
    assert not timeline.uses("nothing", "1")


def test_survives_pickling(timeline):
    again = pickle.loads(pickle.dumps(timeline))
    assert list(again.offers("markupsafe", "1.1.1", ["markupsafe.soft_unicode"])) == [1.0]
