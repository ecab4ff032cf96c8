from resolver.core.candidate import Candidate
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Target
from resolver.flows.apart import Apart

TAKES = {("keras", "2.3"): {"tensorflow": ("a", "b", "c", "d", "e")}}


def release(name, version, *requires):
    return Release(pin=Pin(normalize(name), version), requires=requires, modules=(name,))


def told(*releases, offered=()):
    apart = Apart(lambda name, version: TAKES.get((name, version), {}), lambda name, version, names: [float(n in offered) for n in names])
    return apart.told(Candidate(target=Target(python="3.8"), releases=releases))


def test_names_taken_from_a_member_that_nobody_declared_and_that_lacks_them():
    keras, tensorflow = release("keras", "2.3"), release("tensorflow", "2.5")
    assert told(keras, tensorflow, offered=("e",)) == "keras==2.3 also takes a and 3 more names, not in tensorflow==2.5"
    assert told(keras, tensorflow, offered=("a", "b")) == ""  # three are code for other releases
    assert told(keras, tensorflow) == ""  # nothing of it is on record
    assert told(keras) == ""


def test_what_is_declared_is_kept_in_step_by_its_bounds():
    tensorflow = release("tensorflow", "2.5")
    assert told(release("keras", "2.3", "tensorflow>=2"), tensorflow) == ""
    assert told(release("keras", "2.3", "tensorflow; extra == 'tf'"), tensorflow, offered=("e",)) != ""
