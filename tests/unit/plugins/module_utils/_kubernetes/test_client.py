# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway over HTTP: what it sends, how it reads lists, and what it makes of refusals."""

from __future__ import annotations

import itertools
import json
import urllib.parse

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    Invalid,
    Misconfigured,
    NotFound,
    NotServed,
    ServerFailed,
    Unauthorized,
    Unreachable,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes import client
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import Access
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.client import LIST_RESTARTS, KubeGateway
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.connect import connect
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.credentials import fixed
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    POD,
    POD_METRICS,
    PV,
    SESSION,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Transport
from unit.loopback import Loopback, Say

SECRET = "c0ffee00-secret-of-a-session"
GROUP = Say(body={"kind": "APIGroup", "versions": [{"version": "v1beta11"}, {"version": "v1beta8"}]})
PODS = "/api/v1/namespaces/theia/pods"


def gateway_to(server, **more):
    access = Access(
        host=server.url, source="context 'exam' of /config", proven_by="ada", credential=fixed("Bearer sesame")
    )
    return KubeGateway(
        Transport(access, timeout_seconds=5, connections=4, sleep=lambda _seconds: None), namespace="theia", **more
    )


def status(code, message="", *, reason="", **details):
    return Say(code, {"kind": "Status", "code": code, "message": message, "reason": reason, "details": details})


def listing(*names, token=None, kind="PodList"):
    metadata = {"resourceVersion": "7", **({"continue": token} if token else {})}
    return Say(body={"kind": kind, "metadata": metadata, "items": [{"metadata": {"name": name}} for name in names]})


def made(seen, name="a"):
    """What the API server answers a write with: the object, with what it adds itself."""
    metadata = {"name": name, "uid": "u", "resourceVersion": "8"}
    return Say(201 if seen.method == "POST" else 200, {**(seen.body or {}), "metadata": metadata})


def name_of(obj):
    return obj["metadata"]["name"]


def query_of(seen):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(seen.path).query))


DEEP = '{"kind": "PodList", "items": [' + "[" * 5000 + "]" * 5000 + "]}"


def test_a_list_is_read_page_by_page_and_each_page_is_projected():
    pages = {None: listing("a", "b", token="1/x y"), "1/x y": listing("c", token="2"), "2": listing("d")}
    with Loopback(lambda seen: pages[query_of(seen).get("continue")]) as server:
        found = gateway_to(server, page_size=2).list(POD, project=name_of, label_selector="a=b,c")
    assert found == ["a", "b", "c", "d"]
    assert [query_of(seen) for seen in server.seen] == [
        {"labelSelector": "a=b,c", "limit": "2"},
        {"labelSelector": "a=b,c", "limit": "2", "continue": "1/x y"},
        {"labelSelector": "a=b,c", "limit": "2", "continue": "2"},
    ]
    assert {urllib.parse.urlsplit(seen.path).path for seen in server.seen} == {PODS}


@pytest.mark.parametrize(
    ("token", "pages"), [pytest.param(lambda _page: "same", 2, id="same-page"), pytest.param(str, 5, id="another-page")]
)
def test_a_list_whose_pages_never_end_is_an_error(monkeypatch, token, pages):
    monkeypatch.setattr(client, "MOST_PAGES", 5)
    numbers = itertools.count(1)
    with Loopback(lambda _seen: listing("a", token=token(next(numbers)))) as server:
        with pytest.raises(
            ServerFailed, match=r"cannot list pods in namespace 'theia': .* one more page after each page"
        ):
            gateway_to(server).list(POD)
        assert len(server.seen) == pages


