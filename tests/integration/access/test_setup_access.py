# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""setup_access: foretold, done, quiet the second time, and what is granted is enough and no more."""

from __future__ import annotations

import pytest

from integration.access.access_site import AccessSite

# What a verdict says that was not told of the cluster.
NO_NODES = "the room on nodes is not known"


@pytest.fixture(scope="module")
def site(module_installation, tmp_path_factory):
    return AccessSite(module_installation(app_definitions=[]), tmp_path_factory.mktemp("duty"))


def granted(site, *arguments, **variables):
    return site.play(site.master, site.folder, "setup_access", *arguments, **variables)


def test_a_viewer_may_look_and_nothing_else(site):
    definition, _user, name = site.seated()
    viewer = site.enter()
    account = viewer.user.rpartition(":")[2]
    asked = {"persona": "viewer", "service_accounts": account}
    assert site.play(viewer, site.folder, "status", status_note_use=False).code != 0

    foretold = granted(site, "--check", **asked).good()
    assert "this would be granted" in foretold.output
    assert site.play(viewer, site.folder, "status", status_note_use=False).code != 0

    done = granted(site, **asked).good()
    assert foretold.changed == done.changed == 1
    assert f"viewer in {site.namespace}:" in done.output
    assert account in done.output
    assert granted(site, **asked).good().changed == 0

    shown = site.play(viewer, site.folder, "status", status_note_use=False).good()
    assert definition in shown.output
    refused = site.play(viewer, site.folder, "stop_sessions", sessions=name, discard_data="named", max_percent=100)
    assert refused.code != 0
    assert '"verbs": ["delete"]' in refused.output.replace("\\", "")
    assert name in site.names()


def test_who_is_not_named_any_more_loses_it_and_the_rest_of_the_cluster_is_granted_apart(site):
    site.seated()
    first, second = site.enter(), site.enter()
    names = [account.user.rpartition(":")[2] for account in (first, second)]
    granted(site, persona="exam_manager", service_accounts=names[0]).good()
    narrow = site.play(first, site.folder, "status").good()
    assert NO_NODES in str(narrow.only("theia_status").result)
    beside = {"beside": ["cluster_reader"], "service_accounts": [names[1], "nobody-yet"]}
    told = " ".join(granted(site, persona="exam_manager", **beside).good().output.split())
    assert f"exam_manager was taken from: {site.namespace}/{names[0]} " in told
    assert f"There is no such service account yet: {site.namespace}/nobody-yet. It may be mistyped." in told
    assert site.play(first, site.folder, "status").code != 0
    wide = site.play(second, site.folder, "status").good()
    assert NO_NODES not in str(wide.only("theia_status").result)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "It is not known what they do"),
        ({"persona": "viewer"}, "Name all users, groups or service accounts"),
        ({"persona": "admin", "users": "ada@x.org"}, "persona has to be viewer, operator, exam_manager or retention"),
    ],
    ids=["no persona", "nobody", "unknown persona"],
)
def test_bad_input_changes_nothing(site, asked, told):
    run = granted(site, **asked)
    assert run.code != 0
    assert told in " ".join(run.output.split())
    assert run.changed == 0
