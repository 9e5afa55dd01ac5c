# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What `make access` does with all playbooks, with one."""

from __future__ import annotations

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import Right
from integration.access.access_site import AccessSite
from integration.access.record import look, prove, rights_of_account
from tools.rights import proofs

EVENTS = Right("list", "events")


def test_what_a_viewer_may_is_enough_and_a_right_that_is_gone_is_missed_in_the_words_on_record(installation, tmp_path):
    site = AccessSite(installation(operator="april", app_definitions=[]), tmp_path)
    trial = look(site, "viewer", "investigate_session", 0)
    assert EVENTS in trial.rights
    assert trial.rights <= rights_of_account("viewer")
    [recorded] = [proof for proof in proofs() if proof.right == EVENTS and "viewer" in proof.roles]
    assert prove(site, EVENTS, trial, recorded.roles) == recorded
