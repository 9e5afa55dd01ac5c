# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What C(theia_capacity) does when the world moves under its hands; its plans are tried in test_capacity.py."""

from __future__ import annotations

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Misconfigured,
    ServerFailed,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import kinds
from ansible_collections.eduide.theia.plugins.module_utils._platform.names import CAPACITY_RECORD
from ansible_collections.eduide.theia.plugins.module_utils._service.scaling import Scaling
from integration.module_run import module
from unit.fakes import FakeGateway, app_definition, lose_answer
from unit.session_world import lead

WRITTEN = ((kinds.CONFIG_MAP, "theia-capacity"), (kinds.APP_DEFINITION, "java"))
GENERATION = {"theia-cloud.io/appdefinition-generation": "1"}


@pytest.fixture
def run(cluster):
    def run(gateway, *, check=False, **options):
        cluster(gateway)
        # Time is the matter of other tests.
        patience = {"quiet_seconds": 0, "quiet_wait_seconds": 0, "settle_seconds": 0}
        options = {"namespace": "theia-prod", "service_url": "https://service.invalid", **patience, **options}
        return module("theia_capacity", options, check=check)

    return run


class Site:
    """An installation with one operator, and what it keeps for app definitions."""

    def __init__(self, *more, eager=True):
        self.gateway = FakeGateway()
        arguments = [*(["--eagerStart"] if eager else []), *more]
        container = {"name": "operator-container", "args": arguments}
        spec = {"template": {"spec": {"containers": [container]}}}
        self.gateway.put(kinds.DEPLOYMENT, {"metadata": {"name": "operator-deployment"}, "spec": spec})

    def app(self, name="java", **spec):
        return self.gateway.put(kinds.APP_DEFINITION, app_definition(name, **{"maxInstances": 100, **spec}))

    def session(self, name):
        spec = {"name": name, "user": f"{name}@tum.de", "appDefinition": "java"}
        return self.gateway.put(kinds.SESSION, {"metadata": {"name": name}, "spec": spec})

    def instance(self, app, number, session=None):
        owners = [(("AppDefinition"), app), *([("Session", session)] if session else [])]
        references = [
            {"kind": kind, "name": each["metadata"]["name"], "uid": each["metadata"]["uid"]} for kind, each in owners
        ]
        base = f"instance-{number}-java-{app['metadata']['uid'][-12:]}"
        for kind, name in ((kinds.SERVICE, base), (kinds.SERVICE, f"{base}-int"), (kinds.DEPLOYMENT, base)):
            metadata = {"name": name, "ownerReferences": references, "labels": GENERATION}
            spec = {"template": {"spec": {"containers": []}}}
            self.gateway.put(kind, {"metadata": metadata, "spec": spec, "status": {"readyReplicas": 1}})

    def live(self, name="java"):
        return self.gateway.get(kinds.APP_DEFINITION, name)["spec"]


def test_an_instance_that_is_claimed_after_the_plan_is_not_taken_away(run):
    """Law 2: a claim changes no app definition, so that its version guards nothing."""
    site = Site()
    app = site.app(minInstances=3)
    for number in (1, 2, 3):
        site.instance(app, number, site.session(f"s{number}"))
    assert run(site.gateway, hold="pgdp", app_definitions=[{"name": "java", "min_instances": 10}])["changed"]
    for number in range(4, 11):
        site.instance(app, number)

    def claim(verb, kind, _name):
        if verb == "update" and kind == kinds.CONFIG_MAP:
            site.gateway.interceptors.clear()
            site.instance(app, 4, site.session("late"))

    site.gateway.interceptors.append(claim)
    (done,) = run(site.gateway, hold="pgdp", state="baseline")["app_definitions"]
    assert (done["outcome"], site.live()["minInstances"]) == ("draining", 10)
    assert [each["session"] for each in done["draining"]] == ["late"]
    assert done["ledger"]["draining_since"]


