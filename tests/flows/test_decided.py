from pathlib import Path

from resolver.core.candidate import Candidate, EdgeRisk, Scored
from resolver.core.package import Pin, Release, normalize
from resolver.core.project import Project
from resolver.core.target import Target
from resolver.flows.decided import decided

PROJECT = Project(root=Path())


def scored(h5py: str, probability: float) -> Scored:
    keras, other = Pin(normalize("keras"), "2.2.5"), Pin(normalize("h5py"), h5py)
    edge = EdgeRisk(importer=keras, provider=other, probability=0.95, why="seen failing 14 of 14 times")
    releases = (Release(pin=keras), Release(pin=other))
    bad = (edge,) if h5py.startswith("3") else ()
    return Scored(candidate=Candidate(target=Target(python="3.7"), releases=releases), probability=probability, worst_edges=bad)


BEST, RANKED = scored("2.10.0", 0.9), [scored("2.10.0", 0.9), scored("3.0.0", 0.2), scored("3.1.0", 0.1), scored("2.9.0", 0.85)]


def test_sets_that_lost_are_counted_by_the_edge_that_they_hold():
    (sentence,) = decided(PROJECT, RANKED, BEST)
    assert sentence == "2 other sets would hold keras==2.2.5 with h5py==3.0.0 or the like (95% to break): seen failing 14 of 14 times"
    assert decided(PROJECT, [BEST], BEST) == ()


def test_with_shap_only_sets_that_lost_by_their_edges_count_and_the_cost_is_told():
    def behind(project, candidates):
        assert candidates[0] is BEST.candidate
        return [{"edges": 0.0, "names": 0.0}, {"edges": 3.0, "names": 0.5}, {"edges": 1.0, "names": 2.0}]

    summary, sentence = decided(PROJECT, RANKED, BEST, behind)
    assert summary.startswith("2 sets are clearly less likely to run; they lost most 1 by risky dependencies, 1 by names")
    told = "1 other set would hold keras==2.2.5 with h5py==3.0.0 or the like (95% to break; such edges cost 3.0 in log-odds)"
    assert sentence.startswith(told)
