# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many sessions at once while others write to them: what was seen is stopped, for reasons that still hold."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._sessions.stop import prepare
from integration.capacity_site import rules_without
from integration.lab.operator_site import eventually, is_ready
from integration.session_corpus import blind_leader
from integration.session_site import SessionSite, outcomes
from lab import chart
from lab.api import path_of
from lab.faults import Hold, Rule, Status
from lab.proxy import FaultProxy

COUNT = 60
IDE, JAVA = "c-latest", "java-17-latest"
DEATH = {"operatorStatus": "ERROR", "operatorMessage": "Max sessions reached.", "url": None}


def millis(**ago):
    return int((datetime.now(UTC) - timedelta(**ago)).timestamp() * 1000)


@pytest.fixture
def site(installation):
    """Sessions with pods of their own. Tests stop the operator where they write what its monitor would write."""
    definitions = [chart.app_definition(IDE), chart.app_definition(JAVA, minInstances=0)]
    return SessionSite(installation(start="lazy", keycloak=False, sessions_per_user=-1, app_definitions=definitions))


@pytest.fixture
def proxy(site):
    with FaultProxy.before(site.lab) as between:
        yield between


@pytest.fixture
def through(site, proxy, tmp_path):
    """Options that lead through the proxy."""
    file = proxy.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
    return {"kubeconfig": str(file)}


def idle_sessions(site, count):
    """Created three hours ago, last active forty minutes ago, as the monitor of one who leads would have noted."""
    names = site.many(count, IDE)
    site.installation.operator.stop()
    seen = millis(minutes=40)

    def settle(name):
        site.age(name, hours=3)
        site.write_status(name, lastActivity=seen)

    site.each(settle, names)
    return names, seen


def test_of_idle_sessions_exactly_those_stay_whose_users_came_back(site, proxy, through):
    names, seen = idle_sessions(site, COUNT)
    back, same = names[:10], names[10:20]
    for name in back:
        came = Hold(meanwhile=lambda name=name: site.write_status(name, lastActivity=millis(seconds=1)))
        proxy.add(Rule(came, verb="delete", path=f"/sessions/{name}$", count=1))
    for name in same:
        polled = {"lastActivity": seen, "operatorMessage": "polled again"}
        again = Hold(meanwhile=lambda name=name, polled=polled: site.write_status(name, **polled))
        proxy.add(Rule(again, verb="delete", path=f"/sessions/{name}$", count=1))
    with blind_leader(site):
        result = site.act(findings=["idle"], thresholds={"idle_minutes": 30}, discard_data=["idle"], **through)
    assert not result.get("failed"), result["msg"]
    assert result["outcomes"] == {"stopped": COUNT - len(back), "kept_active": len(back)}
    assert {name for name, outcome in outcomes(result).items() if outcome == "kept_active"} == set(back)
    assert site.names() == set(back)
    deletes = [seen for seen in proxy.requests if seen.verb == "delete"]
    assert len(deletes) == COUNT + len(same)
    assert all(json.loads(seen.body)["preconditions"].keys() == {"uid", "resourceVersion"} for seen in deletes)


def test_sessions_whose_pods_heal_before_the_delete_are_not_stopped(site, proxy, through):
    names = site.many(20, IDE)
    pods = [pod["metadata"]["name"] for pod in site.installation.items("pods") if "session-" in pod["metadata"]["name"]]
    paths = [site.installation.here.path("pods", pod) for pod in pods]

    def fault(value):
        return lambda path: site.lab.api.merge(path, {"metadata": {"annotations": {"lab/fault": value}}})

    def ready():
        return sum(is_ready(pod) for pod in site.installation.items("pods") if "session-" in pod["metadata"]["name"])

    def heal():
        site.each(fault(None), paths)
        eventually("all pods are ready again", lambda: ready() == len(names))

    site.each(fault("crash-loop"), paths)
    eventually("no pod is ready", lambda: ready() == 0)
    ill = site.see(findings=["crash_loop"], limit=0)["summary"]
    assert (ill["total"], ill["by_state"]) == (len(names), {"unready": len(names)})
    # The first list of pods is the one that the plan is made of.
    proxy.add(Rule(Hold(meanwhile=heal), verb="list", path=r"/pods\?", skip=1, count=1))
    result = site.act(findings=["crash_loop"], discard_data=["crash_loop"], **through)
    assert result["outcomes"] == {"kept_active": len(names)}
    assert (result["changed"], site.names()) == (False, set(names))