def test_without_pools_nobody_is_locked_out_of_one_and_nothing_else_can_be_repaired(run):
    site = Site(eager=False)
    site.app(minInstances=3)
    asked = {"hold": "pgdp", "app_definitions": [{"name": "java", "max_instances": 200}], "lockout": "repair"}
    done = run(site.gateway, repair=["address_lists"], **asked)
    assert (done.get("failed"), done["repairs"], site.live()["maxInstances"]) == (None, [], 200)
    done = run(site.gateway, state="baseline", hold="pgdp", repair=["address_lists"], lockout="repair")
    assert (done.get("failed"), site.live()["maxInstances"]) == (None, 100)
    assert "nothing can be repaired" in run(site.gateway, repair=["address_lists", "dirty"], **asked)["msg"]


def test_the_ledger_and_the_patch_are_sent_once_and_guarded(run):
    """Laws 12 and 14: both carry the version that was seen, and where nothing differs neither is written."""
    site = Site()
    site.app(minInstances=3)
    asked = {"hold": "pgdp", "app_definitions": [{"name": "java", "min_instances": 10}]}
    run(site.gateway, hold="eist", app_definitions=[{"name": "java", "max_instances": 200}])
    seen = {kind: site.gateway.get(kind, name)["metadata"]["resourceVersion"] for kind, name in WRITTEN}
    before = len(site.gateway.writes)
    assert run(site.gateway, **asked)["precondition"] == "resource_version"
    ledger, patch = site.gateway.writes[before:]
    assert (ledger[:3], patch[:3]) == (("update", "configmaps", "theia-capacity"), ("patch", "appdefinitions", "java"))
    assert ledger[3]["metadata"]["resourceVersion"] == seen[kinds.CONFIG_MAP]
    assert patch[3] == {"metadata": {"resourceVersion": seen[kinds.APP_DEFINITION]}, "spec": {"minInstances": 10}}
    assert run(site.gateway, **asked)["changed"] is False
    assert len(site.gateway.writes) == before + 2


def test_an_app_definition_that_goes_meanwhile_takes_no_other_with_it(run):
    site = Site()
    for name in ("java", "rust"):
        site.app(name, minInstances=3)
    run(site.gateway, hold="pgdp", app_definitions=[{"name": n, "min_instances": 10} for n in ("java", "rust")])

    def remove(verb, kind, _name):
        if verb == "update" and kind == kinds.CONFIG_MAP:
            site.gateway.interceptors.clear()
            site.gateway.remove(kinds.APP_DEFINITION, "java")

    site.gateway.interceptors.append(remove)
    done = run(site.gateway, hold="pgdp", state="baseline")
    assert {each["name"]: each["outcome"] for each in done["app_definitions"]} == {"java": "failed", "rust": "changed"}
    assert site.live("rust")["minInstances"] == 3


def test_where_nothing_is_lowered_pools_are_read_once(run):
    site = Site()
    site.app(minInstances=3)
    run(site.gateway, app_definitions=[{"name": "java", "min_instances": 10}])
    assert [request[:2] for request in site.gateway.requests].count(("list", "services")) == 1


def test_nobody_waits_for_instances_that_a_lazy_operator_never_starts(run):
    site = Site(eager=False)
    site.app(minInstances=3)
    done = run(site.gateway, app_definitions=[{"name": "java", "max_instances": 200}], wait=True)
    assert (done.get("failed"), done["changed"], site.live()["maxInstances"]) == (None, True, 200)


