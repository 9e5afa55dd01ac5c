# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of the service: who may ask, how bodies are read, what scaling answers."""

from __future__ import annotations

import json

import pytest

from integration.lab.contract import HTML, JSON, Asker, Said, coded, empty, text
from lab import chart
from lab.api import ApiError
from lab.faults import Reset, Rule
from lab.proxy import FaultProxy

ADA, BOB = "ada@example.org", "bob@example.org"
SCALING = "/service/admin/appdefinition"
ADMINS = ("/theia-cloud/admin",)
ADMIN_ONLY = "Admin privileges required to access this resource."

FIELDS = (
    *("name", "image", "imagePullPolicy", "pullSecret", "uid", "port", "ingressname", "ingressHostnamePrefixes"),
    *("minInstances", "maxInstances", "timeout", "requestsCpu", "requestsMemory", "limitsCpu", "limitsMemory"),
    *("downlinkLimit", "uplinkLimit", "mountPath", "monitor", "options", "sidecars"),
)


@pytest.fixture(scope="module", params=["april", "current"])
def ask(shared_installation, request):
    return Asker(shared_installation(operator=request.param, running=("service",)))


@pytest.fixture(scope="module")
def ask_april(shared_installation):
    return Asker(shared_installation(operator="april", running=("service",)))


@pytest.fixture(scope="module")
def ask_current(shared_installation):
    return Asker(shared_installation(operator="current", running=("service",)))


@pytest.fixture(scope="module")
def ask_anonymous(shared_installation):
    """Without Keycloak, and without an admin token."""
    return Asker(shared_installation(operator="april", running=("service",), keycloak=False, admin_token=None))


@pytest.fixture
def definition(ask):
    """One of the test's own, with bounds 0 and 1000."""
    name = f"own-{ask.site.settings.operator}"
    path = ask.site.here.path("appdefinitions", name)
    ask.site.add(chart.app_definition(name, minInstances=0, maxInstances=1000))
    yield name
    ask.site.control_plane.api.delete(path)


def token(ask, value=None):
    return {"X-Admin-Api-Token": ask.site.admin_token if value is None else value}


def stored(ask, name):
    return ask.site.get("appdefinitions", name)


def bounds(ask, name):
    spec = stored(ask, name)["spec"]
    return spec["minInstances"], spec["maxInstances"]


def put_session(ask, name, user):
    """One that nobody handles: no operator runs here."""
    spec = {"name": name, "user": user, "appDefinition": "c-latest"}
    metadata = {"name": name, "namespace": ask.site.namespace}
    body = {"apiVersion": "theia.cloud/v1beta8", "kind": "Session", "metadata": metadata, "spec": spec}
    ask.site.control_plane.api.create(body)


@pytest.fixture
def session_of_ada(ask):
    put_session(ask, "of-ada", ADA)
    yield "of-ada"
    ask.site.control_plane.api.delete(ask.site.here.path("sessions", "of-ada"))


# --- the token of administrators


def three_of_scaling(ask, headers):
    """All endpoints of scaling, asked in the same way."""
    return [
        ask("GET", SCALING, headers=headers),
        ask("GET", f"{SCALING}/c-latest", headers=headers),
        ask("PATCH", f"{SCALING}/c-latest", {"minInstances": 7}, headers=headers),
    ]


def test_scaling_without_an_admin_token_in_the_request(ask):
    refused = Said(401, JSON, "Admin API token required in X-Admin-Api-Token header.")
    for headers in ({}, {"X-Admin-Api-Token": ""}, {"X-Admin-Api-Token": "   "}):
        assert three_of_scaling(ask, headers) == [refused] * 3
    assert bounds(ask, "c-latest") == (0, 1000)


def test_scaling_with_a_wrong_admin_token(ask):
    refused = Said(403, JSON, "Valid admin API token required.")
    for value in ("wrong", ask.site.admin_token.swapcase()):
        assert three_of_scaling(ask, token(ask, value)) == [refused] * 3
    assert bounds(ask, "c-latest") == (0, 1000)


