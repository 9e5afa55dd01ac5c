# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session that began and ended between two looks: what a cluster that notes the use of claims tells of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from integration.lab.operator_site import eventually
from integration.workspace_site import DAY, RECORD, WorkspaceSite
from lab import ControlPlane, chart

IDE = "c-latest"
EVE = "eve@x.org"


@pytest.fixture(scope="module")
def site():
    definitions = [chart.app_definition(IDE)]
    with (
        ControlPlane.start(noted_claims=True) as own,
        own.installation(start="lazy", app_definitions=definitions) as made,
    ):
        yield WorkspaceSite(made)


def ago(days):
    return (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_no_look_saw_is_not_taken_for_unused(site):
    workspace = site.store(EVE, IDE)
    site.created(workspace, days=90)
    site.note()
    looks = json.dumps({"first": ago(60), "last": ago(0), "gaps": [[ago(0), DAY]]})
    site.lab.api.merge(site.installation.here.path("configmaps", RECORD), {"data": {"looks": looks}})
    session = site.open(EVE, workspace)
    # The noted time is in whole seconds.
    began = datetime.now(UTC).replace(microsecond=0)
    site.leave(EVE, session)
    eventually("no pod mounts the claim", lambda: unused(site, workspace) == "True")
    record = site.known()[workspace]
    assert (record["sessions"], record["last_seen"]) == ([], None)
    assert datetime.fromisoformat(record["unused_since"]) >= began
    assert site.known(unused_days=1) == {}


def test_a_pod_of_nobodys_session_keeps_a_workspace_in_use(site):
    workspace = site.store("max@x.org", IDE)
    claim = site.claim_of(workspace)["metadata"]["name"]
    volumes = [{"name": "files", "persistentVolumeClaim": {"claimName": claim}}]
    container = {"name": "rescue", "image": "registry.lab.invalid/rescue:1"}
    metadata = {"name": "rescue", "namespace": site.namespace}
    spec = {"containers": [container], "volumes": volumes}
    site.lab.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
    eventually("a pod mounts the claim", lambda: unused(site, workspace) == "False")
    site.note()
    assert site.known()[workspace]["unused_since"] is None


def unused(site, workspace):
    conditions = site.claim_of(workspace)["status"].get("conditions", [])
    return next((condition["status"] for condition in conditions if condition["type"] == "Unused"), None)
