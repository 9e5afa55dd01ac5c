# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The endpoints that scale app definitions: who may, in which order requests are judged, what is written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integration.lab.rights import take_away
from lab import ControlPlane, chart

JAVA = "java-17-latest"
PATH = "/service/admin/appdefinition"
ADMINS = ("/theia-cloud/admin",)


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(running=("service",)) as installation:
        yield installation


def scale(site, name, body, **headers):
    presented = headers or {"X-Admin-Api-Token": site.admin_token}
    return site.rest("PATCH", f"{PATH}/{name}", body, headers=presented)


def bounds(site, name=JAVA):
    spec = site.get("appdefinitions", name)["spec"]
    return spec["minInstances"], spec["maxInstances"]


# --- the token filter comes before anything else


@pytest.mark.parametrize("path", [PATH, f"{PATH}/{JAVA}", f"{PATH}/none"])
def test_without_a_token_header_it_is_401_whatever_is_asked(site, path):
    answer = site.rest("GET", path)
    assert answer.status == 401
    assert answer.body


@pytest.mark.parametrize("token", ["wrong", " "])
def test_a_blank_token_is_401_and_a_wrong_one_403(site, token):
    answer = scale(site, "none", None, **{"X-Admin-Api-Token": token})
    assert answer.status == (403 if token.strip() else 401)


@pytest.mark.parametrize("configured", [None, "  "])
def test_a_service_without_a_token_is_403_whatever_is_sent(control_plane, configured):
    with control_plane.installation(running=("service",), admin_token=configured, app_definitions=[]) as bare:
        missing = bare.rest("GET", PATH)
        wrong = bare.rest("GET", PATH, headers={"X-Admin-Api-Token": "any"})
    assert (missing.status, wrong.status) == (403, 403)
    assert b"not configured" in wrong.body


def test_no_bearer_is_wanted_and_a_bad_one_is_401_before_the_token_is_looked_at(site):
    token = {"X-Admin-Api-Token": site.admin_token}
    assert site.rest("GET", PATH, headers=token).status == 200
    bad = site.rest("GET", PATH, headers={**token, "Authorization": "Bearer nonsense"})
    assert (bad.status, bad.body) == (401, b"")


def test_the_token_works_without_keycloak(control_plane):
    with control_plane.installation(running=("service",), keycloak=False) as anonymous:
        token = {"X-Admin-Api-Token": anonymous.admin_token}
        assert anonymous.rest("GET", PATH, headers=token).status == 200


# --- reading


def test_bounds_of_all_and_of_one(site):
    token = {"X-Admin-Api-Token": site.admin_token}
    everything = site.rest("GET", PATH, headers=token).json()
    assert {"appDefinitionName": JAVA, "minInstances": 3, "maxInstances": 1000} in everything
    assert len(everything) == 6
    one = site.rest("GET", f"{PATH}/c-latest", headers=token).json()
    assert one == {"appDefinitionName": "c-latest", "minInstances": 0, "maxInstances": 1000}


def test_bounds_of_an_unknown_name_are_404_without_a_body(site):
    answer = site.rest("GET", f"{PATH}/none", headers={"X-Admin-Api-Token": site.admin_token})
    assert (answer.status, answer.body) == (404, b"")


# --- writing


def test_the_order_of_judgement(site):
    steps = {
        "no body": scale(site, "none", None),
        "unknown name, although the bounds are broken": scale(site, "none", {"minInstances": -1}),
        "neither bound": scale(site, JAVA, {"colour": "blue"}),
        "null bounds": scale(site, JAVA, {"minInstances": None, "maxInstances": None}),
        "not a number": scale(site, "none", {"minInstances": "many"}),
    }
    assert {name: answer.status for name, answer in steps.items()} == {
        "no body": 400,
        "unknown name, although the bounds are broken": 404,
        "neither bound": 400,
        "null bounds": 400,
        "not a number": 400,
    }
    assert all(answer.body == b"" for answer in steps.values())


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"minInstances": -1}, id="negative-minimum"),
        pytest.param({"maxInstances": -1}, id="unlimited"),
        pytest.param({"minInstances": 7, "maxInstances": 6}, id="minimum-above-maximum"),
        pytest.param({"minInstances": 1001}, id="above-the-present-maximum"),
        pytest.param({"maxInstances": 2}, id="below-the-present-minimum"),
    ],
)
def test_bounds_that_cannot_be_are_400_and_nothing_is_written(site, body):
    before = site.get("appdefinitions", JAVA)["metadata"]["resourceVersion"]
    answer = scale(site, JAVA, body)
    assert (answer.status, answer.body) == (400, b"")
    assert site.get("appdefinitions", JAVA)["metadata"]["resourceVersion"] == before


