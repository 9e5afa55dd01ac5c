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

from ansible_collections.eduide.theia.plugins.module_utils._platform.names import EMAILS_KEY
from ansible_collections.eduide.theia.plugins.module_utils._platform.rights import Right
from ansible_collections.eduide.theia.plugins.module_utils._workspaces.usage import log as usage_log
from integration.ansible_run import ROOT, Run, connection, playbook
from integration.capacity_site import desired
from integration.deletion_site import DeletionSite
from integration.exam_night import EARLY, exam
from integration.lab.operator_site import STRATEGY, annotations_of, eventually
from integration.module_run import module
from lab import identities
from lab.api import Api
from lab.faults import Rule, Status
from lab.proxy import FaultProxy
from tools.rights import rules

Variables = dict[str, t.Any]

EVERYTHING = (identities.rule("*", "*", "*"),)
NOBODY = {EMAILS_KEY: ""}
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

    def case(self, playbook: str, number: int) -> Variables:
        """Make one of the playbook's worlds, and say what it is asked for there."""
        self.faults = []
        return CASES[playbook][number](self)

    def conflict(self, verb: str, plural: str) -> None:
        """From now on another client is quicker once, until a case begins."""
        self.faults = [Rule(Status(409), verb=verb, path=f"/{plural}/", count=1)]

    def carried_out(self, name: str, /, **options: t.Any) -> None:
        """A module did this before, under an account that may do everything."""
        done = module(name, self.options(kubeconfig=str(self.master.kubeconfig), **options))
        assert not done.get("failed"), done["msg"]

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

    def noted(self) -> int:
        """How much of the audit log there is."""
        return self.lab.audit_log.stat().st_size

    def asked(self, account: identities.Identity, since: int) -> set[Right]:
        """What this account asked for after so much of the log was there, in the namespace and in the whole cluster."""
        own, marker = f'"username":"{account.user}"', random_name("marker")
        path = self.installation.here.path("services", marker)
        Api(self.lab.url, str(self.lab.ca_file), account.token).request("GET", path)
        # The log of a shared lab is long, and to read all of it takes longer than a playbook.
        lines = eventually("the audit log is written", lambda: self._lines(since, own, until=marker))
        found = set()
        for target, verb in ((event["objectRef"], event["verb"]) for event in map(json.loads, lines)):
            resource = "/".join(filter(None, (target["resource"], target.get("subresource"))))
            everywhere = target.get("namespace") != self.namespace
            found.add(Right(verb, resource, target.get("apiGroup", ""), everywhere))
        # Whoever is logged in may ask what they may do.
        return {right for right in found if right.group != "authorization.k8s.io"}

    def _lines(self, since: int, words: str, *, until: str) -> list[str] | None:
        """The lines with these words before the one with the last word; None if that is not there yet."""
        with self.lab.audit_log.open(encoding="utf-8") as log:
            log.seek(since)
            lines = [line for line in log if words in line and line.endswith("\n")]
        end = next((number for number, line in enumerate(lines) if until in line), None)
        return None if end is None else lines[:end]

    def without_names(self, text: str) -> str:
        """The same in each run, and without the rule and the account."""
        text = re.sub(r"'system:\S+' is not allowed to \(403\); add to a [^{]*{[^}]*}", "not allowed", text)
        text = re.sub(rf"https://127.0.0.1:\d+|{self.namespace}|\b[a-z]+-[0-9a-f]{{6}}\b", "NAME", text)
        text = re.sub(r"\bs-[0-9a-f]{8}\b|\bws-\d{13}[\w-]*", "NAME", text)
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

    def halved(self, minimum: int = 1) -> str:
        """An app definition of whose first instance, which is free, a Service is gone."""
        definition = self.definition(minimum)
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

    def declared(self, *desired: Variables, days: float = 0, **more: t.Any) -> Variables:
        """An exam of the calendar that is on record; it begins in so many days, or is about to."""
        entry = {**exam(random_name("exam"), *desired), **more}
        for name in ("start", "end"):
            entry[name] = (datetime.fromisoformat(entry[name]) + timedelta(days=days)).isoformat()
        self.carried_out("theia_exam", **entry, source="calendar")
        return entry

    def held(self, definition: str, user: str) -> str:
        """The name of an exam of this user, for which two instances of the app definition are to be warm."""
        entry = self.declared(desired(definition, warm=2), users=[user])
        times = {"hold_from": entry["start"], "hold_until": entry["end"]}
        asked = {"app_definitions": entry["app_definitions"], "hold": entry["name"], **times}
        self.carried_out("theia_capacity", **asked, lockout="repair", wait=False)
        return str(entry["name"])

    def looked(self, *, days: float) -> None:
        """Somebody has looked once an hour for so many days, and the last time two hours ago."""
        now = self.now()
        looks = usage_log.Observations(now - timedelta(days=days), now - timedelta(hours=2))
        self.lab.api.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", **usage_log.write_looks(looks, self.namespace, None)}
        )


# What a playbook finds, and what it is asked for. Each case begins in an installation in which nothing is yet.


def in_use(site: AccessSite) -> Variables:
    site.seated()
    return {}


def first_look(site: AccessSite) -> Variables:
    """It is noted in a new record."""
    site.on_workspace()
    return {}


def later_look(site: AccessSite) -> Variables:
    """It is noted in the same record."""
    site.on_workspace()
    site.looked(days=1)
    site.conflict("patch", "workspaces")
    return {}


def failed(site: AccessSite) -> Variables:
    user, _name = site.failed()
    return {"user": user}


def failed_before_anybody_looked(site: AccessSite) -> Variables:
    site.failed()
    return first_look(site)


def failed_since_somebody_looked(site: AccessSite) -> Variables:
    site.failed()
    return later_look(site)


