# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The card of readiness: a world in which all is well, and what each thing that is wrong with it makes of the card."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._capacity.ledger import Entry, Hold, Ledger, write_ledger
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import Unauthorized, Unreachable
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform import names
from integration.module_run import module
from unit.pool_world import LEASE, NAME, PoolWorld
from unit.session_world import exam_record
from unit.workspace_world import WorkspaceWorld

EXAM = {"exam": "pgdp", "start": "2027-02-11T09:00:00Z", "end": "2027-02-11T10:00:00Z", "participants": 2}
CODES = {
    *("verdict", "exams", "time_limits", "collector", "pools", "ledger", "ownership", "operator", "arguments", "kinds"),
    *("rights", "quotas", "metrics", "clocks"),
}


class Site:
    """An eager installation with a whole pool of three, an exam of today, and nothing wrong."""

    def __init__(self):
        self.world = PoolWorld(3)
        self.gateway = self.world.gateway
        self.arguments = ["--enableMonitor", "--enableActivityTracker", "--sessionsPerUser=10"]
        for number in (1, 2, 3):
            deployment = self.world.name(number, "deployment")
            self.gateway.change(kinds.DEPLOYMENT, deployment, {"status": {"readyReplicas": 1}})
        room = {"cpu": "16", "memory": "64Gi", "pods": "110"}
        ready = {"type": "Ready", "status": "True"}
        self.gateway.put(
            kinds.NODE, {"metadata": {"name": "n1"}, "status": {"allocatable": room, "conditions": [ready]}}
        )
        self.measured("instance")
        self.exam()
        self.world.sleep(60)

    def measured(self, name):
        usage = {"cpu": "100m", "memory": "1Gi"}
        self.gateway.put(
            kinds.POD_METRICS, {"metadata": {"name": name}, "containers": [{"name": "ide", "usage": usage}]}
        )

    def exam(self, warm=3, **changes):
        definition = {"name": NAME, "warm": warm}
        self.gateway.put(kinds.CONFIG_MAP, exam_record(**{"app_definitions": [definition], **EXAM, **changes}))

    def spec(self, **values):
        """What another client has made of the app definition, and the operator of that."""
        self.gateway.change(kinds.APP_DEFINITION, NAME, {"spec": values})
        self.world.sleep(60)

    def hold(self, *, minimum, ended=False):
        uid = self.world.app["metadata"]["uid"]
        held = Hold({"warm": 60}, minimum - 3, None, ended)
        entry = Entry(uid, {"min_instances": 3}, {"pgdp": held}, ({"min_instances": minimum},), None)
        self.gateway.put(kinds.CONFIG_MAP, write_ledger("theia", Ledger({NAME: entry}, None)))

    def marked(self, **annotations):
        self.gateway.change(kinds.APP_DEFINITION, NAME, {"metadata": {"annotations": annotations}})

    def workspace(self):
        world = WorkspaceWorld()
        world.stored("ws-1")
        collector = world.collector("24h")
        session = world.running("ada", app=NAME, workspace="ws-1")
        for kind, obj in (
            (kinds.WORKSPACE, world.objects["workspaces"][0]),
            (kinds.DEPLOYMENT, collector),
            (kinds.SESSION, session),
        ):
            self.gateway.put(kind, obj)


class Service:
    """What is at the service_url."""

    def __init__(self, ping=None, scalings=None):
        self._ping, self._scalings, self.admin = ping, scalings, self

    def ping(self):
        if self._ping:
            raise self._ping

    def scalings(self):
        if self._scalings:
            raise self._scalings


@pytest.fixture
def card(cluster):
    def card(site, **options):
        if site.arguments is not None:
            site.world.led(*site.arguments)
        cluster(site.gateway)
        result = module("theia_platform_info", {"namespace": "theia", **options}, check=True)
        assert result.get("failed") is None, result.get("msg")
        assert result["changed"] is False
        assert site.gateway.writes == []
        return result

    return card


def not_go(result):
    return [(check["code"], check["result"]) for check in result["checks"] if check["result"] != "go"]


