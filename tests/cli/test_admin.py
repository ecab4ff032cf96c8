from pathlib import Path

from typer.testing import CliRunner

from resolver.cli.admin import app


def test_a_path_for_a_command_names_the_other_program(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [str(tmp_path)])
    assert told.exit_code == 2
    assert "is a path" in told.stderr
    assert f"resolve {tmp_path}" in told.stderr


def test_a_wrong_command_is_told_as_ever() -> None:
    told = CliRunner().invoke(app, ["crwal"])
    assert told.exit_code == 2
    assert "crwal" in told.stderr
    assert "crawl" in told.stderr
