"""The numbers by which rankers are compared, with confidence intervals over groups, never over rows."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from resolver.rank.features import Floats

BINS = 10


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one ranker said of one group's builds, best first: probabilities, whether each passed, "passed" or its failure class, and the
    framework that the group stands for.
    """

    group: str
    probability: Floats
    passed: Floats
    kinds: tuple[str, ...] = ()
    framework: str = ""

    @property
    def decided(self) -> bool:
        """Whether there was anything to choose: some pass and some fail."""
        return bool(0.0 < self.passed.mean() < 1.0)


def ece(probability: Floats, passed: Floats) -> float:
    """Expected calibration error over ten equally filled bins."""
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, min(BINS, len(order)))
    return float(sum(abs(probability[part].mean() - passed[part].mean()) * len(part) for part in parts if len(part)) / len(order))


def log_loss(probability: Floats, passed: Floats) -> Floats:
    """The loss of each build."""
    inside = np.clip(probability, 1e-4, 1 - 1e-4)
    found: Floats = -(passed * np.log(inside) + (1 - passed) * np.log(1 - inside))
    return found


def ndcg(judged: Judged) -> float:
    """Discounted gain of the order against the best order."""
    discount = 1.0 / np.log2(np.arange(len(judged.passed)) + 2.0)
    best = float((np.sort(judged.passed)[::-1] * discount).sum())
    return float((judged.passed * discount).sum()) / best if best else math.nan


def top_one(judged: Judged, pool: int = 0, draws: int = 0) -> float:
    """Whether the first of the group passes; with `pool`, the mean over `draws` random pools of that many candidates that hold a pass."""
    if not pool or pool >= len(judged.passed):
        return float(judged.passed[0])
    chance = np.random.default_rng(abs(hash_of(judged.group)))
    hits = []
    for _ in range(draws):
        taken = np.sort(chance.choice(len(judged.passed), size=pool, replace=False))
        if judged.passed[taken].any():
            hits.append(float(judged.passed[taken[0]]))
    return float(np.mean(hits)) if hits else math.nan


def hash_of(text: str) -> int:
    """A number that depends on the text alone."""
    return int.from_bytes(text.encode()[:16].ljust(16, b"\0"), "big") % (2**32)


def summary(judged: Sequence[Judged]) -> dict[str, float]:
    """All metrics over some groups; top-1 and NDCG over the groups in which there is a choice."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    probability = np.concatenate([one.probability for one in judged])
    passed = np.concatenate([one.passed for one in judged])
    both = 0.0 < passed.mean() < 1.0
    choice = [one for one in judged if one.decided]
    return {
        "outcomes": float(len(passed)),
        "groups": float(len(judged)),
        "groups_with_choice": float(len(choice)),
        "pass_share": float(passed.mean()),
        "auc": float(roc_auc_score(passed, probability)) if both else math.nan,
        "auc_within": _mean([float(roc_auc_score(one.passed, one.probability)) for one in choice]),
        "average_precision": float(average_precision_score(passed, probability)) if both else math.nan,
        "log_loss": float(log_loss(probability, passed).mean()),
        "ece": ece(probability, passed),
        "ndcg": _mean([ndcg(one) for one in choice]),
        "top1": _mean([top_one(one) for one in choice]),
        "top1_of_10": _mean([top_one(one, 10, 50) for one in choice]),
    }


def _mean(values: Sequence[float]) -> float:
    kept = [value for value in values if not math.isnan(value)]
    return float(np.mean(kept)) if kept else math.nan


def interval(
    judged: Sequence[Judged], metric: Callable[[Sequence[Judged]], float], *, draws: int = 200, seed: int = 0
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a metric, groups drawn with replacement."""
    chance = np.random.default_rng(seed)
    values = [metric([judged[place] for place in chance.integers(0, len(judged), len(judged))]) for _ in range(draws)]
    kept = [value for value in values if not math.isnan(value)]
    if not kept:
        return math.nan, math.nan
    low, high = np.quantile(kept, [0.025, 0.975])
    return float(low), float(high)


def mean_top_one(judged: Sequence[Judged]) -> float:
    """Top-1 success over the groups in which there is a choice."""
    return _mean([top_one(one) for one in judged if one.decided])


def mean_top_one_of_ten(judged: Sequence[Judged]) -> float:
    """Top-1 success over random pools of ten candidates of each group."""
    return _mean([top_one(one, 10, 50) for one in judged if one.decided])


def paired_gain(challenger: Sequence[Judged], champion: Sequence[Judged], *, draws: int = 1000, seed: int = 0) -> tuple[float, float]:
    """(how much lower the challenger's log loss is, the share of bootstrap draws over groups in which it is lower)."""
    before = {one.group: log_loss(one.probability, one.passed) for one in champion}
    pairs = [
        (before[one.group].sum() - log_loss(one.probability, one.passed).sum(), len(one.passed))
        for one in challenger
        if one.group in before
    ]
    if not pairs:
        return 0.0, 0.0
    gains, sizes = np.array([gain for gain, _ in pairs]), np.array([size for _, size in pairs])
    chance = np.random.default_rng(seed)
    drawn = chance.integers(0, len(pairs), (draws, len(pairs)))
    return float(gains.sum() / sizes.sum()), float((gains[drawn].sum(axis=1) > 0).mean())


def table_of(reports: Mapping[str, Mapping[str, float]], columns: Sequence[str]) -> str:
    """A markdown table: a row per ranker, a column per metric."""
    lines = ["| ranker | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        "| " + " | ".join([name, *(_cell(report.get(column, math.nan)) for column in columns)]) + " |" for name, report in reports.items()
    ]
    return "\n".join(lines) + "\n"


def _cell(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}" if value < 10 else f"{value:,.0f}"
