# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a page is made of without the names of people: for pages that leave the team on duty."""

from __future__ import annotations

import typing as t

from ..._common.pseudonyms import Pseudonyms
from ..._sessions.privacy import Pseudonymizer

Fields = t.Mapping[str, t.Any]

LEFT_OUT = "its words are left out here, because they may name people"


def found_without_names(found: Fields, key: str) -> dict[str, t.Any]:
    """What was looked at, with pseudonyms of users and sessions, and without what people wrote."""
    disguise = Pseudonymizer(key)
    sessions = [disguise.record(record) for record in found["sessions"]["sessions"]]
    exams = [
        {**exam, "users": [], "history": [{**entry, "reason": None} for entry in exam["history"]]}
        for exam in found["exams"] or ()
    ]
    return {**found, "sessions": {**found["sessions"], "sessions": sessions}, "exams": exams}


def result_without_names(result: Fields, key: str) -> dict[str, t.Any]:
    """What a run did, with the same pseudonyms."""
    pseudonyms = Pseudonyms(key)
    sessions = [
        {
            **item,
            "name": pseudonyms.of(item["name"], "session"),
            "user": pseudonyms.of(item["user"]) if item.get("user") else None,
            "reason": None,
        }
        for item in result.get("sessions") or ()
    ]
    told = {"msg": LEFT_OUT} if result.get("msg") else {}
    return {**result, "sessions": sessions, **told}
