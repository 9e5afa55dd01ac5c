# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of the service: sessions that are launched, listed, reported active, measured, refused and stopped."""

from __future__ import annotations

import re
import time

import pytest

from integration.lab.contract import JSON, Asker, Said, coded, empty, name_of, text
from integration.lab.operator_site import INSTANCE_ID, STRATEGY, Site, annotations_of, eventually, uid
from lab import metrics

ADA, BOB = "ada@example.org", "bob@example.org"
JAVA, C = "java-17-latest", "c-latest"

TOO_MANY = "No more sessions allowed for this user, you reached your limit."
FULL = "Max instances reached. Could not create session."


@pytest.fixture(scope="module", params=["april", "current"])
def site(shared_installation, request):
    return Site(shared_installation(operator=request.param))


@pytest.fixture(scope="module")
def april(shared_installation):
    return Site(shared_installation(operator="april"))


@pytest.fixture(scope="module")
def limited(shared_installation):
    """A lazy operator that allows one session to each user."""
    return Site(shared_installation(operator="april", start="lazy", sessions_per_user=1))


def asker(site):
    return Asker(site.installation)


def launch(site, user, definition, **request):
    return asker(site).launch(user, definition, **request)


def stop(site, name, **fields):
    ask = asker(site)
    user = fields.pop("by")
    return ask("DELETE", "/service/session", ask.mine(sessionName=name, **fields), user=user)


def report_activity(site, name):
    ask = asker(site)
    return ask("PATCH", "/service/session", ask.mine(sessionName=name))


@pytest.fixture(scope="module")
def launched(site):
    """What the first launch of Ada answered; the pool has three instances and room."""
    site.installation.wait_warm(JAVA, 3)
    return launch(site, ADA, JAVA, env={"fromMap": {"ARTEMIS_TOKEN": "x", "N": 5}})


def test_a_launch_and_another_with_another_environment(site, launched):
    url = f"{site.installation.instances_host}/{JAVA}-1/"
    assert launched == text(200, url)
    again = launch(site, ADA, JAVA, env={"fromMap": {"ARTEMIS_TOKEN": "y"}})
    assert again == text(200, url)
    session = site.session(name_of(ADA, JAVA))
    assert session["spec"]["envVars"] == {"ARTEMIS_TOKEN": "x", "N": "5"}
    assert not {"labels", "finalizers"} & session["metadata"].keys()
    assert [s["metadata"]["name"] for s in site.installation.items("sessions") if s["spec"]["user"] == ADA] == [
        name_of(ADA, JAVA)
    ]


def test_the_list_of_a_users_sessions(site, launched):
    assert launched.status == 200
    ask = asker(site)
    listed = ask("GET", f"/service/session/{{app_id}}/{ADA}", user=ADA)
    session = site.session(name_of(ADA, JAVA))
    # Newer code hides the secret of the session, and nothing else.
    secret = session["spec"]["sessionSecret"] if site.installation.settings.operator == "april" else "***"
    entry = {
        "name": name_of(ADA, JAVA),
        "appDefinition": JAVA,
        "user": ADA,
        "workspace": None,
        "sessionSecret": secret,
        "options": None,
        "envVars": {"ARTEMIS_TOKEN": "x", "N": "5"},
        "envVarsFromConfigMaps": [],
        "envVarsFromSecrets": [],
    }
    assert listed == Said(200, JSON, [entry])
    assert ask("GET", "/service/session/{app_id}/nobody@example.org", user="nobody@example.org") == Said(200, JSON, [])


def test_the_list_of_a_users_workspaces(site):
    user = "cleo@example.org"
    assert launch(site, user, C, ephemeral=False, label="my ws").status == 200
    listed = asker(site)("GET", f"/service/workspace/{{app_id}}/{user}", user=user)
    [entry] = listed.body
    assert re.fullmatch(rf"ws-\d{{13}}{C}-cleo-example-org", entry["name"])
    wanted = {"name": entry["name"], "label": "my ws", "appDefinition": C, "user": user, "active": True}
    assert listed == Said(200, JSON, [wanted])


def test_stopping_a_session_by_all_sorts_of_callers(site):
    user = "dora@example.org"
    name = site.create_session(C, user)
    assert [stop(site, name, by=BOB), stop(site, name, by=BOB, user=user)] == [empty(403)] * 2
    assert site.session(name)
    assert [stop(site, name, by=user), stop(site, name, by=user)] == [text(200, "true")] * 2
    assert not site.exists("sessions", name)


def test_reporting_activity_of_a_session_that_is_not_there(site):
    name = site.create_session(C, "erik@example.org")
    site.has_url(name)
    eventually("its start is over", lambda: STRATEGY in annotations_of(site.session(name)))
    before = site.session(name)
    assert [report_activity(site, other) for other in ("none", name.upper())] == [text(200, "false")] * 2
    assert site.session(name) == before


@pytest.fixture(params=["with Keycloak", "without Keycloak"])
def running(request, april, shared_installation):
    """A site with a session that the operator has handled."""
    if request.param == "with Keycloak":
        return april, april.has_url(april.create_session(C, "fay@example.org"))["metadata"]["name"]
    alone = Site(
        shared_installation(operator="april", running=("service",), keycloak=False, admin_token=None),
    )
    name = alone.create_session(C, "fay@example.org")
    status = {"operatorStatus": "HANDLED", "url": "host/c-latest-1/", "lastActivity": 1}
    alone.lab.api.merge(f"{alone.installation.here.path('sessions', name)}/status", {"status": status})
    return alone, name