def test_one_app_definition_that_cannot_be_restored_does_not_keep_the_others_up(run):
    site = Site()
    for name in ("java", "rust"):
        site.app(name, minInstances=3, maxInstances=50)
    raised = [{"name": name, "max_instances": 100} for name in ("java", "rust")]
    run(site.gateway, hold="pgdp", app_definitions=raised)
    site.gateway.change(kinds.APP_DEFINITION, "java", {"spec": {"minInstances": 60}})
    done = run(site.gateway, hold="pgdp", state="baseline")
    assert {each["name"]: each["outcome"] for each in done["app_definitions"]} == {"java": "failed", "rust": "changed"}
    assert (done["failed"], site.live("rust")["maxInstances"], site.live()["maxInstances"]) == (True, 50, 100)
    assert "java would have min_instances=60 above max_instances=50" in done["msg"]


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize(
    ("verb", "kind"),
    [("create", kinds.CONFIG_MAP), ("merge_patch", kinds.APP_DEFINITION), ("replace", kinds.CONFIG_MAP)],
    ids=["ledger", "patch", "settling"],
)
def test_after_an_answer_that_got_lost_the_next_look_decides(run, verb, kind, arrives):
    site, other = Site(), Site()
    for each in (site, other):
        each.app(minInstances=3)
        run(each.gateway, hold="old", app_definitions=[{"name": "java", "min_instances": 4}])
        if verb == "create":
            each.gateway.remove(kinds.CONFIG_MAP, CAPACITY_RECORD)
    lose_answer(site.gateway, verb, kind, arrives=arrives)
    asked = {"hold": "pgdp", "app_definitions": [{"name": "java", "min_instances": 10}]}
    done, wanted = run(site.gateway, **asked), run(other.gateway, **asked)
    assert "failed" not in done, done
    assert (done["changed"], done["app_definitions"]) == (True, wanted["app_definitions"])
    assert site.live() == other.live()
    assert run(site.gateway, **asked)["changed"] is False


@pytest.mark.parametrize("arrives", [True, False])
def test_where_no_answer_ever_comes_it_is_not_said_that_another_client_wrote(run, arrives):
    site = Site()
    site.app(minInstances=3)
    lose_answer(site.gateway, "merge_patch", kinds.APP_DEFINITION, arrives=arrives, always=True)
    done = run(site.gateway, hold="pgdp", app_definitions=[{"name": "java", "min_instances": 10}])
    assert bool(done.get("failed")) is not arrives
    assert site.live()["minInstances"] == (10 if arrives else 3)
    if not arrives:
        assert "java: the connection broke; it may have been carried out all the same" in done["msg"]
        assert "another client" not in done["msg"]


@pytest.mark.parametrize(
    ("trouble", "applied"),
    [(Unreachable("the connection broke", applied="unknown"), "unknown"), (Misconfigured("no kubeconfig"), "no")],
)
def test_a_failure_without_a_plan_says_whether_anything_was_changed(run, trouble, applied):
    """The ledger may be written although nobody heard of it."""
    site = Site()
    site.app(minInstances=3)

    def break_off(verb, kind, _name):
        if verb == "create" and kind == kinds.CONFIG_MAP:
            raise trouble

    site.gateway.interceptors.append(break_off)
    done = run(site.gateway, hold="pgdp", app_definitions=[{"name": "java", "min_instances": 10}])
    assert (done["applied"], "app_definitions" in done) == (applied, False)
    assert site.live()["minInstances"] == 3


@pytest.mark.parametrize("zone", ["Europe", "../etc/passwd", "Mars/Base"])
def test_what_is_no_time_zone_is_called_so(run, zone):
    options = {"hold": "pgdp", "hold_until": "11:00", "time_zone": zone}
    done = run(FakeGateway(), **options, app_definitions=[{"name": "java", "warm": 1}])
    assert f"time_zone='{zone}' is not known here" in done["msg"]


class Bounds:
    """A service that tells bounds and sets them, except of one app definition."""

    def __init__(self, *bounds, broken=None):
        self.bounds = {each.name: each for each in bounds}
        self.broken, self.sent = broken, []

    @property
    def admin(self):
        return self

    def scaling(self, name):
        return self.bounds[name]

    def scale(self, name, **values):
        self.sent.append((name, values))
        if name == self.broken:
            raise ServerFailed("no luck", applied="unknown")


ALONE = {"api": "service", "unchecked": True}


