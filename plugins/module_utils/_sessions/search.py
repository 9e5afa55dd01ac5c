# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what explains the state of single sessions: events, conditions, the operator's log."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

from .._common.errors import EduideError, NotFound, several
from .._common.redact import secrets_in
from .._kubernetes.kinds import DEPLOYMENT, EVENT, POD, SESSION
from .._platform.index import Index, SessionObjects
from . import diagnosis
from .notes import EventRow, PodNotes, correlation_ids, event_row, lines_about, pod_notes, recent

if t.TYPE_CHECKING:
    from .._kubernetes.gateway import Gateway
    from .._platform.options import Installation
    from .record import AssessedSession
    from .view import SessionView

Params = t.Mapping[str, t.Any]
R = t.TypeVar("R")

SOURCES = ("events", "conditions", "operator_log")
# How much of the operator's log is searched.
LOG_TAIL = 5000
EVENTS_SHOWN = 15
# The password in an address, or all that stands before the host.
_IN_ADDRESS = re.compile(r"://(?:[^\s/@:]*:)?([^\s/@:]+)@")


class Search:
    """Reads what explains sessions. What may not be read is noted, and everything else goes on."""

    def __init__(self, gateway: Gateway, installation: Installation, view: SessionView, params: Params) -> None:
        self.missing = dict(view.missing)
        self._gateway, self._installation, self._view, self._params = gateway, installation, view, params
        self._index = Index(view.sources)
        self._events: list[EventRow] | None = None
        self._log: list[str] | None = None

    def read_what_all_share(self) -> None:
        if "events" in self._params["gather"]:
            self._events = self._attempt("events", lambda: self._gateway.list(EVENT, project=event_row))
        if "operator_log" in self._params["gather"]:
            self._log = self._attempt("operator_log", self._operator_log)

    def diagnose(self, assessed: AssessedSession) -> dict[str, t.Any]:
        parts = self._index.parts(assessed.row)
        secrets = _secrets_of(self._gateway.get(SESSION, assessed.row.name) or {})
        record = diagnosis.without_secrets(assessed.record, secrets)
        notes = self._pod_notes(parts, secrets)
        cpu_percent = _cpu_percent(parts, notes)
        operator = self._view.context.operator
        events = self._events_of(parts, secrets)
        facts = diagnosis.Facts(
            record=record,
            dead=assessed.dead,
            leading=self._view.context.leading,
            sessions_per_user=operator.sessions_per_user if operator else None,
            address_list=self._address_list(parts),
            cpu_percent=cpu_percent,
            operator_deployment=self._installation.operator_deployment,
            warnings=None if events is None else [_warning(e) for e in events if e["type"] == "Warning"],
        )
        words = (record["uid"], record["name"], *correlation_ids(record["operator_message"]))
        told = diagnosis.diagnose(facts)
        return {
            "session": record,
            "dead": assessed.dead,
            "code": told.code,
            "sentence": told.sentence,
            "remedy": told.remedy,
            "cpu_percent": cpu_percent,
            "events": events,
            "conditions": list(notes.conditions) if notes else None,
            "operator_log": (
                lines_about(self._log, words, self._params["log_lines"], secrets) if self._log is not None else None
            ),
        }

    def _events_of(self, parts: SessionObjects, secrets: t.Collection[str]) -> list[dict[str, t.Any]] | None:
        if self._events is None:
            return None
        about = {parts.session.uid, *(pod.uid for pod in parts.pods)}
        if parts.deployment:
            owner = parts.deployment.uid
            about |= {owner, *(row.uid for row in self._view.sources.replica_sets or () if row.deployment == owner)}
        return [event.describe(secrets) for event in recent(self._events, about, EVENTS_SHOWN)]

    def _pod_notes(self, parts: SessionObjects, secrets: t.Collection[str]) -> PodNotes | None:
        if "conditions" not in self._params["gather"] or not parts.pods_read:
            return None
        pod = parts.pod
        if pod is None:
            return PodNotes()
        return self._attempt("conditions", lambda: pod_notes(self._gateway.get(POD, pod.name), secrets))

    def _address_list(self, parts: SessionObjects) -> str | None:
        """The name of the list that says who may enter the session's instance."""
        if parts.app_definition is None or parts.instance_id is None:
            return None
        uid, number = parts.app_definition.uid, parts.instance_id
        lists = [row for row in self._view.sources.address_lists or () if row.instance_id == number]
        return next((row.name for row in lists for owner in row.owners if owner.uid == uid), None)

    def _operator_log(self) -> list[str]:
        """Of all pods of the operator: which of them leads may have changed since."""
        deployment = self._gateway.get(DEPLOYMENT, self._installation.operator_deployment)
        labels = (((deployment or {}).get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        if not labels:
            raise NotFound(f"there is no Deployment {self._installation.operator_deployment} with a selector")
        selector = ",".join(f"{name}={value}" for name, value in labels.items())
        pods = self._gateway.list(POD, project=lambda pod: pod["metadata"]["name"], label_selector=selector)
        lines: list[str] = []
        failures: list[EduideError] = []
        for pod in pods:
            try:
                lines += self._gateway.log_lines(pod, tail=LOG_TAIL)
            except EduideError as exc:
                failures.append(exc)
        if failures and not lines:
            raise failures[0]
        if failures:
            self.missing["operator_log"] = several([str(failure) for failure in failures])
        return lines

    def _attempt(self, name: str, reader: t.Callable[[], R]) -> R | None:
        try:
            return reader()
        except EduideError as exc:
            self.missing[name] = str(exc)
            return None


def _warning(event: t.Mapping[str, t.Any]) -> str:
    return f"{event['reason']}: {event['message']}"


def _secrets_of(session: t.Mapping[str, t.Any]) -> set[str]:
    """Also those inside others: the address of a repository has a token in it that is told without the address."""
    found = secrets_in(session)
    inside = {credential for secret in found for credential in _IN_ADDRESS.findall(secret)}
    return found | inside | {urllib.parse.unquote(credential) for credential in inside}


def _cpu_percent(parts: SessionObjects, notes: PodNotes | None) -> int | None:
    """Share of its limit that the IDE's container uses; None without a limit or a measurement."""
    limit = notes.cpu_limits.get(parts.container.name) if notes and parts.container else None
    used = parts.usage.cpu_millicores if parts.usage else None
    return used * 100 // limit if limit and used is not None else None
