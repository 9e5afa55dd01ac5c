# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From which answers of the gateway the stand-in operator concludes that a session can be reached."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from lab.operator import routes
from lab.operator.routes import POLLS, UrlPolls


class Polls(UrlPolls):
    """Answers from a list; says after how many of them the URL was published."""

    def __init__(self, *answers):
        super().__init__(SimpleNamespace(switches=SimpleNamespace(poll_scale=0.0, gateway_url=None)), None)
        self._answers = iter(answers)
        self.asked = 0
        self.published = None

    async def _ask(self, _http, _path):
        self.asked += 1
        return next(self._answers, None)

    async def _publish(self, _session, url):
        self.published = url

    async def run(self):
        self.begin({"metadata": {"name": "s"}}, "host/path/")
        await asyncio.gather(*self._running)
        return self.asked if self.published else None


@pytest.mark.parametrize(
    ("answers", "polls"),
    [
        pytest.param([200], 1, id="200 at once"),
        pytest.param([404, 503, 500, 200], 4, id="not there yet"),
        pytest.param([None, None, 200], 3, id="nobody answers at first"),
        pytest.param([403, 403], 2, id="anything else counts one answer later"),
        pytest.param([403, None, 503], 3, id="whatever that answer is"),
        pytest.param([403, 200], 2, id="a page after a refusal"),
        pytest.param([], None, id="never"),
    ],
)
def test_when_the_url_is_published(answers, polls):
    assert asyncio.run(Polls(*answers).run()) == polls


def test_polling_ends_after_about_an_hour():
    polls = Polls()
    asyncio.run(polls.run())
    assert polls.asked == sum(times for times, _pause in POLLS)
    assert 58 * 60 < sum(times * pause for times, pause in POLLS) < 62 * 60


def test_the_pauses_grow():
    pauses = list(routes._pauses())
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, 30.0)