def test_one_patch_sets_both_bounds_and_answers_the_resource(site):
    since = datetime.now(UTC)
    answer = scale(site, "c-latest", {"minInstances": 4, "maxInstances": 40, "timeout": 1})
    assert answer.status == 200
    resource = answer.json()
    assert (resource["kind"], resource["metadata"]["name"]) == ("AppDefinition", "c-latest")
    assert "status" not in resource
    assert resource["spec"]["timeout"] == 1440
    assert bounds(site, "c-latest") == (4, 40)
    written = site.control_plane.audit(namespace=site.namespace, since=since, verbs={"patch"}, name="c-latest")
    assert [event["requestObject"]["spec"] for event in written] == [{"minInstances": 4, "maxInstances": 40}]


def test_an_omitted_or_null_bound_stays(site):
    assert scale(site, "ocaml-latest", {"minInstances": 2}).status == 200
    assert scale(site, "ocaml-latest", {"minInstances": 5, "maxInstances": None}).status == 200
    assert bounds(site, "ocaml-latest") == (5, 1000)


def test_zero_is_a_value(site):
    assert scale(site, "rust-latest", {"minInstances": 0, "maxInstances": 0}).status == 200
    assert bounds(site, "rust-latest") == (0, 0)


def test_the_same_bounds_again_change_no_generation(site):
    scale(site, "python-latest", {"minInstances": 6})
    before = site.get("appdefinitions", "python-latest")["metadata"]
    assert scale(site, "python-latest", {"minInstances": 6}).status == 200
    assert site.get("appdefinitions", "python-latest")["metadata"] == before


def test_an_unlimited_maximum_from_kubectl_is_refused_here_until_it_is_replaced(site):
    """Unlimited is a negative maximum, which the schema allows only with a negative minimum."""
    patch = '{"spec":{"minInstances":-1,"maxInstances":-1}}'
    site.control_plane.kubectl(
        "patch", "appdefinition", "javascript-latest", "-n", site.namespace, "--type=merge", "-p", patch
    )
    assert scale(site, "javascript-latest", {"minInstances": 1}).status == 400
    assert scale(site, "javascript-latest", {"minInstances": 1, "maxInstances": 10}).status == 200


def test_a_write_that_fails_is_500_without_a_body_and_the_bounds_stay(installation):
    site = installation(running=("service",))
    take_away(site, chart.SERVICE_ACCOUNT, "patch", "appdefinitions")
    answer = scale(site, JAVA, {"minInstances": 4, "maxInstances": 40})
    assert (answer.status, answer.body) == (500, b"")
    assert bounds(site) == (3, 1000)
    # What is judged before the write is judged as ever.
    assert scale(site, "none", {"minInstances": 4}).status == 404
    assert scale(site, JAVA, {"minInstances": 4, "maxInstances": 3}).status == 400


# --- the admin ping


def test_the_admin_ping_takes_a_bearer_of_the_admin_group_and_not_the_token(site):
    path = f"/service/admin/{site.app_id}"
    admin = {"Authorization": f"Bearer {site.user_token('root@tum.de', groups=ADMINS)}"}
    student = {"Authorization": f"Bearer {site.user_token('ada@tum.de')}"}
    assert site.rest("GET", path, headers=admin).body == b"true"
    assert site.rest("GET", "/service/admin/wrong", headers=admin).status == 470
    assert site.rest("GET", path, headers={"X-Admin-Api-Token": site.admin_token}).status == 403
    refused = site.rest("GET", path, headers=student)
    assert refused.status == 403
    assert refused.headers["Content-Type"].startswith("text/plain")


# --- without the fork


@pytest.fixture(scope="module")
def upstream():
    with ControlPlane.start(api="upstream") as own, own.installation(running=("service",)) as installation:
        yield installation


def upstream_scale(site, body, groups=ADMINS, name=JAVA):
    bearer = {"Authorization": f"Bearer {site.user_token('root@tum.de', groups=groups)}"}
    return site.rest("PATCH", f"{PATH}/{name}", {"appId": site.app_id, **body}, headers=bearer)


def test_upstream_does_not_answer_for_bounds(upstream):
    token = {"X-Admin-Api-Token": "any"}
    assert upstream.rest("GET", f"{PATH}/{JAVA}", headers=token).status == 405
    assert upstream.rest("GET", PATH, headers=token).status == 403


def test_upstream_wants_the_admin_group_and_the_app_id(upstream):
    assert upstream.rest("PATCH", f"{PATH}/{JAVA}", {"appId": upstream.app_id}).status == 403
    assert upstream_scale(upstream, {"minInstances": 4}, groups=()).status == 403
    assert upstream_scale(upstream, {"minInstances": 4, "appId": "wrong"}).status == 470
    assert upstream_scale(upstream, {"minInstances": 4}, name="none").status == 404
    assert upstream_scale(upstream, {"minInstances": 4}).status == 200
    assert bounds(upstream) == (4, 1000)


def test_upstream_does_not_validate_and_a_broken_pair_is_500(upstream):
    answer = upstream_scale(upstream, {"minInstances": 9, "maxInstances": 8})
    assert (answer.status, answer.body) == (500, b"")
    assert bounds(upstream) == (4, 1000)
    assert upstream_scale(upstream, {"minInstances": -5}).status == 200
