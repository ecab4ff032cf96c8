import json
from pathlib import Path

import pytest

from resolver.core.errors import ResolverError
from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.rank.booster import load_ranker
from resolver.rank.files import RankerText
from resolver.train.registry import BLIND, roll_back, trained_on
from resolver.train.tracking import MODEL, MlflowTracker, NullTracker
from resolver.train.training import evaluate, train
from tests.fakes_rank import FakeIndex, FakeTimeline, outcomes

OUTCOMES = outcomes(360, stacks=24)


def known():
    return FactBook(FakeIndex(), FakeTimeline()), Assembler(FakeIndex())


class Remembering:
    """Tracker that keeps what it was told."""

    def __init__(self):
        self.runs = []

    def log(self, experiment, name, *, parameters, metrics, files=()):
        self.runs.append((experiment, name, dict(parameters), dict(metrics), {Path(file).name: Path(file).read_bytes() for file in files}))
        return str(len(self.runs))

    def register(self, run, folder, *, champion):
        self.models = [*getattr(self, "models", []), (run, RankerText.load(folder).version, champion)]
        return str(len(self.models))

    def roll_back(self, folder):
        raise ResolverError("nothing kept")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, quick):
    folder, tracker = tmp_path_factory.mktemp("champion"), Remembering()
    report = train(OUTCOMES, *known(), folder=folder, tracker=tracker, full_evaluation=False)
    return folder, tracker, report


def test_the_first_challenger_becomes_champion_and_can_be_loaded(trained):
    folder, _, report = trained
    assert report.promoted
    assert RankerText.load(folder).version == report.version
    assert RankerText.load(folder / BLIND).version != report.version
    assert report.version in (folder / "README.md").read_text()
    assert load_ranker(folder, FactBook(FakeIndex(), FakeTimeline())).info.version == report.version


def test_the_run_is_recorded_with_metrics_and_table(trained):
    _, tracker, report = trained
    experiment, name, parameters, metrics, files = tracker.runs[0]
    assert (experiment, name) == ("train", report.version)
    assert parameters["promoted"] is True
    assert metrics["hold-out.learned.auc"] > 0.9
    assert b"edge-rules-only" in files["evaluation.md"]
    assert json.loads(files["metrics.json"])["folds.auc"] > 0.9
    pictures = {name for name, body in files.items() if body.startswith(b"\x89PNG")}
    assert pictures >= {
        "calibration.png",
        "precision_recall.png",
        "confusion_by_failure_class.png",
        "top1_by_framework.png",
        "importance.png",
    }
    assert tracker.models == [("1", report.version, True)]


def test_a_challenger_that_is_no_better_changes_nothing(trained, quick):
    folder, _, report = trained
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    again = train(OUTCOMES, *known(), folder=folder, tracker=NullTracker(), full_evaluation=False)
    assert not again.promoted
    assert before == {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert again.version == report.version


def test_a_damaged_champion_is_replaced(tmp_path, quick):
    (tmp_path / "ranker.json").write_text("{")
    assert train(outcomes(60, stacks=6), *known(), folder=tmp_path, tracker=NullTracker(), full_evaluation=False).promoted
    assert RankerText.load(tmp_path).version


def test_nothing_to_learn_from_leaves_nothing_behind(tmp_path):
    with pytest.raises(ResolverError):
        train([], *known(), folder=tmp_path / "models", tracker=NullTracker())
    assert not (tmp_path / "models").exists()


def test_evaluation_names_every_baseline(quick):
    found = evaluate(outcomes(120, stacks=10), *known(), tracker=NullTracker(), thorough=False)
    assert set(found.metrics["by stack"]) == {"learned", "edge-rules-only", "newest", "as-of", "random"}
    assert "### by stack" in found.table


@pytest.mark.slow
def test_mlflow_keeps_parameters_metrics_and_files(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    note = tmp_path / "note.txt"
    note.write_text("kept")
    tracker = MlflowTracker(tmp_path / "store")
    run = tracker.log(
        "train", "first", parameters={"seed": 1}, metrics={"auc": 0.9, "odd name%": 1.0, "none": float("nan")}, files=[str(note)]
    )
    second = tracker.log("train", "second", parameters={}, metrics={})
    client = mlflow.MlflowClient(tracking_uri=tracker.address)
    kept = client.get_run(run)
    assert kept.data.params == {"seed": "1"}
    assert kept.data.metrics == {"auc": 0.9, "odd name-": 1.0}
    assert [file.path for file in client.list_artifacts(run)] == ["note.txt"]
    assert client.get_run(second).info.experiment_id == kept.info.experiment_id


@pytest.mark.slow
def test_a_champion_is_rolled_back_with_one_call(tmp_path, quick):
    mlflow = pytest.importorskip("mlflow")
    tracker, folder = MlflowTracker(tmp_path / "store"), tmp_path / "models"
    with pytest.raises(ResolverError, match="no earlier champion"):
        roll_back(folder, tracker)
    first = train(OUTCOMES[:200], *known(), folder=folder, tracker=tracker, full_evaluation=False)
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    challenger = train(OUTCOMES[:220], *known(), folder=folder, tracker=tracker, full_evaluation=False, seed=1)
    second = train(OUTCOMES, *known(), folder=folder, tracker=tracker, full_evaluation=False, force=True)
    client = mlflow.MlflowClient(tracking_uri=tracker.address)
    aliases = client.get_registered_model(MODEL).aliases
    assert str(aliases["champion"]) == "3"
    assert ("challenger" in aliases) == (not challenger.promoted)
    assert RankerText.load(folder).version == second.version != first.version
    while RankerText.load(folder).version != first.version:
        roll_back(folder, tracker)
    assert before == {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert str(client.get_registered_model(MODEL).aliases["champion"]) == "1"
    with pytest.raises(ResolverError, match="no earlier champion"):
        roll_back(folder, tracker)


def test_the_number_of_outcomes_behind_a_champion_is_known(trained):
    folder, _, _ = trained
    assert trained_on(folder) == 360
    assert trained_on(folder / "nowhere") == 0
