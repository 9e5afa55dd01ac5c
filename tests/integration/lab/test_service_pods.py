# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What answers in pods and in front of them: the gateway, the auth proxy, the IDE and its monitor."""

from __future__ import annotations

import time

import pytest
import urllib3

from lab import metrics
from lab.api import wait_until

C = "c-latest"
SECONDS = 30.0


@pytest.fixture(scope="module")
def site(control_plane):
    with control_plane.installation(start="lazy") as installation:
        yield installation


@pytest.fixture(scope="module")
def started(site):
    """Ada's session, as the operator built it."""
    assert site.launch("ada@tum.de", C).status == 200
    return site.get("sessions", f"ws-{C}-ada-tum-de-session")


@pytest.fixture
def pod(site, started):
    found = [p for p in site.items("pods") if owned_label(p) == started["metadata"]["uid"]]
    assert len(found) == 1
    return found[0]


def owned_label(obj):
    return obj["metadata"].get("labels", {}).get("theia-cloud.io/session-uuid")


def pod_path(site, pod):
    return site.here.path("pods", pod["metadata"]["name"])


def annotate(site, pod, **annotations):
    changes = {f"lab/{name.replace('_', '-')}": value for name, value in annotations.items()}
    site.control_plane.api.merge(pod_path(site, pod), {"metadata": {"annotations": changes}})


def browse(site, path, *, token=None, host=None):
    """GET at the gateway, by the host that session URLs have, and without following redirects."""
    port = site.instances_host.rpartition(":")[2]
    headers = {"Host": host or site.instances_host}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    url = f"https://127.0.0.1:{port}{path}"
    with urllib3.PoolManager(ca_certs=str(site.control_plane.ca_file), assert_hostname=False) as http:
        return http.request("GET", url, headers=headers, redirect=False)


def ask_pod(site, path, host, secret=None):
    headers = {"Host": host, **({} if secret is None else {"Authorization": f"Bearer {secret}"})}
    return urllib3.request("GET", site.control_plane.description["ide_url"] + path, headers=headers)


# --- the gateway


def test_the_url_of_a_session_answers(site, started):
    host, _unused, path = started["status"]["url"].partition("/")
    assert host == site.instances_host
    assert browse(site, f"/{path}").status == 200


def test_a_path_without_its_slash_is_redirected(site, started):
    answer = browse(site, f"/{started['metadata']['uid']}")
    assert (answer.status, answer.headers["Location"]) == (302, f"/{started['metadata']['uid']}/")


def test_a_path_without_a_route_is_404(site, started):
    assert browse(site, "/never-was/").status == 404
    assert browse(site, f"/{started['metadata']['uid']}/", host="other.lab.localhost").status == 404


def test_a_route_without_a_ready_pod_is_503(site, started, pod):
    path = f"/{started['metadata']['uid']}/"
    annotate(site, pod, fault="not-ready")
    wait_until("503", lambda: browse(site, path).status == 503, SECONDS)
    annotate(site, pod, fault=None)
    wait_until("200", lambda: browse(site, path).status == 200, SECONDS)


def test_the_auth_proxy_lets_in_whoever_is_on_the_list_of_its_pod(site, started):
    path = f"/{started['metadata']['uid']}/"
    assert browse(site, path, token=site.user_token("ada@tum.de")).status == 200
    assert browse(site, path, token=site.user_token("bob@tum.de")).status == 403
    emails = next(
        c for c in site.items("configmaps") if owned_label(c) and "emails" in c["metadata"]["labels"].values()
    )
    path_of_list = site.here.path("configmaps", emails["metadata"]["name"])
    emptied = {"data": {"authenticated-emails-list": ""}}
    site.control_plane.api.merge(path_of_list, emptied)
    assert browse(site, path, token=site.user_token("ada@tum.de")).status == 403
    # Nothing but the student sees it: without a token the sign-in page still comes up.
    assert browse(site, path).status == 200
    site.control_plane.api.merge(path_of_list, {"data": emails["data"]})


def test_a_catch_all_route_sends_unknown_paths_to_the_landing_page(site):
    shared = site.here.path("httproutes", "theia-cloud-demo-ws-route")
    quirk = {"metadata": {"annotations": {"lab/session-ended-redirect": "true"}}}
    site.control_plane.api.merge(shared, quirk)
    redirected = wait_until("302", lambda: _if_status(browse(site, "/never-was/"), 302), SECONDS)
    assert browse(site, redirected.headers["Location"]).status == 200
    site.control_plane.api.merge(shared, {"metadata": {"annotations": {"lab/session-ended-redirect": None}}})
    wait_until("404", lambda: browse(site, "/never-was/").status == 404, SECONDS)