def session(site: AccessSite) -> Variables:
    site.conflict("delete", "sessions")
    return _stopping(site.seated()[2])


def session_that_ends_the_operator(site: AccessSite) -> Variables:
    return _stopping(site.unlabelled()[2])


def _stopping(name: str) -> Variables:
    return {"sessions": name, "discard_data": "named", "max_percent": 100}


def exam_of_somebody_at_work(site: AccessSite) -> Variables:
    """An operator of April locks them out."""
    definition, user, _name = site.seated()
    return _beginning(definition, users=[user])


def exam_with_a_canary(site: AccessSite) -> Variables:
    """There are notes of another exam already."""
    site.held(site.definition(1), student())
    return {**_beginning(site.definition(1)), "canary": "on_change", "canary_user": student()}


def exam_on_a_half(site: AccessSite) -> Variables:
    return _beginning(site.halved())


def exam_in_vain(site: AccessSite) -> Variables:
    """That an image cannot be pulled is seen when the wait is over."""
    unknown = site.definition(0, image="registry.lab.invalid/eduide/ide:missing")
    return {**_beginning(unknown), **FAILS}


def _beginning(definition: str, **more: t.Any) -> Variables:
    entry = {**exam(random_name("exam"), desired(definition, warm=3)), "participants": 1, **more}
    # Who waits in vain without a right is not to wait for long.
    return {"exam": entry["name"], "theia_exams": [entry], "exam_warmup_wait_timeout_seconds": 30}


def exam_that_is_over(site: AccessSite) -> Variables:
    definition, user, _name = site.seated(1)
    return _ending(site.held(definition, user))


def exam_of_a_user_who_ends_the_operator(site: AccessSite) -> Variables:
    definition, user, _name = site.unlabelled()
    return _ending(site.held(definition, user))


def _ending(exam: str) -> Variables:
    # The exam is of one user only: what is swept is theirs.
    return {"exam": exam, "sweep_leftovers": True, "discard_data": "selected", **EARLY}


def pool(site: AccessSite) -> Variables:
    tokens = [site.installation.user_token(student())]
    few = {"users": 1, "over_seconds": 0, "rehearsal_user_tokens": tokens}
    return {"app_definition": site.definition(1), "allow_rehearsal": True, **few}


def exams_that_begin(site: AccessSite) -> Variables:
    """One now, and one tomorrow."""
    definition, user, _name = site.seated()
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    later = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    waiting = {**exam(random_name("exam"), desired(definition, warm=3)), **later}
    now = {**exam(random_name("exam"), desired(definition, warm=3)), "users": [user]}
    return {"theia_exams": [now, waiting]}


def exams_that_end(site: AccessSite) -> Variables:
    """One is over, and one leaves the calendar."""
    definition, user, _name = site.seated()
    over = site.held(definition, user)
    site.carried_out("theia_exam", name=over, state="closed", end_early_reason="the test is over")
    site.declared(desired(definition, warm=3), days=1)
    return {"theia_exams": []}


def damaged(site: AccessSite) -> Variables:
    """One instance lost a Service, and nothing owns what there is of another one."""
    definition = site.halved(2)
    parts = site.instance(definition, 2)
    services, config_maps = (parts.external, parts.internal), (parts.proxy, parts.emails)
    for plural, items in (("services", services), ("configmaps", config_maps), ("deployments", (parts.deployment,))):
        for item in items:
            assert item, definition
            path = site.installation.here.path(plural, item["metadata"]["name"])
            site.lab.api.merge(path, {"metadata": {"ownerReferences": None}})
    return {"app_definition": definition, "repair": "ownerless,halves,outdated"}


def locked_out(site: AccessSite) -> Variables:
    """The address lists are empty, that of somebody at work too."""
    definition, _user, _name = site.seated()
    for number in (1, 2):
        emails = site.instance(definition, number).emails
        assert emails, definition
        site.lab.api.merge(site.installation.here.path("configmaps", emails["metadata"]["name"]), {"data": NOBODY})
    return {"app_definition": definition, "repair": "address_lists"}


def workspaces(site: AccessSite) -> Variables:
    """One is in use, and one was not for as long as anybody looked."""
    idle = site.store(student(), site.definition(0))
    site.on_workspace()
    site.created(idle, days=400)
    site.looked(days=300)
    return {"workspace_retention_policy": {"max_percent": 100}}


def workspace_in_use(site: AccessSite) -> Variables:
    """Its files are kept."""
    site.conflict("delete", "sessions")
    return {"workspaces": site.on_workspace(), "live_sessions": "stop", "volume": "retain", "max_percent": 100}


def kept_files(site: AccessSite) -> Variables:
    workspace = site.store(student(), site.definition(0))
    assert not site.delete(names=[workspace], volume="retain").get("failed")
    return {"volume_from": workspace}


Case = t.Callable[[AccessSite], Variables]
CASES: t.Mapping[str, tuple[Case, ...]] = {
    "readiness": (in_use,),
    "status": (first_look, later_look),
    "investigate_session": (failed,),
    "sweep_sessions": (failed_before_anybody_looked, failed_since_somebody_looked),
    "stop_sessions": (session, session_that_ends_the_operator),
    "unlock_user": (failed,),
    "pre_exam": (exam_of_somebody_at_work, exam_with_a_canary, exam_on_a_half, exam_in_vain),
    "post_exam": (exam_that_is_over, exam_of_a_user_who_ends_the_operator),
    "rehearse_exam": (pool,),
    "converge_exams": (exams_that_begin, exams_that_end),
    "repair_pools": (damaged, locked_out),
    "prune_workspaces": (first_look, workspaces),
    "delete_workspaces": (workspace_in_use,),
    "restore_workspace": (kept_files,),
}
"""What a playbook is seen in, so that it does all that it can do."""
