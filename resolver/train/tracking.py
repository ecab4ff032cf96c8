"""Where experiments are recorded: a local MLflow store, or nowhere."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from resolver.core.errors import MissingExtra


class NullTracker:
    """Tracker that records nothing."""

    def log(
        self, experiment: str, name: str, *, parameters: Mapping[str, object], metrics: Mapping[str, float], files: Iterable[str] = ()
    ) -> str:  # fmt: skip
        """Record nothing; the identifier is empty."""
        del experiment, name, parameters, metrics, files
        return ""


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
        """Record one finished run and return its identifier. Raises MissingExtra without MLflow. Takes some seconds the first time."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise MissingExtra("recording experiments needs MLflow", hint="pip install 'resolver[train]'") from error
        self.folder.mkdir(parents=True, exist_ok=True)
        client = MlflowClient(tracking_uri=self.address)
        known = client.get_experiment_by_name(experiment)
        artifacts = (self.folder.resolve() / "artifacts").as_uri()
        number = known.experiment_id if known else client.create_experiment(experiment, artifact_location=f"{artifacts}/{experiment}")
        run = client.create_run(number, run_name=name).info.run_id
        for key, value in parameters.items():
            client.log_param(run, key, str(value)[:500])
        for key, number_ in metrics.items():
            if math.isfinite(number_):
                client.log_metric(run, _metric_name(key), float(number_))
        for file in files:
            client.log_artifact(run, file)
        client.set_terminated(run)
        return str(run)


def _metric_name(text: str) -> str:
    """MLflow admits letters, digits and a few signs."""
    return "".join(sign if sign.isalnum() or sign in "_-./ " else "-" for sign in text)
