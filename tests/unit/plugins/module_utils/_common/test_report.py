# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module ends."""

from __future__ import annotations

import json

import pytest
from ansible.plugins.callback import CallbackBase

from ansible_collections.eduide.theia.plugins.module_utils._common.errors import (
    Misconfigured,
    Unreachable,
    WaitTimeout,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.options import TheiaModule
from ansible_collections.eduide.theia.plugins.module_utils._common.report import (
    Difference,
    Report,
    differences,
    finish,
)
from ansible_collections.eduide.theia.plugins.module_utils._common.timestamps import format_time
from integration.module_run import run_main

SPEC = {"namespace": {"type": "str"}, "service_url": {"type": "str"}}


def ended(run, *, diff=False, check=False, **options):
    """The result of a module that does nothing but run this."""

    def main():
        module = TheiaModule(argument_spec=SPEC, supports_check_mode=True)
        finish(module, run, "stopping sessions")

    result = run_main(main, options, diff=diff, check=check)
    # Older Ansibles always add it.
    result.pop("invocation", None)
    return result


def saying(*warnings, raises=None, **told):
    """A task that warns, and then fails or reports."""

    def run(task):
        task.warn(*warnings)
        if raises:
            raise raises
        return Report(**{"changed": True, "fields": {"outcomes": {"stopped": 1}}, **told})

    return run


def test_a_report_becomes_the_result():
    assert ended(saying()) == {"changed": True, "outcomes": {"stopped": 1}, "warnings": []}


@pytest.mark.parametrize("failure", [None, WaitTimeout("late \u202e")], ids=["report", "failure"])
def test_no_text_of_a_result_commands_a_terminal(failure):
    user = "a\x9b31mb\u202ec\x1b"
    assert ended(saying(failure=failure, fields={"users": {user: [user]}}))["users"] == {
        "a 31mb c\x1b": ["a 31mb c\x1b"]
    }


def test_a_failure_that_is_told_has_the_result_and_the_details_beside_it():
    failure = WaitTimeout("s1: not gone", causes=["no operator"])
    result = ended(saying("look at it", failure=failure), namespace="theia-prod")
    assert result == {
        "msg": "stopping sessions in theia-prod: s1: not gone",
        "failed": True,
        "changed": True,
        "outcomes": {"stopped": 1},
        "causes": ["no operator"],
        "warnings": ["look at it"],
    }


def test_a_failure_that_is_raised_loses_no_warning():
    result = ended(saying("one", "two", raises=Misconfigured("names: none is given")), namespace="theia-prod")
    assert result == {
        "msg": "stopping sessions in theia-prod: names: none is given",
        "failed": True,
        "warnings": ["one", "two"],
    }


def test_a_warning_is_given_once_and_none_is_nothing_to_warn_of():
    def run(task):
        task.warn("one", None, "one")
        task.warn("two", "one", "")
        return Report(changed=False, fields={})

    assert ended(run)["warnings"] == ["one", "two"]


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"namespace": "theia-prod", "service_url": "https://theia.example.org"}, " in theia-prod"),
        ({"service_url": "https://theia.example.org"}, " through https://theia.example.org"),
        ({}, ""),
    ],
)
def test_a_text_begins_with_what_was_attempted_and_where(options, where):
    assert ended(saying(raises=Misconfigured("no")), **options)["msg"] == f"stopping sessions{where}: no"


def test_of_a_write_without_an_answer_it_is_said_that_it_may_have_been_carried_out():
    result = ended(saying(raises=Unreachable("the connection was reset", applied="unknown")))
    assert (result["applied"], "may have been carried out" in result["msg"]) == ("unknown", True)


def recurse(number=0):
    return recurse(number + 1)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        pytest.param(lambda: format_time(None), "AttributeError", id="bad-data"),
        pytest.param(recurse, "RecursionError", id="too-deep"),
        pytest.param(lambda: {}["token-sesame"], "KeyError", id="a-key-that-is-secret"),
    ],
)
def test_a_python_error_is_told_by_kind_and_place_alone(cause, kind):
    def run(task):
        task.warn("before")
        cause()

    result = ended(run)
    assert f"unexpected {kind}" in result["msg"]
    assert (result["failed"], result["warnings"]) == (True, ["before"])
    assert "sesame" not in str(result)
    assert "Traceback" not in str(result)
    if kind == "AttributeError":
        assert result["msg"].startswith("stopping sessions: _common/timestamps.py:")


def test_differences_have_names_and_are_told_only_when_asked_for():
    diff = [Difference("s1", {"state": "failed"}, {"outcome": "stopped"})]
    assert ended(saying(diff=diff), diff=True)["diff"] == [
        {
            "before_header": "s1",
            "before": {"state": "failed"},
            "after_header": "s1",
            "after": {"outcome": "stopped"},
        }
    ]
    assert "diff" not in ended(saying(diff=diff))


def test_what_others_wrote_commands_no_terminal():
    nasty = "ada\x1b]0;owned\x07\r\u202e\x9b\nok: [lab]"
    diff = [Difference(nasty, {"state": nasty}, {"outcome": nasty})]
    result = ended(saying(nasty, failure=WaitTimeout(nasty), diff=diff), diff=True)
    shown = [result["msg"], *result["warnings"], *json.loads(json.dumps(result["diff"]))[0].values()]
    texts = [text for value in shown for text in (value.values() if isinstance(value, dict) else [value])]
    assert len(texts) == 6
    assert all(text.isprintable() and "owned" in text for text in texts)


def test_a_diff_on_the_terminal_has_the_names_in_it():
    diff = [Difference(name, {"state": "failed"}, {"outcome": "stopped"}) for name in ("s1", "s2")]
    shown = CallbackBase()._get_diff(ended(saying(diff=diff), diff=True)["diff"])
    for name in ("s1", "s2"):
        assert f"--- before: {name}\n" in shown
        assert f"+++ after: {name}\n" in shown


def test_what_a_batch_changed_is_told_by_its_outcomes():
    items = [
        {"name": "s1", "state": "failed", "outcome": "stopped"},
        {"name": "s2", "state": "running", "outcome": "refused"},
        {"name": "ws-1", "outcome": "deleted"},
    ]
    assert differences(items, ("stopped", "deleted")) == [
        Difference("s1", {"state": "failed"}, {"outcome": "stopped"}),
        Difference("ws-1", {}, {"outcome": "deleted"}),
    ]
