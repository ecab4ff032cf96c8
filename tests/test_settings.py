from pathlib import Path

import pytest

from resolver import settings
from resolver.core.errors import UsageError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RESOLVER_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "config.toml"


def test_the_later_source_wins_and_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.load()[0].candidates == 300
    home.write_text("candidates = 100\nexecutor = 'venv'\n")
    monkeypatch.setenv("RESOLVER_CANDIDATES", "200")
    values, came = settings.load({"offline": True, "store": None})
    assert (values.candidates, values.executor, values.offline) == (200, "venv", True)
    assert came["candidates"] == (settings.Source.ENVIRONMENT, "RESOLVER_CANDIDATES")
    assert came["executor"] == (settings.Source.FILE, str(home))
    assert came["offline"][0] is settings.Source.COMMAND_LINE
    assert came["store"][0] is settings.Source.DEFAULT


@pytest.mark.parametrize("text", ["candidates = 'many'", "surprise = 1", "= broken", "offline = 'perhaps'"])
def test_a_wrong_value_in_the_file_is_named(home: Path, text: str) -> None:
    home.write_text(text)
    with pytest.raises(UsageError, match=r"config\.toml"):
        settings.load()


def test_a_wrong_value_in_the_environment_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESOLVER_BUILD_SECONDS", "soon")
    with pytest.raises(UsageError, match="RESOLVER_BUILD_SECONDS"):
        settings.load()


def test_folders_follow_the_home_variable(tmp_path: Path) -> None:
    assert settings.load()[0].store == str(tmp_path / "data" / "outcomes.sqlite")


def test_bundled_files_are_found_in_the_checkout() -> None:
    assert settings.bundled("models").name == "models"
    assert settings.bundled("snapshot.sqlite").parent.name == "bundled"


def test_a_value_outside_its_choices_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESOLVER_BUILDER", "kaniko")
    with pytest.raises(UsageError, match="not one of buildkit, classic"):
        settings.load()