LATER = {
    "name": "mock",
    "start": "2027-02-12T09:00:00Z",
    "end": "2027-02-12T10:00:00Z",
    "app_definitions": [{"name": NAME, "warm": 3}],
}


@pytest.mark.parametrize("participants", [2, 5000])
def test_an_exam_that_the_calendar_has_ahead_is_judged_before_it_is_declared(card, participants):
    past = {**LATER, "name": "past", "start": "2027-01-12T09:00:00Z", "end": "2027-01-12T10:00:00Z"}
    result = card(Site(), calendar=[past, {**LATER, "participants": participants}], checks=["verdict", "exams"])
    assert not_go(result) == ([("verdict", "no_go")] if participants == 5000 else [])
    told = [check["evidence"] for check in result["checks"]]
    assert any(text.startswith("mock: ") for text in told)
    assert "in the calendar, and declared later: mock at 2027-02-12 09:00 UTC" in told
    assert "on record: pgdp at 2027-02-11 09:00 UTC" in told
    assert not any("past" in text for text in told)


def test_an_exam_on_record_is_judged_as_the_calendar_has_it_by_now(card):
    more = {**LATER, "name": "pgdp", "start": EXAM["start"], "end": EXAM["end"], "participants": 5000}
    result = card(Site(), calendar=[more], checks=["verdict", "exams"])
    assert not_go(result) == [("verdict", "no_go")]


@pytest.mark.parametrize(("closed", "told"), [("2027-02-11T08:50:00Z", [("exams", "warning")]), (None, [])])
def test_an_exam_of_the_calendar_that_somebody_closed_is_a_warning(card, closed, told):
    site = Site()
    site.exam(closed_at=closed)
    entry = {**LATER, "name": "pgdp", "start": EXAM["start"], "end": EXAM["end"]}
    result = card(site, calendar=[entry], checks=["exams"])
    assert not_go(result) == told
    if told:
        assert "it was closed on 2027-02-11 08:50 UTC, before its time" in result["checks"][0]["evidence"]
        assert "run pre_exam with exam=pgdp, which declares it again" in result["checks"][0]["remedy"]


def test_an_entry_of_the_calendar_that_declares_nothing_is_no_go(card):
    result = card(Site(), calendar=[{**LATER, "end": "soon"}], checks=["exams"])
    assert not_go(result) == [("exams", "no_go")]
    assert result["checks"][0]["evidence"].startswith("entry 1 (mock) of the calendar declares no exam: ")


def test_where_nothing_is_wrong_everything_is_go(card):
    result = card(Site())
    assert not_go(result) == []
    assert result["ready"] is True
    assert {check["code"] for check in result["checks"]} == CODES
    assert all(check["evidence"] and check["remedy"] is None for check in result["checks"])


def test_what_is_not_asked_for_costs_nothing(card):
    site = Site()
    asked = []
    site.gateway.may = lambda *right, **_more: asked.append(right)
    site.gateway._forbidden |= {("get", kinds.LEASE.group, kinds.LEASE.plural)}
    few = ["pools", "kinds", "collector"]
    result = card(site, checks=few)
    assert {check["code"] for check in result["checks"]} == {*few}
    assert (result["ready"], asked) == (True, [])


def forbid(verb, *found):
    def change(site):
        site.gateway._forbidden |= {(verb, kind.group, kind.plural) for kind in found}

    return change


def unserved(kind):
    def change(site):
        site.gateway._not_served |= {(kind.group, kind.plural)}

    return change


def lost(*parts):
    return lambda site: site.world.lose(2, *parts)


def dirty(site):
    labels = {names.SESSION_LABEL: "gone"}
    site.gateway.change(kinds.SERVICE, site.world.name(2, "external"), {"metadata": {"labels": labels}})


def emptied(site):
    site.world.claim(2)
    site.gateway.change(kinds.CONFIG_MAP, site.world.name(2, "email"), {"data": {names.EMAILS_KEY: ""}})


def without(site, *arguments):
    site.arguments = [argument for argument in site.arguments if argument not in arguments]


def full(site):
    quota = {"used": {"pods": "90"}, "hard": {"pods": "100"}}
    site.gateway.put(
        kinds.RESOURCE_QUOTA, {"metadata": {"name": "theia"}, "spec": {"hard": {"pods": "100"}}, "status": quota}
    )


