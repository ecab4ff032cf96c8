from resolver.core.candidate import Candidate
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Accelerator, Target
from resolver.flows.lean import lean

GRAPH = {
    "torch==2.4.0": ["jinja2", "nvidia-cublas-cu12==12.1", "nvidia-nvjitlink-cu12==12.6"],
    "jinja2==3.1": ["markupsafe"],
    "markupsafe==2.1": [],
    "nvidia-cublas-cu12==12.1": ["nvidia-nvjitlink-cu12"],
    "nvidia-nvjitlink-cu12==12.6": [],
    "cuda==12": [],
    "python==3.11": [],
}


def release(text: str, requires: list[str]) -> Release:
    name, _, version = text.partition("==")
    return Release(pin=Pin(normalize(name), version), requires=tuple(requires))


def made(graph: dict[str, list[str]], direct: tuple[str, ...], accelerator: Accelerator | None = None) -> Candidate:
    releases = tuple(sorted((release(text, requires) for text, requires in graph.items()), key=lambda r: r.name))
    place = {str(r.name): at for at, r in enumerate(releases)}
    ends = [(at, place[text.partition("==")[0]]) for at, r in enumerate(releases) for text in r.requires]
    target = Target(python="3.11", accelerator=accelerator or Accelerator())
    return Candidate(target=target, releases=releases, edges=tuple(sorted(ends)), direct=direct)


def find(name: str, version: str) -> Release | None:
    requires = {"torch": ["jinja2"], "torchvision": ["torch"]}
    known = {"torch", "tensorflow-cpu"}
    return release(f"{name}=={version}", requires.get(name, [])) if name in known else None


def names(candidate: Candidate) -> list[str]:
    return [str(pin) for pin in candidate.pins]


def test_a_cpu_build_of_torch_leaves_behind_what_only_the_cuda_build_asked_for():
    found = lean(made(GRAPH, ("torch",)), find=find, find_cpu=find)
    assert names(found.candidate) == ["jinja2==3.1", "markupsafe==2.1", "torch==2.4.0+cpu"]
    assert found.candidate.edges == ((0, 1), (3, 0))
    assert [str(r.name) for r in found.candidate.releases] == ["jinja2", "markupsafe", "python", "torch"]
    assert found.notes == ("torch==2.4.0+cpu is taken for torch==2.4.0: the same modules without CUDA",)


def test_what_the_project_asks_for_itself_stays():
    found = lean(made(GRAPH, ("torch", "nvidia-cublas-cu12")), find=find, find_cpu=find)
    assert "nvidia-cublas-cu12==12.1" in names(found.candidate)
    assert "nvidia-nvjitlink-cu12==12.6" in names(found.candidate)
    assert "cuda" in {str(r.name) for r in found.candidate.releases}


def test_the_torch_family_goes_together_or_not_at_all():
    graph = {**GRAPH, "torchvision==0.19.0": ["torch"]}
    asked = made(graph, ("torch", "torchvision"))
    found = lean(asked, find=find, find_cpu=find)
    assert found.candidate == asked
    assert found.notes == ("the CPU index has no torchvision==0.19.0+cpu for this Python: the build with CUDA is kept",)


def test_without_a_cpu_index_its_setting_is_told():
    asked = made(GRAPH, ("torch",))
    found = lean(asked, find=find)
    assert found.candidate == asked
    assert "`cpu_index`" in found.notes[0]


def test_tensorflow_becomes_its_cpu_build_and_stays_where_another_release_declares_its_name():
    graph = {"tensorflow==2.10.0": ["numpy"], "numpy==1.23": [], "python==3.11": [], "keras==2.2.5": ["numpy"]}
    asked = made(graph, ("tensorflow", "keras"))
    found = lean(asked, find=find)
    assert names(found.candidate) == ["keras==2.2.5", "numpy==1.23", "tensorflow-cpu==2.10.0"]
    assert found.candidate.direct == ("tensorflow-cpu", "keras")
    declared = made({**graph, "tf-keras==2.15": ["tensorflow"]}, ("tf-keras",))
    assert lean(declared, find=find).candidate == declared
    assert lean(asked, find=lambda *_: None).candidate == asked


def test_a_graphics_card_keeps_everything():
    asked = made(GRAPH, ("torch",), Accelerator(kind="cuda"))
    assert lean(asked, find=find, find_cpu=find).candidate == asked


def headless(name: str, version: str) -> Release | None:
    return release(f"{name}=={version}", ["numpy"]) if name.endswith("-headless") else None


OPENCV = {"opencv-python==4.5.5.64": ["numpy"], "numpy==1.23": [], "python==3.11": []}


def test_opencv_goes_without_windows_where_nobody_opens_one():
    asked = made(OPENCV, ("opencv-python",))
    found = lean(asked, find=headless, uses=("cv2.imread", "cv2.resize"))
    assert names(found.candidate) == ["numpy==1.23", "opencv-python-headless==4.5.5.64"]
    assert found.notes == ("opencv-python-headless==4.5.5.64 is taken for opencv-python==4.5.5.64: the same modules without windows",)
    assert lean(asked, find=headless, uses=("cv2.imread", "cv2.imshow")).candidate == asked


def test_opencv_stays_where_another_release_declares_it_or_shares_its_folder():
    declared = made({**OPENCV, "retina-face==0.0.13": ["opencv-python"]}, ("retina-face",))
    assert lean(declared, find=headless).candidate == declared
    several = made({**OPENCV, "opencv-contrib-python==4.5.4.60": ["numpy"]}, ("opencv-python", "opencv-contrib-python"))
    assert lean(several, find=headless).candidate == several


BOTH = {
    "opencv-contrib-python==4.5.1": ["numpy"],
    "opencv-python==4.5.1": ["numpy"],
    "numpy==1.19.5": [],
    "python==3.11": [],
}


def test_a_distribution_that_another_one_holds_in_full_is_left_out():
    asked = made(BOTH, ("opencv-contrib-python", "opencv-python"), Accelerator(kind="cuda", runtime="12"))
    found = lean(asked, find=find)
    assert names(found.candidate) == ["numpy==1.19.5", "opencv-contrib-python==4.5.1"]
    assert found.candidate.direct == ("opencv-contrib-python",)
    assert found.notes == ("opencv-python is left out: opencv-contrib-python holds all of it, in the same folder",)


def test_it_stays_when_another_release_declares_it_or_the_versions_differ():
    declared = {**BOTH, "mtcnn==0.1": ["opencv-python"]}
    assert "opencv-python==4.5.1" in names(lean(made(declared, ("mtcnn", "opencv-contrib-python")), find=find).candidate)
    apart = {**{k: v for k, v in BOTH.items() if k != "opencv-python==4.5.1"}, "opencv-python==4.2.0": ["numpy"]}
    assert "opencv-python==4.2.0" in names(lean(made(apart, ("opencv-contrib-python", "opencv-python")), find=find).candidate)
