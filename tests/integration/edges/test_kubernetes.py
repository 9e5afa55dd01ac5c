# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to the Kubernetes API against a real API server, with both generations of its Python client."""

from __future__ import annotations

import base64
import copy
import json
import secrets
import sys

import pytest
import trustme
import yaml

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Conflict,
    Forbidden,
    Misconfigured,
    NotFound,
    NotServed,
    Unauthorized,
    Unreachable,
    UntrustedCertificate,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.access import resolve
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.client import CONNECTIONS, KubeGateway
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.connect import connect
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kinds import (
    APP_DEFINITION,
    CONFIG_MAP,
    POD,
    PV,
    RESOURCE_QUOTA,
    SESSION,
    Kind,
)
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.transport import Transport
from ansible_collections.eduide.theia.plugins.module_utils._platform.options import Installation
from ansible_collections.eduide.theia.plugins.module_utils._platform.snapshot import read
from lab import ControlPlane
from lab.identities import rule
from unit.fakes import FakeGateway, app_definition
from unit.gateway_scenario import walk

OWN_RULES = (
    rule("", "configmaps", "create", "get", "list", "update", "patch", "delete"),
    rule(
        "theia.cloud", "sessions sessions/status appdefinitions", "create", "get", "list", "patch", "update", "delete"
    ),
)


@pytest.fixture
def account(control_plane, namespace):
    """An account with the rights that the scenario needs, and no others."""
    return control_plane.identity("edge", namespace=namespace, rules=OWN_RULES)


@pytest.fixture
def gateway(account, namespace):
    return connect({"kubeconfig": str(account.kubeconfig), "namespace": namespace})


def kubeconfig_of(control_plane, user, **cluster):
    """The lab's kubeconfig with another user, and with changes to the cluster."""
    content = yaml.safe_load(control_plane.admin_kubeconfig.read_text())
    content["users"][0]["user"] = user
    for field, value in cluster.items():
        content["clusters"][0]["cluster"][field.replace("_", "-")] = value
    return content


def small_pages(account, namespace, size):
    """A gateway whose lists need several pages without thousands of objects."""
    transport = Transport(resolve({"kubeconfig": str(account.kubeconfig)}), timeout_seconds=30, connections=CONNECTIONS)
    return KubeGateway(transport, namespace=namespace, page_size=size)


def fill(gateway, count):
    names = [f"record-{number:03}" for number in range(count)]
    gateway.map(lambda name: gateway.create(CONFIG_MAP, {"metadata": {"name": name, "labels": {"n": "x"}}}), names)
    return names


def name_of(obj):
    return obj["metadata"]["name"]


@pytest.mark.both
def test_the_dictionary_behind_the_unit_tests_behaves_like_the_api_server(gateway):
    assert walk(gateway) == walk(FakeGateway())


def test_a_list_over_several_pages_is_whole(account, gateway, namespace, control_plane):
    names = fill(gateway, 25)
    assert small_pages(account, namespace, 4).list(CONFIG_MAP, project=name_of, label_selector="n=x") == names
    pages = control_plane.audit(user=account.user, namespace=namespace, verbs={"list"})
    assert len(pages) == 7
    assert all("limit=4" in page["requestURI"] for page in pages)


def test_whether_there_are_few_is_known_after_one_page(account, gateway, namespace, control_plane):
    names = fill(gateway, 9)
    # Every namespace has a ConfigMap with the certificate of the cluster.
    few = small_pages(account, namespace, 4)
    assert few.list_few(CONFIG_MAP, most=8, project=name_of) is None
    assert len(control_plane.audit(user=account.user, namespace=namespace, verbs={"list"})) == 1
    assert set(names) < set(few.list_few(CONFIG_MAP, most=10, project=name_of))


@pytest.fixture(scope="module")
def forgetful():
    """An older installation on an API server whose continue tokens expire with the next compaction."""
    with ControlPlane.start(cached_snapshots=False, api="upstream") as own:
        yield own


def test_a_list_whose_place_the_server_forgot_is_read_anew(forgetful):
    namespace = forgetful.namespace()
    account = forgetful.identity("edge", namespace=namespace, rules=OWN_RULES)
    names = fill(connect({"kubeconfig": str(account.kubeconfig), "namespace": namespace}), 9)
    seen = []

    def project(obj):
        seen.append(name_of(obj))
        if len(seen) == 4:
            # The change makes sure that there is something to forget.
            named = {"name": "z", "namespace": namespace, "labels": {"n": "x"}}
            forgetful.api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": named})
            forgetful.store.compact()
        return name_of(obj)

    found = small_pages(account, namespace, 4).list(CONFIG_MAP, project=project, label_selector="n")
    codes = [page["responseStatus"]["code"] for page in forgetful.audit(user=account.user, verbs={"list"})]
    assert codes.count(410) == 1
    assert found == [*names, "z"]
    assert len(seen) > len(found)


