# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspace results without the names of people: for reports that leave the team on duty."""

from __future__ import annotations

import typing as t

from .._common.pseudonyms import Pseudonyms

# Free text of others may name anybody, in any form.
_TEXTS = ("label", "error", "protected")


def pseudonymized(result: t.Mapping[str, t.Any], key: str) -> dict[str, t.Any]:
    """A result of the info module with pseudonyms in place of users, and of names that the platform makes from users.

    The uid still says which workspace it is, and the pseudonym of a workspace is the same as in lists of sessions.
    """
    names = _Names(key)
    changed = {**result, "workspaces": [_record(record, names) for record in result["workspaces"]]}
    if orphans := result["orphans"]:
        changed["orphans"] = {
            "claims": names.each(orphans["claims"], name="claim", workspace="workspace", volume="volume"),
            "volumes": names.each(orphans["volumes"], name="volume", claim="claim", workspace="workspace", user="user"),
        }
    if found := result["garbage_collector"]:
        in_use = found["would_delete_in_use"]
        told = None if in_use is None else [names.of("workspace", name) for name in in_use]
        changed["garbage_collector"] = {**found, "would_delete_in_use": told}
    return changed


class _Names:
    def __init__(self, key: str) -> None:
        self._pseudonyms = Pseudonyms(key)

    def of(self, kind: str, name: str | None) -> str | None:
        return None if name is None else self._pseudonyms.of(name, kind)

    def each(self, items: t.Iterable[t.Mapping[str, t.Any]] | None, **kinds: str) -> list[dict[str, t.Any]] | None:
        if items is None:
            return None
        return [{**item, **{field: self.of(kind, item[field]) for field, kind in kinds.items()}} for item in items]


def _record(record: t.Mapping[str, t.Any], names: _Names) -> dict[str, t.Any]:
    claim, volume = record["claim"], record["volume"]
    return {
        **record,
        **dict.fromkeys(_TEXTS),
        "name": names.of("workspace", record["name"]),
        "user": names.of("user", record["user"]),
        "claim": {**claim, "name": names.of("claim", claim["name"])} if claim else None,
        # Where the operator makes the volumes itself, they have the names of their claims.
        "volume": {**volume, "name": names.of("volume", volume["name"])} if volume else None,
        **{
            field: None if record[field] is None else [names.of("session", name) for name in record[field]]
            for field in ("sessions", "live_sessions")
        },
    }
