# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each playbook in a state in which it does all that it can do, and what its account asked of the API server then."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import Right
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from integration.ansible_run import ROOT, Run, connection, playbook
from integration.capacity_site import desired
from integration.deletion_site import DeletionSite
from integration.exam_night import EARLY, exam
from integration.lab.operator_site import STRATEGY, annotations_of, eventually
from integration.module_run import module
from integration.workspace_site import RECORD
from lab import identities
from lab.faults import Rule, Status
from lab.proxy import FaultProxy
from tools.rights import rules

Variables = dict[str, t.Any]
Rounds = t.Iterator[Variables]

EVERYTHING = (identities.rule("*", "*", "*"),)
FAILS: Variables = {"exam_warmup_wait_timeout_seconds": 5}
"""A run with these is meant to wait in vain, and to say why."""


def random_name(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(3)}"


def student() -> str:
    return f"{random_name('student')}@x.org"


class AccessSite(DeletionSite):
    """One installation, and accounts whose rights a test chooses."""

    def __init__(self, installation: t.Any, folder: Path) -> None:
        super().__init__(installation)
        self.folder = folder
        self.faults: list[Rule] = []
        self.master = self.enter(EVERYTHING, EVERYTHING)

    def enter(self, rules: t.Sequence[t.Any] = (), cluster_rules: t.Sequence[t.Any] = ()) -> identities.Identity:
        """A new account."""
        return self.lab.identity(
            random_name("account"), namespace=self.namespace, rules=rules, cluster_rules=cluster_rules
        )

    def play(
        self, account: identities.Identity, folder: Path, name: str, /, *arguments: str, **variables: t.Any
    ) -> Run:
        with contextlib.ExitStack() as stack:
            config = account.kubeconfig
            if self.faults:
                proxy = stack.enter_context(FaultProxy.before(self.lab))
                proxy.add(*self.faults)
                config = proxy.write_kubeconfig(folder / "kubeconfig", account.token, self.namespace)
            reached = connection(self.installation, kubeconfig=str(config))
            hosts = {"theia_installations": {"hosts": {"production": {"theia_connection": reached}}}}
            inventory = folder / "hosts.json"
            inventory.write_text(json.dumps(hosts))
            extra = ["-e", json.dumps(variables)]
            return playbook(folder, ROOT / "playbooks" / f"{name}.yml", "-i", inventory, *arguments, *extra)

    def case(self, playbook: str) -> Rounds:
        self.faults = []
        return CASES[playbook](self)

    def conflict(self, verb: str, plural: str) -> None:
        """From now on another client is quicker once, until a case begins."""
        self.faults = [Rule(Status(409), verb=verb, path=f"/{plural}/", count=1)]

    def hold(self, name: str, rights: t.Collection[Right], but: Right | None = None) -> identities.Identity:
        """The account of that name with these rights, but for one, as soon as the API server goes by them.

        What is not allowed in the namespace is not allowed in the whole cluster.
        """
        left = [right for right in rights if not but or right not in (but, but._replace(everywhere=True))]
        here, everywhere = (rules(right for right in left if right.everywhere == wide) for wide in (False, True))
        account = self.lab.identity(name, namespace=self.namespace, rules=here, cluster_rules=everywhere)
        for right in rights:
            eventually(f"it is known who may {right}", lambda right=right: self._may(account, right) == (right in left))
        return account

    def _may(self, account: identities.Identity, right: Right) -> bool:
        resource, _slash, subresource = right.resource.partition("/")
        asked = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource}
        where = {} if right.everywhere else {"namespace": self.namespace}
        spec = {"user": account.user, "resourceAttributes": {**asked, **where}}
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
        return bool(self.lab.api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", body)["status"]["allowed"])

    def asked(self, account: identities.Identity, since: datetime) -> set[Right]:
        """What this account asked for since then, in the namespace and in the whole cluster."""
        self._log_is_complete()
        found = set()
        for event in self.lab.audit(user=account.user, since=since):
            target = event["objectRef"]
            resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
            everywhere = target.get("namespace") != self.namespace
            found.add(Right(event["verb"], resource, target.get("apiGroup", ""), everywhere))
        # Whoever is logged in may ask what they may do.
        return {right for right in found if right.group != "authorization.k8s.io"}

    def without_names(self, text: str) -> str:
        """The same in each run, and without the rule and the account."""
        text = re.sub(r"'system:\S+' is not allowed to \(403\); add to a [^{]*{[^}]*}", "not allowed", text)
        text = re.sub(rf"https://127.0.0.1:\d+|{self.namespace}|\b[a-z]+-[0-9a-f]{{6}}\b", "NAME", text)
        text = re.sub(r"[\w-]+-[0-9a-f]{8,10}-\w{5}\b|\bpvc-[0-9a-f-]{36}\b", "NAME", text)
        return " ".join(re.sub(r"NAME(-NAME|[-.]\w+)*", "NAME", text).split())

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

    def unlabelled(self, minimum: int = 1) -> tuple[str, str, str]:
        """The same with a user of whom Kubernetes takes no label, which ends this operator when the session goes."""
        user, definition = f"-{student()}", self.definition(minimum)
        name = self.create_session(definition, user)
        eventually(f"{name} has reserved an instance", lambda: STRATEGY in annotations_of(self.session(name)))
        return definition, user, name

    def halved(self) -> str:
        """An app definition of whose free instance a Service is gone."""
        definition = self.definition(1)
        service = self.instance(definition, 1).internal
        assert service, definition
        self.lab.api.delete(self.installation.here.path("services", service["metadata"]["name"]))
        return definition

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


def readiness(site: AccessSite) -> Rounds:
    site.seated()
    yield {}


def status(site: AccessSite) -> Rounds:
    """The first look is noted in a new record, the second one in the same."""
    site.never_looked()
    for _round in range(2):
        site.on_workspace()
        yield {}
        site.looked(days=1)
        site.conflict("patch", "workspaces")


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
    site.conflict("delete", "sessions")
    for seated in (site.seated, site.unlabelled):
        _definition, _user, name = seated()
        yield {"sessions": name, "discard_data": "named", "max_percent": 100}


def unlock_user(site: AccessSite) -> Rounds:
    user, _name = site.failed()
    yield {"user": user}


def pre_exam(site: AccessSite) -> Rounds:
    """Somebody works there already, whom an operator of April locks out. The second exam finds notes of the first."""
    definition, user, _name = site.seated()
    yield beginning(definition, users=[user])
    yield {**beginning(site.definition(1)), "canary": "on_change", "canary_user": student()}
    yield {**beginning(site.halved()), "exam_warmup_wait_timeout_seconds": 60}
    # That an image cannot be pulled is seen when the wait is over.
    unknown = site.definition(0, image="registry.lab.invalid/eduide/ide:missing")
    yield {**beginning(unknown), **FAILS}


def beginning(definition: str, **more: t.Any) -> Variables:
    entry = {**exam(random_name("exam"), desired(definition, warm=3)), "participants": 1, **more}
    return {"exam": entry["name"], "theia_exams": [entry]}


def post_exam(site: AccessSite) -> Rounds:
    for seated in (site.seated, site.unlabelled):
        definition, user, _name = seated(1)
        name = random_name("exam")
        # The exam of one user only: what is swept is theirs.
        entry = {**exam(name, desired(definition, warm=2)), "users": [user]}
        site.play(site.master, site.folder, "pre_exam", exam=name, theia_exams=[entry]).good()
        yield {"exam": name, "sweep_leftovers": True, "discard_data": "selected", **EARLY}


def rehearse_exam(site: AccessSite) -> Rounds:
    tokens = [site.installation.user_token(student())]
    few = {"users": 1, "over_seconds": 0, "rehearsal_user_tokens": tokens}
    yield {"app_definition": site.definition(1), "allow_rehearsal": True, **few}


def converge_exams(site: AccessSite) -> Rounds:
    """An exam begins while another one waits; then the first is over and the second leaves the calendar."""
    definition, user, _name = site.seated()
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    later = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    waiting = {**exam(random_name("exam"), desired(definition, warm=3)), **later}
    now = {**exam(random_name("exam"), desired(definition, warm=3)), "users": [user]}
    yield {"theia_exams": [now, waiting]}
    # Where the first run was left out there is no such exam.
    module("theia_exam", site.options(name=now["name"], state="closed", end_early_reason="the test is over"))
    yield {"theia_exams": []}


def repair_pools(site: AccessSite) -> Rounds:
    """A free instance lost one of its Services."""
    definition = site.definition(1)
    site.installation.wait_warm(definition, 1)
    [service] = [
        service["metadata"]["name"]
        for service in site.installation.items("services")
        if service["metadata"]["name"].startswith("instance-1-") and not service["metadata"]["name"].endswith("-int")
        if any(owner["name"] == definition for owner in service["metadata"].get("ownerReferences", ()))
    ]
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
    site.conflict("delete", "sessions")
    yield {"workspaces": site.on_workspace(), "live_sessions": "stop", "volume": "retain", "max_percent": 100}


def restore_workspace(site: AccessSite) -> Rounds:
    workspace = site.store(student(), site.definition(0))
    assert not site.delete(names=[workspace], volume="retain").get("failed")
    yield {"volume_from": workspace}


CASES: t.Mapping[str, t.Callable[[AccessSite], Rounds]] = {
    case.__name__: case
    for case in (
        readiness,
        status,
        investigate_session,
        sweep_sessions,
        stop_sessions,
        unlock_user,
        pre_exam,
        post_exam,
        rehearse_exam,
        converge_exams,
        repair_pools,
        prune_workspaces,
        delete_workspaces,
        restore_workspace,
    )
}
