from __future__ import annotations

import dataclasses

import pytest

from resolver.core.package import normalize
from resolver.core.project import Need, Origin, OriginKind, Use
from resolver.project.names import declared_names, distribution_of, frameworks_of, infer, namespace_of, wanted_by
from resolver.project.tables import tables
from resolver.project.uses import Choice

ORIGIN = Origin(kind=OriginKind.IMPORTED, path="app.py", line=1)
OWNERS = {
    "cv2": ["opencv-contrib-python", "opencv-python"],
    "yaml": ["PyYAML", "yamlish"],
    "google.protobuf": ["protobuf"],
    "google.cloud.storage": ["google-cloud-storage"],
    "google": ["protobuf", "google-api-core"],
    "weird": ["-bad-", "good"],
    "keras": ["keras"],
    "PIL": ["pillow"],
}


def owners(root: str) -> list[str]:
    return OWNERS.get(root, [])


def imported(*dotted: str, guarded: bool = False) -> list[Use]:
    return [Use(dotted=name, origin=ORIGIN, imported=True, guarded=guarded, statement=f"import {name}") for name in dotted]


def need(text: str, *, constraint: bool = False) -> Need:
    return Need(requirement=text, origin=Origin(kind=OriginKind.DECLARED, path="r.txt", line=2), constraint=constraint)


@pytest.mark.parametrize(
    ("key", "chosen", "name"),
    [
        ("cv2", [], "opencv-python"),
        ("cv2", ["opencv-python-headless"], "opencv-python-headless"),
        ("cv2", ["opencv-contrib-python"], "opencv-contrib-python"),
        ("yaml", [], "pyyaml"),
        ("yaml", ["yamlish"], "yamlish"),
        ("tensorflow", ["tensorflow-gpu"], "tensorflow-gpu"),
        ("segmentation_models", ["segmentation-models"], "segmentation-models"),
        ("google.protobuf", [], "protobuf"),
        ("google.cloud.storage", [], "google-cloud-storage"),
        ("google.colab", [], None),
        ("mpl_toolkits", [], "matplotlib"),
        ("pkg_resources", [], "setuptools"),
        ("weird", [], "good"),
        ("retinaface", [], "retina-face"),
        ("tensorboard.SummaryWriter", ["tensorboard"], "tensorboard-pytorch"),
        ("nothing", [], None),
    ],
)
def test_distribution_of_an_import(key: str, chosen: list[str], name: str | None) -> None:
    assert distribution_of(key, chosen, owners) == name


@pytest.mark.parametrize(
    ("dotted", "key"),
    [
        ("google.protobuf.text_format", "google.protobuf"),
        ("google.cloud.storage.Client", "google.cloud.storage"),
        ("google.cloud.kms.x", "google.cloud.kms"),
        ("numpy.linalg.norm", "numpy"),
        ("mpl_toolkits.mplot3d", "mpl_toolkits"),
        ("tensorboard.SummaryWriter", "tensorboard.SummaryWriter"),  # what became tensorboardX in 2017
        ("tensorboard.backend", "tensorboard"),
    ],
)
def test_namespaces(dotted: str, key: str) -> None:
    assert namespace_of(dotted) == key


def test_inferred_needs_are_open_weak_and_told_apart() -> None:
    uses = [*imported("cv2", "yaml", "nothing.x", "numpy"), *imported("PIL", guarded=True), Use(dotted="PIL.Image", origin=ORIGIN)]
    inferred = infer(wanted_by(uses), [need("numpy==1.0")], owners)
    assert [(item.requirement, item.strength, item.origin.kind) for item in inferred.needs] == [
        ("opencv-python", 1, OriginKind.IMPORTED),
        ("pyyaml", 1, OriginKind.IMPORTED),
    ]
    assert inferred.unprovided == {"nothing"}
    assert inferred.notes == ("app.py:1: nothing on the index is known to provide 'import nothing'",)


def test_a_constraint_installs_nothing() -> None:
    needs = [need("opencv-python<4", constraint=True)]
    assert declared_names(needs) == set()
    assert [item.requirement for item in infer(wanted_by(imported("cv2")), needs, owners).needs] == ["opencv-python"]


@pytest.mark.parametrize(
    ("uses", "declared", "added"),
    [
        (["keras"], [], ["keras", "tensorflow"]),
        (["keras"], ["tensorflow-gpu==1.14.0"], ["keras"]),
        (["keras"], ["theano"], ["keras"]),
        ([], ["keras==2.2.4"], ["tensorflow"]),
        (["PIL"], [], ["pillow"]),
    ],
)
def test_keras_gets_a_backend(uses: list[str], declared: list[str], added: list[str]) -> None:
    inferred = infer(wanted_by(imported(*uses)), [need(text) for text in declared], owners)
    assert [item.requirement for item in inferred.needs] == added


