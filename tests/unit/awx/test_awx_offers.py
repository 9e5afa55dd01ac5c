# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX offers of this collection: its playbooks and nothing else, with surveys that the playbooks can read."""

from __future__ import annotations

import re

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

from awx import surveys
from awx.job import extra_variables
from awx.offered import offered
from awx.role import TEMPLATES, VARIABLES, specification
from tools.checkout import ROOT, files
from unit.test_typed_variables import evaluated

TYPES = {"str": {"text", "textarea"}, "list": {"text", "textarea"}, "int": {"integer"}, "bool": {"multiplechoice"}}


QUESTIONS = [
    (name, question["variable"]) for name, template in sorted(TEMPLATES.items()) for question in template["questions"]
]


def playbooks():
    return {path.stem: path for path in (ROOT / "playbooks").glob("*.yml") if not path.name.endswith(".meta.yml")}


def asked_by(playbook):
    """The variables that a playbook hands to its role, with their types and choices."""
    [play] = yaml.safe_load(playbooks()[playbook].read_text(encoding="utf-8"))
    found = re.findall(
        r"typed\('(\w+)'(?:, '(\w+)')?(?:, choices=\[([^]]*)\])?(?:, default=('\w+'|\w+))?", str(play.get("vars"))
    )
    return {
        name: (kind or "str", re.findall(r"\w+", choices), default.strip("'")) for name, kind, choices, default in found
    }


def test_awx_offers_the_playbooks_and_nothing_else():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("| Playbook | For |")[1].split("\n\n")[0]
    named = sorted(f"playbooks/{name}.yml" for name in re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE))
    # To keep a file out, write the key in quotes: "hosts":
    assert offered(ROOT, files()) == named


def test_every_playbook_has_a_job_template():
    assert set(TEMPLATES) == {name for name in playbooks() if not name.startswith("setup_")}
    steps = VARIABLES["__awx_objects_steps"]
    assert {step["playbook"] for step in steps if "playbook" in step} <= set(TEMPLATES)


@pytest.mark.parametrize("playbook", sorted(TEMPLATES))
def test_a_survey_asks_for_the_variables_of_its_playbook(playbook):
    questions = {question["variable"]: question for question in TEMPLATES[playbook]["questions"]}
    # What belongs to an installation is not asked for: an answer would hide what its inventory says.
    known = {
        name: about
        for name, about in asked_by(playbook).items()
        if not name.startswith("theia_") and name != "allow_rehearsal"
    }
    assert set(questions) == set(known)
    for name, (kind, choices, default) in known.items():
        question = questions[name]
        assert question["question_name"].startswith(f"{name}: ")
        if kind == "str" and choices:
            assert (question["type"], question["choices"]) == ("multiplechoice", choices)
        else:
            assert question["type"] in TYPES[kind]
        if question["type"] == "multiplechoice":
            assert question["default"] == (default or question["choices"][0])


def forms(question):
    """Answers that a person can give to a question."""
    if question["type"] == "integer":
        return [60]
    if question["type"] == "multiplechoice":
        return question["choices"]
    return ["", " ", "ada", "60", "true", "23:59", "a, b", "a\r\nb", "null", "{{ 6 * 7 }}"]


@pytest.mark.parametrize(("playbook", "variable"), QUESTIONS)
def test_a_playbook_reads_every_answer(playbook, variable):
    """From the answer over AWX's rules and the file that it writes to what the playbook hands to its role."""
    spec = specification(playbook)
    [question] = [each for each in spec["spec"] if each["variable"] == variable]
    required = [each["variable"] for each in spec["spec"] if each["required"] and each is not question]
    others = {name: (asked_by(playbook)[name][1] or ["ada"])[0] for name in required}
    blank = evaluated(playbook, **others)
    for form in forms(question):
        given = {**others, variable: form}
        if surveys.faults(spec, given):
            assert form == ""
            continue
        seen = DataLoader().load(extra_variables({**surveys.defaults(spec), **given}))
        try:
            read = evaluated(playbook, **seen)
        except Exception as exc:  # noqa: BLE001 (whatever it is, it has to name the variable)
            assert f"{variable} has to be " in str(exc)  # noqa: PT017 (most forms are read)
            continue
        if form != "null":  # a text on ansible-core 2.16, null on newer ones
            assert (read == blank) == (form in ("", " ") or form == question.get("default"))
