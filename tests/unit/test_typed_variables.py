# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each variable of each playbook, in each form in which people, surveys and YAML hand it over."""

from __future__ import annotations

import re
from functools import cache

import jinja2
import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.plugins.filter.core import FilterModule as Core
from ansible.plugins.filter.mathstuff import FilterModule as Sums

from ansible_collections.eduide.theia.plugins.filter.exam_of_calendar import exam_of_calendar
from ansible_collections.eduide.theia.plugins.filter.typed import typed
from ansible_collections.eduide.theia.plugins.plugin_utils._reading import Misread, read_value
from tools.checkout import ROOT

ABSENT = object()
FORMS = [ABSENT, None, "", " ", "true", "60", 60, True, 1.5, "a, b", "a\nb\n", "a\r\nb", ["a", "b"], [], {"a": 1}]
BLANK = FORMS[:4]
# All but the one that is about AWX and no installation.
PLAYBOOKS = {path.stem: path for path in (ROOT / "playbooks").glob("*.yml") if path.stem != "setup_awx"}
VARIABLES = [
    (name, variable)
    for name, path in sorted(PLAYBOOKS.items())
    for variable in sorted(set(re.findall(r"typed\('(\w+)'", path.read_text(encoding="utf-8"))))
]


@cache
def parts(name):
    """The variables of a play, and what it checks before it begins; as expressions."""
    [play] = yaml.safe_load(PLAYBOOKS[name].read_text(encoding="utf-8"))
    variables = play.get("vars", {})
    tasks = play["pre_tasks"]
    checks = [f"not ({task['when']})" for task in tasks if "eduide.theia.theia_report" in task]
    rules = jinja2.Environment(autoescape=False, undefined=jinja2.ChainableUndefined)  # as in Ansible
    rules.filters.update({**Core().filters(), **Sums().filters(), "eduide.theia.typed": typed})
    rules.filters["eduide.theia.exam_of_calendar"] = exam_of_calendar

    def compiled(expression):
        return rules.compile_expression(expression.removeprefix("{{").removesuffix("}}"), undefined_to_none=False)

    return {key: compiled(value) for key, value in variables.items()}, [compiled(check) for check in checks]


def evaluated(name, **given):
    """What the play hands to its role, and whether it begins."""
    variables, checks = parts(name)
    read = {}
    for key, expression in variables.items():
        value = expression(**given, **read)
        read[key] = list(value) if isinstance(value, (map, filter, zip)) else value
    return read, all(check(**given, **read) for check in checks)


@pytest.mark.parametrize(("name", "variable"), VARIABLES)
def test_a_variable_is_read_or_refused_in_its_own_name(name, variable):
    [nothing, *blank] = [evaluated(name, **({} if form is ABSENT else {variable: form})) for form in BLANK]
    assert blank == [nothing] * len(blank)
    for form in FORMS[len(BLANK) :]:
        told = None
        try:
            read, begins = evaluated(name, **{variable: form})
        except AnsibleError as exc:
            told = str(exc)
        # Nothing that was said is dropped in silence. What is the default anyway is heard by its opposite.
        expected = f"{variable} has to be "
        assert (
            expected in told
            if told
            else read != nothing[0]
            or not begins
            or form in ([], {})
            or (form in (True, "true") and evaluated(name, **{variable: False}) != nothing)
        )


def test_the_table_has_all_variables(capsys):
    with capsys.disabled():
        print(f" [{len(VARIABLES)} variables x {len(FORMS)} forms = {len(VARIABLES) * len(FORMS)} cells]", end="")
    assert {name for name, _variable in VARIABLES} == {
        "converge_exams",
        "delete_workspaces",
        "investigate_session",
        "post_exam",
        "pre_exam",
        "readiness",
        "rehearse_exam",
        "repair_pools",
        "restore_workspace",
        "setup_access",
        "setup_gitops",
        "status",
        "stop_sessions",
        "sweep_sessions",
        "unlock_user",
    }


LIST, INT, BOOL, TEXT = ({"type": kind} for kind in ("list", "int", "bool", "str"))


@pytest.mark.parametrize(
    ("option", "value", "read"),
    [
        (LIST, "a,b", ["a", "b"]),
        (LIST, "a\nb\n", ["a", "b"]),
        (LIST, " a ", ["a"]),
        (LIST, 60, ["60"]),
        (LIST, ["a, b", " c"], ["a, b", " c"]),
        (LIST, ["", None, "a"], ["a"]),
        (LIST, ",", None),
        (LIST, "[]", None),
        (LIST, "null", None),
        (LIST, '["a, b", null]', ["a, b"]),
        (LIST, ["[]", "null"], ["[]", "null"]),
        (INT, "60", 60),
        (INT, " 60 ", 60),
        (INT, 60.0, 60),
        (INT, 0, 0),
        (BOOL, "no", False),
        (BOOL, "TRUE", True),
        (BOOL, 1, True),
        (TEXT, "ada@example.org ", "ada@example.org"),
        (TEXT, 60, "60"),
    ],
)
def test_what_people_write_is_understood(option, value, read):
    assert read_value(option, value, "x") == read


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        (INT, "sixty", "warm has to be a whole number, not 'sixty'"),
        (INT, True, "warm has to be a whole number, not true"),
        (INT, "1.5", "warm has to be a whole number, not '1.5'"),
        (INT, "²", "warm has to be a whole number, not '²'"),
        (BOOL, "maybe", "warm has to be true or false, not 'maybe'"),
        (TEXT, True, "warm has to be text, not true"),
        (
            {"type": "str", "choices": ["refuse", "adopt"]},
            "adapt",
            "has to be refuse or adopt, not 'adapt' (adopt perhaps)",
        ),
        ({"type": "list", "choices": ["named"]}, "all", "warm has to be named, not 'all'"),
        (LIST, "[a, b]", "warm has to be JSON where it begins like it, not '[a, b]'"),
    ],
)
def test_other_words_are_refused_in_the_name_of_the_variable(option, value, told):
    with pytest.raises(Misread) as refused:
        read_value(option, value, "warm")
    assert told in str(refused.value)