def test_scaling_where_no_admin_token_is_configured(ask_anonymous):
    refused = Said(403, JSON, "Admin API token authentication is not configured.")
    for headers in ({}, token(ask_anonymous, "any")):
        assert three_of_scaling(ask_anonymous, headers) == [refused] * 3


# --- scaling


def test_reading_bounds_of_all_of_one_and_of_an_unknown_one(ask):
    headers = token(ask)
    listed = ask("GET", SCALING, headers=headers)
    entry = {"appDefinitionName": "c-latest", "minInstances": 0, "maxInstances": 1000}
    assert (listed.status, listed.kind) == (200, JSON)
    assert entry in listed.body
    assert ask("GET", f"{SCALING}/c-latest", headers=headers) == Said(200, JSON, entry)
    assert ask("GET", f"{SCALING}/none", headers=headers) == empty(404)
    assert ask("GET", f"{SCALING}/", headers=headers) == listed


def test_what_a_change_of_one_bound_answers_and_writes(ask, definition):
    before = stored(ask, definition)
    answer = ask.scaling(definition, minInstances=1)
    assert (answer.status, answer.kind) == (200, JSON)
    assert set(answer.body) == {"apiVersion", "kind", "metadata", "spec"}
    assert answer.body["apiVersion"] == "theia.cloud/v1beta11"
    kept = {"creationTimestamp", "generation", "managedFields", "name", "namespace", "resourceVersion", "uid"}
    assert set(answer.body["metadata"]) == kept
    assert sorted(answer.body["spec"]) == sorted(FIELDS)
    assert (answer.body["spec"]["pullSecret"], answer.body["spec"]["sidecars"]) == (None, None)
    after = stored(ask, definition)
    assert after["spec"] == {**before["spec"], "minInstances": 1}
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert "fabric8-kubernetes-client" in [entry["manager"] for entry in after["metadata"]["managedFields"]]
    assert ask.scaling(definition, minInstances=1).status == 200
    assert stored(ask, definition)["metadata"] == after["metadata"]


def test_numbers_in_quotes_and_with_a_point_are_taken_as_bounds(ask, definition):
    for value in ("1", 1.0, 1.7):
        assert ask.scaling(definition, minInstances=0).status == 200
        assert ask.scaling(definition, minInstances=value).status == 200
        assert bounds(ask, definition) == (1, 1000)


def test_what_is_no_bound(ask, definition):
    before = stored(ask, definition)["metadata"]
    assert ask.scaling(definition) == empty(400)
    assert ask.scaling(definition, minInstances=None, maxInstances=None) == empty(400)
    for value in (True, "", "abc", [1], {"n": 1}, 3_000_000_000):
        assert ask.scaling(definition, minInstances=value) == empty(400)
    assert stored(ask, definition)["metadata"] == before
    assert [ask.scaling("none"), ask.scaling("none", minInstances=-5)] == [empty(404)] * 2


def test_bounds_that_contradict_each_other_or_are_negative(ask, definition):
    before = stored(ask, definition)["metadata"]
    impossible = (
        {"minInstances": 5, "maxInstances": 2},
        {"minInstances": 2000},
        {"minInstances": -1},
        {"maxInstances": -1},
    )
    for wanted in impossible:
        assert ask.scaling(definition, **wanted) == empty(400)
    assert stored(ask, definition)["metadata"] == before
    api, path = ask.site.control_plane.api, ask.site.here.path("appdefinitions", definition)
    with pytest.raises(ApiError) as refused:
        api.merge(path, {"spec": {"minInstances": 1, "maxInstances": 0}})
    assert refused.value.status == 422
    assert str(refused.value).endswith("spec: Invalid value: minInstances should be less or equal than maxInstances.")
    api.merge(path, {"spec": {"minInstances": -1, "maxInstances": -1}})
    assert bounds(ask, definition) == (-1, -1)


def test_a_null_bound_and_a_property_that_nobody_knows(ask, definition):
    assert ask.scaling(definition, minInstances=1, maxInstances=None).status == 200
    assert bounds(ask, definition) == (1, 1000)
    assert ask.scaling(definition, minInstances=2, maxInstances=None, appId="x").status == 200
    assert bounds(ask, definition) == (2, 1000)


