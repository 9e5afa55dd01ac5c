# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The REST service over HTTP: what is sent, how its odd answers are read, and what each refusal is called."""

from __future__ import annotations

import base64
import json
import socket
import ssl

import pytest
import trustme

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LimitReached,
    Misconfigured,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.http import client as http_client
from ansible_collections.eduide.theia.plugins.module_utils._service.client import (
    ListedSession,
    ListedWorkspace,
    Performance,
    connect_service,
    token_user,
)
from ansible_collections.eduide.theia.plugins.module_utils._service.scaling import Scaling
from unit.loopback import Loopback, Say

ADMIN_TOKEN = "admin-token-of-the-lab"
USER = "ada@example.org"
SECRET = "c0ffee00-secret-of-a-session"


def jwt(**claims):
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims, {})
    )


USER_TOKEN = jwt(email=USER)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch):
    monkeypatch.setattr(http_client, "BACKOFF_SECONDS", (0.0, 0.0))


def params(url, **more):
    given = {"service_url": url, "app_id": "eduide", "admin_token": ADMIN_TOKEN, "user_token": USER_TOKEN}
    return {**given, "timeout_seconds": 5, **more}


def service_at(server, *, check_mode=False, **more):
    return connect_service(params(server.url, **more), check_mode=check_mode)


def plain(status, text=""):
    return Say(status, text, content_type="text/plain")


TRUE = plain(200, "true")


@pytest.mark.parametrize("end", ["", "/", "/service", "/service/"])
def test_the_address_may_end_with_or_without_its_last_segment(end):
    with Loopback(lambda _seen: Say(body=[])) as server:
        list_sessions(connect_service(params(server.url + end)))
    assert server.seen[0].path == "/service/session/eduide/ada%40example.org"


SCALING = {"appDefinitionName": "java", "minInstances": 3, "maxInstances": 10}
RESOURCE = {
    "apiVersion": "theia.cloud/v1beta11",
    "kind": "AppDefinition",
    "metadata": {"name": "java"},
    "spec": {"name": "java", "minInstances": 5, "maxInstances": 10, "pullSecret": "***"},
    "status": None,
}


def test_bounds_are_read_and_set_with_the_admin_token_alone():
    answers = {
        ("GET", "/service/admin/appdefinition"): Say(body=[SCALING, {**SCALING, "maxInstances": None}]),
        ("GET", "/service/admin/appdefinition/java"): Say(body=SCALING),
        ("PATCH", "/service/admin/appdefinition/java"): Say(body=RESOURCE),
    }
    with Loopback(lambda seen: answers[seen.method, seen.path]) as server:
        service = service_at(server)
        assert service.admin.scalings() == [Scaling("java", 3, 10), Scaling("java", 3, None)]
        assert service.admin.scaling("java") == Scaling("java", 3, 10)
        assert service.admin.scale("java", min_instances=5) == Scaling("java", 5, 10)
        service.admin.scale("java", min_instances=0, max_instances=0)
    assert [seen.body for seen in server.seen[2:]] == [{"minInstances": 5}, {"minInstances": 0, "maxInstances": 0}]
    for seen in server.seen:
        assert seen.header("X-Admin-Api-Token") == ADMIN_TOKEN
        assert seen.header("Authorization") is None


def test_no_login_of_the_home_folder_slips_in(tmp_path, monkeypatch):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ada password sesame\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with Loopback(lambda _seen: Say(body=[])) as server:
        service_at(server).admin.scalings()
    assert server.seen[0].header("Authorization") is None


def test_sessions_are_listed_without_their_secrets():
    entry = {"name": "s", "user": USER, "appDefinition": "java", "sessionSecret": SECRET, "envVars": {"T": SECRET}}
    body = [{**entry, "workspace": workspace} for workspace in ("ws", "", " ", None)] + [entry]
    with Loopback(lambda _seen: Say(body=body)) as server:
        found = service_at(server).sessions(USER)
    assert found == [ListedSession("s", USER, "java", workspace) for workspace in ("ws", None, None, None, None)]
    assert SECRET not in str(found)
    assert server.seen[0].path == "/service/session/eduide/ada%40example.org"
    assert server.seen[0].header("Authorization") == f"Bearer {USER_TOKEN}"
    assert server.seen[0].header("X-Admin-Api-Token") is None


def test_workspaces_are_listed():
    body = [{"name": "w", "label": "Mine", "appDefinition": "java", "user": USER, "active": True}, {"name": "v"}]
    with Loopback(lambda _seen: Say(body=body)) as server:
        found = service_at(server).workspaces(USER)
    assert found == [ListedWorkspace("w", "Mine", "java", USER, True), ListedWorkspace("v", None, None, USER, False)]


