# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the filters that write reports have in common."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from jinja2.runtime import Context

from ansible_collections.eduide.theia.plugins.module_utils._common.commands import Command
from ansible_collections.eduide.theia.plugins.plugin_utils._run import run_context, variables_of


def command_of(context: Context) -> Command:
    """How commands are written in this run."""
    return run_context(variables_of(context)).command


T = t.TypeVar("T")


def lines_of(name: str, write: t.Callable[[], list[T]]) -> list[T]:
    """The lines of a report; an error in words if it was given something else than results of the modules."""
    try:
        return write()
    except (AttributeError, KeyError, TypeError) as exc:
        raise AnsibleFilterError(f"{name} wants results as the modules return them: {exc!r}") from exc
