# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every command of the procedures that people follow by hand, beside the task that replaces it: the same answers."""

from __future__ import annotations

import json
import math
from datetime import datetime

import pytest

from integration.lab.operator_site import eventually
from integration.session_site import SessionSite, outcomes
from lab import audit, chart, metrics

ADA, BOB, EVE = "ada@students.lab.invalid", "Bob+2@students.lab.invalid", "eve@students.lab.invalid"
JAVA, C = "java-17-latest", "c-latest"
LIMITS = {JAVA: 3_000_000_000, C: 2_400_000_000}


@pytest.fixture(scope="module")
def site(module_installation):
    """Two students on instances of the pool and one with a pod of its own, created some minutes apart."""
    definitions = [chart.app_definition(JAVA, minInstances=2), chart.app_definition(C, minInstances=0)]
    found = SessionSite(module_installation(app_definitions=definitions))
    found.installation.wait_warm(JAVA, 2)
    for minutes, (user, definition) in enumerate(((ADA, JAVA), (BOB, JAVA), (EVE, C))):
        name = found.launch(user, definition)
        found.has_url(name)
        found.age(name, minutes=30 - 10 * minutes)
    return found


@pytest.fixture(scope="module")
def of(site):
    """The name of somebody's session."""
    return {session["spec"]["user"]: session["metadata"]["name"] for session in site.installation.items("sessions")}


def kubectl_json(site, *args):
    return json.loads(site.kubectl(*args, "-o", "json"))


def test_list_all(site):
    """kubectl get sessions -o json"""
    old = {
        (s["metadata"]["name"], s["metadata"]["uid"], s["spec"]["user"], s["spec"]["appDefinition"], s["status"]["url"])
        for s in kubectl_json(site, "get", "sessions.theia.cloud")["items"]
    }
    new = {(r["name"], r["uid"], r["user"], r["app_definition"], r["url"]) for r in site.see()["sessions"]}
    assert new == old
    assert len(old) == 3


def test_list_by_user(site):
    """kubectl get sessions -o jsonpath='{.items[?(@.spec.user=="…")].metadata.name}'"""
    for user in (ADA, BOB, "nobody"):
        path = f'{{.items[?(@.spec.user=="{user}")].metadata.name}}'
        old = site.kubectl("get", "sessions.theia.cloud", "-o", f"jsonpath={path}").split()
        assert [record["name"] for record in site.see(users=[user])["sessions"]] == old


def test_describe(site, of):
    """kubectl describe session NAME, here in its machine-readable form"""
    for user in (ADA, EVE):
        old = kubectl_json(site, "get", "sessions.theia.cloud", of[user])
        new = site.record(of[user])
        status = old["status"]
        assert (new["operator_status"], new["url"], new["error"]) == ("HANDLED", status["url"], None)
        assert new["created"] == old["metadata"]["creationTimestamp"]
        seconds = datetime.fromisoformat(new["last_activity"]).timestamp()
        assert seconds == status["lastActivity"] // 1000
        notes = old["metadata"].get("annotations", {})
        # An operator with pools notes both ways; without a note the session was never given a choice.
        assert new["start"] == notes["theia-cloud.io/session-start-strategy"]
        assert str(new["instance_id"]) == notes.get("theia-cloud.io/instance-id", "None")
        assert "secret" not in json.dumps(new).lower()


def test_the_pod_of_a_session(site, of):
    """kubectl get pod, after finding out which one it is"""
    for user in (ADA, BOB, EVE):
        old, new = site.pod_of(of[user]), site.record(of[user])["pod"]
        assert (new["name"], new["node"], new["phase"], new["ready"]) == (
            old["metadata"]["name"],
            old["spec"]["nodeName"],
            "Running",
            True,
        )


def test_list_through_the_service(site):
    """GET /service/session/APPID/USER"""
    for user in (ADA, EVE):
        answer = site.installation.rest("GET", f"/service/session/{site.installation.app_id}/{user}", user=user)
        token = site.installation.user_token(user)
        new = site.see(api="service", user_token=token)["sessions"]
        assert [(r["name"], r["user"], r["app_definition"]) for r in new] == [
            (entry["name"], entry["user"], entry["appDefinition"]) for entry in answer.json()
        ]
        assert {(r["state"], r["pod"], r["findings"]) for r in new} == {(None, None, None)}


