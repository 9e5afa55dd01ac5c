# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installations that the tests of the contract share: one for each combination of switches."""

from __future__ import annotations

import contextlib

import pytest

from integration.lab.operator_site import Site
from lab.proxy import FaultProxy


@pytest.fixture(scope="session")
def shared_installation(control_plane):
    """By switches. Tests that share one leave alone what they did not make."""
    made = {}
    with contextlib.ExitStack() as stack:

        def get(**switches):
            key = tuple(sorted(switches.items()))
            if key not in made:
                made[key] = stack.enter_context(control_plane.installation(**switches))
            return made[key]

        yield get


@pytest.fixture(scope="session")
def proxied_site(control_plane):
    """April's operator behind a fault proxy."""
    settings = {"operator": "april", "app_definitions": [], "running": ()}
    with FaultProxy.before(control_plane) as proxy, control_plane.installation(**settings) as installation:
        installation.operator.start(installation.operator.through(proxy))
        yield Site(installation), proxy


@pytest.fixture
def proxied(proxied_site):
    """The same without rules, before and after."""
    site, proxy = proxied_site
    proxy.clear()
    yield site, proxy
    proxy.clear()