def test_without_a_way_back_to_the_gateway_a_session_is_handled_and_has_no_url(control_plane):
    with control_plane.installation(start="lazy", minute_seconds=2.0, gateway_timeout_seconds=0.0) as site:
        shared = site.here.path("httproutes", "theia-cloud-demo-ws-route")
        control_plane.api.merge(shared, {"metadata": {"annotations": {"lab/unreachable": "true"}}})
        wait_until("500", lambda: browse(site, "/").status == 500, SECONDS)
        assert site.launch("ada@tum.de", C, timeout=2).status == 551
        status = site.items("sessions")[0]["status"]
    assert status["operatorStatus"] == "HANDLED"
    assert status["error"].startswith("551:")
    assert "url" not in status


def _if_status(answer, status):
    return answer if answer.status == status else None


# --- the IDE


def test_the_api_server_reaches_a_pod_by_itself_and_by_its_service(site, pod):
    service = next(s["metadata"]["name"] for s in site.items("services") if owned_label(s))
    paths = [f"{pod_path(site, pod)}:3000", f"{site.here.path('services', service)}:http"]
    answers = [site.control_plane.api.request("GET", f"{path}/proxy/") for path in paths]
    assert [(answer.status, answer.body) for answer in answers] == [(200, b"This is the IDE.")] * 2


def test_the_monitor_answers_to_the_session_secret_only(site, started, pod):
    path, address = "/monitor/activity/lastActivity", f"{pod['status']['podIP']}:3000"
    secret = started["spec"]["sessionSecret"]
    assert ask_pod(site, path, address).status == 401
    assert ask_pod(site, path, address, "wrong").status == 401
    assert ask_pod(site, path, address, secret).status == 200


def test_the_operator_reaches_the_monitor_by_the_address_of_the_internal_service(site, started):
    internal = next(
        s
        for s in site.items("services")
        if owned_label(s) and s["metadata"]["labels"].get("theia-cloud.io/service-type") == "internal"
    )
    address = f"{internal['spec']['clusterIP']}:3001"
    answer = ask_pod(site, "/monitor/activity/lastActivity", address, started["spec"]["sessionSecret"])
    assert answer.status == 200


def test_activity_is_a_number_of_milliseconds_that_an_annotation_sets(site, started, pod):
    def reported():
        address = f"{pod['status']['podIP']}:3000"
        return int(ask_pod(site, "/monitor/activity/lastActivity", address, started["spec"]["sessionSecret"]).data)

    now = time.time() * 1000
    assert abs(now - reported()) < 3_600_000
    annotate(site, pod, last_activity="-90m")
    assert abs(reported() - (now - 90 * 60_000)) < 60_000
    annotate(site, pod, last_activity="1234567890123")
    assert reported() == 1_234_567_890_123
    annotate(site, pod, last_activity=None)


def test_a_monitor_can_fail_and_an_image_can_accept_any_secret(site, pod):
    path, address = "/monitor/activity/lastActivity", f"{pod['status']['podIP']}:3000"
    annotate(site, pod, accept_any_secret="true")
    assert ask_pod(site, path, address).status == 200
    annotate(site, pod, accept_any_secret=None, monitor_fault="500")
    assert ask_pod(site, path, address).status == 500
    annotate(site, pod, monitor_fault=None)


def test_nobody_answers_for_an_address_without_a_pod(site):
    assert ask_pod(site, "/", "10.244.255.254:3000").status == 503


# --- what the REST service reads from pods


def set_config(site, user="ada@tum.de"):
    body = {"appId": site.app_id, "key": "k", "value": "v"}
    return site.rest("POST", f"/service/session/ws-{C}-ada-tum-de-session/config", body, user=user)


def test_config_needs_a_store_in_the_ide(site, pod):
    answer = set_config(site)
    assert (answer.status, answer.json()["code"]) == (580, 580)
    annotate(site, pod, config_store="true")
    answer = set_config(site)
    assert (answer.status, answer.body) == (204, b"")
    annotate(site, pod, config_store=None)


def performance(site, user="ada@tum.de"):
    return site.rest("GET", f"/service/session/performance/{site.app_id}/ws-{C}-ada-tum-de-session", user=user)


def test_performance_has_four_texts_of_the_ide_container(site, pod):
    assert performance(site).status == 521
    proxy = metrics.Usage(cpu_millicores=1, memory_bytes=2**20)
    ide = metrics.Usage(cpu_millicores=123.456789, memory_bytes=512 * 2**20)
    metrics.set_usage(site.control_plane.api, pod, {"oauth2-proxy": proxy, C: ide})
    answer = performance(site)
    assert (answer.status, answer.json()) == (
        200,
        {"cpuAmount": "123456789", "cpuFormat": "n", "memoryAmount": "536870912", "memoryFormat": "B"},
    )
    assert performance(site, user="bob@tum.de").status == 403


def test_performance_without_the_right_container_is_521(site, pod):
    metrics.set_usage(site.control_plane.api, pod, {"oauth2-proxy": metrics.Usage(1, 2**20)})
    assert performance(site).status == 521
    metrics.forget_usage(site.control_plane.api, pod)