def test_a_threshold_that_fits_nearly_everybody_stops_nobody(site):
    """Two hours were meant, and two minutes typed."""
    names, _seen = idle_sessions(site, 40)
    back = names[:4]
    site.each(lambda name: site.write_status(name, lastActivity=millis(seconds=1)), back)
    began = site.now()
    limits = {"max_stop": 50, "max_percent": 20}
    with blind_leader(site):
        result = site.act(findings=["idle"], thresholds={"idle_minutes": 2}, discard_data=["idle"], **limits)
    assert (result["failed"], result["changed"], result["outcomes"]) == (True, False, {"skipped_cap": 36})
    assert set(outcomes(result)) == set(names) - set(back)
    assert "36 of 40 live sessions (90 %) would be stopped, and max_percent is 20" in result["msg"]
    assert (site.names(), site.writes(began)) == (set(names), [])


def test_of_one_among_thousands_only_its_own_objects_are_read(installation, tmp_path, monkeypatch):
    """Here there are few, so the number from which on that is done is another one."""
    definitions = [chart.app_definition(JAVA, minInstances=2), chart.app_definition(IDE, minInstances=0)]
    site = SessionSite(installation(app_definitions=definitions))
    site.installation.wait_warm(JAVA, 2)
    names = [site.launch(f"{user}@students.lab.invalid", ide) for user, ide in (("ada", JAVA), ("eve", IDE))]
    site.launch("ben@students.lab.invalid", JAVA)
    site.with_url(*site.names())
    asked = {"names": names, "discard_data": ["named"]}
    whole = site.act(check=True, **asked)
    monkeypatch.setattr(prepare, "LISTED_ANYWAY", 0)
    monkeypatch.setattr(prepare, "LISTED_PER_LOOK_UP", 0)
    with FaultProxy.before(site.lab) as between:
        file = between.write_kubeconfig(tmp_path / "config", site.installation.identity.token, site.namespace)
        assert site.act(check=True, kubeconfig=str(file), **asked)["sessions"] == whole["sessions"]
        listed = [seen.target for seen in between.requests if re.search(r"/(pods|deployments|services)\?", seen.target)]
    assert len(listed) == 4
    assert all("labelSelector=" in target or "fieldSelector=" in target for target in listed)
    assert outcomes(site.act(**asked)) == dict.fromkeys(names, "stopped")


def test_a_failing_delete_does_not_end_the_others(site, proxy, through):
    names = site.many(20, IDE)
    site.each(lambda name: site.write_status(name, **DEATH), names)
    refused = Status(403, message="not this one")
    proxy.add(*(Rule(refused, verb="delete", path=f"/sessions/{name}$") for name in names[:3]))
    result = site.act(findings=["failed"], **through)
    assert (result["failed"], result["outcomes"]) == (True, {"failed": 3, "stopped": 17})
    assert all(name in result["msg"] for name in names[:3])
    assert site.names() == set(names[:3])


def test_a_session_made_anew_under_the_same_name_is_not_touched(site, proxy, through):
    (name,) = site.many(1, IDE)
    site.write_status(name, **DEATH)

    def replace():
        site.lab.api.delete(site.path(name))
        site.create_session(IDE, "somebody-else", name)

    proxy.add(Rule(Hold(meanwhile=replace), verb="delete", path=f"/sessions/{name}$", count=1))
    result = site.act(findings=["failed"], **through)
    assert outcomes(result) == {name: "gone"}
    assert site.session(name)["spec"]["user"] == "somebody-else"


def exam_record(site, name="pgdp-final", version="1"):
    """As the module that declares exams would write it: half an hour into an exam on Java."""
    now = datetime.now(UTC)
    declared = {
        "name": name,
        "start": (now - timedelta(minutes=30)).isoformat(),
        "end": (now + timedelta(hours=1)).isoformat(),
        "extra_time_minutes": 30,
        "lead_minutes": 30,
        "participants": 220,
        "app_definitions": [{"name": JAVA, "warm": 60}],
        "users": [],
    }
    labels = {"app.kubernetes.io/managed-by": "eduide.theia", "eduide-theia/record": "exam"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"theia-exam-{name}", "namespace": site.namespace, "labels": labels},
        "data": {"version": version, "exam": json.dumps(declared), "history": "[]"},
    }


def every_way(site, among=None):
    """All sessions, or those among these, stated in every way there is, with every override there is."""
    records = [record for record in site.see()["sessions"] if among is None or record["name"] in among]
    overrides = {
        "without_operator": True,
        "discard_data": ["named", "selected", "failed"],
        "thresholds": {"unseen_minutes": 0, "stuck_starting_minutes": 0, "no_url_minutes": 0, "no_pod_minutes": 0},
    }
    return {
        "filter": {"older_than_minutes": 0, **overrides},
        "state": {"states": ["running", "unready", "failed", "starting", "pending"], **overrides},
        "name": {"names": [record["name"] for record in records], **overrides},
        "uid": {"uids": [record["uid"] for record in records], **overrides},
        "record": {"records": records, **overrides},
    }