def test_sort_by_age(site):
    """kubectl get sessions --sort-by=.metadata.creationTimestamp"""
    old = site.kubectl("get", "sessions.theia.cloud", "--sort-by=.metadata.creationTimestamp", "-o", "name").split()
    new = site.see(sort_by="created", fields=["name"])["sessions"]
    assert [f"session.theia.cloud/{record['name']}" for record in new] == old


def test_top_by_memory(site, of):
    """kubectl top pods --containers --sort-by=memory"""
    use(site, of)
    lines = site.kubectl("top", "pods", "--containers", "--sort-by=memory", "--no-headers").splitlines()
    table = [line.split() for line in lines]
    old = [(pod, cpu, memory) for pod, container, cpu, memory in table if container in (JAVA, C)]
    records = site.see(sort_by="memory", limit=3)["sessions"]
    new = [
        (r["pod"]["name"], f"{r['pod']['cpu_millicores']}m", f"{r['pod']['memory_bytes'] // 2**20}Mi") for r in records
    ]
    assert new == old
    assert [r["user"] for r in records] == [BOB, EVE, ADA]
    assert records[0]["findings"][0]["code"] == "high_memory"


def use(site, of):
    """Ada uses little, Bob nearly everything, Eve something."""
    for user, definition, share in ((ADA, JAVA, 0.1), (BOB, JAVA, 0.96), (EVE, C, 0.5)):
        pod = site.pod_of(of[user])
        figures = {
            definition: metrics.Usage(cpu_millicores=12.3 + 100 * share, memory_bytes=int(LIMITS[definition] * share)),
            "oauth2-proxy": metrics.Usage(cpu_millicores=1, memory_bytes=20 * 2**20),
        }
        metrics.set_usage(site.lab.api, pod, figures)


def test_performance(site, of):
    """GET /service/session/performance/APPID/NAME"""
    use(site, of)
    name, token = of[EVE], site.installation.user_token(EVE)
    path = f"/service/session/performance/{site.installation.app_id}/{name}"
    old = site.installation.rest("GET", path, user=EVE).json()
    assert (old["cpuFormat"], old["memoryFormat"]) == ("n", "B")
    (new,) = site.see(api="service", user_token=token, names=[name], performance=True)["sessions"]
    assert new["pod"]["cpu_millicores"] == math.ceil(int(old["cpuAmount"]) / 1_000_000)
    assert new["pod"]["memory_bytes"] == int(float(old["memoryAmount"]))
    pod = site.record(name)["pod"]
    assert (pod["cpu_millicores"], pod["memory_bytes"]) == (new["pod"]["cpu_millicores"], new["pod"]["memory_bytes"])


def test_running_but_not_ready(site, of):
    """kubectl get pods, and looking for Running with 1/2"""
    pod = site.pod_of(of[ADA])
    path = site.installation.here.path("pods", pod["metadata"]["name"])
    site.lab.api.merge(path, {"metadata": {"annotations": {"lab/fault": "not-ready"}}})
    try:
        old = eventually("kubectl shows a pod that runs and is not ready", lambda: not_ready(site))
        new = site.see(states=["unready"])["sessions"]
        assert [record["pod"]["name"] for record in new] == old == [pod["metadata"]["name"]]
        assert [finding["code"] for finding in new[0]["findings"]] == ["not_ready"]
    finally:
        site.lab.api.merge(path, {"metadata": {"annotations": {"lab/fault": None}}})
        eventually("the pod is ready again", lambda: not not_ready(site))


def not_ready(site):
    table = [line.split() for line in site.kubectl("get", "pods", "--no-headers").splitlines()]
    return [name for name, ready, phase, *_unused in table if phase == "Running" and len(set(ready.split("/"))) == 2]


