# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands by which people delete and create workspaces by hand, beside the tasks that replace them."""

from __future__ import annotations

import itertools

import pytest

from integration.deletion_site import DeletionSite, outcomes
from integration.lab.operator_site import eventually
from lab import chart

C, JAVA = "c-latest", "java-17-latest"
USERS = itertools.count(1)


@pytest.fixture(scope="module")
def site(module_installation):
    """One app definition whose sessions have pods of their own, and one with a pool."""
    definitions = [chart.app_definition(C, minInstances=0), chart.app_definition(JAVA, minInstances=3)]
    found = DeletionSite(module_installation(app_definitions=definitions))
    found.installation.wait_warm(JAVA, 3)
    return found


@pytest.fixture(params=[C, JAVA])
def definition(request):
    return request.param


class Case:
    """A workspace of a user of its own, with files in it and perhaps a session on it, and what is left of that."""

    def __init__(self, site, definition, *, session):
        self.site, self.user = site, f"student{next(USERS)}@students.lab.invalid"
        self.name = site.filled(self.user, definition)
        self.files = site.files(self.name)
        if session:
            site.open(self.user, self.name)

    def options(self, api):
        through = {"api": "service", "user_token": self.site.installation.user_token(self.user)}
        return {"names": [self.name], **(through if api == "service" else {})}

    def left(self):
        site = self.site
        return {
            "workspace": self.name in site.workspaces(),
            "session": f"{self.name}-session" in site.names(),
            "claim": site.exists("persistentvolumeclaims", self.files.claim),
            "volume": site.phase(self.files.volume),
            "files": self.files.content(),
        }

    def is_gone(self):
        return not any(self.left().values())


def delete_by_hand(case, api):
    if api == "kubernetes":
        case.site.kubectl("delete", "workspaces.theia.cloud", case.name)
        return
    body = {"appId": case.site.installation.app_id, "user": case.user, "workspaceName": case.name}
    assert case.site.installation.rest("DELETE", "/service/workspace", body, user=case.user).json() is True


@pytest.mark.parametrize("api", ["kubernetes", "service"])
def test_delete(site, definition, api):
    """kubectl delete workspace NAME, and DELETE /service/workspace"""
    old, new = Case(site, definition, session=False), Case(site, definition, session=False)
    delete_by_hand(old, api)
    eventually("nothing is left of the old one", old.is_gone)
    result = site.delete(**new.options(api))
    assert outcomes(result) == {new.name: "deleted"}
    assert new.is_gone()


@pytest.mark.parametrize("api", ["kubernetes", "service"])
def test_delete_one_that_is_in_use(site, definition, api):
    """The same, which end the session under its user's hands; the task has to be told so."""
    old, new = Case(site, definition, session=True), Case(site, definition, session=True)
    delete_by_hand(old, api)
    eventually("nothing is left of the old one", old.is_gone)
    before = new.left()
    refused = site.delete(**new.options(api))
    assert (refused["failed"], outcomes(refused), new.left()) == (True, {new.name: "kept_in_use"}, before)
    result = site.delete(live_sessions="stop", discard_data=["selected"], **new.options(api))
    assert outcomes(result) == {new.name: "deleted"}
    assert new.is_gone()
    # And nobody gets the instance as it was left.
    assert {item["ending"] for item in result["sessions"]} == {"gone" if definition == C else "fresh"}


def test_delete_one_that_is_not_there(site):
    """kubectl fails, the service says true to both; the task says which, and succeeds."""
    case = Case(site, C, session=False)
    assert outcomes(site.delete(**case.options("kubernetes"))) == {case.name: "deleted"}
    delete_by_hand(case, "service")
    began = site.now()
    for api in ("kubernetes", "service"):
        again = site.delete(**case.options(api))
        assert (again["changed"], outcomes(again)) == (False, {case.name: "gone"})
    assert site.writes(began) == []


def test_delete_without_the_cluster(site):
    """DELETE /service/workspace by a student who has nothing but a token"""
    case, busy = Case(site, C, session=False), Case(site, C, session=True)
    options = {**case.options("service"), "kubeconfig": None, "unchecked": True}
    result = site.delete(**options)
    assert (outcomes(result), result["precondition"]) == ({case.name: "deleted"}, "none")
    eventually("nothing is left of it", case.is_gone)
    kept = site.delete(**{**options, **busy.options("service")})
    assert (kept["failed"], outcomes(kept)) == (True, {busy.name: "kept_in_use"})
    assert busy.left()["workspace"]


def test_create(site, definition):
    """kubectl create -f workspace.yml, and POST /service/workspace"""
    old = f"by-hand-{definition}"
    spec = {"name": old, "user": "a@x.org", "appDefinition": definition, "label": f"{definition} of a@x.org"}
    body = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": {"name": old}, "spec": spec}
    site.kubectl("create", "-f", "-", stdin=body)
    new = f"by-task-{definition}"
    options = {"state": "present", "name": new, "user": "a@x.org", "app_definition": definition}
    predicted = site.delete(check=True, **options)
    result = site.delete(**options)
    assert outcomes(predicted) == outcomes(result) == {new: "created"}
    eventually("both have a claim", lambda: {old, new} <= {name for name, r in site.known().items() if r["claim"]})
    mine, theirs = (site.known()[name] for name in (new, old))
    assert result["workspaces"][0]["claim"] == mine["claim"]["name"]
    same = ("user", "app_definition", "label", "operator_status", "deletion", "live_sessions")
    assert [mine[field] for field in same] == [theirs[field] for field in same]
    began = site.now()
    again = site.delete(**options)
    assert (again["changed"], outcomes(again), site.writes(began)) == (False, {new: "present"}, [])
