# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping the session of a user whose label the API server refuses: April's operator must live on."""

from __future__ import annotations

import pytest

from integration.lab.operator_site import annotations_of, owner_kinds
from integration.session_site import SessionSite

CUT_WRONG = f"{'l' * 59}@example.org"


@pytest.fixture(scope="module")
def site(control_plane):
    """Its operator is not started again when it has ended."""
    with control_plane.installation(operator="april", app_definitions=[], restarts=False) as installation:
        yield SessionSite(installation)


def test_no_stop_ends_the_operator(site):
    definition = site.definition(1)
    site.installation.wait_warm(definition, 1)
    name = site.create_session(definition, CUT_WRONG)
    session = site.reaches(name, "ERROR")
    assert annotations_of(session)["theia-cloud.io/session-start-strategy"] == "eager"
    told = site.act(names=[name], check=True)["sessions"][0]["reason"]
    assert told.endswith("so it goes without its start strategy: the operator would end")

    done = site.act(names=[name], wait=True)
    assert (done["sessions"][0]["outcome"], done["sessions"][0]["ending"]) == ("stopped", "gone")
    site.attended()
    assert site.installation.operator.running()
    assert {tuple(owner_kinds(item)) for item in site.instance(definition, 1).objects} == {("AppDefinition",)}
    # And the next student gets it.
    site.launch("ada@example.org", definition)
