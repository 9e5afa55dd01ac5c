# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helper programs of kubeconfigs: what they are given, what is taken from them, and how they end."""

from __future__ import annotations

import json
import sys
import time

import pytest

from ansible_collections.eduide.theia.plugins.module_utils._common.batch import run_batch
from ansible_collections.eduide.theia.plugins.module_utils._common.errors import LoginFailed, Misconfigured
from ansible_collections.eduide.theia.plugins.module_utils._common.secrets import KNOWN
from ansible_collections.eduide.theia.plugins.module_utils._common.waiting import Deadline
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.credentials import FetchedCredential
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.helper import Helper
from ansible_collections.eduide.theia.plugins.module_utils._kubernetes.kubeconfig import Kubeconfig

V1, V1BETA1 = "client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"
SECRET = "sesame-open-now"


def answer(status, version=V1):
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


def python(code, version=V1, **more):
    return {"apiVersion": version, "command": sys.executable, "args": ["-c", code], **more}


def says(output):
    return python(f"print({output!r})")


def shell(script):
    return {"apiVersion": V1, "command": "sh", "args": ["-c", script]}


def helper(entry, folder="", **cluster):
    return Helper(
        Kubeconfig(
            source="context 'exam' of /config",
            context="exam",
            cluster=cluster,
            user={"exec": entry},
            cluster_folder=folder,
            user_folder=folder,
            content={},
        )
    )


def credential(entry, **more):
    return FetchedCredential(helper(entry, **more).fetch)


def proof(entry, seconds=30, **more):
    return credential(entry, **more).proof(Deadline(seconds))


def info(found):
    """What the helper was told, which ``TELLS`` gives back as its token."""
    return json.loads(bytes.fromhex(found.header.removeprefix("Bearer ")))


TELLS = """
import json, os
told = os.environ["KUBERNETES_EXEC_INFO"]
print(json.dumps({**json.loads(told), "status": {"token": told.encode().hex()}}))
"""


@pytest.mark.parametrize("version", [V1, V1BETA1])
def test_a_helper_knows_what_is_asked_of_it(version):
    told = info(proof(python(TELLS, version)))
    assert told == {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}


def test_a_helper_that_wants_to_know_the_cluster_is_told(tmp_path):
    (tmp_path / "ca.crt").write_text("authority")
    extension = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "exam"}}
    cluster = {
        "server": "https://api",
        "certificate-authority": "ca.crt",
        "extensions": [{"name": "other"}, None, extension],
        "token": SECRET,
    }
    told = info(proof(python(TELLS, provideClusterInfo=True), folder=str(tmp_path), **cluster))
    assert told["spec"]["cluster"] == {
        "server": "https://api",
        "certificate-authority-data": "YXV0aG9yaXR5",
        "config": {"audience": "exam"},
    }


def test_a_helper_has_its_variables_and_its_place(tmp_path):
    script = tmp_path / "bin" / "log-in"
    script.parent.mkdir()
    script.write_text(
        f"#!/bin/sh\nprintf '%s' '{answer({'token': 'TOKEN'})}' | sed \"s/TOKEN/$A$B-$(basename $PWD)/\"\n"
    )
    script.chmod(0o755)
    entry = {"apiVersion": V1, "command": "bin/log-in", "args": None}
    entry["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": None}, None]
    assert proof(entry, folder=str(tmp_path)).header == f"Bearer 1-{tmp_path.name}"


def test_a_helper_may_prove_it_with_a_certificate():
    found = proof(says(answer({"token": SECRET, "clientCertificateData": "cert", "clientKeyData": "the key"})))
    assert (found.header, found.client_cert.data, found.client_key.data) == (f"Bearer {SECRET}", b"cert", b"the key")
    assert "the key" in KNOWN.plain


@pytest.mark.parametrize(
    ("expiry", "runs"),
    [
        pytest.param(None, 1, id="none"),
        pytest.param("2020-01-01T00:00:00Z", 2, id="over"),
        pytest.param("2999-01-01T00:00:00+01:00", 1, id="far"),
        pytest.param("soon", 1, id="no-time"),
        pytest.param(12, 1, id="number"),
    ],
)
def test_a_helper_is_asked_again_when_its_proof_is_over(expiry, runs, tmp_path):
    status = answer({"token": SECRET, "expirationTimestamp": expiry})
    own = credential(shell(f"echo run >> {tmp_path}/runs; echo '{status}'"))
    for _time in range(2):
        own.proof(Deadline(30))
    assert (tmp_path / "runs").read_text().splitlines() == ["run"] * runs