@pytest.mark.parametrize(
    ("allowed", "everywhere", "name"), [(True, False, {}), (False, True, {}), (True, False, {"name": "p-1"})]
)
def test_what_we_may_do_is_asked_and_nothing_is_written(allowed, everywhere, name):
    with Loopback(
        lambda _seen: Say(201, {"kind": "SelfSubjectAccessReview", "status": {"allowed": allowed}})
    ) as server:
        gateway = gateway_to(server, check_mode=True)
        assert gateway.may("get", "pods/log", "", everywhere=everywhere, **name) is allowed
    [seen] = server.seen
    assert (seen.method, seen.path) == ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
    where = {} if everywhere else {"namespace": "theia"}
    wanted = {"verb": "get", "group": "", "resource": "pods", "subresource": "log", **where, **name}
    assert seen.body["spec"] == {"resourceAttributes": wanted}


def test_the_versions_of_a_kind_are_those_that_have_it():
    answers = {
        "/apis/theia.cloud": GROUP,
        "/apis/theia.cloud/v1beta11": Say(body={"resources": [{"name": "appdefinitions"}]}),
        "/apis/theia.cloud/v1beta8": Say(body={"resources": [{"name": "sessions"}, {"name": "appdefinitions"}]}),
    }
    with Loopback(lambda seen: answers[seen.path]) as server:
        gateway = gateway_to(server)
        assert (gateway.versions(SESSION), gateway.versions(APP_DEFINITION)) == (["v1beta8"], ["v1beta11", "v1beta8"])


def test_what_becomes_none_is_left_out():
    with Loopback(lambda _seen: listing("a", "b", "c")) as server:
        assert gateway_to(server).list(POD, project=lambda obj: None if name_of(obj) == "b" else name_of(obj)) == [
            "a",
            "c",
        ]


def test_an_expired_page_begins_the_list_anew_without_doubling_it():
    expired = iter([status(410, "expired", reason="Expired"), listing("c")])

    def answer(seen):
        return next(expired) if "continue" in query_of(seen) else listing("a", "b", token="x")

    with Loopback(answer) as server:
        assert gateway_to(server).list(POD, project=name_of) == ["a", "b", "c"]
    assert len(server.seen) == 4


def test_a_list_that_keeps_expiring_is_an_error():
    def answer(seen):
        return status(410, reason="Expired") if "continue" in query_of(seen) else listing("a", token="x")

    with Loopback(answer) as server, pytest.raises(ServerFailed, match="forgot its place"):
        gateway_to(server).list(POD)
    assert len(server.seen) == 2 * (LIST_RESTARTS + 1)


def test_a_page_that_fails_for_a_moment_does_not_lose_the_others():
    trouble = iter([Say(503), Say(reset=True), Say(cut=True, body={"kind": "PodList", "items": []}), listing("c")])

    def answer(seen):
        return next(trouble) if "continue" in query_of(seen) else listing("a", token="x")

    with Loopback(answer) as server:
        assert gateway_to(server).list(POD, project=name_of) == ["a", "c"]


@pytest.mark.parametrize(
    ("say", "wanted"),
    [
        pytest.param(Say(body="<html>hello</html>", content_type="text/html"), "type 'text/html'", id="a-page"),
        pytest.param(Say(body='{"kind": "PodList", "items": [{"meta'), "cut off or damaged", id="half-a-body"),
        pytest.param(Say(body="[]"), "cut off or damaged", id="a-bare-list"),
        pytest.param(Say(body={"kind": "Pod", "items": []}), "not a list", id="another-kind"),
        pytest.param(Say(body={"kind": "PodList"}), "not a list", id="no-items"),
        pytest.param(Say(body={"kind": "PodList", "items": {"a": 1}}), "not a list", id="items-of-another-shape"),
        pytest.param(Say(204, content_type=None), "instead of JSON", id="nothing"),
        pytest.param(Say(body={"kind": "PodList", "items": [None]}), "no Pod", id="an-object-that-is-none"),
        pytest.param(Say(body={"kind": "PodList", "items": [{"metadata": {}}]}), "no Pod", id="a-nameless-object"),
        pytest.param(Say(body={"kind": "PodList", "items": [[]]}), "no Pod", id="an-object-of-another-shape"),
        pytest.param(Say(body={"kind": "PodList", "items": [], "metadata": ["a"]}), "not a list", id="metadata-too"),
        pytest.param(Say(body=DEEP), "cut off or damaged|no Pod", id="far-too-deep"),
    ],
)
def test_an_answer_that_is_no_list_is_an_error_and_not_an_empty_list(say, wanted):
    with Loopback(lambda _seen: say) as server, pytest.raises(ServerFailed, match=wanted):
        gateway_to(server).list(POD)