def test_sessions_of_a_running_exam_are_shielded_whatever_is_stated(site):
    exam = site.many(44, JAVA, "e{}@students.lab.invalid".format)
    others = set(site.many(16, IDE, "o{}@students.lab.invalid".format))
    site.installation.operator.stop()
    dead = set(exam[:4])
    live = set(exam) - dead
    site.each(lambda name: site.write_status(name, **DEATH), dead)
    site.lab.api.create(exam_record(site))

    # A record that cannot be read may shield anybody, so only the dead go.
    for damage in ({"version": "2"}, {"exam": "not JSON"}, {"exam": "{}"}, {"history": None}):
        other = exam_record(site, name="other")
        unreadable = site.lab.api.create({**other, "data": {**other["data"], **damage}})
        for way, options in every_way(site).items():
            result = site.act(check=True, **options)
            assert (damage, way, stops(result)) == (damage, way, dead)
            kept = [item for item in result["sessions"] if item["outcome"] == "kept_shielded"]
            assert len(kept) == len(live) + len(others)
            assert all("theia-exam-other" in item["reason"] for item in kept)
        site.lab.api.delete(path_of(unreadable))
    blind = site.lab.identity("no-configmaps", namespace=site.namespace, rules=rules_without("configmaps"))
    for way, options in every_way(site).items():
        result = site.act(check=True, kubeconfig=str(blind.kubeconfig), **options)
        assert (way, stops(result)) == (way, dead)

    # The exit takes exactly one, and its exam's history says so before.
    name = min(live)
    uid = site.session(name)["metadata"]["uid"]
    way_out = {"uid": uid, "exam": "pgdp-final", "reason": "moved to another room"}
    began = site.now()
    assert outcomes(site.act(names=[name], discard_data=["named"])) == {name: "kept_shielded"}
    assert "never for a selection" in site.act(older_than_minutes=0, shield_exit=way_out)["msg"]
    assert site.writes(began) == []
    result = site.act(names=[name], shield_exit=way_out, run="job 42", discard_data=["named"])
    assert outcomes(result) == {name: "stopped"}
    assert site.act(names=[name], shield_exit=way_out, run="job 42", discard_data=["named"])["changed"] is False
    assert site.writes(began) == ["update configmaps theia-exam-pgdp-final", f"delete sessions {name}"]
    (entry,) = json.loads(site.installation.get("configmaps", "theia-exam-pgdp-final")["data"]["history"])
    assert (entry["run"], entry["session"], entry["reason"]) == ("job 42", uid, "moved to another room")
    live.discard(name)

    # A stop of all takes exactly the others and the dead.
    for way, options in every_way(site).items():
        predicted = site.act(check=True, **options)
        assert (way, stops(predicted)) == (way, others | dead)
        assert predicted["outcomes"] == {"stopped": len(others | dead), "kept_shielded": len(live)}
    # And so it does, a share of them in each way beside all those who sit the exam, and the filter takes the rest.
    ways = ("name", "uid", "record", "filter")
    for number, way in enumerate(ways):
        share = {*sorted(others)[number :: len(ways)], *sorted(dead)[number :: len(ways)]}
        result = site.act(**every_way(site, among=live | share)[way])
        assert (way, stops(result)) == (way, share)
        assert result["outcomes"] == {"stopped": len(share), "kept_shielded": len(live)}
    assert site.names() == live


def test_a_session_on_an_instance_is_shielded_as_well_and_a_dead_one_is_not(installation):
    site = SessionSite(installation(app_definitions=[chart.app_definition(JAVA, minInstances=2)]))
    site.installation.wait_warm(JAVA, 2)
    live, wreck = (site.launch(f"{user}@students.lab.invalid", JAVA) for user in ("ada", "eve"))
    site.with_url(live, wreck)
    assert {record["start"] for record in site.see()["sessions"]} == {"eager"}
    site.write_status(wreck, **DEATH)
    site.lab.api.create(exam_record(site))
    stopped = set()
    for way, options in every_way(site).items():
        result = site.act(**options)
        assert (way, outcomes(result)[live]) == (way, "kept_shielded")
        stopped |= stops(result)
    assert stopped == {wreck}
    assert site.names() == {live}


def stops(result):
    return {name for name, outcome in outcomes(result).items() if outcome == "stopped"}