def test_a_helper_that_waits_for_a_person_ends_with_its_children_at_the_time_limit(tmp_path):
    script = f"echo 'Please visit http://localhost:8000' >&2; sleep 100 & echo $! > {tmp_path}/child; cat; wait"
    began = time.monotonic()
    with pytest.raises(LoginFailed, match=r"'sh' of context 'exam'.*1 s; it said: Please visit http://localhost:8000;"):
        proof(shell(script), seconds=1)
    assert time.monotonic() - began < 5
    child = (tmp_path / "child").read_text().strip()
    for _look in range(50):
        try:
            with open(f"/proc/{child}/stat") as file:
                running = file.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            running = False
        if not running:
            break
        time.sleep(0.1)
    assert not running


def test_a_helper_finds_no_input_and_no_terminal():
    code = f"""
import sys
assert sys.stdin.read() == ""
try:
    open("/dev/tty")
except OSError:
    print({answer({"token": "ab"})!r})
"""
    assert proof(python(code)).header == "Bearer ab"


def test_a_child_that_is_left_behind_is_not_waited_for():
    began = time.monotonic()
    assert proof(shell(f"sleep 20 & echo '{answer({'token': SECRET})}'")).header == f"Bearer {SECRET}"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(python("import sys; sys.stderr.write('x' * 10**7); sys.exit(1)"), id="errors"),
        pytest.param(python("print('x' * 10**7)"), id="output"),
    ],
)
def test_a_helper_that_talks_without_end_is_cut(entry):
    with pytest.raises(LoginFailed) as caught:
        proof(entry)
    assert len(str(caught.value)) < 5000


FAILING = {
    "exit code": (
        python(f"import sys; sys.stderr.write('refused token={SECRET}'); sys.exit(3)"),
        "exit code 3; it said",
    ),
    "no output": (says(""), "gave no credentials"),
    "no JSON": (says(f"Token: {SECRET}"), "gave no credentials"),
    "a token alone": (says(SECRET), "gave no credentials"),
    "JSON that is no object": (says(json.dumps([SECRET])), "gave no credentials"),
    "nested": (says("[" * 100_000), "gave no credentials"),
    "another version": (says(answer({"token": SECRET}, V1BETA1)), f"no credentials of {V1}"),
    "no status": (says(answer(None)), "gave no credentials"),
    "neither token nor certificate": (says(answer({"user": SECRET})), "gave no credentials"),
    "certificate without key": (says(answer({"clientCertificateData": SECRET})), "gave no credentials"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_helper_that_fails_is_named_and_its_secrets_are_not(case):
    entry, wanted = FAILING[case]
    with pytest.raises(LoginFailed, match=wanted) as caught:
        proof({**entry, "args": [*entry["args"], "--verbose"]})
    assert SECRET not in f"{caught.value} {caught.value.details}"
    assert f"the helper program {sys.executable!r} of context 'exam' of /config" in str(caught.value)
    # Where the output holds it, it is hidden in whatever else quotes it.
    code = entry["args"][1]
    assert (SECRET in KNOWN.forms) == (code.startswith("print(") and SECRET in code)


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        pytest.param({}, "needs a command", id="empty"),
        pytest.param(None, "needs a command", id="null"),
        pytest.param("sh", "needs a command", id="text"),
        pytest.param({"command": "sh", "apiVersion": "client.authentication.k8s.io/v1alpha1"}, "apiVersions", id="old"),
        pytest.param({"command": "sh", "apiVersion": V1, "interactiveMode": "Always"}, "asks at a terminal", id="asks"),
        pytest.param({"command": "no-such", "apiVersion": V1}, "No such file.*install it here", id="missing"),
        pytest.param(
            {"command": "no-such", "apiVersion": V1, "installHint": "get it from example.org"},
            "No such file.*; get it from example.org$",
            id="hint",
        ),
        pytest.param({"command": "sh", "apiVersion": V1, "args": ["\0"]}, "arguments or variables", id="damaged"),
        pytest.param({"command": "/", "apiVersion": V1}, "Permission denied", id="folder"),
    ],
)
def test_a_helper_that_cannot_be_run_says_why(entry, wanted):
    with pytest.raises(Misconfigured, match=wanted):
        proof(entry)


def test_threads_that_wait_for_a_failing_helper_fail_with_it(tmp_path):
    own = credential(shell(f"echo run >> {tmp_path}/runs; sleep 1; exit 1"))
    attempts = run_batch(range(8), lambda _number: own.proof(Deadline(30)), concurrency=8)
    assert all("exit code 1" in attempt.text for attempt in attempts)
    assert (tmp_path / "runs").read_text().splitlines() == ["run"]
