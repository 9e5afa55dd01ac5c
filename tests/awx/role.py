# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The job templates that the role `awx_objects` makes, and what AWX makes of the answers to their surveys."""

from __future__ import annotations

import typing as t

import yaml

from awx import surveys
from awx.fields import Values
from tools.checkout import ROOT

_DATA = (ROOT / "roles" / "awx_objects" / "vars" / "main.yml").read_text(encoding="utf-8")
VARIABLES: Values = yaml.safe_load(_DATA.replace("!unsafe ", ""))
TEMPLATES: dict[str, Values] = VARIABLES["__awx_objects_job_templates"]


def specification(playbook: str) -> Values:
    """The survey as AWX keeps it."""
    questions = [{"required": False, "default": "", **each} for each in TEMPLATES[playbook]["questions"]]
    return surveys.check_spec({"name": "", "description": "", "spec": questions}) if questions else {}


def answered(playbook: str, **answers: t.Any) -> Values:
    """The variables of a job, once AWX has taken the answers of a launch."""
    spec = specification(playbook)
    assert not [*surveys.missing(spec, answers), *surveys.faults(spec, answers)]
    assert set(answers) <= surveys.variables(spec)
    return {**surveys.defaults(spec), **answers}
