"""Tens of thousands of bad requests over all routes: an answer of the API to each, no traceback, and a sound store after."""

from __future__ import annotations

import logging
from collections import Counter

import pytest

from .cloud_in_process import Cloud
from .everything import with_everything
from .ill_treatment import Tormentor, complaint
from .invariants import broken

SEEDS = (1, 2, 3, 4)
REQUESTS = 6_000
"""For each seed; together more than the 20,000 that are asked for."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", SEEDS)
def test_bad_requests_in_process(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    cloud = Cloud(random_seed=seed, backfilling=True)
    app = cloud.app
    try:
        with_everything(cloud)
        torment = Tormentor(app, seed)
        answered: Counter[int] = Counter()
        with caplog.at_level(logging.WARNING, "cloudsigma_emulator"):
            for number in range(REQUESTS):
                request = torment.request()
                response = app.handle(request)
                answered[response.status] += 1
                wrong = complaint(app, request, response)
                assert wrong is None, wrong
                assert not caplog.records, (request, caplog.text)
                if number % 10 == 0:
                    app.move_clock(app.clock.timestamp() + torment.random.choice((0, 1, 30, 600)))
                if number % 100 == 0:
                    torment.learn()
                if number % 1500 == 0:
                    assert broken(app) == [], number
            app.move_clock(app.clock.timestamp() + 40 * 86400)
        assert not caplog.records, caplog.text
        assert broken(app) == []
        # It was not all refused at the door.
        assert answered[200] + answered[201] + answered[202] + answered[204] > REQUESTS / 10
        assert len(app.router.answered) > len(app.router.routes) / 2
    finally:
        app.close()
