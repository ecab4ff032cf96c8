from resolver.core.candidate import Candidate
from resolver.core.package import Pin, Release, normalize
from resolver.core.target import Target
from resolver.flows.apart import IMPORTED, Apart

TAKES = {("keras", "2.3"): {"tensorflow": ("a", "b", "c", "d", "e")}}


def release(name, version, *requires):
    return Release(pin=Pin(normalize(name), version), requires=requires, modules=(name,))


def told(*releases, offered=()):
    apart = Apart(lambda name, version: TAKES.get((name, version), {}), lambda name, version, names: [float(n in offered) for n in names])
    found = apart.told(Candidate(target=Target(python="3.8"), releases=releases))
    return found[0] if found else ""


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


def test_what_importing_takes_from_a_member_that_is_not_declared_outright():
    haiku, jax = release("haiku", "0.12", "jax>=0.4; extra == 'jax'"), release("jax", "0.8")
    needs = {("haiku", "0.12"): {"jax": ("jax.core.JaxprEqn", "jax.jit")}}

    def told(*releases, offered):
        apart = Apart(lambda *_: {}, lambda name, version, names: [float(n in offered) for n in names], lambda n, v: needs.get((n, v), {}))
        return apart.told(Candidate(target=Target(python="3.11"), releases=releases))

    assert told(haiku, jax, offered=("jax.jit",)) == ("haiku==0.12 imports jax.core.JaxprEqn, not in jax==0.8", IMPORTED)
    assert told(haiku, jax, offered=("jax.jit", "jax.core.JaxprEqn")) is None
    assert told(haiku, offered=()) is None
