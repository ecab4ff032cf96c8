"""The dashboard in a real browser: Debian's chromium, headless, against `mlflow server` on a store that a training has written."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from resolver.rank.assemble import Assembler
from resolver.rank.book import FactBook
from resolver.train.tracking import MODEL, NIGHTS, MlflowTracker
from resolver.train.training import evaluate, train
from tests.fakes_rank import FakeIndex, FakeTimeline, outcomes

OUTCOMES = outcomes(160, stacks=10)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("chromium") is None, reason="no chromium on this machine")]


@pytest.fixture(scope="module")
def served(tmp_path_factory, quick):
    folder = tmp_path_factory.mktemp("dashboard")
    tracker, known = MlflowTracker(folder / "store"), (FactBook(FakeIndex(), FakeTimeline()), Assembler(FakeIndex()))
    report = train(OUTCOMES, *known, folder=folder / "models", tracker=tracker, full_evaluation=False)
    evaluate(OUTCOMES, *known, tracker=tracker, thorough=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", tracker.address, "--port", str(port), "--workers", "1"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        yield address, report
        server.terminate()


@pytest.fixture(scope="module")
def browser():
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for word in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1600,1200"):
        options.add_argument(word)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=shutil.which("chromedriver")))
    yield driver
    driver.quit()


def shown(browser, address, *words, seconds=90):
    """The page's text once it has all the words."""
    browser.get(address)
    text, ends = "", time.monotonic() + seconds
    while time.monotonic() < ends:
        text = browser.execute_script("return document.body ? document.body.innerText : ''")
        if all(word in text for word in words):
            return text
        time.sleep(0.5)
    raise AssertionError(f"{[word for word in words if word not in text]} not among: {text[:2000]}")


def click(browser, word):
    browser.find_element("xpath", f"//*[text()='{word}']").click()


def test_the_pages_show_experiments_figures_metrics_and_versions(served, browser):
    address, report = served
    shown(browser, f"{address}/#/experiments", "train", "evaluate")
    import mlflow

    experiment = mlflow.MlflowClient(tracking_uri=address).get_experiment_by_name("train").experiment_id
    shown(browser, f"{address}/#/experiments/{experiment}/runs", NIGHTS)
    run = f"{address}/#/experiments/{experiment}/runs/{report.run}"
    shown(browser, run, report.version, "hold-out.learned.log_loss", "folds.auc")
    shown(browser, f"{run}/model-metrics", "folds.log_loss")
    shown(
        browser, f"{run}/artifacts",
        "calibration.png", "confusion_by_failure_class.png", "importance.png", "precision_recall.png", "top1_by_framework.png",
    )  # fmt: skip
    click(browser, "calibration.png")
    ends = time.monotonic() + 60
    script = "return [...document.images].some(image => image.complete && image.naturalWidth > 400)"
    while not (drawn := browser.execute_script(script)) and time.monotonic() < ends:
        time.sleep(0.5)
    assert drawn
    shown(browser, f"{address}/#/models/{MODEL}", "champion", "Version 1")