@pytest.mark.parametrize(
    ("live", "wanted", "refused"), [(-1, 10, True), (None, 10, True), (5, 10, False), (0, 10, False)]
)
def test_without_the_cluster_no_maximum_is_set_where_there_was_none(run, through, live, wanted, refused):
    service = through(Bounds(Scaling("java", 0, live)))
    done = run(None, **ALONE, app_definitions=[{"name": "java", "max_instances": wanted}])
    assert bool(done.get("failed")) == refused
    assert bool(service.sent) != refused


@pytest.mark.parametrize("check", [True, False])
def test_without_the_cluster_what_the_service_does_not_tell_is_null(run, through, check):
    service = through(Bounds(Scaling("java", 1, 5), Scaling("c", 2, 5), Scaling("rust", 4, 5), broken="c"))
    asked = [{"name": name, "min_instances": 4} for name in ("java", "c", "rust")]
    done = run(None, check=check, **ALONE, app_definitions=asked)
    assert service.sent == ([] if check else [("java", {"min_instances": 4}), ("c", {"min_instances": 4})])
    told = {item["name"]: (item["outcome"], item["after"]["min_instances"]) for item in done["app_definitions"]}
    assert told == {"java": ("changed", 4), "c": ("changed", 4) if check else ("failed", 2), "rust": ("unchanged", 4)}
    if not check:
        assert "c: no luck; it may have been carried out all the same" in done["msg"]
    unknown = {"timeout_minutes": None, "inactive_minutes": None}
    first = done["app_definitions"][0]
    assert first["before"] == {"min_instances": 1, "max_instances": 5, **unknown}
    assert [first[field] for field in ("uid", "pods", "pool", "ledger", "seconds_to_warm")] == [None] * 5
    assert [first[field] for field in ("draining", "lockouts", "looks")] == [[]] * 3
    assert done["precondition"] == "none"
    assert done["not_checked"] == ["claimed instances", "ledger", "mode of the operator", "progress of the pool"]


def warming(site, meanwhile):
    """A run that waits for four instances of an app definition; something happens right after its patch."""
    lead(site.gateway)
    site.app(minInstances=0)
    patched = []

    def act(verb, kind, _name):
        if verb == "patch" and kind == kinds.APP_DEFINITION:
            patched.append(kind)
        elif patched and (verb, kind) == ("get", kinds.CONFIG_MAP):
            site.gateway.interceptors.remove(act)
            meanwhile(site)

    site.gateway.interceptors.append(act)
    return {"hold": "gitops", "app_definitions": [{"name": "java", "warm": 4}], "wait": True, "wait_timeout_seconds": 0}


def undo(site):
    owned = {"f:spec": {"f:minInstances": {}}}
    entry = {"manager": "argocd-controller", "time": "2027-02-11T03:17:51Z", "fieldsV1": owned}
    site.gateway.change(
        kinds.APP_DEFINITION, "java", {"metadata": {"managedFields": [entry]}, "spec": {"minInstances": 0}}
    )


def test_a_bound_that_another_client_puts_back_during_the_wait_is_no_success(run):
    site = Site()
    done = run(site.gateway, **warming(site, undo))
    assert done["failed"]
    told = "java: min_instances was set to 4 and is 0: argocd-controller at 2027-02-11T03:17:51Z changed it"
    assert told in done["msg"]
    assert "stay in place" not in done["msg"]
    assert done["app_definitions"][0]["seconds_to_warm"] is None


def test_a_later_hold_of_the_same_app_definition_is_waited_for_and_is_no_stranger(run):
    site = Site()

    def hold_more(site):
        run(site.gateway, hold="another", app_definitions=[{"name": "java", "warm": 9}])

    done = run(site.gateway, **warming(site, hold_more))
    assert site.live()["minInstances"] == 13
    assert "not warm after 0 s" in done["msg"]