# --- bearers


def test_a_bad_bearer_where_one_is_needed_and_where_none_is(ask):
    expired = ask.site.issuer.mint(ADA, lifetime_seconds=-60)

    def without_need(bearer):
        return [
            ask("GET", SCALING, headers=token(ask), bearer=bearer),
            ask("GET", "/service/{app_id}", bearer=bearer),
            ask("PATCH", "/service/session", ask.mine(sessionName="none"), bearer=bearer),
        ]

    in_need = [
        ask("GET", f"/service/session/{{app_id}}/{ADA}", bearer="garbage"),
        ask("GET", f"/service/workspace/{{app_id}}/{ADA}", bearer="garbage"),
        ask("GET", "/service/appdefinition/{app_id}", bearer="garbage"),
        ask("POST", "/service", ask.mine(appDefinition="c-latest"), bearer="garbage"),
    ]
    assert [*without_need("garbage"), *without_need(expired), *in_need] == [empty(401)] * 10


def test_no_bearer_where_one_is_needed(ask):
    launch = {"user": ADA, "appDefinition": "c-latest"}
    answers = [
        ask("GET", f"/service/session/{{app_id}}/{ADA}"),
        ask("GET", f"/service/workspace/{{app_id}}/{ADA}"),
        ask("GET", "/service/appdefinition/{app_id}"),
        ask("POST", "/service", ask.mine(**launch)),
        ask("POST", "/service", {"appId": "wrong", **launch}),
    ]
    assert answers == [empty(401)] * 5


def test_acting_for_somebody_else(ask, session_of_ada):
    admin = ask.site.user_token("root@example.org", groups=ADMINS)
    answers = [
        ask("GET", f"/service/session/{{app_id}}/{ADA}", user=BOB),
        ask("GET", f"/service/workspace/{{app_id}}/{ADA}", user=BOB),
        ask("POST", "/service", ask.mine(user=ADA, appDefinition="c-latest"), user=BOB),
        ask("GET", "/service/session/{app_id}/ADA@example.org", user=ADA),
        ask("GET", f"/service/session/{{app_id}}/{ADA}", bearer=admin),
        ask("DELETE", "/service/session", ask.mine(user=ADA, sessionName=session_of_ada), bearer=admin),
    ]
    assert answers == [empty(403)] * 6
    assert ask.site.get("sessions", session_of_ada)


def test_the_admin_ping_by_all_sorts_of_callers(ask):
    path = "/service/admin/{app_id}"

    def of_groups(*groups):
        return ask("GET", path, bearer=ask.site.user_token(ADA, groups=groups))

    refused = text(403, ADMIN_ONLY)
    assert [ask("GET", path), of_groups(), of_groups("/other")] == [refused] * 3
    assert of_groups(*ADMINS) == text(200, "true")
    assert ask("GET", path, bearer="garbage") == empty(401)


# --- appIds and bodies


def test_a_wrong_or_missing_app_id(ask):
    wrong = {"appId": "wrong", "user": ADA, "appDefinition": "c-latest"}
    answers = [
        ask("GET", "/service/wrong"),
        ask("GET", f"/service/session/wrong/{ADA}", user=ADA),
        ask("POST", "/service", wrong, user=ADA),
        ask("POST", "/service", {"user": ADA, "appDefinition": "c-latest"}, user=ADA),
    ]
    assert answers == [coded(470, "Invalid application id.")] * 4


BODILESS = (("POST", "/service"), ("DELETE", "/service/session"), ("PATCH", "/service/session"))


def test_a_request_without_a_body_or_with_null(ask_april, ask_current):
    for method, path in BODILESS:
        assert ask_april(method, path, user=ADA).is_error_id
    assert ask_april("POST", "/service", b"null", user=ADA).is_error_id
    # Of newer code by reading.
    refused = coded(470, "Invalid application id.")
    assert [ask_current(method, path, user=ADA) for method, path in BODILESS] == [refused] * 3
    assert ask_current("POST", "/service", b"null", user=ADA) == refused


