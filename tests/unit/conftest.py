# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all unit tests share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.eduide.theia.plugins.module_utils._common.secrets import KNOWN
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import connect
from ansible_collections.eduide.theia.plugins.module_utils._service import client
from unit.interleaving import explore

# A busy machine is no failure: no example has to be done, or made, within a wall time.
# The same commit tries the same examples wherever it is tested; new ones are looked for on purpose, with
# --hypothesis-profile=explore.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("reproducible", UNHURRIED, derandomize=True)
settings.register_profile("explore", UNHURRIED, max_examples=2000)
settings.load_profile("reproducible")


@pytest.fixture(autouse=True)
def one_run():
    """What one test keeps secret is none of the next one's business."""
    KNOWN.clear()


@pytest.fixture
def cluster(monkeypatch):
    """Says which gateway modules find at the end of their connection; in check mode it refuses every write."""

    def reach(gateway):
        def open_gateway(_params, *, namespace, check_mode):
            assert namespace
            gateway.check_mode = check_mode
            return gateway

        monkeypatch.setattr(connect, "open_gateway", open_gateway)

    return reach


@pytest.fixture
def through(monkeypatch):
    """Says which service modules find behind their service_url."""

    def reach(service):
        monkeypatch.setattr(client, "open_service", lambda _params, **_unused: service)
        return service

    return reach


@pytest.fixture
def explored(capsys):
    """Try every order of the requests of several runs, and print how much that was."""

    def try_all(begin, look):
        found = explore(begin, look)
        with capsys.disabled():
            print(f" [{found.ends} ends of {found.states} situations]", end="")
        assert found.ends > 1

    return try_all
