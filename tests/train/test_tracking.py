"""The experiments of a real MLflow store."""

import math

import pytest

from resolver.train.tracking import NIGHTS, MlflowTracker

pytestmark = pytest.mark.slow


def test_every_record_is_a_step_of_its_experiments_nights(tmp_path):
    tracker = MlflowTracker(tmp_path / "store")
    for built in (7, 9, math.nan):
        tracker.log("crawl", "night", parameters={"seed": 1}, metrics={"built": built, "pass %": 50.0})
    tracker.log("train", "challenger", parameters={}, metrics={"folds.auc": 0.9})

    import mlflow

    client = mlflow.MlflowClient(tracking_uri=tracker.address)
    number = client.get_experiment_by_name("crawl").experiment_id
    runs = client.search_runs([number])
    (nights,) = [run for run in runs if run.info.run_name == NIGHTS]
    assert len(runs) == 4
    assert nights.info.status == "FINISHED"

    def steps(key):
        return [(one.step, one.value) for one in client.get_metric_history(nights.info.run_id, key)]

    assert steps("built") == [(0, 7.0), (1, 9.0)]  # a night that has no such figure leaves it out
    assert steps("pass -") == [(0, 50.0), (1, 50.0), (2, 50.0)]