def test_app_definitions_are_written_in_the_version_that_an_older_installation_serves(forgetful):
    namespace = forgetful.namespace()
    account = forgetful.identity("edge", namespace=namespace, rules=OWN_RULES)
    gateway = connect({"kubeconfig": str(account.kubeconfig), "namespace": namespace})
    assert gateway.create(APP_DEFINITION, app_definition("java"))["apiVersion"] == "theia.cloud/v1beta10"
    assert gateway.merge_patch(APP_DEFINITION, "java", {"spec": {"minInstances": 2}})["spec"]["minInstances"] == 2
    assert [obj["apiVersion"] for obj in gateway.list(APP_DEFINITION)] == ["theia.cloud/v1beta10"]


def test_app_definitions_are_written_in_the_newest_version_elsewhere(gateway):
    assert gateway.create(APP_DEFINITION, app_definition("java"))["apiVersion"] == "theia.cloud/v1beta11"


def test_a_forbidden_list_names_the_account_and_the_rule(gateway, account):
    with pytest.raises(Forbidden, match=r"not allowed to \(403\); add to a Role") as caught:
        gateway.list(RESOURCE_QUOTA)
    assert caught.value.details["user"] == account.user
    assert caught.value.details["rule"] == {"apiGroups": [""], "resources": ["resourcequotas"], "verbs": ["list"]}
    with pytest.raises(Forbidden, match="ClusterRole"):
        gateway.list(PV)


def test_the_rule_that_an_error_names_is_the_one_that_helps(gateway, control_plane, namespace):
    with pytest.raises(Forbidden) as caught:
        gateway.list(POD)
    control_plane.identity("edge", namespace=namespace, rules=(*OWN_RULES, caught.value.details["rule"]))
    assert gateway.list(POD) == []


def test_parts_that_are_not_required_are_missing_with_the_reason(gateway):
    snapshot = read(gateway, Installation(), ("exams", "quotas", "usage"), required=("exams",))
    assert snapshot.lists.exams == []
    assert set(snapshot.missing) == {"quotas", "usage"}
    assert "resourcequotas" in snapshot.missing["quotas"]


def test_a_kind_that_is_not_served_is_told_from_one_that_has_no_objects(gateway, control_plane):
    assert gateway.list(SESSION) == []
    with pytest.raises(NotServed, match=r"serves sessions of theia.cloud as v1beta8, .*v1beta99"):
        gateway.list(SESSION._replace(version="v1beta99"))
    # Without a rule for it, the account would be turned away before anybody looks whether the kind exists.
    admin = connect({"kubeconfig": str(control_plane.admin_kubeconfig), "namespace": gateway.namespace})
    with pytest.raises(NotServed, match=r"does not serve things of example.org/v1"):
        admin.list(Kind("example.org", "v1", "things", "Thing"))


def test_a_namespace_without_app_definitions_is_told_from_one_that_does_not_exist(control_plane, namespace):
    admin = {"kubeconfig": str(control_plane.admin_kubeconfig)}
    other = control_plane.namespace()
    connect({**admin, "namespace": other}).create(APP_DEFINITION, app_definition("java"))
    here = connect({**admin, "namespace": namespace})
    assert f"{namespace!r} on {control_plane.url} has no app definitions" in str(here.no_installation())
    assert other in str(here.no_installation())
    nowhere = f"none-{secrets.token_hex(4)}"
    assert f"there is no namespace {nowhere!r}" in str(connect({**admin, "namespace": nowhere}).no_installation())
    with pytest.raises(NotFound, match=f"no namespace '{nowhere}'"):
        connect({**admin, "namespace": nowhere}).create(SESSION, {"metadata": {"name": "s"}, "spec": {}})


def test_a_wrong_context_is_answered_with_the_known_ones(account, namespace):
    known = yaml.safe_load(account.kubeconfig.read_text())["current-context"]
    with pytest.raises(Misconfigured, match=f"has no context 'prod'; known: {known}") as caught:
        connect({"kubeconfig": str(account.kubeconfig), "context": "prod", "namespace": namespace})
    assert account.token not in str(caught.value)


@pytest.mark.both
def test_a_token_that_is_not_accepted_is_not_shown(control_plane, namespace):
    with pytest.raises(Unauthorized, match=r"does not accept the credentials of context .* \(401\)") as caught:
        connect({"kubeconfig": kubeconfig_of(control_plane, {"token": "sesame-open"}), "namespace": namespace}).list(
            POD
        )
    assert "sesame-open" not in f"{caught.value} {caught.value.details}"


@pytest.mark.both
def test_certificates_that_do_not_match_are_refused(control_plane, account, namespace):
    other_authority = base64.b64encode(trustme.CA().cert_pem.bytes()).decode()
    user = {"token": account.token}
    cases = {
        "does not match": {"tls_server_name": "other.example.org"},
        "is not trusted": {"certificate_authority_data": other_authority},
    }
    for wanted, cluster in cases.items():
        config = kubeconfig_of(control_plane, user, **cluster)
        with pytest.raises(UntrustedCertificate, match=wanted):
            connect({"kubeconfig": config, "namespace": namespace}).list(CONFIG_MAP)
        unchecked = connect({"kubeconfig": config, "namespace": namespace, "validate_certs": False})
        assert unchecked.list(CONFIG_MAP, project=name_of) == ["kube-root-ca.crt"]
    assert not control_plane.audit(user="system:anonymous", namespace=namespace)


