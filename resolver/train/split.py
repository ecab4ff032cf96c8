"""Splits that cannot flatter: by stack, by time, by framework minor; never by row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from resolver.core.package import Pin
from resolver.rank.versions import near
from resolver.train.dataset import Corpus, Example, observe

HELD_SHARE = 0.2


def is_held(group: str) -> bool:
    """Whether a group belongs to the fixed hold-out: decided by a hash of its name alone, the same forever."""
    return int(hashlib.sha256(f"held-out:{group}".encode()).hexdigest()[:8], 16) < HELD_SHARE * 0x100000000


def hold_out(corpus: Corpus) -> tuple[Corpus, Corpus]:
    """(the part to train on, the fixed hold-out)."""
    held = [group for group in corpus.groups if is_held(group)]
    kept = [group for group in corpus.groups if not is_held(group)]
    return corpus.only(kept), corpus.only(held)


def fold_of(groups: Sequence[str], folds: int, seed: int = 0) -> dict[str, int]:
    """A fold for each group: groups in the order of a seeded hash, dealt out in turn."""
    order = sorted(set(groups), key=lambda group: hashlib.sha256(f"{seed}:{group}".encode()).hexdigest())
    return {group: place % max(1, min(folds, len(order))) for place, group in enumerate(order)}


def by_time(corpus: Corpus, share: float = 0.75) -> tuple[Corpus, Corpus]:
    """Train on sets whose newest release came before a day T, test on those with any release after T; T leaves `share` before it."""
    newest = [max((r.uploaded for r in example.candidate.packages if r.uploaded), default=None) for example in corpus.examples]
    days = sorted(day for day in newest if day is not None)
    if not days:
        return corpus, Corpus(examples=(), observations=())
    bar = days[min(len(days) - 1, int(share * len(days)))]
    before = [example for example, day in zip(corpus.examples, newest, strict=True) if day is None or day < bar]
    after = [example for example, day in zip(corpus.examples, newest, strict=True) if day is not None and day >= bar]
    return _corpus(before), _corpus(after)


def by_framework(corpus: Corpus, pins: Sequence[Pin]) -> tuple[Corpus, Corpus]:
    """Test on the sets that hold any of `pins`' feature series ("tensorflow 2.4"), train on the others."""
    held = {(pin.name, near(pin.version)) for pin in pins}
    inside = [any((pin.name, near(pin.version)) in held for pin in example.candidate.pins) for example in corpus.examples]
    return (
        _corpus([example for example, hit in zip(corpus.examples, inside, strict=True) if not hit]),
        _corpus([example for example, hit in zip(corpus.examples, inside, strict=True) if hit]),
    )


def _corpus(examples: Sequence[Example]) -> Corpus:
    return Corpus(examples=tuple(examples), observations=tuple(observe(examples)))
