# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting a session: usable as a student's own, through the cluster and through the service, and gone again."""

from __future__ import annotations

import json

import pytest

from integration.session_site import SessionSite

ADA = "ada@students.lab.invalid"


@pytest.fixture(scope="module")
def site(module_installation):
    return SessionSite(module_installation(app_definitions=[]))


@pytest.mark.parametrize("api", ["kubernetes", "service"])
def test_a_session_is_started_used_and_stopped(site, api):
    name = site.definition(1, maxInstances=1)
    site.installation.wait_warm(name, 1)
    token = site.installation.user_token(ADA)
    asked = {"state": "present", "user": ADA, "app_definition": name, "wait": True, "api": api, "user_token": token}
    since = site.now()
    assert site.act(check=True, **asked)["outcomes"] == {"started": 1}
    assert site.writes(since) == []

    done = site.act(**asked)
    assert not done.get("failed"), done
    record = done["session"]
    assert (record["state"], record["start"], record["exam"]) == ("running", "eager", None)
    assert 0 <= done["seconds_to_url"] < 60
    raw = site.session(record["name"])
    assert raw["spec"]["user"] == ADA
    assert raw["spec"]["sessionSecret"] not in json.dumps(done)
    assert site.browse(record["url"], token) == 200

    again = site.act(**asked)
    assert (again["changed"], again["session"]["uid"]) == (False, record["uid"])
    full = site.act(state="present", user="eve@students.lab.invalid", app_definition=name)
    assert "max_instances is 1, and it has 1 sessions" in full["msg"]
    ended = site.act(uids=[record["uid"]], discard_data=["named"], wait=True)
    assert [(item["outcome"], item["ending"]) for item in ended["sessions"]] == [("stopped", "fresh")]