@pytest.mark.parametrize(("text", "answer"), [("true", True), ("false", False), ("true\n", True)])
def test_stopping_and_deleting_send_a_body_and_read_text(text, answer):
    with Loopback(lambda _seen: plain(200, text)) as server:
        service = service_at(server)
        assert service.stop_session(USER, "s") is answer
        assert service.delete_workspace(USER, "w") is answer
    assert [(seen.method, seen.path, seen.body) for seen in server.seen] == [
        ("DELETE", "/service/session", {"appId": "eduide", "user": USER, "sessionName": "s"}),
        ("DELETE", "/service/workspace", {"appId": "eduide", "user": USER, "workspaceName": "w"}),
    ]


@pytest.mark.parametrize("answer", [plain(200, "ide.example.org/x/"), Say(204, content_type=None)])
def test_a_start_is_ephemeral_and_may_be_answered_by_nothing(answer):
    with Loopback(lambda _seen: answer) as server:
        service_at(server).start_session(USER, "java", 2)
    [seen] = server.seen
    launch = {"appId": "eduide", "user": USER, "appDefinition": "java", "ephemeral": True, "timeout": 2}
    assert (seen.method, seen.path, seen.body) == ("POST", "/service", launch)


def test_activity_needs_no_token_and_tells_whether_there_is_such_a_session():
    with Loopback(lambda seen: plain(200, "true" if seen.body["sessionName"] == "s" else "false")) as server:
        service = service_at(server, user_token="expired")
        assert service.report_activity("s") is True
        assert service.report_activity("t") is False
    assert server.seen[0].header("Authorization") is None
    assert server.seen[0].body == {"appId": "eduide", "sessionName": "s"}


@pytest.mark.parametrize(
    ("cpu", "cpu_format", "memory", "wanted"),
    [
        pytest.param("250000000", "n", "123456789", Performance(250, 123456789), id="nano"),
        pytest.param("250000", "u", "1.5E8", Performance(250, 150_000_000), id="micro-and-exponent"),
        pytest.param("250", "m", "123456789.0", Performance(250, 123456789), id="milli-and-decimals"),
        pytest.param("2", "", "0", Performance(2000, 0), id="cores"),
        pytest.param("0.5", None, "1", Performance(500, 1), id="no-format"),
        pytest.param("1", "n", "1", Performance(1, 1), id="rounded-up"),
        pytest.param("-5", "m", "-1", Performance(None, None), id="below-zero"),
    ],
)
def test_performance_is_in_our_units(cpu, cpu_format, memory, wanted):
    body = {"cpuAmount": cpu, "cpuFormat": cpu_format, "memoryAmount": memory, "memoryFormat": "B"}
    with Loopback(lambda _seen: Say(body=body)) as server:
        assert service_at(server).performance("s") == wanted
    assert server.seen[0].path == "/service/session/performance/eduide/s"


def read_bounds(service):
    return service.admin.scaling("java")


def set_bounds(service):
    return service.admin.scale("java", min_instances=20)


def list_sessions(service):
    return service.sessions(USER)


def stop(service):
    return service.stop_session(USER, "s")


def error(code, reason):
    return Say(code, {"code": code, "reason": reason})


