"""The examples of the nightly run: whole files, and only options that exist."""

import shlex
import subprocess
from pathlib import Path
from typing import Any

import typer
import yaml

from resolver.cli.admin import app
from resolver.settings import Settings

FOLDER = Path(__file__).parents[2] / "examples" / "nightly"
COMMANDS: Any = typer.main.get_command(app)


def check(words: list[str]) -> None:
    """The words are a command of ours with options of its own, as typer would read them."""
    assert words[0] == "resolver"
    command = COMMANDS.commands[words[1]]
    command.make_context(words[1], words[2:])


def settings_exist(environment: list[str]) -> None:
    known = {f"RESOLVER_{name.upper()}" for name in Settings.__dataclass_fields__} | {"RESOLVER_HOME", "DOCKER_HOST"}
    assert set(environment) <= known


def test_the_cron_job() -> None:
    job, claim = yaml.safe_load_all((FOLDER / "cronjob.yaml").read_text(encoding="utf-8"))
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "CronJob")
    assert len(job["spec"]["schedule"].split()) == 5
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (crawl,) = pod["containers"]
    assert crawl["command"] == ["sh", "-ec"]
    subprocess.run(["sh", "-n", "-c", crawl["args"][0]], check=True)
    commands = [shlex.split(line) for line in crawl["args"][0].splitlines() if line.startswith("resolver")]
    assert [words[1] for words in commands] == ["crawl", "train"]
    for words in commands:
        check(words)
    settings_exist([entry["name"] for entry in crawl["env"]])
    mounted = {mount["name"] for box in (*pod["containers"], *pod["initContainers"]) for mount in box["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    assert {v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v} == {claim["metadata"]["name"]}


def test_the_workflow() -> None:
    flow = yaml.safe_load((FOLDER / "github-actions.yaml").read_text(encoding="utf-8"))
    job = flow["jobs"]["crawl"]
    assert flow[True]["schedule"]  # YAML 1.1 reads the key `on` as true
    assert job["timeout-minutes"] < 360
    commands = [shlex.split(step["run"]) for step in job["steps"] if step.get("run", "").startswith("resolver")]
    assert [words[1] for words in commands] == ["outcomes", "crawl", "train", "outcomes"]
    for words in commands:
        check(words)
    settings_exist(list(job["env"]))
