# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of the operator: what a start finds and does, who leads, what the log and the monitor say."""

from __future__ import annotations

import re
import signal
import subprocess
import uuid
from datetime import datetime, timedelta

import pytest

from integration.lab.contract import Asker, name_of, text
from integration.lab.operator_site import (
    GENERATION,
    INSTANCE_ID,
    STRATEGY,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
    uid,
)
from lab import chart
from lab.faults import Hold, Rule
from lab.processes import PACKAGES

ADA, EVE = "ada@example.org", "eve@example.org"
LEASE = "theia-cloud-operator-leaders"
INTERRUPTED = "Handling was unexpectedly interrupted. CorrelationId: "


@pytest.fixture(scope="module")
def site(control_plane):
    """Whose operator is stopped and started."""
    with control_plane.installation(operator="april", app_definitions=[], running=["operator"]) as installation:
        yield Site(installation)


def start_through(site, proxy):
    site.installation.operator.start(site.installation.operator.through(proxy), wait=False)


def read_twice(site, *names):
    """Whether the operator has read these sessions from the list and from the watch."""
    return all(site.printed(f"Session {name} ADDED") == 2 for name in names)


def waiting(site, definition, count=1):
    """Sessions that nobody has seen yet."""
    return [site.create_session(definition, f"u{number}@example.org") for number in range(count)]


def hold_until_read_while_handled(site, proxy, *names):
    """The watch begins when the sessions are being handled, and the first pass ends when the watch has begun.

    The mark of a lazy session waits for the URLs: who looks for one gives up where another writes at that moment.
    """

    def are_being_handled():
        return all(site.session(name).get("status", {}).get("operatorStatus") == "HANDLING" for name in names)

    until_handled = Hold(meanwhile=lambda: eventually("they are being handled", are_being_handled))
    until_read = Hold(meanwhile=lambda: eventually("they are read twice", lambda: read_twice(site, *names)))
    until_url = Hold(meanwhile=lambda: [site.has_url(name) for name in names])
    proxy.add(
        Rule(until_handled, verb="watch", path="/sessions", count=1),
        Rule(until_read, verb="create", path="/httproutes", count=len(names)),
        Rule(until_url, verb="patch", path="/sessions/", body="lazy-fallback"),
    )


def told(site, plural, name, message):
    """The status of an object, once it has this message."""

    def matching():
        status = site.installation.get(plural, name).get("status") or {}
        return status if re.fullmatch(message, status.get("operatorMessage") or "") else None

    return eventually(f"{name} says {message}", matching)


# --- what changed while nobody led


def test_a_lower_minimum_that_no_operator_saw(site):
    definition = site.definition(6)
    site.installation.operator.kill()
    site.patch(definition, minInstances=2)
    site.installation.operator.start()
    site.settled()
    left = [site.instance(definition, number) for number in range(1, 7)]
    assert [instance.generations for instance in left] == [{"1"}] * 6
    site.touch(definition)
    for number in range(3, 7):
        site.gone(definition, number)
    for number in (1, 2):
        site.built(definition, number, generation="2")


# --- sessions that are handled twice


def test_waiting_sessions_without_room_at_a_start(proxied):
    """Held until all have been read twice is the first word of each session's handling."""
    site, proxy = proxied
    definition = site.definition(0)
    site.known(definition)
    site.installation.operator.kill()
    names = waiting(site, definition, 4)
    held = Hold(meanwhile=lambda: eventually("all are read twice", lambda: read_twice(site, *names)))
    proxy.add(Rule(held, verb="patch", path=r"/sessions/[^/]+/status", count=len(names)))
    start_through(site, proxy)
    for name in names:
        assert told(site, "sessions", name, "Service already exists[.]")["operatorStatus"] == "HANDLED"
        site.has_url(name)
        assert annotations_of(site.session(name)) == {STRATEGY: "lazy-fallback"}


@pytest.fixture
def ask(proxied):
    """A service beside the proxied operator."""
    site, _proxy = proxied
    site.installation.service.start()
    yield Asker(site.installation)
    site.installation.service.kill()


