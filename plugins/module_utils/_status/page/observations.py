# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runs of a folder of reports have seen of an installation: what a page draws over time, and nothing else.

It holds no names: sessions are known by their uid.
"""

from __future__ import annotations

import typing as t

Fields = t.Mapping[str, t.Any]
Observations = dict[str, t.Any]
"""``looks`` at pools and quotas, ``sessions`` by uid, and ``runs``, each in the order in which they were made."""

VERSION = 1
_POOL = ("warm", "claimed", "cold")


def nothing() -> Observations:
    """Before the first look."""
    return {"version": VERSION, "looks": [], "sessions": {}, "runs": []}


def with_look(before: Fields, found: Fields) -> Observations:
    """With what ``theia_status`` returned. Of a session the first time counts by which it had its URL."""
    looks = [look_of(found["capacity"]), *(found["watch"] or {}).get("looks", ())]
    sessions = dict(before["sessions"])
    for login in found["logins"] or ():
        known = sessions.get(login["uid"]) or {}
        seen = {field: login[field] for field in ("app_definition", "created", "start")}
        first = {field: known.get(field) or login[field] for field in ("url_by", "ready_at")}
        sessions[login["uid"]] = {**seen, **first}
    return {**before, "looks": _merged([*before["looks"], *looks]), "sessions": sessions}


def with_run(before: Fields, run: Fields, result: Fields) -> Observations:
    """With a run of a playbook, and what its wait for warm instances saw."""
    waits = [
        {"at": look["at"], "pools": {item["name"]: {state: look[state] for state in _POOL}}}
        for item in result.get("app_definitions") or ()
        for look in item.get("looks") or ()
    ]
    return {**before, "looks": _merged([*before["looks"], *waits]), "runs": [*before["runs"], dict(run)]}


def run_of(playbook: str, result: Fields, *, at: str, exam: str | None, check: bool) -> dict[str, t.Any]:
    """What a later page says about a run; what check mode only predicts is marked."""
    items = result.get("app_definitions") or ()
    lost = result.get("data_lost") or {}
    return {
        "playbook": playbook,
        "at": at,
        "exam": exam,
        "check": check,
        "failure": result.get("msg"),
        "bounds": {
            item["name"]: [item["before"]["min_instances"], item["after"]["min_instances"]]
            for item in items
            if item["before"]["min_instances"] != item["after"]["min_instances"]
        },
        "patched_by": min((item["looks"][0]["at"] for item in items if item.get("looks")), default=None),
        "warm_seconds": max((item["seconds_to_warm"] for item in items if item.get("seconds_to_warm")), default=None),
        "draining": sum(len(item["draining"]) for item in items),
        "stopped": (result.get("outcomes") or {}).get("stopped", 0),
        "files_lost": lost.get("pod", 0),
        "files_unknown": lost.get("unknown", 0),
    }


def look_of(capacity: Fields) -> dict[str, t.Any]:
    """What is kept of capacity as it was once: instances, sessions, and the share of each quota in percent."""
    items = capacity["app_definitions"]
    return {
        "at": capacity["seen_at"],
        "pools": {item["name"]: _counts(item) for item in items},
        "quotas": {
            f"{quota['resource']} of {quota['quota']}": quota["percent"]
            for quota in capacity["quotas"] or ()
            if quota["percent"] is not None
        },
        "sessions": {item["name"]: item["sessions"] for item in items},
    }


def _counts(item: Fields) -> dict[str, int]:
    return {state: item["pool"][state] for state in _POOL}


def _merged(looks: t.Sequence[Fields]) -> list[dict[str, t.Any]]:
    """One look for each moment: a wait looks at all its pools at once and tells of each one apart."""
    by_time: dict[str, dict[str, t.Any]] = {}
    for look in looks:
        known = by_time.setdefault(look["at"], {"at": look["at"], "pools": {}, "quotas": {}, "sessions": {}})
        for part in ("pools", "quotas", "sessions"):
            known[part] = {**known[part], **(look.get(part) or {})}
    return [by_time[at] for at in sorted(by_time)]
