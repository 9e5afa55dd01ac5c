# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of an installation, or done about it, as samples that Prometheus reads from a file."""

from __future__ import annotations

import typing as t

from .._common.timestamps import parse_time

Fields = t.Mapping[str, t.Any]
Sample = tuple[dict[str, str], float]
POOL_STATES = ("free", "claimed", "warm", "cold", "dirty", "outdated", "locked_out")
HELP = {
    "theia_app_definition_min_instances": "Total number of instances that the pool should have.",
    "theia_app_definition_max_instances": "Most sessions that may exist.",
    "theia_app_definition_sessions": "Sessions that exist.",
    "theia_app_definition_further_sessions": "Further students who get a session on this app definition alone.",
    "theia_app_definition_further_sessions_exact": "1 if that number is exact, 0 if not all that counts was known.",
    "theia_app_definition_drifted_fields": "Fields that are not what open exams need, by whose doing that is.",
    "theia_further_sessions": "Further students who get a session, whatever app definitions they choose.",
    "theia_further_sessions_exact": "1 if that number is exact, 0 if not all that counts was known.",
    "theia_pool_instances": "Instances of the pool; one may be in several states.",
    "theia_exam_warm_instances": "Warm instances that an exam asked for.",
    "theia_exam_added_instances": "Instances that an exam added to the pool.",
    "theia_exam_ended": "1 if the exam has ended and its instances wait to be lowered.",
    "theia_sessions_in_trouble": "Sessions by what is wrong with them; one may have several findings.",
    "theia_quota_used_ratio": "Share of a resource quota that is used.",
    "theia_operator_leading": "1 if an operator leads.",
    "theia_last_look_timestamp_seconds": "When all of this was read, by the API server's clock.",
}
"""Meaning of each metric of a look. All are gauges."""
RUN_HELP = {
    "theia_run_last_success_timestamp_seconds": "When the playbook ended well last, by the clock of its machine.",
    "theia_exam_warmup_seconds": "Seconds until all instances of the exam were warm, in the last such run.",
}
"""The same of a run that ended well. All are gauges."""
# Who made a value another one than exams need.
ANOTHER_CLIENT, EARLIER_RUN = "another_client", "earlier_run"


class _Samples:
    """Samples by metric. What could not be read has none: a zero would be a lie."""

    def __init__(self) -> None:
        self.found: dict[str, list[Sample]] = {}

    def add(self, name: str, value: t.Any, **labels: t.Any) -> None:
        if value is not None:
            self.found.setdefault(name, []).append(({key: str(text) for key, text in labels.items()}, float(value)))

    def render(self, meanings: t.Mapping[str, str], labels: t.Mapping[str, str]) -> str:
        """The text format: every metric with its meaning, also those without a sample."""
        lines: list[str] = []
        for name, meaning in meanings.items():
            lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels({**labels, **own})} {value:.15g}" for own, value in self.found.get(name, ())]
        return "\n".join(lines) + "\n"


def render(capacity: Fields, sessions: Fields, labels: t.Mapping[str, str]) -> str:
    """What was seen; `labels` are on each sample."""
    samples = _Samples()
    add = samples.add
    for app in capacity["app_definitions"]:
        _add_app_definition(samples, app)
    _add_verdicts(samples, capacity)
    for quota in capacity["quotas"] or ():
        share = None if quota["percent"] is None else quota["percent"] / 100
        add("theia_quota_used_ratio", share, quota=quota["quota"], resource=quota["resource"])
    codes = [finding["code"] for session in sessions["sessions"] for finding in session["findings"]]
    for code in sorted(set(codes)):
        add("theia_sessions_in_trouble", codes.count(code), finding=code)
    add("theia_operator_leading", (capacity["operator"] or {}).get("leading"))
    seen_at = parse_time(capacity["seen_at"])
    add("theia_last_look_timestamp_seconds", seen_at.timestamp() if seen_at else None)
    return samples.render(HELP, labels)


def render_run(result: Fields, labels: t.Mapping[str, str], *, playbook: str, exam: str | None, at: str) -> str:
    """A run that ended well; a run that did not leaves the file of the one before."""
    samples = _Samples()
    time = parse_time(at)
    samples.add("theia_run_last_success_timestamp_seconds", time.timestamp() if time else None, playbook=playbook)
    for item in result.get("app_definitions") or () if exam else ():
        samples.add("theia_exam_warmup_seconds", item["seconds_to_warm"], app_definition=item["name"], exam=exam)
    return samples.render(RUN_HELP, labels)


def _add_app_definition(samples: _Samples, app: Fields) -> None:
    name, add = app["name"], samples.add
    for field in ("min_instances", "max_instances", "sessions"):
        add(f"theia_app_definition_{field}", app[field], app_definition=name)
    for state in POOL_STATES:
        add("theia_pool_instances", (app["pool"] or {}).get(state), app_definition=name, state=state)
    for hold in (app["ledger"] or {}).get("holds", ()):
        about = {"app_definition": name, "exam": hold["exam"]}
        add("theia_exam_warm_instances", (hold["asked"] or {}).get("warm"), **about)
        add("theia_exam_added_instances", hold["add"], **about)
        add("theia_exam_ended", hold["ended"], **about)
    if app["drift"] is not None:
        by = [ANOTHER_CLIENT if each["by_another_client"] else EARLIER_RUN for each in app["drift"]]
        for who in (ANOTHER_CLIENT, EARLIER_RUN):
            add("theia_app_definition_drifted_fields", by.count(who), app_definition=name, by=who)


def _add_verdicts(samples: _Samples, capacity: Fields) -> None:
    told = [
        ("theia_app_definition_", each, {"app_definition": each["app_definitions"][0]}) for each in capacity["verdicts"]
    ]
    for start, verdict, labels in [*told, ("theia_", capacity["verdict"], {})]:
        if verdict and verdict["sessions"] is not None:
            samples.add(f"{start}further_sessions", verdict["sessions"], **labels)
            samples.add(f"{start}further_sessions_exact", verdict["confidence"] == "exact", **labels)


def _labels(labels: t.Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
