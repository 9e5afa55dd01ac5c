# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that come while their workspace is being deleted: before the last look, after it, and by the hundred."""

from __future__ import annotations

import itertools
import random
import threading
import typing as t
from datetime import datetime, timedelta

import pytest

from integration.deletion_site import DeletionSite, outcomes
from lab import chart
from lab.faults import Hold, Rule, Status
from lab.proxy import FaultProxy

IDE = "c-latest"
DELETES = 1000
CONTESTED = 300
NOTING_MILLISECONDS = 20
USER = "student@students.lab.invalid"


@pytest.fixture
def site(installation):
    """Without an operator nobody removes the session of a workspace that goes: the worst case, and one that stays."""
    site = DeletionSite(installation(start="lazy", sessions_per_user=-1, app_definitions=[chart.app_definition(IDE)]))
    site.installation.operator.stop()
    return site


@pytest.fixture
def proxy(site):
    with FaultProxy.before(site.lab) as between:
        yield between


@pytest.fixture
def through(site, proxy, tmp_path):
    """Options that lead through the proxy."""
    return {"kubeconfig": str(proxy.write_kubeconfig(tmp_path / "config", site.account.token, site.namespace))}


def test_with_a_live_session_on_it_a_workspace_is_refused(site):
    site.bare("ws-1", USER, IDE)
    site.session_on("ws-1", "s-1", USER, IDE)
    for check in (True, False):
        result = site.delete(names=["ws-1"], check=check)
        assert (result["failed"], outcomes(result)) == (True, {"ws-1": "kept_in_use"})
        assert "in use by the session s-1" in result["msg"]
    assert site.workspaces() == {"ws-1"}


def test_a_session_started_between_judgement_and_last_look_keeps_its_workspace(site, proxy, through):
    for name in ("ws-1", "ws-2"):
        site.bare(name, USER, IDE)
    came = Hold(meanwhile=lambda: site.session_on("ws-1", "ws-1-session", USER, IDE))
    # The first list of sessions is the one that the plan is made of.
    proxy.add(Rule(came, verb="list", path=r"/sessions\?", skip=1, count=1))
    result = site.delete(older_than_days=0, concurrency=1, **through)
    assert outcomes(result) == {"ws-1": "kept_in_use", "ws-2": "deleted"}
    assert "it came since the workspace was assessed" in result["workspaces"][0]["reason"]
    assert (site.workspaces(), site.names()) == ({"ws-1"}, {"ws-1-session"})


def test_one_started_between_the_last_look_and_the_delete_is_reported(site, proxy, through):
    site.bare("ws-1", USER, IDE)
    came = Hold(meanwhile=lambda: site.session_on("ws-1", "ws-1-session", USER, IDE))
    proxy.add(Rule(came, verb="delete", path="/workspaces/ws-1$"))
    result = site.delete(names=["ws-1"], **through)
    (item,) = result["workspaces"]
    assert (item["outcome"], item["late_sessions"]) == ("deleted", ["ws-1-session"])
    assert "started in the last moment on workspaces that are gone: ws-1-session" in result["warnings"][0]
    assert (site.workspaces(), site.names()) == (set(), {"ws-1-session"})


def test_a_delete_that_fails_leaves_the_others(site, proxy, through):
    for number in range(10):
        site.bare(f"ws-{number}", USER, IDE)
    proxy.add(Rule(Status(500, message="not this one"), verb="delete", path="/workspaces/ws-4$"))
    result = site.delete(older_than_days=0, **through)
    assert (result["failed"], result["outcomes"]) == (True, {"deleted": 9, "failed": 1})
    assert "ws-4" in result["msg"]
    assert site.workspaces() == {"ws-4"}


class Student(threading.Thread):
    """Starts sessions on workspaces as they come, and notes which of them were there before their workspace went."""

    def __init__(self, site: DeletionSite, workspaces: t.Iterable[str]) -> None:
        super().__init__(daemon=True)
        self.before: dict[str, str] = {}
        self.enough = threading.Event()
        self._site, self._workspaces = site, workspaces

    def run(self) -> None:
        for workspace in self._workspaces:
            if self.enough.is_set():
                return
            if self._site.exists("workspaces", workspace):
                session = f"{workspace}-session"
                self._site.session_on(workspace, session, USER, IDE)
                if self._site.exists("workspaces", workspace):
                    self.before[session] = workspace


def test_in_1000_deletes_every_session_that_came_keeps_its_workspace_or_is_reported(site, capsys):
    names = [f"ws-{number}" for number in range(DELETES + CONTESTED)]
    site.each(lambda name: site.bare(name, USER, IDE), names)
    contested = random.Random(4).sample(names, CONTESTED)
    students = [Student(site, part) for part in itertools.batched(contested, CONTESTED // 2)]
    began = site.now()
    for student in students:
        student.start()
    result = site.delete(older_than_days=0, wait=False)
    for student in students:
        student.enough.set()
        student.join()
    items = {item["name"]: item for item in result["workspaces"]}
    came = {session: workspace for student in students for session, workspace in student.before.items()}
    lost = [
        session
        for session, workspace in came.items()
        if items[workspace]["outcome"] != "kept_in_use" and session not in items[workspace]["late_sessions"]
    ]
    assert lost == []
    assert {name for name, item in items.items() if item["outcome"] != "deleted"} == site.workspaces()

    deleted = [item for item in items.values() if item["outcome"] == "deleted"]
    assert len(deleted) >= DELETES
    windows = sorted(item["unguarded_milliseconds"] for item in deleted)
    seen = measured(site, began)
    # The server notes that an answer is complete a moment after the client has it.
    understated = [i["name"] for i in deleted if i["unguarded_milliseconds"] + NOTING_MILLISECONDS < seen[i["name"]]]
    assert understated == []
    with capsys.disabled():
        print(
            f"\n{len(deleted)} of {len(names)} workspaces deleted while {len(came)} sessions came to them: "
            f"{result['outcomes']['kept_in_use']} kept, {sum(len(i['late_sessions']) for i in deleted)} reported, "
            f"{len(lost)} lost. Unseen before the delete was answered: median {windows[len(windows) // 2]:.1f} ms, "
            f"99 % {windows[len(windows) * 99 // 100]:.1f} ms, longest {windows[-1]:.1f} ms"
        )


def measured(site, began):
    """By workspace, the least that its window can have been, in milliseconds: as the API server saw it.

    From the latest list of sessions that was asked for before the delete came, until the delete was done.
    """
    site._log_is_complete()
    events = site.lab.audit(user=site.account.user, namespace=site.namespace, since=began)

    def span(event):
        return moment(event["requestReceivedTimestamp"]), moment(event["stageTimestamp"])

    lists = [span(e)[0] for e in events if (e["verb"], e["objectRef"]["resource"]) == ("list", "sessions")]
    windows = {}
    for event in events:
        if (event["verb"], event["objectRef"]["resource"]) == ("delete", "workspaces"):
            asked, answered = span(event)
            begun = max(start for start in lists if start <= asked)
            windows[event["objectRef"]["name"]] = (answered - begun) / timedelta(milliseconds=1)
    return windows


def moment(text):
    return datetime.fromisoformat(text)
