"""Where experiments are recorded: a local MLflow store, or nowhere."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.core.errors import MissingExtra, ResolverError

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL = "resolver-ranker"
"""The name of the registered model."""
_PROMOTED = "promoted"
NIGHTS = "nights"
"""The name of the run of each experiment that holds one step a record, so that its pages draw the figures over the nights."""


class NullTracker:
    """Tracker that records nothing."""

    def log(
        self, experiment: str, name: str, *, parameters: Mapping[str, object], metrics: Mapping[str, float], files: Iterable[str] = ()
    ) -> str:  # fmt: skip
        """Record nothing; the identifier is empty."""
        del experiment, name, parameters, metrics, files
        return ""

    def register(self, run: str, folder: Path, *, champion: bool) -> str:
        """Keep nothing."""
        del run, folder, champion
        return ""

    def roll_back(self, folder: Path) -> str:
        """Nothing was kept. Raises ResolverError."""
        del folder
        raise _no_earlier()


class MlflowTracker:
    """Tracker on an SQLite store with local artifacts in one folder; importing MLflow takes seconds, so it waits for the first record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        """The address of the store, as MLflow wants it."""
        return f"sqlite:///{self.folder.resolve() / 'mlflow.db'}"

    def log(
        self, experiment: str, name: str, *, parameters: Mapping[str, object], metrics: Mapping[str, float], files: Iterable[str] = ()
    ) -> str:  # fmt: skip
        """Record one finished run and return its identifier; its figures are one more step of the experiment's run `NIGHTS` too.

        Raises MissingExtra without MLflow. Takes some seconds the first time.
        """
        client = self._client()
        known = client.get_experiment_by_name(experiment)
        artifacts = (self.folder.resolve() / "artifacts").as_uri()
        number = known.experiment_id if known else client.create_experiment(experiment, artifact_location=f"{artifacts}/{experiment}")
        run = client.create_run(number, run_name=name).info.run_id
        for key, value in parameters.items():
            client.log_param(run, key, str(value)[:500])
        told = {_metric_name(key): float(value) for key, value in metrics.items() if math.isfinite(value)}
        for key, figure in told.items():
            client.log_metric(run, key, figure)
        _one_more_night(client, number, told)
        for file in files:
            client.log_artifact(run, file)
        client.set_terminated(run)
        return str(run)

    def register(self, run: str, folder: Path, *, champion: bool) -> str:
        """Keep the folder among the run's artifacts and as a version of `MODEL`."""
        client = self._client()
        client.log_artifacts(run, str(folder), "model")
        if not client.search_registered_models(f"name = '{MODEL}'"):
            client.create_registered_model(MODEL, description="Edge and set boosters as text, with their card.")
        source = f"{client.get_run(run).info.artifact_uri}/model"
        number = str(client.create_model_version(MODEL, source, run_id=run).version)
        if champion:
            client.set_model_version_tag(MODEL, number, _PROMOTED, "yes")
        client.set_registered_model_alias(MODEL, "champion" if champion else "challenger", number)
        return number

    def roll_back(self, folder: Path) -> str:
        """The newest version that was promoted before the champion becomes champion; the one that gives way is never a champion again."""
        client = self._client()
        found = client.search_registered_models(f"name = '{MODEL}'")
        present = int(found[0].aliases.get("champion", 0)) if found else 0
        kept = [v for v in client.search_model_versions(f"name = '{MODEL}'") if v.tags.get(_PROMOTED) == "yes"] if found else []
        earlier = max((v for v in kept if int(v.version) < present), key=lambda v: int(v.version), default=None)
        if earlier is None:
            raise _no_earlier()
        shutil.copytree(Path(client.download_artifacts(str(earlier.run_id), "model")), folder, dirs_exist_ok=True)
        client.set_model_version_tag(MODEL, str(present), _PROMOTED, "rolled back")
        client.set_registered_model_alias(MODEL, "champion", str(earlier.version))
        return str(earlier.version)

    def _client(self) -> MlflowClient:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise MissingExtra("recording experiments needs MLflow", hint="pip install 'resolver[train]'") from error
        self.folder.mkdir(parents=True, exist_ok=True)
        return MlflowClient(tracking_uri=self.address)


def _one_more_night(client: MlflowClient, experiment: str, figures: Mapping[str, float]) -> None:
    found = client.search_runs([experiment], f"tags.kind = '{NIGHTS}'", max_results=1)
    run = found[0] if found else client.create_run(experiment, run_name=NIGHTS, tags={"kind": NIGHTS})
    step = int(run.data.metrics.get("night", -1)) + 1
    for key, figure in ({"night": float(step)} | dict(figures)).items():
        client.log_metric(run.info.run_id, key, figure, step=step)
    client.set_terminated(run.info.run_id)


def _no_earlier() -> ResolverError:
    return ResolverError("no earlier champion is on record", hint="take the one in version control: git checkout -- models")


def _metric_name(text: str) -> str:
    """MLflow admits letters, digits and a few signs."""
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "-" for sign in text)
