# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which playbook makes bounds what the ledger says: one that takes the exam as it stands, with or without a record."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._common.commands import Remedy
from .._exams.plan import due_from
from .drift import drifted, tell_drift

if t.TYPE_CHECKING:
    from .._exams.record import Recorded
    from .._platform.rows import AppDefinitionRow
    from .ledger import Entry, Ledger

Standing = t.Literal["under_way", "ahead", "early", "unknown", "over"]
# Bringing one hold back brings back the others, so an exam that is still to be written comes first.
_ORDER: tuple[Standing, ...] = t.get_args(Standing)


class WayBack(t.NamedTuple):
    run: Remedy
    note: str | None = None
    """What has to be known before it is run."""


def way_back(
    name: str,
    app: AppDefinitionRow | None,
    ledger: Ledger,
    records: t.Iterable[Recorded],
    *,
    now: datetime,
    machine_now: datetime | None,
) -> WayBack:
    """For an app definition that is not as its holds, or their end, want it; None if it is gone."""
    entry, known = ledger.entries[name], {each.name: each for each in records}
    standing = {exam: _standing(known.get(exam), now, machine_now) for exam in sorted(entry.holds)}
    # Declared anew since, they would not bring this one back.
    without = {e for e in standing if e in known and name not in known[e].shielded.app_definitions}
    if not entry.open_holds:
        others = {exam for exam, stands in standing.items() if stands == "unknown" and exam in ledger.open_exams}
        others |= {exam for exam in without if standing[exam] == "under_way"}
        return _ended(app, entry, {exam: stands for exam, stands in standing.items() if exam not in others})
    standing |= dict.fromkeys((exam for exam in without if standing[exam] != "over"), "unknown")
    return _held(min(entry.open_holds, key=lambda exam: (_ORDER.index(standing[exam]), exam)), standing)


def _standing(recorded: Recorded | None, now: datetime, machine_now: datetime | None) -> Standing:
    if recorded is None:
        return "unknown"
    if recorded.is_over(now):
        # One that is open by the other clock is not ended.
        return "unknown" if recorded.is_open(machine_now) else "over"
    if now >= recorded.shield_from:
        return "under_way"
    return "ahead" if now >= due_from(recorded.shield_from) else "early"


def _held(exam: str, standing: t.Mapping[str, Standing]) -> WayBack:
    if standing[exam] == "over":
        return WayBack(_playbook("post_exam", exam, drift="overwrite"), f"{exam} is over")
    words: dict[Standing, dict[str, t.Any]] = {
        # Its warm instances may not be back at its start, and without the others there are still fewer.
        "under_way": {"late": True},
        "early": {"early": True},
        "unknown": {"shield": False},
    }
    return WayBack(_playbook("pre_exam", exam, drift="overwrite", **words.get(standing[exam], {})))


def _ended(app: AppDefinitionRow | None, entry: Entry, standing: t.Mapping[str, Standing]) -> WayBack:
    """Whichever exam ends finishes it; one that is still to be written, or goes on elsewhere, must not end for that."""
    theirs = drifted(app, entry) if app and entry.uid == app.uid else []
    note = tell_drift(app, entry, theirs) if app and theirs else None
    overwrite = {"drift": "overwrite"} if theirs else {}
    if past := [exam for exam in standing if standing[exam] in ("over", "unknown")]:
        return WayBack(_playbook("post_exam", past[0], **overwrite), note)
    if under_way := [exam for exam in standing if standing[exam] == "under_way"]:
        note = f"{under_way[0]} is under way"
        return WayBack(_playbook("pre_exam", under_way[0], drift="overwrite", late=True), note)
    return WayBack({"playbook": "converge_exams", "variables": overwrite}, note)


def _playbook(name: str, exam: str, **variables: t.Any) -> Remedy:
    return {"playbook": name, "variables": {"exam": exam, **variables}}