def test_frameworks() -> None:
    needs = [need("tensorflow-gpu==1.14"), need("onnxruntime-gpu"), need("flask")]
    assert frameworks_of(needs, imported("sklearn.svm"), ["torch-zip"]) == ("onnxruntime", "sklearn", "tensorflow", "torch")
    assert frameworks_of([], imported("mxnet", guarded=True), []) == ()


def test_the_table_is_consistent() -> None:
    table = tables()
    for renaming in table.retired.values():
        assert renaming.to not in table.retired
        assert renaming.reason
    assert "numpy" not in table.stdlib
    assert {"distutils", "imp", "urllib2", "dataclasses"} <= table.stdlib


@pytest.mark.parametrize(
    ("dotted", "declared", "added"),
    [
        (("cv2", "PIL.Image"), [], ["pillow"]),
        (("cv2", "PIL.Image"), ["opencv-python"], []),
        (("nothing", "PIL.Image"), [], ["pillow"]),
        (("nothing", "nobody"), [], []),
    ],
)
def test_one_of_a_choice_is_a_need(dotted: tuple[str, ...], declared: list[str], added: list[str]) -> None:
    inferred = infer([], [need(text) for text in declared], owners, [Choice(dotted=dotted, origin=ORIGIN)])
    assert [item.requirement for item in inferred.needs] == added


@pytest.mark.parametrize(
    ("used", "declared", "added"),
    [
        ("torch.utils.tensorboard.SummaryWriter", ["torch"], ["tensorboard"]),
        ("torch.utils.data.DataLoader", ["torch"], []),
        ("torch.utils.tensorboard.SummaryWriter", ["torch", "tensorboard==2.0", "six", "future"], []),
        ("fastapi.File", ["fastapi"], ["python-multipart"]),
    ],
)
def test_a_part_of_a_distribution_brings_what_only_that_part_wants(used, declared, added):
    use = Use(dotted=used, origin=ORIGIN)
    assert [item.requirement for item in infer([], [need(text) for text in declared], owners, uses=[use]).needs] == added
    assert not infer([], [need(text) for text in declared], owners, uses=[dataclasses.replace(use, guarded=True)]).needs


def test_a_declared_distribution_with_the_module_goes_before_one_of_its_very_name():
    modules = {"websocket-client": ("websocket",)}
    found = distribution_of("websocket", {"websocket-client", "flask"}, lambda root: [root], lambda name: modules.get(name, ()))
    assert found == "websocket-client"
    assert distribution_of("halo", {"flask"}, lambda root: [root], lambda _: ()) == "halo"
    assert distribution_of("websocket", {"flask"}, lambda root: [root], lambda _: ()) == "websocket-client"  # whom everybody means


def test_what_is_on_no_index_is_not_guessed_by_its_name() -> None:
    assert distribution_of("apex", [], lambda root: ["apex"]) is None
    assert distribution_of("apex", ["apex"], lambda root: ["apex"]) == "apex"


@pytest.mark.parametrize(
    ("root", "name"), [("whisper", "openai-whisper"), ("hydra", "hydra-core"), ("Image", "pillow"), ("serial", "pyserial")]
)
def test_a_namesake_is_what_people_mean(root: str, name: str) -> None:
    assert distribution_of(root, [], lambda asked: [asked.lower()]) == name


def test_use_decides_between_twins() -> None:
    uses = [*imported("cv2"), Use(dotted="cv2.face.create", origin=ORIGIN)]
    offered = {"opencv-python": 0, "opencv-contrib-python": 1}
    found = infer(wanted_by(uses), [], owners, uses=uses, offered=lambda name, dotted: offered.get(name))
    assert [each.requirement for each in found.needs] == ["opencv-contrib-python"]
    assert found.notes == ("app.py:1: 'opencv-contrib-python' is taken for 'import cv2': it offers names that 'opencv-python' does not",)
    written = infer(wanted_by(uses), [need("opencv-python")], owners, uses=uses, offered=lambda name, dotted: offered.get(name))
    assert written.needs == ()


def test_what_is_heard_of_decides_between_twins() -> None:
    uses = imported("cv2")
    assert [each.requirement for each in infer(wanted_by(uses), [], owners, heard=["opencv-contrib-python"]).needs] == [
        "opencv-contrib-python"
    ]
    assert [each.requirement for each in infer(wanted_by(uses), [], owners, heard=["unrelated"]).needs] == ["opencv-python"]


def test_the_tables_name_canonical_distributions_and_do_not_chase_each_other() -> None:
    known = tables()
    for name in (*known.retired, *known.left_out):
        assert name == normalize(name)
    for renaming in known.retired.values():
        assert renaming.to == normalize(renaming.to)
        assert renaming.to not in known.retired
        assert renaming.to not in known.left_out
    assert all(name == normalize(name) for name in known.imports.values() if name)