def test_a_list_may_be_empty_in_both_ways_that_servers_write_it():
    for items in ([], None):
        with Loopback(lambda _seen, items=items: Say(body={"kind": "PodList", "items": items})) as server:
            assert gateway_to(server).list(POD) == []


def test_paths_for_namespaces_clusters_and_groups():
    with Loopback(lambda _seen: listing()) as server:
        gateway = gateway_to(server)
        gateway.list(POD, everywhere=True)
        gateway.list(POD)
        gateway.list(PV)
        gateway.list(POD_METRICS)
        gateway.list(SESSION)
    assert [seen.path.partition("?")[0] for seen in server.seen] == [
        "/api/v1/pods",
        "/api/v1/namespaces/theia/pods",
        "/api/v1/persistentvolumes",
        "/apis/metrics.k8s.io/v1beta1/namespaces/theia/pods",
        "/apis/theia.cloud/v1beta8/namespaces/theia/sessions",
    ]


def test_app_definitions_are_read_in_the_version_that_is_served_and_discovery_is_asked_once():
    def answer(versions):
        def say(seen):
            if seen.path == "/apis/theia.cloud":
                return Say(body={"kind": "APIGroup", "versions": [{"version": name} for name in versions]})
            return listing(kind="AppDefinitionList")

        return say

    for versions, wanted in ((["v1beta10", "v1beta11"], "v1beta11"), (["v1beta8", "v1beta10"], "v1beta10")):
        with Loopback(answer(versions)) as server:
            gateway = gateway_to(server)
            gateway.map(lambda _round, gateway=gateway: gateway.list(APP_DEFINITION), range(6), concurrency=3)
        paths = [seen.path.partition("?")[0] for seen in server.seen]
        assert paths.count("/apis/theia.cloud") == 1
        assert paths.count(f"/apis/theia.cloud/{wanted}/namespaces/theia/appdefinitions") == 6


def test_created_objects_say_what_they_are_in_the_version_that_is_served():
    with Loopback(lambda seen: GROUP if seen.method == "GET" else made(seen)) as server:
        new = gateway_to(server).create(APP_DEFINITION, {"metadata": {"name": "java"}})
    assert (new["apiVersion"], new["kind"]) == ("theia.cloud/v1beta11", "AppDefinition")


def test_writes_are_sent_as_the_api_server_wants_them():
    with Loopback(made) as server:
        gateway = gateway_to(server)
        gateway.replace(CONFIG_MAP, "record", {"metadata": {"resourceVersion": "7"}})
        gateway.merge_patch(SESSION, "a/b", {"status": {"lastActivity": 5}}, subresource="status")
        gateway.delete(SESSION, "s", uid="u", resource_version="7")
        gateway.delete(SESSION, "s")
    put, patch, guarded, plain = server.seen
    assert put.body == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"resourceVersion": "7"}}
    assert (patch.method, patch.path) == ("PATCH", "/apis/theia.cloud/v1beta8/namespaces/theia/sessions/a%2Fb/status")
    assert patch.header("Content-Type") == "application/merge-patch+json"
    assert guarded.body["preconditions"] == {"uid": "u", "resourceVersion": "7"}
    assert guarded.body["propagationPolicy"] == "Background"
    assert plain.body["preconditions"] == {}


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda gateway: gateway.create(CONFIG_MAP, {"metadata": {"name": "a"}}), id="create"),
        pytest.param(lambda gateway: gateway.replace(CONFIG_MAP, "a", {}), id="replace"),
        pytest.param(lambda gateway: gateway.merge_patch(CONFIG_MAP, "a", {}), id="merge_patch"),
        pytest.param(lambda gateway: gateway.delete(CONFIG_MAP, "a"), id="delete"),
    ],
)
def test_check_mode_sends_no_write(write):
    with Loopback(made) as server:
        with pytest.raises(RuntimeError, match="check mode"):
            write(gateway_to(server, check_mode=True))
        assert name_of(gateway_to(server, check_mode=True).get(CONFIG_MAP, "a")) == "a"
    assert [seen.method for seen in server.seen] == ["GET"]