@pytest.mark.parametrize("calendar", ["calendar.yml", {"name": "quiz"}])
def test_a_calendar_that_is_none_is_not_passed_over(calendar):
    """The exam could be on record, with other figures."""
    assert evaluated("pre_exam", exam="quiz")[1]
    with pytest.raises(AnsibleError, match=r"theia_exams has to be a list of exams.* given as -e @FILE"):
        evaluated("pre_exam", exam="quiz", theia_exams=calendar)


QUIZ = {"name": "quiz", "end": "23:59", "app_definitions": [{"name": "c-latest", "warm": 2}]}


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("quiz", {}, None),
        ("quiz", {"users": ["0123"]}, None),
        # YAML may have made another number of it than the one that was written.
        ("quiz", {"users": [0o123]}, "theia_exams has 83 as a name, which is not text as YAML reads it. Put"),
        ("2027", {"name": "2027"}, None),
        ("2027", {"name": 2027}, "theia_exams has 2027 as a name, which is not text"),
        # An exam that is not in the calendar may be on record.
        ("other", {"name": 2027}, None),
        ("quiz", {"particpants": 4}, "exam quiz of theia_exams: particpants is no field, participants perhaps"),
        ("quiz", {"app_definitions": "c-latest"}, "exam quiz of theia_exams: app_definitions is not a list"),
        (
            "quiz",
            {"app_definitions": [{"name": "c-latest", "wram": 2}]},
            "exam quiz of theia_exams: app_definitions[c-latest].wram is no field, warm perhaps",
        ),
    ],
)
def test_an_exam_of_a_calendar_is_read_or_refused_in_one_sentence(name, changes, told):
    stated = {"exam": name, "app_definition": "", "theia_exams": [{**QUIZ, **changes}]}
    if told is None:
        assert evaluated("pre_exam", **stated)[1]
        return
    with pytest.raises(AnsibleError) as refused:
        evaluated("pre_exam", **stated)
    assert told in str(refused.value)


ROLES = sorted(path.parent.parent for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))
# Handed to a module, which reads it as its own option.
HANDED_ON = r"\{\{ %s( \| default\(omit(, true)?\))? \}\}"


def texts(value):
    """All texts of a structure, keys left out."""
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in texts(item)] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize("role", ROLES, ids=[path.name for path in ROLES])
def test_switches_and_numbers_of_a_role_are_read_in_their_types(role):
    """An extra variable is text, whatever a role says of its type: to Jinja the text false is true."""
    options = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    files = [path for name in ("tasks", "vars", "templates") for path in (role / name).glob("*.*")]
    found = []
    for path in files:
        text = path.read_text(encoding="utf-8").replace("!unsafe", "")
        found += texts(yaml.safe_load(text)) if path.suffix == ".yml" else text.splitlines()
    untyped = [
        (name, text)
        for name, option in options["main"]["options"].items()
        for text in found
        for mention in re.finditer(rf"(?<![\w']){name}\b(?!')", text)
        if (option["type"] in ("bool", "int") or text[mention.end() :].startswith(" | length"))
        and not re.fullmatch(HANDED_ON % name, text)
        and not text[mention.end() :].startswith(f" | eduide.theia.typed('{name}'")
    ]
    assert untyped == []


def test_a_time_of_day_without_quotes_is_understood():
    """YAML reads 23:59 as a number of base sixty."""
    assert yaml.safe_load("23:59") == 1439
    assert read_value(TEXT, 1439, "end") == "23:59"


@pytest.mark.parametrize("name", sorted(PLAYBOOKS))
def test_a_play_begins_with_what_keeps_secrets_from_lying_on_the_machine(name):
    """Without pipelining a module is a file, tokens included, and stays if the run is killed."""
    [play] = yaml.safe_load(PLAYBOOKS[name].read_text(encoding="utf-8"))
    assert play["pre_tasks"][0]["ansible.builtin.import_tasks"] == "tasks/installation.yml"
    [facts, *_checks] = yaml.safe_load((ROOT / "playbooks/tasks/installation.yml").read_text(encoding="utf-8"))
    assert facts["ansible.builtin.set_fact"]["ansible_pipelining"] is True


def test_so_does_the_one_that_is_about_awx():
    [play] = yaml.safe_load((ROOT / "playbooks" / "setup_awx.yml").read_text(encoding="utf-8"))
    assert play["vars"]["ansible_pipelining"] is True


@pytest.mark.parametrize("name", sorted(PLAYBOOKS))
def test_a_play_that_would_do_nothing_is_an_error_that_says_why(name):
    """All playbooks have the same line, which is run elsewhere in each way in which nobody or nothing is left."""
    line = "  hosts: \"{{ 'theia_installations' | eduide.theia.installations }}\"\n"
    assert line in PLAYBOOKS[name].read_text(encoding="utf-8")