def test_a_waiting_session_with_room_at_a_start(proxied, ask):
    """Beside it one that goes the lazy way, for there is no room in another pool."""
    site, proxy = proxied
    with_room, without = site.definition(1), site.definition(0)
    site.installation.wait_warm(with_room, 1)
    site.known(without)
    site.installation.operator.kill()
    eager, lazy = (site.create_session(d, ADA, name=name_of(ADA, d)) for d in (with_room, without))
    hold_until_read_while_handled(site, proxy, eager, lazy)
    start_through(site, proxy)
    for definition, name in ((with_room, eager), (without, lazy)):
        assert told(site, "sessions", name, f"{INTERRUPTED}[0-9a-f-]{{36}}")["operatorStatus"] == "ERROR"
        session = site.has_url(name)
        assert session["status"]["operatorStatus"] == "ERROR"
        assert ask.launch(ADA, definition) == text(200, session["status"]["url"])
        assert site.session(name) == session
        assert site.browse(session["status"]["url"], site.installation.user_token(ADA)) == 200
    assert annotations_of(site.session(eager)) == {STRATEGY: "eager", INSTANCE_ID: "1"}
    assert annotations_of(site.session(lazy)) == {STRATEGY: "lazy-fallback"}
    instance = site.instance(with_room, 1)
    assert owner_kinds(instance.external) == ["AppDefinition", "Session"]
    assert instance.address == ADA


def test_what_a_start_makes_of_half_handled_sessions_and_workspaces(proxied):
    """The watch is held, so that what the list says is settled before."""
    site, proxy = proxied
    definition = site.definition(0)
    site.installation.operator.kill()
    [name] = waiting(site, definition)
    workspace = {"name": "half", "user": ADA, "appDefinition": definition}
    body = {"apiVersion": "theia.cloud/v1beta5", "kind": "Workspace", "metadata": {"name": "half"}, "spec": workspace}
    site.kubectl("create", "-f", "-", stdin=body)
    for plural, other in (("sessions", name), ("workspaces", "half")):
        path = f"{site.installation.here.path(plural, other)}/status"
        site.lab.api.merge(path, {"status": {"operatorStatus": "HANDLING"}})
    settled = Hold(meanwhile=lambda: told(site, "sessions", name, f"{INTERRUPTED}init"))
    proxy.add(Rule(settled, verb="watch", path="/sessions", count=1))
    start_through(site, proxy)
    status = told(site, "sessions", name, f"{INTERRUPTED}init")
    assert status == {"operatorStatus": "ERROR", "operatorMessage": f"{INTERRUPTED}init"}
    before = "Handling was unexpectedly interrupted before. CorrelationId: init"
    assert told(site, "workspaces", "half", re.escape(before))["operatorStatus"] == "ERROR"


def test_a_session_that_ends_while_no_operator_leads(site):
    definition = site.definition(1)
    site.installation.wait_warm(definition, 1)
    session = site.start_session(definition, ADA)
    before = site.instance(definition, 1)
    site.installation.operator.kill()
    site.delete_session(session)
    eventually(
        "the collector takes the owner off",
        lambda: {tuple(owner_kinds(item)) for item in site.instance(definition, 1).objects} == {("AppDefinition",)},
    )
    site.installation.operator.start()
    site.settled()
    left = site.instance(definition, 1)
    assert labels(left.external)["theia-cloud.io/session-uuid"] == uid(session)
    assert (left.address, left.pod_uids) == (ADA, before.pod_uids)
    following = site.start_session(definition, EVE)
    taken = site.instance(definition, 1)
    assert annotations_of(following)[INSTANCE_ID] == "1"
    assert (taken.address, taken.pod_uids) == (EVE, before.pod_uids)
    site.delete_session(following)
    eventually("a new pod", lambda: (p := site.instance(definition, 1).pod_uids) and not p & before.pod_uids)
    assert site.instance(definition, 1).address is None


# --- the lead


def lease_of(site):
    return site.installation.get("leases", LEASE)


