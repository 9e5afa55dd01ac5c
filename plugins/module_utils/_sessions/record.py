# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session record: everything known about a session, in the words of the modules' documentation."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._common.timestamps import format_time, parse_time
from .._platform.index import SessionObjects, join, pods_by_deployment
from .._platform.lists import Lists
from .._platform.operator import Operator
from .._platform.rows import SessionRow
from .._platform.workloads import ContainerRow, ContainerUsage, PodRow, ide_container, ide_usage
from .._safety.clocks import doubted
from .._safety.shield import NOBODY, Shield
from .activity import Lead, Start, assess_activity
from .facts import SessionFacts, State, Thresholds
from .findings import assess, is_dead

DataAt = t.Literal["volume", "pod", "none"]


class Context(t.NamedTuple):
    """What is the same for all sessions of one look at an installation."""

    now: datetime
    namespace: str
    operator: Operator | None = None
    leading: bool | None = None
    led_seconds: float | None = None
    """For how long the operator that leads has been leading."""
    shield: Shield = NOBODY
    thresholds: Thresholds = Thresholds()
    machine_now: datetime | None = None
    """This machine's time if it is too far from the API server's."""

    def at(self, now: datetime, skew: timedelta, shield: Shield) -> Context:
        """The same at a later moment of a run."""
        return self._replace(now=now, machine_now=doubted(now, skew), shield=shield)


class PodRecord(t.TypedDict):
    name: str
    node: str | None
    phase: str | None
    ready: bool
    restarts: int
    waiting_reason: str | None
    cpu_millicores: int | None
    memory_bytes: int | None
    memory_limit_bytes: int | None
    memory_percent: int | None


class OtherPod(PodRecord):
    app: str | None


class SessionRecord(t.TypedDict):
    name: str
    uid: str
    namespace: str
    user: str
    app_definition: str
    workspace: str | None
    data_at: DataAt | None
    created: str
    age_seconds: int
    last_activity: str | None
    activity_known: bool
    idle_seconds: int | None
    state: State | None
    start: Start | None
    instance_id: int | None
    operator_status: str | None
    operator_message: str | None
    error: str | None
    url: str | None
    exam: str | None
    protected: str | None
    pod: PodRecord | None
    findings: list[dict[str, str | None]]


class AssessedSession(t.NamedTuple):
    """A session's record, and what a decision needs beside it."""

    record: SessionRecord
    row: SessionRow
    dead: bool
    ready: bool | None
    holds_slot: bool
    """Whether stopping it has to be followed by the operator's release of a pool instance; true if unknown."""
    exams: tuple[str, ...]
    """The exams that shield it as long as it lives."""
    unknown: frozenset[str]
    """Codes of the findings that could not be told."""
    otherwise: AssessedSession | None = None
    """As it is by this machine's clock; None where that agrees with the API server's."""

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(str(finding["code"]) for finding in self.record["findings"])

    @property
    def waits(self) -> bool:
        """Whether it matters for how long an operator leads: one that has just begun needs its time."""
        idle = "idle" in self.unknown and self.record["activity_known"]
        return idle or "unseen" in self.unknown or "stuck_starting" in self.codes


def assess_sessions(sources: Lists, context: Context, names: t.Collection[str] | None = None) -> list[AssessedSession]:
    """Join, classify and judge all sessions of a snapshot, or those with these names."""
    return [assess_session(parts, context) for parts in join(sources, names)]


def assess_session(parts: SessionObjects, context: Context) -> AssessedSession:
    """By the API server's clock. One that is dead by one of two clocks alone may be alive."""
    assessed = _assess(parts, context)
    if context.machine_now is None:
        return assessed
    otherwise = _assess(parts, context._replace(now=context.machine_now))
    return assessed._replace(dead=assessed.dead and otherwise.dead, otherwise=otherwise)


def _assess(parts: SessionObjects, context: Context) -> AssessedSession:
    row, now = parts.session, context.now
    created = parse_time(row.created) or now
    start = start_strategy(parts)
    facts = SessionFacts(
        parts=parts,
        now=now,
        created=created,
        state=state_of(parts),
        start=start,
        activity=assess_activity(
            row,
            start=start,
            created=created,
            app=parts.app_definition,
            operator=context.operator,
            lead=Lead(context.leading, context.led_seconds),
            now=now,
        ),
        operator=context.operator,
        leading=context.leading,
        led_seconds=context.led_seconds,
        thresholds=context.thresholds,
        dead=None,
    )
    facts = facts._replace(dead=is_dead(facts))
    findings, unknown = assess(facts)
    exams = context.shield.exams_of(row.app_definition, row.user, now)
    record = _record(facts, context.namespace, exams[0] if exams else None)
    record["findings"] = [finding.describe() for finding in findings]
    return AssessedSession(
        record=record,
        row=row,
        dead=bool(facts.dead),
        ready=parts.ready,
        holds_slot=start == "eager" or (start is None and parts.owns_objects is not False),
        exams=exams,
        unknown=unknown,
    )


