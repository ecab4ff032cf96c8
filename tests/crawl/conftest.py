from collections.abc import Callable

import pytest

from tests.fakes_crawl import ShelfSolver


@pytest.fixture
def shelf_solver() -> Callable[..., ShelfSolver]:
    return ShelfSolver