WRITES = {
    "create": lambda gateway: gateway.create(CONFIG_MAP, {"metadata": {"name": "a"}}),
    "guarded replace": lambda gateway: gateway.replace(CONFIG_MAP, "a", {"metadata": {"resourceVersion": "7"}}),
    "replace": lambda gateway: gateway.replace(CONFIG_MAP, "a", {"metadata": {}}),
    "merge patch": lambda gateway: gateway.merge_patch(CONFIG_MAP, "a", {"data": {"b": "c"}}),
    "delete": lambda gateway: gateway.delete(CONFIG_MAP, "a", uid="u"),
}
NO_ANSWERS = {
    "nothing": Say(204, content_type=None),
    "an empty object": Say(body={}),
    "an object without a uid": Say(body={"kind": "ConfigMap", "metadata": {"name": "a", "resourceVersion": "8"}}),
    "metadata of another shape": Say(body={"kind": "ConfigMap", "metadata": ["a"]}),
    "a status of failure": Say(body={"kind": "Status", "status": "Failure"}),
    "a list": Say(body=[{}]),
    "a page": Say(body="<html>", content_type="text/html"),
    "half of it": Say(body='{"kind": "Conf'),
    "far too deep": Say(body='{"a":' * 5000 + "1" + "}" * 5000),
    "no text": Say(body=b"\xff\xfe"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("say", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_write_counts_as_carried_out_only_if_the_answer_shows_it(write, say):
    with Loopback(lambda _seen: say) as server, pytest.raises(ServerFailed) as caught:
        write(gateway_to(server))
    assert caught.value.uncertain
    assert len(server.seen) == 1


@pytest.mark.parametrize("say", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_a_read_that_is_not_answered_is_an_error(say):
    with Loopback(lambda _seen: say) as server, pytest.raises(ServerFailed) as caught:
        gateway_to(server).get(CONFIG_MAP, "a")
    assert "applied" not in caught.value.details


@pytest.mark.parametrize("trouble", [Say(500), Say(reset=True), Say(cut=True)])
def test_a_delete_by_uid_is_sent_again_and_one_that_is_gone_then_counts_as_gone(trouble):
    gone = iter([trouble, status(404, name="a", kind="configmaps")])
    with Loopback(lambda _seen: next(gone)) as server:
        assert gateway_to(server).delete(CONFIG_MAP, "a", uid="u") is False
    with Loopback(lambda _seen: trouble) as server, pytest.raises((ServerFailed, Unreachable)) as caught:
        gateway_to(server).delete(CONFIG_MAP, "a")
    assert caught.value.uncertain
    assert len(server.seen) == 1


def test_what_does_not_exist_is_none_to_read_and_false_to_delete():
    with Loopback(lambda _seen: status(404, "not found", reason="NotFound", name="a", kind="configmaps")) as server:
        gateway = gateway_to(server)
        assert gateway.get(CONFIG_MAP, "a") is None
        assert gateway.delete(CONFIG_MAP, "a") is False
        with pytest.raises(NotFound, match="ConfigMap 'a' in namespace 'theia': it does not exist"):
            gateway.merge_patch(CONFIG_MAP, "a", {})


def read_pods(gateway):
    return gateway.list(POD)


def read_sessions(gateway):
    return gateway.list(SESSION)


def patch_status(gateway):
    return gateway.merge_patch(SESSION, "s", {"status": {}}, subresource="status")


def create_session(gateway):
    return gateway.create(SESSION, {"metadata": {"name": "s"}, "spec": {"sessionSecret": SECRET}})


CANNOT = 'sessions.theia.cloud is forbidden: User "system:serviceaccount:ops:exam" cannot list resource "sessions" in'
ALLOWED_BY = (
    r"'system:serviceaccount:ops:exam' is not allowed to \(403\); add to a Role in that namespace: "
    r'{"apiGroups": \["theia.cloud"\], "resources": \["sessions"\], "verbs": \["list"\]}'
)
REFUSALS = [
    (read_pods, status(401, "Unauthorized"), Unauthorized, r"credentials of ada \(401\)"),
    (
        read_sessions,
        status(403, CANNOT),
        Forbidden,
        ALLOWED_BY,
    ),
    (
        lambda gateway: gateway.list(PV),
        status(403, 'persistentvolumes is forbidden: User "exam" cannot list resource "persistentvolumes"'),
        Forbidden,
        r'add to a ClusterRole: {"apiGroups": \[""\], "resources": \["persistentvolumes"\]',
    ),
    (
        patch_status,
        status(403, 'User "exam" cannot patch resource "sessions/status"'),
        Forbidden,
        r'"resources": \["sessions/status"\], "verbs": \["patch"\]',
    ),
    (
        create_session,
        status(403, 'pods "x" is forbidden: exceeded quota: theia, requested: pods=1'),
        Forbidden,
        "exceeded quota: theia",
    ),
    (read_pods, status(403), Forbidden, r"forbidden \(403\)"),
    (read_sessions, status(404, "could not find the requested resource"), NotServed, "custom resource definitions"),
    (read_pods, Say(404, "404 page not found", content_type="text/plain"), NotServed, "does not serve pods of v1"),
    (create_session, status(404, reason="NotFound", name="theia", kind="namespaces"), NotFound, "no namespace 'theia'"),
    (patch_status, status(409, "the object has been modified", reason="Conflict"), Conflict, "has been modified"),
    (create_session, status(422, f'spec: Invalid value: "{SECRET}"', reason="Invalid"), Invalid, r'value: "\*\*\*"'),
    (read_pods, Say(302, headers={"Location": "/login"}), ServerFailed, "is that the address of a Kubernetes API"),
    (
        read_pods,
        status(500, "conversion webhook failed"),
        ServerFailed,
        "status 500, and says: conversion webhook failed",
    ),
]


@pytest.mark.parametrize(
    ("ask", "say", "kind", "wanted"), REFUSALS, ids=[f"{say.status}-{kind.__name__}" for _a, say, kind, _w in REFUSALS]
)
def test_refusals_name_what_was_asked_why_not_and_what_to_do(ask, say, kind, wanted):
    with Loopback(lambda _seen: say) as server, pytest.raises(kind, match=wanted) as caught:
        ask(gateway_to(server))
    assert caught.value.details["status"] == say.status
    told = f"{caught.value} {caught.value.details}"
    assert SECRET not in told
    assert "sesame" not in told
    assert json.dumps(caught.value.details)


def test_a_group_that_is_not_served_names_the_definitions_to_install():
    with (
        Loopback(lambda _seen: Say(404, "404 page not found", content_type="text/plain")) as server,
        pytest.raises(NotServed, match="custom resource definitions of Theia Cloud installed"),
    ):
        gateway_to(server).list(APP_DEFINITION)


@pytest.mark.parametrize(
    ("versions", "wanted"),
    [
        pytest.param({"v1beta7": ["sessions"], "v1beta6": ["sessions"]}, "as v1beta7, v1beta6, and v1beta8", id="old"),
        pytest.param({"v1beta9": ["sessions"], "v1beta8": ["workspaces"]}, "as v1beta9, and v1beta8 is", id="newer"),
        pytest.param({"v1beta8": ["workspaces"]}, "definitions of Theia Cloud installed", id="others"),
        pytest.param({}, "definitions of Theia Cloud installed", id="none"),
        pytest.param({"v1beta7": None}, "definitions of Theia Cloud installed", id="damaged"),
    ],
)
def test_of_a_kind_in_other_versions_these_are_named(versions, wanted):
    def answer(seen):
        _apis, _group, version, *rest = [*seen.path.removeprefix("/").split("/"), None]
        if version is None:
            return Say(body={"kind": "APIGroup", "versions": [{"version": name} for name in versions]})
        if rest == [None]:
            resources = versions[version]
            return Say(body={"resources": resources and [{"name": name} for name in resources]})
        return Say(404, "404 page not found", content_type="text/plain")

    with Loopback(answer) as server, pytest.raises(NotServed, match=wanted) as caught:
        read_sessions(gateway_to(server))
    assert caught.value.details.get("versions", []) == [
        name for name, has in versions.items() if "sessions" in (has or ())
    ]


def test_time_is_asked_for_where_no_answer_has_told_it():
    with Loopback(lambda _seen: Say(body={})) as server:
        assert gateway_to(server).now().tzinfo is not None
    assert [seen.path for seen in server.seen] == ["/version"]


def test_log_lines_are_text():
    with Loopback(lambda _seen: Say(body="one\ntwo\n", content_type="text/plain")) as server:
        assert gateway_to(server).log_lines("operator-0", container="operator", tail=2) == ["one", "two"]
    assert server.seen[0].path == f"{PODS}/operator-0/log?tailLines=2&container=operator"


THERE = Say(body={"kind": "Namespace", "metadata": {"name": "theia", "uid": "u", "resourceVersion": "1"}})


def places(*namespaces):
    items = [{"metadata": {"name": "java", "namespace": namespace}} for namespace in namespaces]
    return Say(body={"kind": "AppDefinitionList", "items": items})


@pytest.mark.parametrize(
    ("namespace", "elsewhere", "wanted"),
    [
        pytest.param(
            status(404, name="theia", kind="namespaces"),
            places(),
            "there is no namespace 'theia'.*; name one",
            id="none",
        ),
        pytest.param(
            status(404, name="theia", kind="namespaces"), places("b"), "of theia_connection, such as b$", id="misnamed"
        ),
        pytest.param(THERE, places("b", "a", "b"), r"has no app definitions.*there are some in a, b", id="elsewhere"),
        pytest.param(THERE, places(), r"is it the one that Theia Cloud runs in\?$", id="nowhere"),
        pytest.param(status(403, CANNOT), places(), "has no app definitions", id="namespace-not-allowed"),
        pytest.param(THERE, status(403, CANNOT), "has no app definitions", id="cluster-not-allowed"),
    ],
)
def test_an_empty_namespace_is_explained(namespace, elsewhere, wanted):
    def answer(seen):
        if seen.path == "/apis/theia.cloud":
            return GROUP
        return namespace if seen.path == "/api/v1/namespaces/theia" else elsewhere

    with Loopback(answer) as server:
        error = gateway_to(server).no_installation()
    assert isinstance(error, NotFound)
    with pytest.raises(NotFound, match=wanted):
        raise error


def test_connecting_needs_a_namespace_and_takes_the_options():
    with pytest.raises(Misconfigured, match="namespace is not set"):
        connect({"host": "http://127.0.0.1:1", "api_key": "x"})
    with Loopback(lambda _seen: listing("a")) as server:
        params = {"host": server.url, "api_key": "sesame", "namespace": "exams", "timeout_seconds": 3}
        gateway = connect(params)
        assert gateway.namespace == "exams"
        assert gateway.list(POD, project=name_of) == ["a"]
        with pytest.raises(RuntimeError, match="check mode"):
            connect(params, check_mode=True).delete(POD, "a")
    assert server.seen[0].header("Authorization") == "Bearer sesame"
    assert server.seen[0].path.startswith("/api/v1/namespaces/exams/pods?")
