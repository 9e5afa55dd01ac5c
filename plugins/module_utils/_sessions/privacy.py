# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Session results without the names of people: for reports that leave the team on duty."""

from __future__ import annotations

import typing as t

from .._common.pseudonyms import Pseudonyms
from .findings import RULES

# The platform builds these names out of the user's, so they tell as much. The uid still says which session it is.
NAMES = ("name", "workspace")
# Free text of others may name anybody, in any form.
TEXTS = ("operator_message", "error", "protected")


class Pseudonymizer:
    """The same names under one key every time, and nothing to be learned from them without it."""

    def __init__(self, key: str) -> None:
        self._pseudonyms = Pseudonyms(key)

    def result(self, result: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """A result of the info module with pseudonyms in place of users, and of names made from users."""
        summary = result["summary"]
        limits = {
            name: [{**entry, "user": self._pseudonyms.of(entry["user"])} for entry in summary[name] or ()]
            for name in ("users_near_limit", "users_over_limit")
        }
        changed = {**result, "summary": {**summary, **limits}, "sessions": [self.record(r) for r in result["sessions"]]}
        if "other_pods" in result:
            changed["other_pods"] = [self._pod(pod) for pod in result["other_pods"]]
        return changed

    def record(self, record: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        findings = [{**f, "evidence": self._evidence(f)} for f in record["findings"] or ()]
        return {
            **record,
            **dict.fromkeys(TEXTS),
            **{field: self._name(field, record[field]) for field in NAMES},
            "user": self._pseudonyms.of(record["user"]),
            "findings": findings if record["findings"] is not None else None,
            "pod": self._pod(record["pod"]) if record["pod"] else None,
        }

    def _evidence(self, finding: t.Mapping[str, t.Any]) -> str | None:
        return None if RULES[finding["code"]].quotes else finding["evidence"]

    def _pod(self, pod: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Pods of a pool are named after their app definition, all others of the platform after a user."""
        shown = {**pod, "name": pod["name"] if pod["name"].startswith("instance-") else self._name("pod", pod["name"])}
        return {**shown, "app": shown["name"]} if "app" in pod else shown

    def _name(self, what: str, name: str | None) -> str | None:
        kind = "session" if what == "name" else what
        return None if name is None else self._pseudonyms.of(name, kind)