def test_reporting_activity_of_a_session_of_april(running):
    site, name = running
    before, since = site.session(name), site.now()
    answer = report_activity(site, name)
    assert answer.is_error_id
    after = site.session(name)
    assert after["status"] == {**before["status"], "lastActivity": after["status"]["lastActivity"]}
    assert before["status"]["lastActivity"] < after["status"]["lastActivity"] <= time.time() * 1000
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    patches = site.lab.audit(user=site.installation.service.user, since=since, verbs={"patch"}, name=name)
    told = [(event["objectRef"].get("subresource"), event["responseStatus"]["code"]) for event in patches]
    assert told == [("status", 200), (None, 409)]


def test_reporting_activity_of_a_session_of_newer_code(shared_installation):
    """By reading: this is what the code means to answer."""
    site = Site(shared_installation(operator="current"))
    name = site.create_session(C, "gus@example.org")
    before = site.reaches(name, "HANDLED")["status"]["lastActivity"]
    assert report_activity(site, name) == text(200, "true")
    assert site.session(name)["status"]["lastActivity"] > before


QUANTITIES = (
    ({"cpu": "123456789n", "memory": "512000Ki"}, ("123456789", "n", "524288000", "B")),
    ({"cpu": "250m", "memory": "1Gi"}, ("250", "m", "1073741824", "B")),
    ({"cpu": "1", "memory": "1500M"}, ("1", "", "1500000000", "B")),
    ({"cpu": "12n", "memory": "1.5Gi"}, ("12", "n", "1610612736.0", "B")),
)


def test_what_a_session_uses(site):
    user = "hal@example.org"
    name = site.create_session(C, user)
    session = site.has_url(name)

    def measured(by):
        return asker(site)("GET", f"/service/session/performance/{{app_id}}/{name}", user=by)

    assert measured(user) == coded(521, "Metrics server not ready (yet).")
    [pod] = site.installation.items("pods", labelSelector=f"theia-cloud.io/session-uuid={uid(session)}")
    metrics.set_usage(site.lab.api, pod, {C: metrics.Usage(1, 1024)})
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{site.namespace}/pods/{pod['metadata']['name']}"
    fields = ("cpuAmount", "cpuFormat", "memoryAmount", "memoryFormat")
    for usage, told in QUANTITIES:
        site.lab.api.merge(path, {"containers": [{"name": C, "usage": usage}]})
        assert measured(user) == Said(200, JSON, dict(zip(fields, told, strict=True)))
    assert measured(BOB) == empty(403)


def test_a_launch_while_no_operator_leads(control_plane):
    impatient = {"minute_seconds": 0.5, "running": ("service",), "operator": "april"}
    refused = coded(551, "Unable to launch session within time limit.")
    with control_plane.installation(**impatient, gateway_timeout_seconds=0.0) as installation:
        site = Site(installation)
        assert launch(site, ADA, C, timeout=1) == refused
        error = f"551:{refused.body['reason']}"
        assert site.session(name_of(ADA, C))["status"] == {"error": error, "lastActivity": 0}
        assert launch(site, ADA, C, timeout=1) == refused
        assert not site.exists("sessions", name_of(ADA, C))
    # By default the gateway in front loses patience after a minute.
    with control_plane.installation(**impatient) as installation:
        assert launch(Site(installation), ADA, C, timeout=2).status == 504


def test_a_launch_beyond_the_limit_of_a_user(limited):
    site, user = limited, "ivy@example.org"
    first = launch(site, user, C)
    assert first.status == 200
    name = name_of(user, "python-latest")
    errored = {
        "operatorStatus": "ERROR",
        "operatorMessage": "Max sessions reached.",
        "error": f"553:{TOO_MANY}",
        "lastActivity": 0,
    }
    for _attempt in range(2):
        since = site.now()
        assert launch(site, user, "python-latest") == empty(204)
        assert site.reaches(name, "ERROR")["status"] == errored
        assert created_and_deleted(site, since) == ["create", "delete", "create"]
        assert launch(site, user, "python-latest") == coded(553, TOO_MANY)
        assert not site.exists("sessions", name)
    assert launch(site, user, C) == first


def created_and_deleted(site, since):
    """What the service did with sessions."""
    events = site.lab.audit(
        user=site.installation.service.user, namespace=site.namespace, since=since, verbs={"create", "delete"}
    )
    return [event["verb"] for event in events if event["objectRef"]["resource"] == "sessions"]


def test_a_launch_beyond_the_limit_of_an_app_definition(limited):
    site = limited
    full, closed = (site.definition(maxInstances=limit) for limit in (1, 0))
    site.start_session(full, "jon@example.org")
    for definition in (full, closed):
        user = f"kim-{definition}@example.org"
        site.known(definition)
        assert launch(site, user, definition) == coded(552, FULL)
        assert not site.exists("sessions", name_of(user, definition))
        direct = site.reaches(site.create_session(definition, user), "ERROR")["status"]
        assert direct["operatorMessage"] == "Max instances reached."
        assert direct["error"] == f"552:{FULL}"


def test_ada_is_on_an_instance_of_the_pool(site, launched):
    """So that the tests above ask what they mean to ask."""
    assert launched.status == 200
    assert annotations_of(site.session(name_of(ADA, JAVA)))[INSTANCE_ID] == "1"
    eventually("the pool knows", lambda: len(site.owned("services", site.session(name_of(ADA, JAVA)))) == 2)
