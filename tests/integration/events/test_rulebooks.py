# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebooks, run by ansible-rulebook: what Alertmanager posts becomes one run, of an account that may do that."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
import socket
import subprocess
import typing as t
from pathlib import Path

import pytest
import urllib3
import yaml

from integration.access.access_site import AccessSite, random_name
from integration.ansible_run import ROOT, environment
from integration.capacity_site import desired
from integration.docs.blocks import blocks
from integration.exam_night import exam
from integration.lab.operator_site import eventually
from lab import audit
from lab.identities import Identity
from tools import setup_env

PAGE = ROOT / "docs" / "docsite" / "rst" / "events.rst"
TOKEN = "what-alertmanager-knows"
PLAYED = "PLAY RECAP"
# A Java machine starts, and then Ansible, beside whatever else this computer does.
PATIENCE_SECONDS = 400

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="ansible-rulebook needs a Java runtime on PATH")


@pytest.fixture(scope="module")
def site(module_installation, tmp_path_factory):
    return AccessSite(module_installation(app_definitions=[]), tmp_path_factory.mktemp("duty"))


def alert(name: str, **labels: str) -> dict[str, t.Any]:
    """One alert as Alertmanager posts it."""
    return {"status": "firing", "labels": {"alertname": name, **labels}, "annotations": {}}


class Rulebook:
    """A running rulebook."""

    def __init__(self, url: str, log: Path) -> None:
        self._url, self._log = url, log

    def post(self, *alerts: dict[str, t.Any], token: str = TOKEN) -> int:
        body = json.dumps({"version": "4", "status": "firing", "alerts": alerts}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return urllib3.request(
            "POST", self._url, body=body, headers=headers, retries=False, timeout=PATIENCE_SECONDS
        ).status

    def knows(self) -> bool:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            return self.post(token="wrong") == 401
        return False

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")


@contextlib.contextmanager
def running(name: str, account: Identity, namespace: str, folder: Path, **variables: t.Any) -> t.Iterator[Rulebook]:
    """Start a rulebook with an inventory of one installation, and end it."""
    connection = {"kubeconfig": str(account.kubeconfig), "namespace": namespace}
    group = {"hosts": {"production": {"theia_connection": connection}}, "vars": variables}
    (folder / "hosts.json").write_text(json.dumps({"theia_installations": group}))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    (folder / "vars.json").write_text(json.dumps({"theia_webhook_port": port}))
    programs = Path(setup_env.make_on_demand("events")).parent
    # Typed as the page says, but for the files of this test.
    [command] = [line for block in blocks(PAGE) for line in block.commands if f".{name} " in line]
    program, *arguments = shlex.split(command.replace("inventory.ini", "hosts.json"))
    log = folder / "rulebook.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [programs / program, *arguments, "--vars", "vars.json", "--print-events"],
            cwd=folder,
            env=environment(ANSIBLE_COLLECTIONS_PATH=str(ROOT / "build" / "tree"), theia_webhook_token=TOKEN),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            rulebook = Rulebook(f"http://127.0.0.1:{port}/alerts", log)
            eventually("the rulebook listens", rulebook.knows, PATIENCE_SECONDS)
            yield rulebook
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def granted(site: AccessSite, persona: str) -> Identity:
    """An account with the rights that are on file for a persona."""
    role = yaml.safe_load((ROOT / "extensions" / "rbac" / f"{persona}.yml").read_text(encoding="utf-8"))
    return site.enter(role["rules"])


def test_three_alerts_are_one_look_that_writes_nothing(site, tmp_path):
    definition, _user, name = site.seated()
    viewer = granted(site, "viewer")
    with running("theia_triage", viewer, site.namespace, tmp_path) as rulebook:
        hostile = alert("TheiaLockedOut", installation="production", session="{{ lookup('pipe', 'touch pwned') }}")
        about = [
            alert("TheiaLockedOut", installation="production"),
            alert("TheiaDirtyInstances", installation="production", app_definition=definition),
            alert("TheiaQuotaNearlyUsed", installation="production"),
        ]
        assert rulebook.post(hostile, alert("TheiaLockedOut", installation="@hosts.json"), *about) == 200
        eventually("the installation was looked at", lambda: PLAYED in rulebook.log, PATIENCE_SECONDS)
        assert rulebook.post(alert("TheiaExamReverted", installation="production", session=name)) == 200
        eventually("the session was looked into", lambda: rulebook.log.count(PLAYED) > 1, PATIENCE_SECONDS)
        log = rulebook.log
    assert (log.count("PLAY [Show what is warm"), log.count("PLAY [Show everything")) == (1, 1)
    assert definition in log
    assert log.count("failed=0") == 2
    assert not list(tmp_path.rglob("pwned"))
    site._log_is_complete()
    assert audit.writes(site.lab.audit_log, user=viewer.user) == []


def test_what_somebody_took_back_is_made_good(site, tmp_path):
    name = site.definition(1)
    entry = exam(random_name("exam"), desired(name, warm=3))
    site.play(site.master, site.folder, "converge_exams", theia_exams=[entry]).good()
    raised = site.bounds(name)[0]
    manager = granted(site, "exam_manager")
    with running("theia_convergence", manager, site.namespace, tmp_path, theia_exams=[entry]) as rulebook:
        labels = {"installation": "production", "theia_remedy": "converge_exams"}
        assert rulebook.post(alert("TheiaNotLookedAt", installation="production")) == 200
        assert rulebook.post(*[alert("TheiaExamReverted", app_definition=name, **labels) for _copy in range(3)]) == 200
        eventually("the exams were seen to", lambda: PLAYED in rulebook.log, PATIENCE_SECONDS)
        assert rulebook.log.count("PLAY [Make an installation what its exams want now]") == 1
        assert "failed=0" in rulebook.log
    assert site.bounds(name)[0] == raised