def test_a_server_that_is_not_there_is_called_so(control_plane, account, namespace):
    config = kubeconfig_of(control_plane, {"token": account.token}, server="https://127.0.0.1:1")
    with pytest.raises(Unreachable, match=r"cannot connect to the Kubernetes API at https://127\.0\.0\.1:1"):
        connect({"kubeconfig": config, "namespace": namespace}).list(CONFIG_MAP)


def ways_in(control_plane, account, folder):
    """Every way to log in that an installation's kubeconfig may use, and that the lab accepts."""
    (folder / "token").write_text(account.token)
    status = {"token": account.token}
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    (folder / "helper.py").write_text(f"print({json.dumps(credential)!r})")
    helper = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [str(folder / "helper.py")],
        "interactiveMode": "Never",
    }
    direct = {"host": control_plane.url, "ca_cert": str(control_plane.ca_file)}
    return {
        "kubeconfig": {"kubeconfig": str(account.kubeconfig)},
        "dictionary": {"kubeconfig": yaml.safe_load(account.kubeconfig.read_text())},
        "token file": {"kubeconfig": kubeconfig_of(control_plane, {"tokenFile": str(folder / "token")})},
        "helper program": {"kubeconfig": kubeconfig_of(control_plane, {"exec": helper})},
        "address and token": {**direct, "api_key": account.token},
        "address, token, no certificate check": {
            "host": control_plane.url,
            "api_key": account.token,
            "validate_certs": False,
        },
        "own token over another kubeconfig": {
            "kubeconfig": kubeconfig_of(control_plane, {"token": "sesame"}),
            "api_key": account.token,
        },
        "acting as somebody": {
            "kubeconfig": str(control_plane.admin_kubeconfig),
            "impersonate_user": account.user,
            "impersonate_groups": ["system:authenticated"],
        },
    }


@pytest.mark.both
def test_every_way_in_leads_to_the_same_account(control_plane, account, namespace, tmp_path, monkeypatch):
    for way, options in ways_in(control_plane, account, tmp_path).items():
        found = connect({**options, "namespace": namespace})
        assert found.list(CONFIG_MAP, project=name_of) == ["kube-root-ca.crt"], way
        with pytest.raises(Forbidden) as caught:
            found.list(RESOURCE_QUOTA)
        assert caught.value.details["user"] == account.user, way
    monkeypatch.setenv("K8S_AUTH_KUBECONFIG", str(account.kubeconfig))
    assert connect({"namespace": namespace}).list(CONFIG_MAP, project=name_of) == ["kube-root-ca.crt"]


def test_what_was_changed_in_between_is_not_overwritten_or_deleted(gateway):
    gateway.create(CONFIG_MAP, {"metadata": {"name": "ledger"}, "data": {"a": "1"}})
    seen = gateway.get(CONFIG_MAP, "ledger")
    mine, theirs = copy.deepcopy(seen), copy.deepcopy(seen)
    theirs["data"]["a"] = "2"
    gateway.replace(CONFIG_MAP, "ledger", theirs)
    mine["data"]["a"] = "3"
    guards = {"uid": seen["metadata"]["uid"], "resource_version": seen["metadata"]["resourceVersion"]}
    for attempt in (
        lambda: gateway.replace(CONFIG_MAP, "ledger", mine),
        lambda: gateway.delete(CONFIG_MAP, "ledger", **guards),
    ):
        with pytest.raises(Conflict):
            attempt()
    assert gateway.get(CONFIG_MAP, "ledger")["data"] == {"a": "2"}


def test_check_mode_leaves_no_write_in_the_audit_log(control_plane, account, namespace):
    gateway = connect({"kubeconfig": str(account.kubeconfig), "namespace": namespace}, check_mode=True)
    for write in (
        lambda: gateway.create(CONFIG_MAP, {"metadata": {"name": "a"}}),
        lambda: gateway.merge_patch(CONFIG_MAP, "kube-root-ca.crt", {"data": {"a": "1"}}),
        lambda: gateway.delete(CONFIG_MAP, "kube-root-ca.crt"),
    ):
        with pytest.raises(RuntimeError, match="check mode"):
            write()
    gateway.list(CONFIG_MAP)
    assert {event["verb"] for event in control_plane.audit(user=account.user, namespace=namespace)} == {"list"}


def test_the_time_is_that_of_the_api_server(gateway, control_plane):
    created = control_plane.api.get("/api/v1/namespaces/" + gateway.namespace)["metadata"]["creationTimestamp"]
    assert created <= gateway.now().strftime("%Y-%m-%dT%H:%M:%SZ")