def test_how_an_operator_ends_and_another_takes_the_lead(site):
    before = lease_of(site)["spec"]
    assert site.installation.operator.stop() == 128 + signal.SIGTERM
    left = lease_of(site)["spec"]
    assert {**left, "renewTime": before["renewTime"]} == before
    assert left["renewTime"] >= before["renewTime"]
    command = site.installation.operator.command()
    site.installation.operator.start()
    holder = lease_of(site)["spec"]
    end_of_lease = datetime.fromisoformat(left["renewTime"]) + timedelta(seconds=left["leaseDurationSeconds"])
    assert datetime.fromisoformat(holder["acquireTime"]) > end_of_lease
    with subprocess.Popen(command, env={"PYTHONPATH": PACKAGES}, stdout=subprocess.DEVNULL) as standby:
        try:
            site.installation.operator.kill()
            taken = eventually(
                "another leads",
                lambda: (now := lease_of(site))["spec"]["holderIdentity"] != holder["holderIdentity"] and now,
            )
        finally:
            standby.kill()
    site.installation.operator.start()
    assert taken["spec"]["acquireTime"] > holder["renewTime"]
    assert taken["spec"]["leaseTransitions"] == holder["leaseTransitions"] + 1
    assert "annotations" not in taken["metadata"]
    assert str(uuid.UUID(taken["spec"]["holderIdentity"])) == taken["spec"]["holderIdentity"]


# --- what is printed


NEVER_IDLE = {"port": 3000, "activityTracker": {"notifyAfter": 5000, "timeoutAfter": 6000}}

LINE = re.compile(
    r"\d\d:\d\d:\d\d\.\d{3} \[[^\]]+\] (?P<level>TRACE|DEBUG|INFO|WARN|ERROR) +(?P<where>[\w.]+) "
    r"- \[(?P<correlation>[^\]]+)\] (?P<text>.*)"
)


def test_what_the_operator_prints(site):
    env = {"ARTEMIS_TOKEN": "token-in-clear"}
    session = site.start_session(site.definition(0), ADA, envVars=env)
    name, secret = session["metadata"]["name"], session["spec"]["sessionSecret"]
    printed = [line.split(" stdout F ", 1)[1] for line in site.installation.operator.log.read_text().splitlines()]
    heads = [match for match in map(LINE.fullmatch, printed) if match]
    assert {"TRACE", "DEBUG", "INFO"} <= {head["level"] for head in heads}
    # What an operator does while it starts has no event to belong to.
    correlations = {head["correlation"] for head in heads if name in head["text"]} - {"init"}
    assert correlations
    assert all(str(uuid.UUID(correlation)) == correlation for correlation in correlations)
    assert "init" in {head["correlation"] for head in heads}
    # Objects are printed as YAML, line after line, with all that is in them.
    assert sum(secret in line for line in printed) > 1
    assert sum(env["ARTEMIS_TOKEN"] in line for line in printed) > 1


def test_the_monitor_after_a_start_with_and_without_a_session_that_has_no_status(control_plane):
    """The check of time limits, which comes as often and never ends, says how much time has passed."""
    minutes = {"minute_seconds": 0.5, "monitor_interval": 1, "app_definitions": [], "running": ["operator"]}
    with control_plane.installation(**minutes) as installation:
        site = Site(installation)
        definition = site.definition(0, monitor=NEVER_IDLE)
        handled = site.start_session(definition, ADA)["metadata"]["name"]

        def rounds_after_a_start():
            """How often the monitor has looked while the limits were checked three times."""
            site.installation.operator.start()
            site.settled()
            looked, checked = site.printed("Pinging sessions"), site.printed(f"{handled} is looked at")
            eventually("three rounds", lambda: site.printed(f"{handled} is looked at") >= checked + 3)
            return site.printed("Pinging sessions") - looked

        site.installation.operator.kill()
        assert rounds_after_a_start() >= 2
        site.installation.operator.kill()
        name = site.create_session(definition, EVE)
        errors = site.printed(" ERROR ")
        assert rounds_after_a_start() == 0
        assert site.printed(" ERROR ") == errors
        site.reaches(name, "HANDLED")


def test_an_app_definition_of_a_lazy_operator(shared_installation):
    site = Site(shared_installation(operator="april", start="lazy", sessions_per_user=1))
    name = site.definition(2, wait=False)

    def handled():
        return (site.installation.get("appdefinitions", name).get("status") or {}).get("operatorStatus") == "HANDLED"

    eventually("the app definition is handled", handled)
    assert not site.instance(name, 1).objects
    assert GENERATION not in str(site.owned("services", site.installation.get("appdefinitions", name)))
    assert chart.LEASE == LEASE
