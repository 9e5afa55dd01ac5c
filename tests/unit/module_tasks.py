# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a module, without what Ansible puts around it: its options, and its task."""

from __future__ import annotations

import functools
import importlib
import typing as t
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.eduide.theia.plugins.module_utils._common.report import Report, Task

PACKAGE = "ansible_collections.eduide.theia.plugins.modules"


class _Module:
    """Stands where a module asks Ansible for its options: nobody stated any."""

    def __init__(self, argument_spec: dict[str, t.Any], **_unused: t.Any) -> None:
        self.spec = argument_spec
        self.params = ArgumentSpecValidator(argument_spec).validate({}).validated_parameters


@functools.cache
def _parts_of(name: str) -> tuple[dict[str, t.Any], t.Callable[[Task], Report]]:
    """The options of a module, and what it hands to ``finish``."""
    imported = importlib.import_module(f"{PACKAGE}.{name}")
    with mock.patch.multiple(imported, TheiaModule=_Module, finish=mock.DEFAULT) as found:
        imported.main()
    module, run, *_doing = found["finish"].call_args.args
    return module.spec, run


def spec_of(name: str) -> dict[str, t.Any]:
    """The options of a module, as it hands them over."""
    return _parts_of(name)[0]


def task(module: str, **options: t.Any) -> t.Callable[[], Report]:
    """Does what the module does; what is returned may be called in several threads."""
    spec, run = _parts_of(module)
    result = ArgumentSpecValidator(spec).validate({"namespace": "theia", **options})
    assert not result.error_messages, result.error_messages
    return lambda: run(Task(result.validated_parameters))