def small(site):
    quota = {"used": {"count/sessions.theia.cloud": "0"}, "hard": {"count/sessions.theia.cloud": "1"}}
    site.gateway.put(
        kinds.RESOURCE_QUOTA, {"metadata": {"name": "theia"}, "spec": {"hard": quota["hard"]}, "status": quota}
    )


def unled(site):
    site.world.led(*site.arguments)
    site.arguments = None
    site.gateway.interceptors.clear()
    site.gateway.change(kinds.LEASE, LEASE, {"spec": {"leaseDurationSeconds": 0, "renewTime": None}})


def ahead(minutes):
    def change(site):
        site.gateway.ahead = timedelta(minutes=minutes)

    return change


class Case(t.NamedTuple):
    """What is done to the world, and what the card makes of it."""

    change: t.Callable[[Site], t.Any]
    checks: dict[str, str]
    told: str
    """In the evidence of the first."""
    remedy: str = ""


CASES = {
    "half": Case(lost("external"), {"pools": "no_go"}, "java: instance 2 has no external Service", "halves"),
    "half-without-settings": Case(lost("proxy"), {"pools": "no_go"}, "instance 2 has no proxy ConfigMap", "halves"),
    "missing": Case(
        lost("external", "internal", "proxy", "email", "deployment"), {"pools": "warning"}, "1 missing", "outdated"
    ),
    "dirty": Case(
        dirty, {"seats": "no_go", "pools": "warning"}, "earlier student's files are on free instances: 2", "dirty"
    ),
    "locked-out": Case(emptied, {"seats": "no_go"}, "users are refused (403)", "address_lists"),
    "drift": Case(lambda site: site.hold(minimum=63), {"ledger": "no_go"}, "pgdp needs min_instances 63, and it is 3"),
    "left-over": Case(
        lambda site: site.hold(minimum=3, ended=True), {"ledger": "warning"}, "no exam holds it any more"
    ),
    "ledger": Case(
        lambda site: site.gateway.put(
            kinds.CONFIG_MAP, {"metadata": {"name": "theia-capacity"}, "data": {"version": "2"}}
        ),
        {"ledger": "no_go"},
        "format version",
    ),
    "argo": Case(
        lambda site: site.marked(**{"argocd.argoproj.io/tracking-id": "theia:theia.cloud/AppDefinition:theia/java"}),
        {"ownership": "warning"},
        "Argo CD applies java from elsewhere",
        "RespectIgnoreDifferences=true",
    ),
    "flux": Case(
        lambda site: site.marked(**{"helm.toolkit.fluxcd.io/name": "theia", "meta.helm.sh/release-name": "theia"}),
        {"ownership": "warning"},
        "Flux applies java",
        "suspend it",
    ),
    "no-leader": Case(unled, {"operator": "no_go"}, "none leads"),
    "no-monitor": Case(
        lambda site: without(site, "--enableMonitor"), {"arguments": "warning"}, "nobody knows who is idle"
    ),
    "too-few": Case(small, {"verdict": "no_go"}, "pgdp: java", "count/sessions.theia.cloud"),
    "quota": Case(full, {"quotas": "warning"}, "90 of 100 pods are used (90 %)"),
    "short-timeout": Case(
        lambda site: site.spec(timeout=45),
        {"time_limits": "no_go"},
        "by timeout_minutes 45 the platform ends a session at 2027-02-11 09:17 UTC, and pgdp lasts until",
    ),
    "other-name": Case(
        lambda site: site.exam(app_definitions=[{"name": "jawa", "warm": 1}]), {"exams": "no_go"}, "pgdp is about jawa"
    ),
    "unreadable-exam": Case(
        lambda site: site.gateway.put(kinds.CONFIG_MAP, exam_record(exam="eist", version="7")),
        {"exams": "no_go"},
        "theia-exam-eist",
    ),
    "collector": Case(Site.workspace, {"collector": "warning"}, "1 days after their creation", "garbage-collector"),
    "no-metrics": Case(unserved(kinds.POD_METRICS), {"metrics": "warning"}, "memory and CPU are not measured"),
    "unmeasured": Case(
        lambda site: site.gateway.remove(kinds.POD_METRICS, "instance"),
        {"metrics": "warning"},
        "has not measured a pod yet",
        "look again in some minutes",
    ),
    "clock": Case(ahead(7), {"clocks": "no_go"}, "420 s apart"),
    "rights": Case(
        forbid("patch", kinds.APP_DEFINITION),
        {"rights": "no_go"},
        "pre_exam, post_exam, converge_exams, repair_pools: not allowed to patch appdefinitions.theia.cloud",
        '"verbs": ["patch"]',
    ),
    "fewer-rights": Case(
        forbid("delete", kinds.WORKSPACE), {"rights": "warning"}, "delete_workspaces, prune_workspaces: not allowed"
    ),
    "unread-quotas": Case(
        forbid("list", kinds.RESOURCE_QUOTA), {"quotas": "unknown"}, "not allowed to list resourcequotas"
    ),
    "unread-lease": Case(
        forbid("get", kinds.LEASE), {"rights": "no_go", "operator": "unknown"}, "get leases.coordination.k8s.io"
    ),
    "unread-services": Case(
        forbid("list", kinds.SERVICE),
        {"rights": "no_go", "pools": "unknown", "verdict": "unknown", "ledger": "unknown", "time_limits": "unknown"},
        "list services",
    ),
    "unread-records": Case(
        forbid("get", kinds.CONFIG_MAP),
        {"rights": "no_go", "pools": "unknown", "verdict": "unknown", "ledger": "unknown", "time_limits": "unknown"},
        "get configmaps",
    ),
    "no-versions": Case(unserved(kinds.WORKSPACE), {"kinds": "unknown", "collector": "unknown"}, "workspaces"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_is_named_with_what_to_do_about_it(card, name):
    case, site = CASES[name], Site()
    case.change(site)
    result = card(site)
    assert dict(not_go(result)) == case.checks
    first = next(
        check for check in result["checks"] if check["code"] == next(iter(case.checks)) and check["result"] != "go"
    )
    assert case.told in first["evidence"]
    assert case.remedy in f"{first['remedy']} {first['run']}"
    assert first["remedy"] or first["run"]
    assert result["ready"] is {"no_go", "unknown"}.isdisjoint(case.checks.values())


def test_a_lazy_operator_is_no_go_for_an_exam_that_wants_warm_instances(card):
    site = Site()
    site.world.led(*site.arguments)
    container = {"name": "operator-container", "args": ["--keycloak", *site.arguments]}
    site.gateway.change(
        kinds.DEPLOYMENT, "operator-deployment", {"spec": {"template": {"spec": {"containers": [container]}}}}
    )
    site.arguments = None
    result = card(site)
    assert not_go(result) == [("arguments", "no_go")], result["checks"]
    assert "without --eagerStart" in result["checks"][0]["evidence"]


def test_times_are_told_in_the_zone_of_the_installation(card):
    [evidence] = [
        each["evidence"] for each in card(Site(), time_zone="Europe/Berlin")["checks"] if each["code"] == "exams"
    ]
    assert evidence == "on record: pgdp at 2027-02-11 10:00 CET (09:00 UTC)"


@pytest.mark.parametrize(
    ("service", "expected", "told"),
    [
        pytest.param(Service(), "go", "takes the admin_token", id="well"),
        pytest.param(Service(ping=Unreachable("no route to it")), "no_go", "no route to it", id="unreachable"),
        pytest.param(Service(scalings=Unauthorized("another token")), "warning", "another token", id="refused"),
    ],
)
def test_a_service_that_is_configured_is_asked(card, monkeypatch, service, expected, told):
    monkeypatch.setattr(
        "ansible_collections.eduide.theia.plugins.module_utils._service.client.open_service",
        lambda _params, **_unused: service,
    )
    result = card(Site(), service_url="https://service.example.org", app_id="theia", admin_token="sesame-open")
    [check] = [check for check in result["checks"] if check["code"] == "service"]
    assert check["result"] == expected
    assert told in check["evidence"]