REFUSALS = {
    "no admin token arrived": (set_bounds, plain(401, "required"), Unauthorized, "saw no admin token .*api=kubernetes"),
    "wrong admin token": (
        set_bounds,
        plain(403, "Valid admin API token required."),
        Forbidden,
        "is not the one that the ser",
    ),
    "no token configured": (
        set_bounds,
        plain(403, "Admin API token authentication is not configured."),
        Forbidden,
        "ADMIN_API_TOKEN is empty",
    ),
    "either": (set_bounds, plain(403), Forbidden, r"is not the one .*, or the service has no admin token configured"),
    "a gateway's own 403": (
        set_bounds,
        plain(403, "Not today."),
        Forbidden,
        r"is not the one .*, or the service has no",
    ),
    "bounds that cannot be": (
        set_bounds,
        plain(400),
        Invalid,
        "does not accept minInstances=20 .*at most maxInstances",
    ),
    "the write failed": (set_bounds, plain(500), ServerFailed, "write failed inside the service"),
    "the group of administrators is wanted": (
        set_bounds,
        plain(403, "Admin privileges required to access this resource."),
        NotServed,
        "no endpoint for it .*api=kubernetes",
    ),
    "method not allowed": (set_bounds, plain(405), NotServed, "no endpoint for it .*api=kubernetes"),
    "wrong application id": (
        list_sessions,
        error(470, "Invalid appId"),
        Unauthorized,
        r"does not know this app_id \(470\)",
    ),
    "no such path": (list_sessions, plain(404), NotServed, "is service_url right"),
    "nobody behind the gateway": (
        list_sessions,
        Say(503, "<html>", content_type="text/html"),
        ServerFailed,
        "service running",
    ),
    "redirect": (
        list_sessions,
        Say(301, headers={"Location": "https://x/service"}),
        ServerFailed,
        "redirects to https://x/serv",
    ),
    "bad user token": (list_sessions, plain(401), Unauthorized, "does not accept the user_token"),
    "another user": (list_sessions, plain(403), Forbidden, "this token is that of 'ada@example.org'"),
    "write with a bad token": (stop, plain(401), Unauthorized, "does not accept the user_token"),
    "unknown app definition": (stop, error(473, "App definition unknown"), NotFound, "App definition unknown .473."),
    "workspace of another": (stop, error(475, "Wrong app definition"), Conflict, "Wrong app definition"),
    "platform limit": (stop, error(552, "Maximum reached"), LimitReached, r"Maximum reached \(552\)"),
    "user limit": (stop, error(553, "Too many sessions"), LimitReached, "Too many sessions"),
    "no url in time": (stop, error(551, "Timed out"), ServerFailed, r"Timed out \(551\)"),
    "bad request": (stop, Say(400, content_type=None), Invalid, "status 400"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_each_refusal_has_its_own_error(case):
    ask, say, kind, wanted = REFUSALS[case]
    with Loopback(lambda _seen: say) as server, pytest.raises(kind, match=wanted) as caught:
        ask(service_at(server))
    assert caught.type is kind
    assert caught.value.details["status"] == say.status
    told = f"{caught.value} {caught.value.details}"
    assert ADMIN_TOKEN not in told
    assert USER_TOKEN not in told
    assert "<html>" not in told


def test_an_unknown_app_definition_is_told_from_a_missing_endpoint_and_lists_the_known_ones():
    def known(seen):
        return Say(body=[SCALING]) if seen.path.endswith("/appdefinition") else plain(404)

    with Loopback(known) as server, pytest.raises(NotFound, match=r"none of that name; known: java") as caught:
        service_at(server).admin.scale("jvaa", min_instances=1)
    assert caught.value.details["known"] == ["java"]


@pytest.mark.parametrize("elsewhere", [404, 405, 401])
def test_a_missing_endpoint_is_not_taken_for_an_unknown_app_definition(elsewhere):
    def upstream(seen):
        return plain(elsewhere if seen.path.endswith("/appdefinition") else 404)

    with Loopback(upstream) as server, pytest.raises(NotServed, match="upstream Theia Cloud does not scale by token"):
        read_bounds(service_at(server))


@pytest.mark.parametrize("ask", [read_bounds, set_bounds, lambda service: service.admin.scalings()])
def test_a_missing_admin_token_is_said_before_anything_is_sent(ask):
    with Loopback(lambda _seen: TRUE) as server:
        for service in (service_at(server, admin_token=None), service_at(server, admin_token="")):
            with pytest.raises(Misconfigured, match="admin_token is not set"):
                ask(service)
            with pytest.raises(Misconfigured, match="admin_token is not set"):
                service.admin.require_admin_token()
    assert server.seen == []


def test_a_missing_user_token_is_named_by_the_service_s_refusal():
    with Loopback(lambda _seen: plain(401)) as server, pytest.raises(Unauthorized, match="wants a user_token"):
        list_sessions(service_at(server, user_token=None))


def test_a_refusal_tells_when_the_token_names_no_user():
    with Loopback(lambda _seen: plain(403)) as server, pytest.raises(Forbidden, match="names no user by e-mail"):
        list_sessions(service_at(server, user_token=jwt(username="ada")))


STRANGE = {
    "sessions answered by a page": (list_sessions, Say(200, "<html>", content_type="text/html")),
    "sessions nested too deep": (list_sessions, Say(body="[" * 100_000 + "]" * 100_000)),
    "bounds without numbers": (read_bounds, Say(body={"appDefinitionName": "java"})),
    "bounds as a list": (read_bounds, Say(body=[])),
    "resource without spec": (set_bounds, Say(body={"metadata": {"name": "java"}})),
    "sessions as text": (list_sessions, plain(200, "none")),
    "sessions without names": (list_sessions, Say(body=[{"user": USER}])),
    "sessions as an object": (list_sessions, Say(body={"name": "s"})),
    "half a list": (list_sessions, Say(body='[{"name": "s", "us')),
    "nothing": (list_sessions, Say(204, content_type=None)),
    "stop answered by nothing": (lambda service: service.stop_session(USER, "s"), plain(200)),
    "figures that are none": (
        lambda service: service.performance("s"),
        Say(body={"cpuAmount": "x", "memoryAmount": "1"}),
    ),
    "no figures": (lambda service: service.performance("s"), Say(body={})),
}


@pytest.mark.parametrize("case", STRANGE)
def test_an_answer_that_makes_no_sense_is_an_error(case):
    ask, say = STRANGE[case]
    with Loopback(lambda _seen: say) as server, pytest.raises(ServerFailed, match="does not fit the question"):
        ask(service_at(server))


@pytest.mark.parametrize("trouble", [Say(502), Say(503), Say(reset=True), Say(cut=True)])
def test_a_read_is_tried_again(trouble):
    rest = [trouble, trouble]
    with Loopback(lambda _seen: rest.pop() if rest else Say(body=SCALING)) as server:
        assert read_bounds(service_at(server)) == Scaling("java", 3, 10)
    assert len(server.seen) == 3


@pytest.mark.parametrize("trouble", [Say(502), Say(503), Say(reset=True), Say(cut=True)])
def test_a_write_is_not_sent_again(trouble):
    with (
        Loopback(lambda _seen: trouble) as server,
        pytest.raises((Unreachable, ServerFailed), match="cannot set the bounds of app definition 'java'") as caught,
    ):
        set_bounds(service_at(server))
    assert len(server.seen) == 1
    assert caught.value.details["applied"] == "unknown"


def test_a_service_that_is_down_is_called_so():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(Unreachable, match=r"connection refused; is it running, and is service_url right") as caught:
        set_bounds(connect_service(params(url)))
    assert caught.value.details["applied"] == "no"
    assert "sent" not in caught.value.details
    with pytest.raises(Unreachable, match="cannot stop session 's'"):
        stop(connect_service(params(url)))


def test_an_unknown_host_name_and_a_silent_service_are_called_so():
    with pytest.raises(Unreachable, match=r"host name .* is not known; is service_url right"):
        list_sessions(connect_service(params("http://service.invalid")))
    with Loopback(lambda _seen: Say(hang=True)) as server, pytest.raises(Unreachable, match=r"0.2 s.*timeout_seconds"):
        list_sessions(service_at(server, timeout_seconds=0.2))


def test_certificates_are_checked_unless_told_otherwise(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    trusted = str(tmp_path / "ca.crt")

    def serving(*names):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names).configure_cert(context)
        return Loopback(lambda _seen: Say(body=[]), context)

    with serving("127.0.0.1") as server:
        list_sessions(service_at(server, service_ca_cert=trusted))
        list_sessions(service_at(server, validate_certs=False))
        with pytest.raises(UntrustedCertificate, match=r"not trusted: .*service_ca_cert"):
            list_sessions(service_at(server))
        with pytest.raises(UntrustedCertificate):
            list_sessions(service_at(server, validate_certs=True))
    with serving("other.example.org") as server:
        with pytest.raises(UntrustedCertificate, match="use the name it was made for in service_url") as caught:
            set_bounds(service_at(server, service_ca_cert=trusted))
        assert server.seen == []
    assert caught.value.details["applied"] == "no"
    with pytest.raises(Misconfigured, match="CA certificate from /none cannot be used"):
        connect_service(params("https://127.0.0.1:1", service_ca_cert="/none"))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param({"service_url": None}, "service_url is not set", id="none"),
        pytest.param({"service_url": "service.example.org"}, "has to begin with https:// or http://", id="no-scheme"),
        pytest.param({"service_url": "http://[::1"}, "that is no address", id="half-an-address"),
        pytest.param({"service_url": "https://ada:sesame@x"}, "must not hold a user or password", id="password"),
    ],
)
def test_an_address_that_cannot_work_is_said_before_anything_is_sent(given, wanted):
    with pytest.raises(Misconfigured, match=wanted) as caught:
        connect_service({**params("https://x"), **given})
    assert "sesame" not in str(caught.value)


