# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each playbook in a state in which it does all that it can do, and what its account asked of the API server then."""

from __future__ import annotations

import json
import secrets
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import Right
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from integration.ansible_run import ROOT, Run, playbook
from integration.capacity_site import desired
from integration.deletion_site import DeletionSite
from integration.exam_night import EARLY, exam
from integration.module_run import module
from integration.workspace_site import RECORD
from lab import identities

Variables = dict[str, t.Any]
Rounds = t.Iterator[Variables]

EVERYTHING = (identities.rule("*", "*", "*"),)


def random_name(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(3)}"


def student() -> str:
    return f"{random_name('student')}@x.org"


class AccessSite(DeletionSite):
    """One installation, and accounts whose rights a test chooses."""

    def __init__(self, installation: t.Any, folder: Path) -> None:
        super().__init__(installation)
        self.folder = folder
        self.master = self.enter(EVERYTHING, EVERYTHING)

    def enter(self, rules: t.Sequence[t.Any] = (), cluster_rules: t.Sequence[t.Any] = ()) -> identities.Identity:
        """A new account."""
        return self.lab.identity(
            random_name("account"), namespace=self.namespace, rules=rules, cluster_rules=cluster_rules
        )

    def play(
        self, account: identities.Identity, folder: Path, name: str, /, *arguments: str, **variables: t.Any
    ) -> Run:
        connection = {"kubeconfig": str(account.kubeconfig), "namespace": self.namespace}
        hosts = {"theia_installations": {"hosts": {"production": {"theia_connection": connection}}}}
        inventory = folder / "hosts.json"
        inventory.write_text(json.dumps(hosts))
        extra = ["-e", json.dumps(variables)]
        return playbook(folder, ROOT / "playbooks" / f"{name}.yml", "-i", inventory, *arguments, *extra)

    def asked(self, account: identities.Identity) -> set[Right]:
        """What this account asked for, in the namespace and in the whole cluster."""
        self._log_is_complete()
        found = set()
        for event in self.lab.audit(user=account.user):
            target = event["objectRef"]
            resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
            everywhere = target.get("namespace") != self.namespace
            found.add(Right(event["verb"], resource, target.get("apiGroup", ""), everywhere))
        return found

    def seated(self, minimum: int = 2) -> tuple[str, str, str]:
        """A new app definition, a student, and the session that the student works in."""
        user, definition = student(), self.definition(minimum)
        name = self.launch(user, definition)
        self.with_url(name)
        return definition, user, name

    def failed(self) -> tuple[str, str]:
        """A student and a session of theirs that failed."""
        _definition, user, name = self.seated()
        self.write_status(name, operatorStatus="ERROR", operatorMessage="Max sessions reached.", error="x", url=None)
        return user, name

    def on_workspace(self) -> str:
        """A workspace that a student works on."""
        user = student()
        workspace = self.store(user, self.definition(0))
        self.open(user, workspace)
        return workspace

    def looked(self, *, days: float) -> None:
        """Somebody has looked once an hour for so many days, and the last time two hours ago."""
        now = self.now()
        looks = usage_log.Observations(now - timedelta(days=days), now - timedelta(hours=2))
        self.lab.api.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", **usage_log.write_looks(looks, self.namespace, None)}
        )

    def never_looked(self) -> None:
        path = self.installation.here.path("configmaps", RECORD)
        if self.lab.api.find(path):
            self.lab.api.delete(path)


# What each playbook finds, and what it is asked for: once for each run. All of it is made anew, so that a case can be
# played again.


def status(site: AccessSite) -> Rounds:
    site.on_workspace()
    yield {"status_note_use": False}


def investigate_session(site: AccessSite) -> Rounds:
    user, _name = site.failed()
    yield {"user": user}


def sweep_sessions(site: AccessSite) -> Rounds:
    site.never_looked()
    for _round in range(2):
        site.failed()
        site.on_workspace()
        yield {}
        site.looked(days=1)


def stop_sessions(site: AccessSite) -> Rounds:
    _definition, _user, name = site.seated()
    yield {"sessions": name, "discard_data": "named", "max_percent": 100}


def unlock_user(site: AccessSite) -> Rounds:
    user, _name = site.failed()
    yield {"user": user}


def pre_exam(site: AccessSite) -> Rounds:
    """Somebody works there already, whom an operator of April locks out. The second exam finds notes of the first."""
    for _round in range(2):
        yield beginning(site)


def beginning(site: AccessSite) -> Variables:
    definition, user, _name = site.seated()
    entry = {**exam(random_name("exam"), desired(definition, warm=3)), "users": [user], "participants": 1}
    return {"exam": entry["name"], "theia_exams": [entry]}


def post_exam(site: AccessSite) -> Rounds:
    definition, user, _name = site.seated(1)
    name = random_name("exam")
    # The exam of one user only: what is swept is theirs.
    entry = {**exam(name, desired(definition, warm=2)), "users": [user]}
    site.play(site.master, site.folder, "pre_exam", exam=name, theia_exams=[entry]).good()
    yield {"exam": name, "sweep_leftovers": True, "discard_data": "selected", **EARLY}


def converge_exams(site: AccessSite) -> Rounds:
    """An exam begins while another one waits; then the first is over and the second leaves the calendar."""
    definition, user, _name = site.seated()
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    later = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    waiting = {**exam(random_name("exam"), desired(definition, warm=3)), **later}
    now = {**exam(random_name("exam"), desired(definition, warm=3)), "users": [user]}
    yield {"theia_exams": [now, waiting]}
    closed = {"name": now["name"], "state": "closed", "end_early_reason": "the test is over"}
    assert not module("theia_exam", site.options(**closed)).get("failed")
    yield {"theia_exams": []}


def repair_pools(site: AccessSite) -> Rounds:
    """A free instance lost one of its Services."""
    definition = site.definition(1)
    site.installation.wait_warm(definition, 1)
    service = next(
        service["metadata"]["name"]
        for service in site.installation.items("services")
        if service["metadata"]["name"].startswith("instance-1-") and not service["metadata"]["name"].endswith("-int")
        if any(owner["name"] == definition for owner in service["metadata"].get("ownerReferences", ()))
    )
    site.lab.api.delete(site.installation.here.path("services", service))
    yield {"app_definition": definition, "repair": "halves,outdated"}


def prune_workspaces(site: AccessSite) -> Rounds:
    """One is in use, and one was not for as long as anybody looked."""
    site.never_looked()
    site.on_workspace()
    yield {}
    idle = site.store(student(), site.definition(0))
    site.on_workspace()
    site.created(idle, days=400)
    site.looked(days=300)
    yield {"workspace_retention_policy": {"max_percent": 100}}


def delete_workspaces(site: AccessSite) -> Rounds:
    """The files of one that is in use are kept."""
    yield {"workspaces": site.on_workspace(), "live_sessions": "stop", "volume": "retain", "max_percent": 100}


def restore_workspace(site: AccessSite) -> Rounds:
    workspace = site.store(student(), site.definition(0))
    assert not site.delete(names=[workspace], volume="retain").get("failed")
    yield {"volume_from": workspace}


CASES: t.Mapping[str, t.Callable[[AccessSite], Rounds]] = {
    case.__name__: case
    for case in (
        status,
        investigate_session,
        sweep_sessions,
        stop_sessions,
        unlock_user,
        pre_exam,
        post_exam,
        converge_exams,
        repair_pools,
        prune_workspaces,
        delete_workspaces,
        restore_workspace,
    )
}