def state_of(parts: SessionObjects) -> State | None:
    """None where it rests on objects that were not read."""
    row = parts.session
    # A change of leader turns sessions to ERROR that keep their address and their pod, with students at work in them.
    if row.operator_status == "ERROR" and (not row.url or parts.owns_objects is False):
        return "failed"
    if row.url:
        return None if parts.ready is None else ("running" if parts.ready else "unready")
    if row.operator_status:
        return "starting"
    return None if parts.owns_objects is None else ("starting" if parts.owns_objects else "pending")


def start_strategy(parts: SessionObjects) -> Start | None:
    """As the operator annotated it; operators that do not annotate are told by who owns the session's objects."""
    row = parts.session
    if row.strategy in ("eager", "lazy-fallback"):
        return t.cast(Start, row.strategy)
    if row.strategy is not None:
        return None
    if parts.pooled:
        return "eager"
    return "lazy" if row.operator_status == "HANDLED" or parts.owns_objects else None


def data_at(parts: SessionObjects) -> DataAt | None:
    """Where the student's files are: a workspace that the session names, but does not mount, holds none of them."""
    claim = parts.workspace.claim if parts.workspace else None
    if claim and parts.deployment and claim in parts.deployment.claims:
        return "volume"
    if not parts.session.url:
        return "none"
    if parts.pods:
        unsure = parts.session.workspace and not parts.workspaces_read and parts.deployment and parts.deployment.claims
        return None if unsure else "pod"
    return "none" if parts.pods_read else None


def other_pods(sources: Lists) -> list[OtherPod]:
    """Pods that belong to no session: free instances, sidecars, operator, service, and what else runs there."""
    found = pods_by_deployment(sources)
    owned = [row.uid for row in sources.deployments or () if row.sessions and not row.sidecar]
    taken = {pod.uid for deployment in owned for pod in found.get(deployment, ())}
    usage = {row.pod: row for row in sources.usage or ()}
    others = []
    for pod in sources.pods or ():
        if pod.uid not in taken:
            container = ide_container(pod, None)
            record = _pod_record(pod, container, ide_usage(container, usage.get(pod.name)))
            others.append(OtherPod(**record, app=pod.app))
    return others


def _record(facts: SessionFacts, namespace: str, exam: str | None) -> SessionRecord:
    parts, row, activity = facts.parts, facts.parts.session, facts.activity
    app = parts.app_definition
    return SessionRecord(
        name=row.name,
        uid=row.uid,
        namespace=namespace,
        user=row.user,
        app_definition=row.app_definition,
        workspace=row.workspace,
        data_at=data_at(parts),
        created=format_time(facts.created),
        age_seconds=max(0, int(facts.age.total_seconds())),
        last_activity=format_time(activity.last) if activity.last else None,
        activity_known=activity.known,
        idle_seconds=activity.idle_seconds,
        state=facts.state,
        start=facts.start,
        instance_id=parts.instance_id,
        operator_status=row.operator_status,
        operator_message=row.operator_message,
        error=row.error,
        url=row.url,
        exam=exam,
        protected=row.protected or (f"app definition: {app.protected}" if app and app.protected else None),
        pod=_pod_record(parts.pod, parts.container, parts.usage) if parts.pod else None,
        findings=[],
    )


def _waiting_reasons(pod: PodRow) -> list[str | None]:
    """What does not pass by itself first."""
    return [*(trouble.reason for trouble in pod.troubles), *(container.waiting for container in pod.containers)]


def _pod_record(pod: PodRow, container: ContainerRow | None, usage: ContainerUsage | None) -> PodRecord:
    used, limit = usage.memory_bytes if usage else None, container.memory_limit if container else None
    return PodRecord(
        name=pod.name,
        node=pod.node,
        phase=pod.phase,
        ready=pod.ready and not pod.deleting,
        restarts=pod.restarts,
        waiting_reason=next((reason for reason in _waiting_reasons(pod) if reason), None),
        cpu_millicores=usage.cpu_millicores if usage else None,
        memory_bytes=used,
        memory_limit_bytes=limit,
        memory_percent=used * 100 // limit if used is not None and limit else None,
    )
