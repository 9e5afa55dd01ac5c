# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: notices
short_description: Write a notice for each channel that wants to know of a moment
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Takes the channels of C(theia_notices), as the role C(notify) describes them, and returns what to send to each.
  - Fails for a channel that cannot be meant so, without quoting any value of it.
options:
  _input:
    description: The channels.
    type: list
    elements: dict
    required: true
  moment:
    description: What happened.
    type: str
    required: true
    choices: [warm, not_warm, drift, draining, closed, swept]
  installation:
    description: Which installation it happened to.
    type: str
    default: ""
  text:
    description: What happened, as a sentence without names of users.
    type: str
    default: ""
  exam:
    description: Name of the exam.
    type: str
    default: ""
  users:
    description: Whom it is about. Only channels with C(names) get them.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Write to all who want to know that an exam is warm
  ansible.builtin.set_fact:
    notices: "{{ theia_notices | eduide.theia.notices('warm', text='java-17-latest has 60 warm instances') }}"
"""

RETURN = r"""
_value:
  description: >-
    What to send: C(kind), C(channel) for warnings, C(request) with the options of M(ansible.builtin.uri) or
    C(community.general.mail), and C(possible), which is false for mail where that collection is not installed.
  type: list
  elements: dict
"""

import importlib.util
import secrets
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import EduideError
from ansible_collections.eduide.theia.plugins.module_utils._common.notices import (
    Channel,
    Notice,
    check_channels,
    deliveries,
)

MAIL = "ansible_collections.community.general.plugins.modules.mail"


def notices(
    channels: t.Sequence[Channel],
    moment: str,
    *,
    installation: str = "",
    text: str = "",
    exam: str = "",
    users: t.Sequence[str] = (),
) -> list[dict[str, t.Any]]:
    try:
        checked = check_channels(channels)
    except EduideError as exc:
        raise AnsibleFilterError(str(exc)) from exc
    notice = Notice(moment, installation, text, exam, tuple(dict.fromkeys(users)))
    found = deliveries(checked, notice, transaction=secrets.token_hex(8))
    return [{**each._asdict(), "possible": each.kind != "mail" or _has_mail()} for each in found]


def _has_mail() -> bool:
    try:
        return importlib.util.find_spec(MAIL) is not None
    except ImportError:
        return False


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"notices": notices}
