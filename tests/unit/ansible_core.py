# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests need of ansible-core, and what its versions from the oldest to the newest do in different ways."""

from __future__ import annotations

import contextlib
import json
import typing as t
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings as common_warnings


@contextlib.contextmanager
def module_arguments(arguments: t.Mapping[str, t.Any]) -> t.Iterator[None]:
    """Let an AnsibleModule that is made meanwhile find these options, and collect its warnings for itself."""
    with contextlib.ExitStack() as stack:
        try:
            from ansible.module_utils.testing import patch_module_args
        except ImportError:
            text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments})
            stack.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", text.encode()))
        else:
            stack.enter_context(patch_module_args(dict(arguments)))
            # Whoever imported something of the control node made this process one, where warnings go to the terminal.
            stack.enter_context(mock.patch.object(common_warnings._internal, "is_controller", new=False))
        # Warnings are collected for the whole process, which elsewhere runs one module only.
        nothing = type(common_warnings._global_warnings)()
        stack.enter_context(mock.patch.object(common_warnings, "_global_warnings", nothing))
        yield


def warning_texts(warnings: list[t.Any]) -> list[str]:
    """Return the texts of warnings, which some versions wrap into what tells where they came from."""
    return [warning if isinstance(warning, str) else warning["event"]["msg"] for warning in warnings]
