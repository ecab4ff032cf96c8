from datetime import date
from pathlib import Path

import pytest

from resolver.core.errors import UsageError
from resolver.core.project import OriginKind
from resolver.crawl.stacks import Stack, read_stacks


def test_a_stack_becomes_a_project_with_needs_uses_and_a_date() -> None:
    stack = Stack(
        name="s",
        needs=("keras==2.2.5", "flask"),
        inferred=("numpy",),
        imports=("from PIL import Image",),
        names=("numpy.zeros",),
        dated=date(2019, 1, 1),
    )
    project = stack.project()
    assert [(n.requirement, n.strength, n.origin.kind) for n in project.needs] == [
        ("keras==2.2.5", 3, OriginKind.DECLARED),
        ("flask", 2, OriginKind.DECLARED),
        ("numpy", 1, OriginKind.IMPORTED),
    ]
    assert [(u.dotted, u.imported) for u in project.evidence.uses] == [("PIL.Image", True), ("numpy.zeros", False)]
    assert project.evidence.last_worked == date(2019, 1, 1)


@pytest.mark.parametrize(
    ("statement", "dotted"),
    [
        ("import a.b as c", "a.b"),
        ("from a.b import c as d", "a.b.c"),
        ("from a import *", "a"),
        ("from a import b, c", "a.b"),
        ("from a import (b)", "a"),
    ],
)
def test_statements_become_dotted_names(statement: str, dotted: str) -> None:
    assert Stack(name="s", imports=(statement,)).project().evidence.uses[0].dotted == dotted


def test_a_matrix_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "stacks.yaml"
    file.write_text("- name: one\n  needs: [flask]\n  dated: 2020-02-03\n- name: two\n", encoding="utf-8")
    assert read_stacks(file) == (Stack(name="one", needs=("flask",), dated=date(2020, 2, 3)), Stack(name="two"))


WRONG = ["name: x", "- {needs: [a]}", "- {name: a, surprise: 1}", "- [", "3"]
WRONG += ["- {name: a, accelerators: [gpu]}", "- {name: a, accelerators: [cpu, cuda 12]}"]


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_matrix_says_which_file(tmp_path: Path, text: str) -> None:
    file = tmp_path / "stacks.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"stacks\.yaml"):
        read_stacks(file)


def test_a_missing_matrix_has_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_stacks(tmp_path / "none.yaml")
    assert "--stacks" in caught.value.hint


def test_the_bundled_matrix_has_processors_and_three_generations_of_cuda() -> None:
    from resolver.settings import bundled

    found = [*read_stacks(bundled("stacks.yaml")), *read_stacks(bundled("stacks-cuda.yaml"))]
    assert len({stack.name for stack in found}) == len(found) >= 200
    assert {text for stack in found for text in stack.accelerators} == {"cpu", "cuda 11", "cuda 12", "cuda 13"}
    targets = next(stack for stack in found if stack.name == "cuda-torch").targets(("3.10", "3.11"))
    assert [str(target.accelerator) for target in targets] == ["cuda 11", "cuda 11", "cuda 12", "cuda 12", "cuda 13", "cuda 13"]
