# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was seen of an installation, as samples that Prometheus reads from a file."""

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
    "theia_pool_instances": "Instances of the pool; one may be in several states.",
    "theia_exam_warm_instances": "Warm instances that an exam asked for.",
    "theia_exam_added_instances": "Instances that an exam added to the pool.",
    "theia_exam_ended": "1 if the exam has ended and its instances wait to be lowered.",
    "theia_sessions_in_trouble": "Sessions by what is wrong with them; one may have several findings.",
    "theia_quota_used_ratio": "Share of a resource quota that is used.",
    "theia_operator_leading": "1 if an operator leads.",
    "theia_last_look_timestamp_seconds": "When all of this was read, by the API server's clock.",
}
"""Meaning of each metric. All are gauges."""


def render(capacity: Fields, sessions: Fields, labels: t.Mapping[str, str]) -> str:
    """The text format: every metric with its meaning, also those without a sample; `labels` are on each sample."""
    lines: list[str] = []
    samples = _samples(capacity, sessions)
    for name, meaning in HELP.items():
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
        lines += [f"{name}{_labels({**labels, **own})} {value:.15g}" for own, value in samples.get(name, ())]
    return "\n".join(lines) + "\n"


def _samples(capacity: Fields, sessions: Fields) -> dict[str, list[Sample]]:
    """Samples by metric. What could not be read has none: a zero would be a lie."""
    found: dict[str, list[Sample]] = {}

    def add(name: str, value: t.Any, **labels: t.Any) -> None:
        if value is not None:
            found.setdefault(name, []).append(({key: str(text) for key, text in labels.items()}, float(value)))

    for app in capacity["app_definitions"]:
        name = app["name"]
        for field in ("min_instances", "max_instances", "sessions"):
            add(f"theia_app_definition_{field}", app[field], app_definition=name)
        for state in POOL_STATES:
            add("theia_pool_instances", (app["pool"] or {}).get(state), app_definition=name, state=state)
        for hold in (app["ledger"] or {}).get("holds", ()):
            about = {"app_definition": name, "exam": hold["exam"]}
            add("theia_exam_warm_instances", (hold["asked"] or {}).get("warm"), **about)
            add("theia_exam_added_instances", hold["add"], **about)
            add("theia_exam_ended", hold["ended"], **about)
    for quota in capacity["quotas"] or ():
        share = None if quota["percent"] is None else quota["percent"] / 100
        add("theia_quota_used_ratio", share, quota=quota["quota"], resource=quota["resource"])
    codes = [finding["code"] for session in sessions["sessions"] for finding in session["findings"]]
    for code in sorted(set(codes)):
        add("theia_sessions_in_trouble", codes.count(code), finding=code)
    add("theia_operator_leading", (capacity["operator"] or {}).get("leading"))
    seen_at = parse_time(capacity["seen_at"])
    add("theia_last_look_timestamp_seconds", seen_at.timestamp() if seen_at else None)
    return found


def _labels(labels: t.Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items()) + "}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
