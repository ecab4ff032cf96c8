"""The champion under models/: text files and a card; replaced only by a challenger that is better on the fixed hold-out."""

from __future__ import annotations

import dataclasses
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from resolver.interfaces import Tracker
from resolver.rank.book import FactBook
from resolver.rank.booster import LearnedRanker, has_ranker
from resolver.rank.files import BLIND, RankerText, write_whole
from resolver.train.dataset import Corpus
from resolver.train.evaluate import judge
from resolver.train.metrics import Judged, paired_gain

CARD = "README.md"
SURE = 0.9
"""Share of bootstrap draws in which the challenger has to be better."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """How a challenger fared: whether it is to be champion, how much lower its log loss on the hold-out is, how sure that is."""

    promoted: bool
    gain: float = 0.0
    sure: float = 0.0
    reason: str = ""


def contest(folder: Path, challenger: Sequence[Judged], held: Corpus, book: FactBook) -> Contest:
    """The challenger's blind twin against the champion's on the fixed hold-out, paired by group.

    A folder without a champion, or with one made for other features, is won by any challenger.
    """
    if not has_ranker(folder):
        return Contest(promoted=True, reason="there was no champion")
    try:
        champion = RankerText.load(folder / BLIND)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the old one, it cannot be compared and cannot stay
        return Contest(promoted=True, reason=f"the champion could not be compared: {error}")
    if not challenger:
        return Contest(promoted=False, reason="the hold-out is empty")
    gain, sure = paired_gain(challenger, judge(LearnedRanker(champion, book), held.examples))
    won = gain > 0 and sure >= SURE
    return Contest(promoted=won, gain=gain, sure=sure, reason=f"log loss on the hold-out lower by {gain:.4f} in {sure:.0%} of the draws")


def promote(folder: Path, ranker: RankerText, blind: RankerText, card: str) -> None:
    """Put the challenger in place: its twin and its card first, its own files last."""
    blind.save(folder / BLIND)
    write_whole(folder / CARD, card)
    ranker.save(folder)


def keep(tracker: Tracker, run: str, ranker: RankerText, blind: RankerText, card: str, *, champion: bool) -> str:
    """Register a challenger's texts with a run, as champion or challenger; the version's number, "" where nothing is recorded."""
    if not run:
        return ""
    with tempfile.TemporaryDirectory() as place:
        promote(Path(place), ranker, blind, card)
        return tracker.register(run, Path(place), champion=champion)


def roll_back(folder: Path, tracker: Tracker) -> str:
    """Put the champion before the present one back into `folder`; its version. Raises ResolverError when none is on record."""
    with tempfile.TemporaryDirectory() as place:
        tracker.roll_back(Path(place))
        found = Path(place)
        ranker, blind = RankerText.load(found), RankerText.load(found / BLIND)
        promote(folder, ranker, blind, (found / CARD).read_text(encoding="utf-8"))
        return ranker.version


def trained_on(folder: Path) -> int:
    """How many outcomes the champion was trained on; 0 without one."""
    if not has_ranker(folder):
        return 0
    found = re.match(r"([\d,]+) outcomes", RankerText.load(folder).trained_on)
    return int(found[1].replace(",", "")) if found else 0


def card_of(ranker: RankerText, corpus: Corpus, table: str) -> str:
    """The card: what it was trained on, how it was evaluated, where its limits are."""
    passed = sum(example.passed for example in corpus.examples)
    names = {pin.name for example in corpus.examples for pin in example.candidate.pins}
    pythons = sorted({example.candidate.target.python for example in corpus.examples}, key=lambda text: int(text.split(".")[1]))
    return f"""# The ranker `{ranker.version}`

Two LightGBM boosters as text (`edge.txt`: does this release run on that one; `set.txt`: does this set build and run) and `ranker.json`
(feature names, vocabulary, calibration, counts of edges seen). `{BLIND}/` holds its twin that never saw the hold-out stacks; the next
challenger is compared with that one.

## Trained on

{ranker.trained_on}: {len(corpus.examples):,} real builds ({passed:,} passed), {len(corpus.observations):,} edge observations,
{len(names):,} distributions, Python {", ".join(pythons)}. Builds that the machine spoilt are no labels.

## Evaluation

Stacks are never divided between training and test. "hold-out": stacks chosen by a hash of their name, never trained on for these
figures. "by stack": every stack judged by a ranker fitted without it. `top1`: the first-ranked of all the stack's built sets passes;
`top1_of_10`: the same over random pools of ten. Intervals: 95 %, bootstrap over stacks.

{table}
## Limits

The stacks are development data: their failures are read and their causes mended, held-out ones not excepted, so these figures
flatter. They are no estimate for projects that nobody has looked at.

It has learned from builds without a GPU, on Linux x86-64. `known: false` marks a set far from anything built: its probability rests on
dates, declared bounds and the API timeline alone. A set that lacks a name the project uses is pushed down by a fixed factor, which is a
ranking device, not a calibrated belief.
"""
