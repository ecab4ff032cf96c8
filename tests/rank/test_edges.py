"""What the judge of edges makes of the booster's word and the rules'."""

import numpy as np
import pytest

from resolver.rank.edges import LACKING, learned_risk, learned_risks
from resolver.rank.features import COLUMN, EDGE_FEATURES, PLAIN
from resolver.rank.prior import OUTDATED, prior_risk


class Sure:
    """A booster that is sure that nothing breaks."""

    def predict(self, table):
        return np.full(len(table), -9.0)

    def predict_one(self, row):
        return -9.0


def row(**values: float) -> list[float]:
    made = [0.0] * len(EDGE_FEATURES)
    for name, value in {"satisfied": 1.0, "prior": 0.3, **values}.items():
        made[COLUMN[name]] = value
    return made


@pytest.mark.parametrize(("satisfied", "least", "most"), [(1.0, 0.0, 0.01), (float("nan"), 0.0, 0.01), (0.0, 0.3, 0.3)])
def test_a_declared_bound_that_is_not_kept_stays_as_risky_as_the_rules_say(satisfied, least, most):
    given = row(satisfied=satisfied)
    assert least <= learned_risk(Sure(), given) <= most
    assert learned_risks(Sure(), np.array([given]))[0] == pytest.approx(learned_risk(Sure(), given))


@pytest.mark.parametrize("lack", [{"names_missing": 1.0, "prior": 0.8}, {"prior": OUTDATED}])
def test_what_is_surely_missing_counts_unless_these_versions_were_seen_together(lack):
    never, seen, vague = row(**lack), row(**lack, seen_near_count=0.7), row(names_missing=0.5)
    assert learned_risk(Sure(), never) == min(LACKING, lack["prior"])
    assert max(learned_risk(Sure(), seen), learned_risk(Sure(), vague)) < 0.01
    for given in (never, seen, vague):
        assert learned_risks(Sure(), np.array([given]))[0] == pytest.approx(learned_risk(Sure(), given))


def test_no_lack_is_held_to_be_riskier_than_the_rules_say():
    given = row(names_missing=2.0, prior=0.4)
    assert learned_risk(Sure(), given) == 0.4 == learned_risks(Sure(), np.array([given]))[0]


def test_old_generated_code_on_a_new_protobuf_is_told_apart_by_the_rules():
    plain = [0.0] * len(PLAIN)
    plain[PLAIN.index("satisfied")] = 1.0
    assert prior_risk(plain, 0.0, outdated=True) == OUTDATED
    assert prior_risk(plain, 0.0) < 0.05
