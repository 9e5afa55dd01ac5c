# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: typed
short_description: Read what somebody typed, pasted or filled in
version_added: 0.1.0
author:
  - The EduIDE Cloud collection contributors (!UNKNOWN)
description:
  - Gives a value its type, wherever it comes from. A command line has text only, YAML gives words without quotes a
    type, and a survey of AWX hands over null, numbers and switches.
  - What is null, empty or blank is not stated, and becomes O(default). What cannot be read is an error that names the
    variable.
positional: name, type
options:
  _input:
    description: What was typed.
    type: raw
    required: true
  name:
    description: Name of the variable, for errors.
    type: str
    required: true
  type:
    description:
      - What it has to be. A V(list) may be written in lines, between commas, or as a list, in JSON too, whose
        items are taken as they are.
    type: str
    choices: [str, int, bool, list]
    default: str
  choices:
    description: The only texts that it may be.
    type: list
    elements: str
  default:
    description: The value if nothing is stated.
    type: raw
"""

EXAMPLES = r"""
- name: Show whose sessions are meant
  ansible.builtin.debug:
    msg: "{{ sessions | default(none) | eduide.theia.typed('sessions', 'list', default=[]) }}"
"""

RETURN = r"""
_value:
  description: The value in its type.
  type: raw
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.eduide.theia.plugins.plugin_utils._reading import Misread, read_value


def typed(
    value: t.Any,
    name: str,
    type: str = "str",  # noqa: A002 (the name that people write)
    choices: t.Sequence[str] | None = None,
    default: t.Any = None,
) -> t.Any:
    try:
        read = read_value({"type": type, "choices": choices}, value, name)
    except Misread as exc:
        raise AnsibleFilterError(str(exc)) from exc
    return default if read is None else read


class FilterModule:
    """The filter of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"typed": typed}
