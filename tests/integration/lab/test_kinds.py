# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platform's kinds as the lab serves them: versions, validation, pruning, status."""

from __future__ import annotations

import json

import pytest

from lab import ApiError, LabError, chart

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PLURALS = ("sessions", "workspaces", "appdefinitions")


def place(namespace, plural, version):
    return f"/apis/theia.cloud/{version}/namespaces/{namespace}/{plural}"


def session(namespace, version="v1beta8", **spec):
    return {
        "apiVersion": f"theia.cloud/{version}",
        "kind": "Session",
        "metadata": {"name": "one", "namespace": namespace},
        "spec": {"name": "one", "user": "anna@example.org", "appDefinition": "java", **spec},
    }


def workspace(namespace, **spec):
    return {
        "apiVersion": "theia.cloud/v1beta5",
        "kind": "Workspace",
        "metadata": {"name": "ws", "namespace": namespace},
        "spec": {"name": "ws", "user": "anna@example.org", **spec},
    }


def app_definition(namespace, version="v1beta11", **spec):
    made = chart.app_definition("java-17-latest", **spec)
    metadata = {**made["metadata"], "namespace": namespace}
    return {**made, "apiVersion": f"theia.cloud/{version}", "metadata": metadata}


@pytest.mark.parametrize(
    ("plural", "served", "stored"),
    [
        ("sessions", {"v1beta6", "v1beta7", "v1beta8"}, "v1beta8"),
        ("workspaces", {"v1beta3", "v1beta4", "v1beta5"}, "v1beta5"),
        ("appdefinitions", {"v1beta8", "v1beta9", "v1beta10", "v1beta11"}, "v1beta11"),
    ],
)
def test_versions_are_those_of_the_fork(control_plane, plural, served, stored):
    spec = control_plane.api.get(f"{CRDS}/{plural}.theia.cloud")["spec"]
    assert {version["name"] for version in spec["versions"] if version["served"]} == served
    assert [version["name"] for version in spec["versions"] if version["storage"]] == [stored]
    assert spec["scope"] == "Namespaced"
    assert spec["conversion"] == {"strategy": "None"}


@pytest.mark.parametrize("plural", PLURALS)
def test_kinds_have_a_status_and_nothing_that_the_platform_lacks(control_plane, plural):
    for version in control_plane.api.get(f"{CRDS}/{plural}.theia.cloud")["spec"]["versions"]:
        assert version["subresources"] == {"status": {}}
        assert "additionalPrinterColumns" not in version
        assert "selectableFields" not in version


def test_short_names_work(control_plane, namespace):
    for name in ("ws", "appdef", "ad"):
        assert control_plane.kubectl("get", name, "-n", namespace).returncode == 0


def test_a_field_selector_on_spec_is_refused(control_plane, namespace):
    with pytest.raises(LabError, match="field label not supported"):
        control_plane.kubectl("get", "sessions", "-n", namespace, "--field-selector", "spec.user=anna")


@pytest.mark.parametrize("version", ["v1beta9", "v1beta10", "v1beta11"])
def test_a_minimum_above_the_maximum_is_refused(control_plane, namespace, version):
    broken = app_definition(namespace, version, minInstances=5, maxInstances=4)
    with pytest.raises(ApiError, match="spec: Invalid value") as refused:
        control_plane.api.create(broken)
    assert refused.value.status == 422


def test_the_bounds_are_checked_at_a_change_too(control_plane, namespace):
    control_plane.api.create(app_definition(namespace))
    patch = json.dumps({"spec": {"minInstances": 1001}})
    with pytest.raises(LabError, match="minInstances"):
        control_plane.kubectl(
            "patch", "ad", "java-17-latest", "-n", namespace, "--type=merge", "-p", patch
        )  # the maximum is 1000


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 0), (7, 7), (-5, -1), (0, 1000)])
def test_any_minimum_up_to_the_maximum_passes(control_plane, namespace, minimum, maximum):
    control_plane.api.create(app_definition(namespace, minInstances=minimum, maxInstances=maximum))


def test_oldest_app_definitions_validate_almost_nothing(control_plane, namespace):
    spec = {"minInstances": 9, "maxInstances": 1, "timeout": {"strategy": "FIXEDTIME", "limit": 30}}
    metadata = {"name": "old", "namespace": namespace}
    control_plane.api.create(
        {"apiVersion": "theia.cloud/v1beta8", "kind": "AppDefinition", "metadata": metadata, "spec": spec}
    )


@pytest.mark.parametrize("field", ["name", "image", "uid", "port", "ingressname", "minInstances", "maxInstances"])
def test_an_app_definition_without_a_required_field_is_refused(control_plane, namespace, field):
    made = app_definition(namespace)
    del made["spec"][field]
    with pytest.raises(ApiError, match=f"spec.{field}: Required value"):
        control_plane.api.create(made)


def test_a_negative_port_is_refused(control_plane, namespace):
    with pytest.raises(ApiError, match=r"spec.port"):
        control_plane.api.create(app_definition(namespace, port=-1))


