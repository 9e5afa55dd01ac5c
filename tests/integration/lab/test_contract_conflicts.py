# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of April's operator: how it ends itself, and the half instances that it leaves and does not mend."""

from __future__ import annotations

import pytest

from integration.lab.operator_site import (
    GENERATION,
    INSTANCE_ID,
    STRATEGY,
    Site,
    annotations_of,
    eventually,
    labels,
    owner_kinds,
)
from lab.collisions import Collision
from lab.faults import Hold, Rule, Status
from lab.operator.arguments import parse
from lab.operator.names import instance_object
from lab.proxy import FaultProxy

ADA = "ada@example.org"
ENDED = 255
ROUTES = r"/httproutes(\?|$)"
HANDLED = '"operatorStatus": ?"HANDLED"'
# How many requests about the parts of two instances, of which one is claimed, a reconcile has sent of its 18.
BEFORE, AFTER = "before", "after"
MOMENTS = (BEFORE, *range(0, 16, 2), AFTER)
# The label of the one begins with what no label may begin with, that of the other is cut to end so.
UNNAMEABLE = ("-x@example.org", f"{'l' * 59}@example.org")


@pytest.fixture(scope="module")
def mortal_site(control_plane):
    """Its operator is not started again when it has ended."""
    settings = {"operator": "april", "app_definitions": [], "running": (), "restarts": False}
    with FaultProxy.before(control_plane) as proxy, control_plane.installation(**settings) as installation:
        yield Site(installation), proxy


@pytest.fixture
def mortal(mortal_site):
    site, proxy = mortal_site
    proxy.clear()
    if not site.installation.operator.running():
        site.installation.operator.start(site.installation.operator.through(proxy))
    yield site, proxy
    proxy.clear()


def has_ended(site):
    eventually("the operator ends", lambda: not site.installation.operator.running())
    return site.lab.processes.status()["processes"][site.operator_process]["returncode"]


def status_of(site, name):
    return site.session(name).get("status", {}).get("operatorStatus")


# --- conflicts over the status of a session


def test_a_handler_that_meets_a_newer_status(mortal):
    """As that of its own URL poller. Others are in hand meanwhile, and two wait."""
    site, proxy = mortal
    hands = parse(["--instancesHost=any"]).threads
    definition = site.definition(hands)
    site.known(definition)
    site.installation.operator.kill()
    names = [site.create_session(definition, f"u{number}@example.org") for number in range(hands + 2)]

    def all_hands_are_full():
        return [status_of(site, name) for name in names].count("HANDLING") == hands

    full = Hold(meanwhile=lambda: eventually("all hands are full", all_hands_are_full))
    proxy.add(
        Rule(full, verb="create", path=ROUTES, count=1),
        Rule(Hold(), verb="create", path=ROUTES, skip=1),
        Rule(Status(409), verb="patch", path=r"/sessions/[^/]+/status", body=HANDLED, count=1),
    )
    site.installation.operator.start(site.installation.operator.through(proxy), wait=False)
    assert has_ended(site) == ENDED
    left = [status_of(site, name) for name in names]
    assert (left.count("HANDLING"), left.count(None)) == (hands - 1, 2)


def test_a_status_that_somebody_else_writes_while_a_session_is_handled(mortal):
    site, proxy = mortal
    definition = site.definition(1)
    site.known(definition)
    name = site.create_session(definition, ADA)
    path = f"{site.installation.here.path('sessions', name)}/status"
    written = Hold(meanwhile=lambda: site.lab.api.merge(path, {"status": {"lastActivity": 5}}))
    proxy.add(Rule(written, verb="patch", path=f"/sessions/{name}/status", body=HANDLED, count=1))
    assert has_ended(site) == ENDED
    assert status_of(site, name) != "HANDLED"


def test_the_same_for_newer_code(shared_installation):
    """It is not known to end itself, and a stand-in that means newer code does not."""
    site = Site(shared_installation(operator="current"))
    definition = site.definition(1)
    site.known(definition)
    name = site.create_session(definition, ADA)
    path = f"{site.installation.here.path('sessions', name)}/status"
    for activity in range(20):
        site.lab.api.merge(path, {"status": {"lastActivity": activity}})
    assert site.reaches(name, "HANDLED")
    assert site.installation.operator.running()


# --- a change that meets the end of sessions


def claimed_instance(site):
    """An app definition with two instances, of which a session has the first."""
    definition = site.definition(2)
    session = site.start_session(definition, ADA)
    assert annotations_of(session)[INSTANCE_ID] == "1"
    return definition, session


def test_a_change_that_meets_the_end_of_a_session(mortal):
    site, proxy = mortal
    definition, session = claimed_instance(site)
    Collision(site.installation, proxy, definition, 1).end_operator(
        end=lambda: site.delete_session(session), change=lambda: site.patch(definition, maxInstances=500)
    )
    assert has_ended(site) == ENDED
    left = site.instance(definition, 1)
    assert (len(left.objects), left.external is None) == (1, False)
    # The start makes what an id lacks, but for a single Service.
    proxy.clear()
    site.installation.operator.start(site.installation.operator.through(proxy))
    site.settled()
    mended = site.instance(definition, 1)
    assert mended.internal is None
    assert len(mended.objects) == 4


def test_a_change_that_leaves_half_an_instance(mortal):
    site, proxy = mortal
    definition, session = claimed_instance(site)
    Collision(site.installation, proxy, definition, 1).leave_half(
        end=lambda: site.delete_session(session), change=lambda: site.patch(definition, maxInstances=500)
    )
    site.settled()
    half = site.instance(definition, 1)
    assert half.external is None
    assert [owner_kinds(item) for item in half.objects] == [["AppDefinition"]] * 4
    assert site.installation.operator.running()


