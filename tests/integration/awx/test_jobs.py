# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each playbook as AWX runs it: a private folder, injected credentials, answers of a survey, job events.

One night in one installation. Every job runs under an account that has the rights of its persona and no others.
"""

from __future__ import annotations

import base64
import typing as t
from pathlib import Path

import pytest
import yaml

from awx.job import Job, Result, run
from awx.role import answered
from integration.ansible_run import ROOT
from integration.session_site import SessionSite
from lab import audit, identities
from lab.faults import Rule, Slow
from lab.proxy import FaultProxy
from tools.rights import PERSONAS

ADMIN_TOKEN = "an-admin-token-that-only-the-credential-knows"
COLLECTIONS = [ROOT / "build" / "tree"]
HOSTS = ("production", "elsewhere")


class Night(SessionSite):
    """An installation, and AWX in front of it."""

    def __init__(self, installation: t.Any) -> None:
        super().__init__(installation)
        self.ide = self.definition(1)
        self.accounts = {
            persona: self.lab.identity(
                persona.replace("_", "-"), namespace=self.namespace, rules=identities.granted_by(persona)
            )
            for persona in identities.PERSONAS
        }
        self.kept = self.workspace(self.ide, "ada@x.org")
        self.student = ""

    def _writes(self, since: t.Any) -> list[t.Any]:
        """Of the accounts that jobs have."""
        users = [account.user for account in self.accounts.values()]
        sent = [e for user in users for e in audit.writes(self.lab.audit_log, user=user, since=since)]
        # Who asks what it may do writes nothing.
        return [e for e in sent if e["objectRef"]["resource"] != "selfsubjectaccessreviews"]

    def bearer(self, account: identities.Identity) -> dict[str, t.Any]:
        """The credential that AWX has for Kubernetes; a line break at the end of a pasted token is kept."""
        environment = {
            "K8S_AUTH_HOST": self.lab.url,
            "K8S_AUTH_API_KEY": f"{account.token}\n",
            "K8S_AUTH_VERIFY_SSL": "True",
        }
        return {"environment": environment, "files": {"K8S_AUTH_SSL_CA_CERT": Path(self.lab.ca_file).read_text()}}

    def file(self, account: identities.Identity) -> dict[str, t.Any]:
        """The credential type of our role: a kubeconfig that carries everything, and the service's token."""
        config = yaml.safe_load(account.kubeconfig.read_text())
        [cluster] = config["clusters"]
        authority = Path(cluster["cluster"].pop("certificate-authority")).read_bytes()
        cluster["cluster"]["certificate-authority-data"] = base64.b64encode(authority).decode()
        return {
            "files": {"K8S_AUTH_KUBECONFIG": yaml.safe_dump(config)},
            "secrets": {"theia_admin_token": ADMIN_TOKEN},
        }

    def inventory(self, account: identities.Identity) -> dict[str, t.Any]:
        """No credential: the inventory says where the cluster is, and by which file."""
        return {"connection": {"kubeconfig": str(account.kubeconfig)}}

    def dead(self, user: str) -> str:
        """A session that failed."""
        name = self.launch(user, self.ide)
        self.with_url(name)
        self.write_status(name, operatorStatus="ERROR", operatorMessage="Max sessions reached.", error="x", url=None)
        return name

    def job(
        self, folder: Path, playbook: str, ask: t.Callable[[identities.Identity], dict[str, t.Any]], **answers: t.Any
    ) -> Result:
        """Run a playbook with the rights of a persona that it belongs to."""
        persona = next(name for name, playbooks in PERSONAS.items() if playbook in playbooks)
        account = self.accounts[persona]
        credentials = ask(account)
        settings = {name: answers.pop(name) for name in ("check", "limit", "verbosity") if name in answers}
        runner = {name: answers.pop(name) for name in ("cancel_callback",) if name in answers}
        connection = {"namespace": self.namespace, **credentials.pop("connection", {})}
        hosts = {name: {"theia_connection": connection} for name in HOSTS}
        job = Job(
            playbook=f"playbooks/{playbook}.yml",
            template=f"Theia {playbook}",
            hosts=hosts,
            variables=answered(playbook, **answers),
            group_variables={"theia_time_zone": "Europe/Berlin"},
            **{"limit": "production", **credentials, **settings},
        )
        done = run(folder, ROOT, COLLECTIONS, job, **runner)
        for secret in (account.token, account.token.rpartition(".")[2], ADMIN_TOKEN):
            assert secret not in done.told()
        return done


@pytest.fixture(scope="module")
def night(module_installation):
    return Night(module_installation(app_definitions=[]))


def lines(done: Result) -> str:
    return "\n".join(line for reports in done.artifacts["theia_report"]["production"].values() for line in reports)


def good(done: Result) -> str:
    assert (done.code, done.status) == (0, "successful"), done.stdout
    return lines(done)


def test_a_plan_is_an_artifact_and_nothing_is_written(night, tmp_path):
    since = night.now()
    asked = {"exam": "final", "app_definition": night.ide, "warm": 3, "end": "23:59"}
    done = night.job(tmp_path, "pre_exam", night.bearer, check=True, **asked)
    assert "min 1 -> 3" in good(done)
    assert night.writes(since) == []


