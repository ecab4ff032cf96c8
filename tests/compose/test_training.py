"""When a night trains."""

from pathlib import Path

from resolver.compose import House
from resolver.settings import load
from resolver.train.registry import trained_on


def test_nothing_is_trained_before_so_many_outcomes_came(tmp_path: Path) -> None:
    house = House(load({"store": str(tmp_path / "outcomes.sqlite"), "offline": True, "tracking": str(tmp_path / "tracking")})[0])
    models = tmp_path / "models"
    told = house.train(folder=models, outcomes=None, seed=0, fresh=1_000_000)
    known = int(str(told["reason"]).split()[0])
    assert known > 500
    assert told == {"promoted": False, "reason": f"{known} outcomes since the champion's training, 1000000 are waited for"}
    assert not models.exists()
    champion = Path(house.settings.ranker)
    since = house.train(folder=champion, outcomes=None, seed=0, fresh=1_000_000)["reason"]
    assert since == f"{known - trained_on(champion)} outcomes since the champion's training, 1000000 are waited for"
