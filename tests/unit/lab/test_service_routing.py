# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the gateway finds its way from a host and a path to a pod."""

from __future__ import annotations

import pytest

from lab.service.ide import last_activity, session_secret
from lab.service.routing import ENDED_REDIRECT, UNREACHABLE, EndpointTable, RouteTable

HOST = "one.lab.localhost"


def route(name, *rules, host=HOST, **annotations):
    metadata = {"namespace": "ns", "name": name, "annotations": annotations}
    return {"metadata": metadata, "spec": {"hostnames": [host], "rules": list(rules)}}


def backend(path, service):
    return {
        "matches": [{"path": {"type": "PathPrefix", "value": path}}],
        "backendRefs": [{"name": service, "port": 80}],
    }


def redirect(path, to):
    return {
        "matches": [{"path": {"type": "Exact", "value": path}}],
        "filters": [
            {"type": "RequestRedirect", "requestRedirect": {"path": {"type": "ReplaceFullPath", "replaceFullPath": to}}}
        ],
    }


@pytest.fixture
def table():
    routes = RouteTable()
    routes.put(route("s", backend("/uid/", "session-ada"), redirect("/uid", "/uid/")))
    return routes


@pytest.mark.parametrize(
    ("path", "service"),
    [
        pytest.param("/uid/", "session-ada", id="the-path"),
        pytest.param("/uid/files/a", "session-ada", id="below-it"),
        pytest.param("/uidx/", None, id="another-session"),
        pytest.param("/", None, id="root"),
    ],
)
def test_a_session_path_leads_to_its_service(table, path, service):
    target = table.find(HOST, path)
    assert (None if target is None else target.service) == (None if service is None else ("ns", service))


def test_a_path_without_its_slash_is_redirected(table):
    assert table.find(HOST, "/uid").redirect == "/uid/"


def test_another_host_has_other_routes(table):
    assert table.find("two.lab.localhost", "/uid/") is None


def test_a_removed_route_leads_nowhere(table):
    table.remove(route("s"))
    assert table.find(HOST, "/uid/") is None


def test_a_changed_route_leads_to_the_new_place_only(table):
    table.put(route("s", backend("/other/", "session-ada")))
    assert table.find(HOST, "/uid/") is None
    assert table.find(HOST, "/other/").service == ("ns", "session-ada")


def test_quirks_hold_for_the_hosts_of_the_annotated_route(table):
    table.put(route("shared", **{ENDED_REDIRECT: "true"}))
    assert table.has_quirk(HOST, ENDED_REDIRECT)
    assert not table.has_quirk(HOST, UNREACHABLE)
    assert not table.has_quirk("two.lab.localhost", ENDED_REDIRECT)
    table.put(route("shared"))
    assert not table.has_quirk(HOST, ENDED_REDIRECT)


def endpoint_slice(name, pod, ready):
    return {
        "metadata": {"namespace": "ns", "name": name, "labels": {"kubernetes.io/service-name": "svc"}},
        "endpoints": [{"conditions": {"ready": ready}, "targetRef": {"name": pod}}],
    }


def test_a_service_answers_only_through_ready_pods():
    endpoints = EndpointTable()
    endpoints.put(endpoint_slice("a", "pod-a", ready=False))
    assert endpoints.ready_pod(("ns", "svc")) is None
    endpoints.put(endpoint_slice("b", "pod-b", ready=True))
    assert endpoints.ready_pod(("ns", "svc")) == "pod-b"
    endpoints.remove(endpoint_slice("b", "pod-b", ready=True))
    assert endpoints.ready_pod(("ns", "svc")) is None


@pytest.mark.parametrize(
    ("annotation", "milliseconds"),
    [
        pytest.param(None, 1_000, id="untouched-since-the-start"),
        pytest.param("now", 9_000_000, id="at-work"),
        pytest.param("-90m", 9_000_000 - 90 * 60_000, id="idle-for-a-while"),
        pytest.param("12345", 12_345, id="a-point-in-time"),
    ],
)
def test_the_last_activity_of_a_pod_is_set_by_annotation(annotation, milliseconds):
    assert last_activity(annotation, started_ms=1_000, now_ms=9_000_000) == milliseconds


def test_an_instance_started_before_its_session_knows_no_secret():
    variable = {"name": "THEIACLOUD_SESSION_SECRET"}
    pod = {"spec": {"containers": [{"name": "proxy"}, {"name": "java", "env": [variable]}]}}
    assert session_secret(pod) == ""
    variable["value"] = "s"
    assert session_secret(pod) == "s"
