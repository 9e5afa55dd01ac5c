# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_findings
short_description: Choose the sessions that have certain findings, and forget their other ones
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Keeps the records that have at least one of the findings, each with those findings only.
  - M(eduide.theia.theia_session) stops a session only while all findings of its record are true of it. So what is
    handed to it should be what it was chosen for, and nothing else.
positional: codes
options:
  _input:
    description: Records of sessions as RV(eduide.theia.theia_session_info#module:sessions).
    type: list
    elements: dict
    required: true
  codes:
    description: Codes of findings; one that does not exist is an error.
    type: list
    elements: str
    required: true
seealso:
  - plugin: eduide.theia.session_table
    plugin_type: filter
"""

EXAMPLES = r"""
- name: List everything that is wrong
  eduide.theia.theia_session_info:
    namespace: theia-prod
  register: seen

- name: Stop the sessions that failed, whatever else is wrong with them
  eduide.theia.theia_session:
    namespace: theia-prod
    records: "{{ seen.sessions | eduide.theia.with_findings(['failed']) }}"
"""

RETURN = r"""
_value:
  description: The chosen records in the same order.
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._sessions.findings import RULES

Record = t.Mapping[str, t.Any]


def with_findings(records: t.Sequence[Record], codes: t.Sequence[str]) -> list[dict[str, t.Any]]:
    if isinstance(codes, str):
        raise AnsibleFilterError(f"with_findings wants a list of codes, not {codes!r}")
    if strange := sorted(str(code) for code in codes if code not in RULES):
        raise AnsibleFilterError(f"{', '.join(strange)}: there is no such finding; there are {', '.join(RULES)}")
    try:
        reduced = [{**record, "findings": [f for f in record["findings"] if f["code"] in codes]} for record in records]
    except (KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"with_findings wants records as theia_session_info returns them: {exc!r}") from exc
    return [record for record in reduced if record["findings"]]


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"with_findings": with_findings}