@pytest.mark.parametrize("api", ["kubernetes", "service", "unchecked"])
def test_activity(site, of, api):
    """PATCH /service/session"""
    name = of[EVE]

    def activity():
        return site.session(name)["status"]["lastActivity"]

    site.write_status(name, lastActivity=1_700_000_000_000)
    body = {"appId": site.installation.app_id, "sessionName": name}
    assert site.installation.rest("PATCH", "/service/session", body).json() is True
    old = activity()
    site.write_status(name, lastActivity=1_700_000_000_000)
    way = {"api": "service", "unchecked": True} if api == "unchecked" else {"api": api}
    result = site.act(state="active", names=[name], **way)
    assert outcomes(result) == {name: "touched"}
    # The API server tells its time in whole seconds.
    assert -1000 <= activity() - old < 60_000
    assert outcomes(site.act(state="active", names=["no-such"], **way)) == {"no-such": "gone"}
    assert site.installation.rest("PATCH", "/service/session", {**body, "sessionName": "no-such"}).json() is False


def launched(site, user, definition):
    name = site.launch(user, definition)
    site.has_url(name)
    return name


class TestStopping:
    """Sessions of their own, for they do not survive it."""

    @pytest.mark.parametrize("definition", [C, JAVA])
    def test_through_the_service(self, site, definition):
        """DELETE /service/session"""
        if definition == JAVA:
            site.patch(JAVA, minInstances=4)
            site.installation.wait_warm(JAVA, 2)
        old = launched(site, "old@students.lab.invalid", definition)
        assert site.installation.stop_session("old@students.lab.invalid", old).json() is True
        new = launched(site, "new@students.lab.invalid", definition)
        token = site.installation.user_token("new@students.lab.invalid")
        result = site.act(api="service", user_token=token, names=[new], discard_data=["named"], wait=True)
        assert outcomes(result) == {new: "stopped"}
        assert result["sessions"][0]["ending"] == ("fresh" if definition == JAVA else "gone")
        assert not {old, new} & site.names()
        # The service says true to both, whether there was such a session or not; we say which.
        assert site.installation.stop_session("old@students.lab.invalid", old).json() is True
        again = site.act(api="service", user_token=token, names=[new])
        assert (outcomes(again), again["changed"]) == ({new: "gone"}, False)

    def test_directly(self, site):
        """kubectl delete session NAME"""
        old = launched(site, "old@students.lab.invalid", C)
        before = site.session(old)
        site.kubectl("delete", "sessions.theia.cloud", old)
        eventually("its objects are gone", lambda: not site.owned("deployments", before))
        new = launched(site, "new@students.lab.invalid", C)
        created = site.session(new)
        result = site.act(names=[new], discard_data=["named"], wait=True)
        assert [(i["outcome"], i["ending"], i["data_at"]) for i in result["sessions"]] == [("stopped", "gone", "pod")]
        for plural in ("deployments", "services"):
            assert not site.owned(plural, created)
        # The cluster takes these away at its own pace, and nobody needs them any more.
        eventually("nothing at all is left", lambda: not site.owned("configmaps", created))

    def test_the_second_run_through_the_service_sends_nothing_to_it(self, site):
        user = "new@students.lab.invalid"
        name = launched(site, user, C)
        through = {"api": "service", "user_token": site.installation.user_token(user), "names": [name]}
        site.write_status(name, lastActivity=int((site.now().timestamp() - 600) * 1000))
        assert site.act(state="active", **through)["changed"] is True
        for options in ({"state": "active"}, {"discard_data": ["named"], "wait": True}):
            if "wait" in options:
                assert site.act(**through, **options)["changed"] is True
            began = site.now()
            again = site.act(**through, **options)
            assert (again["changed"], site.writes(began)) == (False, [])
            changes = {"user": chart.SERVICE_ACCOUNT, "namespace": site.namespace, "verbs": audit.WRITES}
            assert site.lab.audit(since=began, **changes) == []

    def test_the_second_run_sends_nothing(self, site):
        name = launched(site, "new@students.lab.invalid", C)
        site.act(names=[name], discard_data=["named"], wait=True)
        site.act(state="active", users=[EVE])
        began = site.now()
        again = site.act(names=[name], discard_data=["named"], wait=True)
        active = site.act(state="active", users=[EVE])
        site.see()
        assert (again["changed"], active["changed"], site.writes(began)) == (False, False, [])