def test_a_change_that_leaves_the_address_of_who_has_left(mortal):
    site, proxy = mortal
    definition, session = claimed_instance(site)
    Collision(site.installation, proxy, definition, 1).leave_address(end=lambda: site.delete_session(session))
    site.settled()
    dirty = site.instance(definition, 1)
    assert [owner_kinds(item) for item in dirty.objects] == [["AppDefinition"]] * 5
    assert dirty.address == ADA
    assert site.installation.operator.running()


def rebuilt(site, definition, number):
    """The instance, once its Deployment, which is made last, is of the present generation."""
    live = site.installation.get("appdefinitions", definition)
    path = site.installation.here.path("deployments", instance_object(live, number))
    generation = str(live["metadata"]["generation"])

    def made():
        found = site.lab.api.find(path)
        return found and labels(found)[GENERATION] == generation

    eventually(f"instance {number} is rebuilt", made)
    return site.instance(definition, number)


def leaves_around_a_change(site, proxy, definition, moment):
    """A session leaves; the reconcile sends nothing while it is released."""
    session = site.start_session(definition, ADA)
    assert annotations_of(session)[INSTANCE_ID] == "1"
    api, here = site.lab.api, site.installation.here

    def change():
        spec = {"maxInstances": 500 + int(site.generation(definition))}
        api.merge(here.path("appdefinitions", definition), {"spec": spec})

    def leave():
        api.delete(here.path("sessions", session["metadata"]["name"]))

    def be_released():
        leave()
        rebuilt(site, definition, 1)

    if moment == BEFORE:
        # The last that a release of an instance of this generation does.
        looked = Rule(Hold(meanwhile=lambda: None, delivered=True), verb="list", path="/configmaps", count=1)
        proxy.add(looked)
        leave()
        eventually("the release is over", looked.fault.arrived.is_set)
        change()
    elif moment == AFTER:
        change()
        rebuilt(site, definition, 2)
        leave()
    else:
        proxy.add(Rule(Hold(meanwhile=be_released), path="/(services|configmaps|deployments)", skip=moment, count=1))
        change()


def test_one_session_that_leaves_around_a_change(mortal):
    """Unlike many at once it does no harm: its release is over before the reconcile sends its next request.

    The real one was asked by the clock, from a second before the change to two seconds after it.
    """
    site, proxy = mortal
    definition = site.definition(2)
    for moment in MOMENTS:
        leaves_around_a_change(site, proxy, definition, moment)
        # The Deployment of the second one is the last that the reconcile makes.
        for number in (2, 1):
            instance = rebuilt(site, definition, number)
            assert [labels(item)[GENERATION] for item in instance.objects] == [site.generation(definition)] * 5
            assert instance.address is None
        assert site.installation.operator.running()
        proxy.clear()


@pytest.mark.parametrize("operator", ["april", "current"])
def test_an_instance_that_lacks_one_of_its_services(shared_installation, operator):
    site = Site(shared_installation(operator=operator))
    definition = site.definition(1)
    whole = site.instance(definition, 1)
    site.kubectl("delete", "service", whole.external["metadata"]["name"])
    site.touch(definition)
    site.settled()
    if operator == "current":
        # Nobody has seen newer code do this; the stand-in does what is meant.
        assert site.instance(definition, 1).external
        return
    half = site.instance(definition, 1)
    assert half.external is None
    assert half.uids < whole.uids
    site.kubectl("delete", "service", half.internal["metadata"]["name"])
    site.touch(definition)
    site.settled()
    mended = site.instance(definition, 1)
    assert mended.external
    assert mended.internal


# --- users whose label the API server refuses


def unclaimable(site, user):
    """A session that has an instance, and cannot be set up."""
    definition = site.definition(1)
    site.known(definition)
    name = site.create_session(definition, user)
    session = site.reaches(name, "ERROR")
    assert session["status"]["operatorMessage"] == "Failed to complete session setup."
    assert annotations_of(session) == {STRATEGY: "eager", INSTANCE_ID: "1"}
    assert owner_kinds(site.instance(definition, 1).external) == ["AppDefinition", "Session"]
    return definition, session


@pytest.mark.parametrize("user", UNNAMEABLE, ids=["begins wrong", "is cut wrong"])
def test_a_user_that_no_label_can_name(mortal, user):
    site, _proxy = mortal
    _definition, session = unclaimable(site, user)
    site.delete_session(session)
    assert has_ended(site) == ENDED


def test_ending_the_session_of_such_a_user_without_its_strategy(mortal):
    site, _proxy = mortal
    definition, session = unclaimable(site, UNNAMEABLE[0])
    name = session["metadata"]["name"]
    site.kubectl("annotate", "sessions.theia.cloud", name, f"{STRATEGY}-")
    eventually("the operator has read it", lambda: site.printed(f"Session {name} MODIFIED") >= 1)
    site.delete_session(session)

    def free():
        return {tuple(owner_kinds(item)) for item in site.instance(definition, 1).objects} == {("AppDefinition",)}

    eventually("the instance is free", free)
    site.attended()
    assert site.installation.operator.running()
    instance = site.instance(definition, 1)
    assert not any("theia-cloud.io/user" in labels(item) for item in instance.objects)
    assert instance.address is None


def test_an_operator_that_ended_is_started_again_as_by_its_deployment(proxied):
    site, proxy = proxied
    definition = site.definition(1)
    site.known(definition)
    before = site.installation.operator.ends
    proxy.add(Rule(Status(409), verb="patch", path=r"/sessions/[^/]+/status", body=HANDLED, count=1))
    site.create_session(definition, ADA)
    eventually("it has ended", lambda: site.installation.operator.ends == [*before, ENDED])
    site.attended()