@pytest.mark.parametrize("failures", [1, 3])
def test_a_wait_survives_looks_that_fail(run, failures):
    """The server is away for a moment; the pool is warm when it is back."""
    site = Site()
    lead(site.gateway)
    app = site.app(minInstances=1)
    patched = []

    def break_off(verb, kind, _name):
        if (verb, kind) == ("patch", kinds.APP_DEFINITION):
            patched.append(kind)
        elif patched and (verb, kind) == ("list", kinds.SERVICE) and len(patched) <= failures:
            patched.append(kind)
            raise Unreachable("the connection broke")
        elif len(patched) > failures:
            for number in (1, 2):
                site.instance(app, number)
            current = {"metadata": {"labels": {"theia-cloud.io/appdefinition-generation": "2"}}}
            for number in (1, 2):
                name = f"instance-{number}-java-{app['metadata']['uid'][-12:]}"
                site.gateway.change(kinds.DEPLOYMENT, name, current)

    site.gateway.interceptors.append(break_off)
    asked = {"app_definitions": [{"name": "java", "min_instances": 2}], "hold": "pgdp"}
    done = run(site.gateway, **asked, wait=True, wait_timeout_seconds=20, quiet_wait_seconds=0)
    [item] = done["app_definitions"]
    assert item["pool"]["warm"] == 2
    assert item["seconds_to_warm"] is not None
    assert [(look["warm"], look["claimed"], look["cold"]) for look in item["looks"]] == [(2, 0, 0)]


def held_by_two(run):
    """The exam noon holds java and rust, the exam morning holds java, too."""
    site = Site()
    for name in ("java", "rust"):
        site.app(name, minInstances=3)
    both = [{"name": name, "min_instances": 10} for name in ("java", "rust")]
    run(site.gateway, hold="morning", app_definitions=both[:1])
    run(site.gateway, hold="noon", app_definitions=both)
    return site


def writes(site):
    return [request[:2] for request in site.gateway.requests if request[0] not in ("get", "list")]


@pytest.mark.parametrize(
    "options", [{}, {"hold": None}, {"hold": "noon", "all_holds": True}, {"hold": ""}, {"hold": " "}]
)
def test_whose_hold_ends_is_never_guessed(run, options):
    site = held_by_two(run)
    site.gateway.requests.clear()
    done = run(site.gateway, state="baseline", **options)
    assert (done["failed"], writes(site), site.live()["minInstances"]) == (True, [], 10)
    assert "hold" in done["msg"]


def test_all_holds_end_if_somebody_says_so(run):
    site = held_by_two(run)
    run(site.gateway, state="baseline", all_holds=True)
    assert (site.live()["minInstances"], site.live("rust")["minInstances"]) == (3, 3)


@pytest.mark.parametrize("options", [{}, {"app_definitions": [{"name": "java"}]}])
def test_a_mistyped_exam_is_an_error_that_names_the_nearest_one(run, options):
    site = held_by_two(run)
    site.gateway.requests.clear()
    done = run(site.gateway, state="baseline", hold="nooon", **options)
    assert (done["failed"], writes(site)) == (True, [])
    assert (
        "exam nooon: it never held anything here, and morning, noon hold something; noon is the nearest" in done["msg"]
    )


def test_an_exam_that_ended_before_is_no_mistake(run):
    """Also where nothing of it is left in any entry."""
    site = held_by_two(run)
    run(site.gateway, hold="quiz", app_definitions=[{"name": "rust", "max_instances": 200}])
    for exam in ("noon", "quiz"):
        run(site.gateway, hold=exam, state="baseline")
    site.gateway.requests.clear()
    for exam in ("noon", "quiz"):
        done = run(site.gateway, hold=exam, state="baseline")
        assert (done.get("failed"), done["changed"], writes(site)) == (None, False, [])


def test_where_nobody_holds_anything_there_is_nothing_to_end(run):
    site = Site()
    site.app(minInstances=3)
    assert run(site.gateway, hold="quiz", state="baseline")["changed"] is False