def test_without_the_application_id_only_scaling_works():
    with Loopback(lambda _seen: Say(body=[SCALING])) as server:
        service = service_at(server, app_id=None)
        assert service.admin.scalings()
        with pytest.raises(Misconfigured, match="app_id is not set"):
            list_sessions(service)


@pytest.mark.parametrize(
    "write",
    [
        set_bounds,
        lambda service: service.start_session(USER, "java", 2),
        lambda service: service.stop_session(USER, "s"),
        lambda service: service.delete_workspace(USER, "w"),
        lambda service: service.report_activity("s"),
    ],
)
def test_check_mode_sends_no_write(write):
    with Loopback(lambda _seen: Say(body=[])) as server:
        with pytest.raises(RuntimeError, match="check mode"):
            write(service_at(server, check_mode=True))
        list_sessions(service_at(server, check_mode=True))
    assert [seen.method for seen in server.seen] == ["GET"]


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        (jwt(email=USER), USER),
        (jwt(username="ada"), None),
        (jwt(email=""), None),
        (jwt(email=5), None),
        ("not-a-token", None),
        ("a.%%.c", None),
        ("a.bm8.c", None),
        ("", None),
        (None, None),
    ],
)
def test_the_user_of_a_token_is_its_e_mail_address(token, wanted):
    assert token_user(token) == wanted
    assert connect_service(params("https://x", user_token=token)).user == wanted