@pytest.mark.parametrize("name", ["a b", "a.b", "", "ä", "a/b"])
def test_a_name_outside_the_pattern_is_refused(control_plane, namespace, name):
    with pytest.raises(ApiError, match=r"spec.name"):
        control_plane.api.create(session(namespace, name=name))


@pytest.mark.parametrize("missing", ["name", "user", "appDefinition"])
def test_a_session_without_a_required_field_is_refused(control_plane, namespace, missing):
    made = session(namespace)
    del made["spec"][missing]
    with pytest.raises(ApiError, match=f"spec.{missing}: Required value"):
        control_plane.api.create(made)


def test_maps_keep_integers_and_texts(control_plane, namespace):
    values = {"GIT_DEPTH": 1, "GIT_USER": "anna"}
    made = control_plane.api.create(session(namespace, envVars=values, options=values))
    assert made["spec"]["envVars"] == made["spec"]["options"] == values


def test_a_map_refuses_anything_else(control_plane, namespace):
    with pytest.raises(ApiError, match=r"spec.envVars"):
        control_plane.api.create(session(namespace, envVars={"A": ["list"]}))


@pytest.mark.parametrize("make", [session, workspace, app_definition])
def test_unknown_fields_are_pruned(control_plane, namespace, make):
    made = control_plane.api.create(make(namespace, surprise="here"))
    assert "surprise" not in made["spec"]


@pytest.mark.parametrize("make", [session, workspace, app_definition])
def test_status_is_written_only_through_its_subresource(control_plane, namespace, make):
    obj = make(namespace)
    plural, version = f"{obj['kind'].lower()}s", obj["apiVersion"].partition("/")[2]
    made = control_plane.api.create({**obj, "status": {"operatorStatus": "HANDLED"}})
    path = f"{place(namespace, plural, version)}/{made['metadata']['name']}"
    assert "status" not in made
    control_plane.api.merge(path, {"status": {"operatorStatus": "ERROR"}})
    assert "status" not in control_plane.api.get(path)
    control_plane.api.merge(f"{path}/status", {"status": {"operatorStatus": "ERROR"}, "spec": {"user": "eve"}})
    now = control_plane.api.get(path)
    assert now["status"] == {"operatorStatus": "ERROR"}
    assert now["spec"].get("user") != "eve"


def test_a_status_does_not_change_the_generation_but_a_bound_does(control_plane, namespace):
    path = f"{place(namespace, 'appdefinitions', 'v1beta11')}/java-17-latest"
    first = control_plane.api.create(app_definition(namespace))["metadata"]["generation"]

    def after(at, patch):
        return control_plane.api.merge(at, patch)["metadata"]["generation"]

    assert after(f"{path}/status", {"status": {"operatorMessage": "x"}}) == first
    assert after(path, {"metadata": {"annotations": {"a": "b"}}}) == first
    assert after(path, {"spec": {"minInstances": 3}}) == first, "it is 3 already"
    assert after(path, {"spec": {"maxInstances": 999}}) == first + 1


def test_the_times_of_a_session_are_milliseconds(control_plane, namespace):
    control_plane.api.create(session(namespace))
    path = f"{place(namespace, 'sessions', 'v1beta8')}/one"
    control_plane.api.merge(f"{path}/status", {"status": {"lastActivity": 1_795_364_403_518}})
    assert control_plane.api.get(path)["status"]["lastActivity"] == 1_795_364_403_518


def test_oldest_sessions_know_their_url_in_spec(control_plane):
    versions = control_plane.api.get(f"{CRDS}/sessions.theia.cloud")["spec"]["versions"]
    schemas = {v["name"]: v["schema"]["openAPIV3Schema"]["properties"] for v in versions}
    where = {
        name: [part for part in ("spec", "status") if "url" in s[part]["properties"]] for name, s in schemas.items()
    }
    assert where == {"v1beta6": ["spec"], "v1beta7": ["status"], "v1beta8": ["status"]}


def test_nothing_converts_so_an_older_version_loses_what_the_stored_one_lacks(control_plane, namespace):
    made = control_plane.api.create(session(namespace, "v1beta6", url="host/path/"))
    assert "url" not in made["spec"]


def test_sidecars_are_kept_by_the_newest_version_only(control_plane, namespace):
    sidecar = {"name": "langserver", "image": "x:1", "port": 5000, "mountWorkspace": True, "languages": ["java"]}
    made = control_plane.api.create(app_definition(namespace, sidecars=[sidecar]))
    assert made["spec"]["sidecars"] == [sidecar]
    older = f"{place(namespace, 'appdefinitions', 'v1beta10')}/java-17-latest"
    assert "sidecars" not in control_plane.api.get(older)["spec"]


def test_routes_keep_whatever_a_rule_says(control_plane, namespace):
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/x/"}}], "backendRefs": [{"name": "s", "port": 3000}]}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "route", "namespace": namespace},
        "spec": {"hostnames": ["h.example.org"], "rules": [rule]},
    }
    assert control_plane.api.create(route)["spec"]["rules"] == [rule]