def test_a_body_that_is_no_json_or_claims_to_be_none(ask):
    launch = json.dumps(ask.mine(appDefinition="c-latest")).encode()
    assert ask("POST", "/service", user=ADA, kind=None) == empty(415)
    assert ask("DELETE", "/service/session", user=ADA, kind=None) == empty(415)
    assert ask("POST", "/service", launch, user=ADA, kind="text/plain") == empty(415)
    assert ask("POST", "/service", b"{", user=ADA) == empty(400)


def test_any_request_while_the_api_server_is_away(control_plane):
    settings = {"operator": "april", "running": (), "app_definitions": []}
    with FaultProxy.before(control_plane) as proxy, control_plane.installation(**settings) as site:
        site.service.start(site.service.through(proxy))
        ask = Asker(site)
        proxy.add(Rule(Reset()))
        answers = [
            ask("GET", SCALING, headers=token(ask)),
            ask.scaling("c-latest", minInstances=1),
            ask("GET", f"/service/session/{{app_id}}/{ADA}", user=ADA),
            ask("POST", "/service", ask.mine(appDefinition="c-latest"), user=ADA),
        ]
    assert [answer.is_error_id for answer in answers] == [True] * 4


def test_a_wrong_method_and_a_path_that_nobody_serves(ask):
    assert [ask("GET", path) for path in ("/service", "/service/", "/service/session")] == [empty(405)] * 3
    page = Said(404, HTML, "<html><body><h1>Resource not found</h1></body></html>")
    assert [ask("GET", path) for path in ("/nope", "/q/health")] == [page] * 2


def test_names_that_are_missing_or_unknown(ask):
    of_app = "c-latest"
    answers = [
        ask("DELETE", "/service/session", ask.mine(), user=ADA),
        ask("PATCH", "/service/session", ask.mine()),
        ask("DELETE", "/service/workspace", ask.mine(), user=ADA),
        ask("GET", "/service/session/performance/{app_id}/none", user=ADA),
        ask("POST", "/service/session/none/config", ask.mine(key="k", value="v"), user=ADA),
        ask("POST", "/service/session", ask.mine(workspaceName="none", appDefinition=of_app), user=ADA),
        ask("POST", "/service", ask.mine(appDefinition="none"), user=ADA),
    ]
    assert answers == [
        coded(481, "Missing session name."),
        coded(481, "Missing session name."),
        coded(480, "Missing workspace name."),
        coded(474, "Invalid session name."),
        coded(474, "Invalid session name."),
        coded(471, "Invalid workspace name."),
        coded(473, "Invalid app definition name."),
    ]
    assert not ask.site.items("sessions")
    assert not ask.site.items("workspaces")


def test_what_is_left_without_keycloak(ask_anonymous):
    ask = ask_anonymous
    refused = [
        ask("GET", f"/service/session/{{app_id}}/{ADA}"),
        ask("GET", f"/service/workspace/{{app_id}}/{ADA}"),
        ask("DELETE", "/service/session", ask.mine(user=ADA, sessionName="s")),
        ask("DELETE", "/service/session", {"appId": "wrong", "user": ADA, "sessionName": "s"}),
        ask("DELETE", "/service/workspace", ask.mine(user=ADA, workspaceName="w")),
        ask("GET", "/service/session/performance/{app_id}/s"),
        ask("POST", "/service/session", ask.mine(user=ADA, appDefinition="c-latest")),
    ]
    assert refused == [empty(403)] * 7
    launches = [ask("POST", "/service", ask.mine(appDefinition="c-latest", **user)) for user in ({}, {"user": ""})]
    assert launches == [empty(400)] * 2
    assert ask("GET", "/service/admin/{app_id}") == text(403, ADMIN_ONLY)
    assert ask("GET", "/service/{app_id}") == text(200, "true")
    listed = ask("GET", "/service/appdefinition/{app_id}")
    assert (listed.status, listed.kind) == (200, JSON)
