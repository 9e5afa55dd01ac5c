# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people read after workspaces were deleted or pruned: tables, and the sentences below them."""

from __future__ import annotations

import typing as t

from .._common.commands import Command, stated
from .._common.sentences import outcome_counts
from .._sessions.table import session_table
from .table import workspace_table

Fields = t.Mapping[str, t.Any]

_ACTS = ("deleted", "reclaimed")


def delete_report(result: Fields, *, terms: Fields, would: bool, rows: int | None, command: Command) -> list[str]:
    """What became of the workspaces, of the sessions on them and of the files, and how to bring files back.

    The terms are variables of the run: whoever wanted files kept wants that of the command that goes on, too.
    """
    items = result.get("workspaces")
    if items is None:
        return ["Nothing was done."]
    lines = ["There is no such workspace."]
    if items:
        lines = [*_table([], items, rows), *outcome_counts(result["outcomes"], _ACTS, would=would)]
    if sessions := result.get("sessions"):
        lines += ["Their sessions:", *session_table([], outcomes=sessions, limit=rows).split("\n")]
    in_use = [item["name"] for item in items if item["outcome"] == "kept_in_use"]
    if in_use and terms.get("live_sessions", "refuse") == "refuse":
        variables = {"workspaces": in_use, **stated(terms), "live_sessions": "stop"}
        remedy = command({"playbook": "delete_workspaces", "variables": variables})
        lines.append(
            f"{len(in_use)} {'is' if len(in_use) == 1 else 'are'} in use. To stop the sessions first: {remedy}"
        )
    for item in items:
        if item["restore"]:
            how = "To bring the files of {} back then" if would else "To bring the files of {} back"
            lines += [f"{how.format(item['name'])}: {_restore(item, command)}", "The same by hand, in one shell:"]
            lines += command({"script": item["restore"]}).split("\n")
    return lines


def restore_report(result: Fields, *, command: Command) -> list[str]:
    """Where the files are now, and how to go on if a step did not work."""
    items = result.get("workspaces")
    if items is None:
        return ["Nothing was done."]
    lines = _table([], items, None)
    if "msg" in result and result.get("changed"):
        lines += [f"To go on: {_restore(item, command)}" for item in items]
    return lines


def _restore(item: Fields, command: Command) -> str:
    """All that the playbook needs, whether it is noted on the volume or not."""
    variables = {"volume_from": item["volume"], "workspace": item["name"]}
    variables |= {field: item[field] for field in ("user", "app_definition")}
    return command({"playbook": "restore_workspace", "variables": variables})


def retention_report(
    listed: Fields, result: Fields, *, outlook: Fields, noted: bool, would: bool, rows: int | None
) -> list[str]:
    """What was deleted, how many are kept for which reason, and when the next one may go."""
    # Those protected are the same every day, and counted.
    done = [item for item in result.get("workspaces") or () if item["outcome"] != "kept_protected"]
    uids = {item["uid"] for item in done} if result.get("workspaces") else set(outlook["due"])
    records = [record for record in listed["workspaces"] if record["uid"] in uids]
    lines = _table(records, done, rows) if records or done else ["Nothing is deleted."]
    lines += outcome_counts(result.get("outcomes") or {}, _ACTS, would=would)
    lines.append(
        f"Kept: {outlook['in_use']} with a session, {outlook['waiting']} unused for too short a time, "
        f"{outlook['unobserved']} not observed before, {outlook['protected']} protected by annotation."
    )
    observation = listed["observation"]
    if not noted:
        lines.append("This look could not be noted, so nothing is known to be unused: see the warning.")
    elif outlook["next_at"]:
        first = observation is None or observation["since"] == observation["last"]
        which = "The first" if first else "The next"
        lines.append(f"{which} may go from {outlook['next_at']} on, if nobody uses it until then.")
    if observation and observation["longest_gap_seconds"]:
        hours = round(observation["longest_gap_seconds"] / 3600, 1)
        lines.append(
            f"Observed since {observation['since']}, with up to {hours} hours between two looks. A session shorter "
            "than that may have been missed."
        )
    return lines


def _table(records: t.Sequence[Fields], outcomes: t.Sequence[Fields], rows: int | None) -> list[str]:
    return workspace_table(records, outcomes=outcomes, limit=rows).split("\n")