def test_an_exam_is_warmed_with_a_kubeconfig_file(night, tmp_path):
    asked = {"exam": "final", "app_definition": f"{night.ide}\r\n", "warm": 3, "shield": "false"}
    done = night.job(tmp_path, "pre_exam", night.file, **asked)
    assert "min 1 -> 3" in good(done)
    assert night.bounds(night.ide)[0] == 3
    assert 'Afterwards: launch the job template "Theia post_exam" with the answers {"exam": "final"}' in lines(done)


def test_the_status_is_shown_with_a_connection_of_the_inventory(night, tmp_path):
    night.student = night.launch("ada@x.org", night.ide)
    done = night.job(tmp_path, "status", night.inventory, verbosity=2)
    assert f"{night.ide}" in good(done)
    assert "final" in lines(done)


def test_a_session_is_looked_into(night, tmp_path):
    done = night.job(tmp_path, "investigate_session", night.bearer, sessions="", user="ada@x.org")
    assert night.student in good(done)


def test_a_student_whose_session_is_dead_is_unlocked(night, tmp_path):
    wreck = night.dead("bob@x.org")
    done = night.job(tmp_path, "unlock_user", night.bearer, user="bob@x.org")
    assert wreck in good(done)
    assert wreck not in night.names()


def test_a_sweep_stops_what_failed(night, tmp_path):
    wreck = night.dead("eve@x.org")
    assert wreck in good(night.job(tmp_path, "sweep_sessions", night.bearer))
    assert night.names() == {night.student}


def test_a_session_is_stopped_by_name(night, tmp_path):
    refused = night.job(tmp_path / "refused", "stop_sessions", night.bearer, sessions=night.student, user=" ")
    assert (refused.code, refused.status) == (2, "failed")
    assert night.names() == {night.student}
    answers = {"sessions": night.student, "discard_data": "named", "without_operator": "false", "max_stop": 1}
    done = night.job(tmp_path / "stopped", "stop_sessions", night.bearer, **answers)
    assert night.student in good(done)
    assert night.names() == set()


def test_workspaces_are_pruned_and_deleted(night, tmp_path):
    pruned = good(night.job(tmp_path / "pruned", "prune_workspaces", night.bearer))
    assert "Nothing is deleted" in pruned
    deleted = night.job(tmp_path / "deleted", "delete_workspaces", night.bearer, workspaces=night.kept, max_percent=100)
    assert night.kept in good(deleted)
    assert not night.exists("workspaces", night.kept)


def test_an_exam_ends_with_nothing_but_its_name(night, tmp_path):
    done = night.job(tmp_path, "post_exam", night.file, exam="final")
    assert "min 3 -> 1" in good(done)
    assert night.bounds(night.ide)[0] == 1


def test_a_limit_that_leaves_no_installation_is_no_success(night, tmp_path):
    done = night.job(tmp_path / "no", "status", night.bearer, limit="nowhere")
    assert done.status == "failed"
    assert "leaves us with no hosts to target" in done.stdout
    other = night.job(tmp_path / "other", "status", night.bearer, limit="elsewhere:!elsewhere")
    assert other.status == "failed"


def test_after_a_canceled_wait_the_next_job_brings_everything_back(night, tmp_path):
    name = night.definition(0, image="registry.lab.invalid/eduide/ide:missing")

    def canceled() -> bool:
        return night.bounds(name)[0] == 2

    asked = {"exam": "vain", "app_definition": name, "warm": 2, "shield": "false"}
    done = night.job(tmp_path / "vain", "pre_exam", night.bearer, cancel_callback=canceled, **asked)
    assert done.status == "canceled"
    assert [*night.ledger()[name]["holds"]] == ["vain"]
    assert "min 2 -> 0" in good(night.job(tmp_path / "undone", "post_exam", night.bearer, exam="vain"))
    assert night.bounds(name)[0] == 0
    assert name not in night.ledger()


def test_after_a_canceled_stop_of_a_hundred_the_next_job_stops_the_rest(night, tmp_path):
    name = night.definition(0)
    everybody = set(night.many(100, name))
    answers = {"app_definition": name, "discard_data": "selected", "max_stop": 100, "max_percent": 100}

    def canceled() -> bool:
        return len(night.names()) <= 95

    with FaultProxy.before(night.lab) as proxy:
        # So that there is a middle: a batch of deletes takes this long.
        proxy.add(Rule(Slow(2), verb="delete", path="/sessions/"))

        def between(account: identities.Identity) -> dict[str, t.Any]:
            file = proxy.write_kubeconfig(tmp_path / "config", account.token, night.namespace)
            return {"connection": {"kubeconfig": str(file)}}

        cut = night.job(tmp_path / "cut", "stop_sessions", between, cancel_callback=canceled, **answers)
    assert cut.status == "canceled", cut.stdout
    left = night.names()
    assert set() < left < everybody
    done = night.job(tmp_path / "rest", "stop_sessions", night.bearer, **answers)
    assert f"{len(left)} stopped" in good(done)
    assert night.names() == set()
