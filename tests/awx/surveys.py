# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Surveys: what a specification has to be, and what a launch may answer."""

from __future__ import annotations

import typing as t

from awx.fields import Refused, Values

ENCRYPTED = "$encrypted$"
_TEXTS = ("text", "textarea", "password")
_CHOICES = ("multiplechoice", "multiselect")
_TYPES = (*_TEXTS, "integer", "float", *_CHOICES)


def check_spec(spec: t.Any) -> Values:
    """The specification as it is kept; blank lines of choices are taken out."""
    if not isinstance(spec, dict):
        raise _bad("the survey has to be a JSON object")
    for part in ("name", "description"):
        if not isinstance(spec.get(part), str):
            raise _bad(f"'{part}' has to be a string in the survey")
    questions = spec.get("spec")
    if not isinstance(questions, list) or not questions:
        raise _bad("'spec' has to be a list that is not empty")
    seen: set[str] = set()
    for number, question in enumerate(questions):
        _check_question(number, question)
        if question["variable"] in seen:
            raise _bad(f"'variable' {question['variable']} is a duplicate in question {number}")
        seen.add(question["variable"])
    return {**spec, "spec": [_kept(question) for question in questions]}


def _bad(sentence: str) -> Refused:
    return Refused(400, {"error": sentence})


def _check_question(number: int, question: t.Any) -> None:
    if not isinstance(question, dict):
        raise _bad(f"question {number} has to be a JSON object")
    for part, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
        if not isinstance(question.get(part), kind):
            raise _bad(f"'{part}' has to be a {kind.__name__} in question {number}")
    if question["type"] not in _TYPES:
        raise _bad(f"'{question['type']}' in question {number} is none of {', '.join(_TYPES)}")
    for part in ("min", "max"):
        if question.get(part) is not None and not _is_whole(question[part]):
            raise _bad(f"'{part}' has to be an integer in question {number}")
    if question["type"] in _CHOICES and not _choices(question):
        raise _bad(f"'choices' are missing in question {number}")
    _check_default(number, question)


def _check_default(number: int, question: Values) -> None:
    default, kind = question.get("default", ""), question["type"]
    if default == ENCRYPTED and kind != "password":
        raise _bad(f"{ENCRYPTED} is a reserved word, question {number} is no password")
    if default == "":
        return
    fits = {"integer": _is_whole(default), "float": _is_number(default)}.get(kind, isinstance(default, str))
    if not fits:
        raise _bad(f"the default of question {number} has another type than {kind}")
    chosen = str(default).splitlines() if kind == "multiselect" else [default]
    if kind in _CHOICES and not set(chosen) <= set(_choices(question)):
        raise _bad(f"the default of question {number} is none of its choices")


def _choices(question: Values) -> list[str]:
    choices = question.get("choices") or []
    return [line for line in choices.splitlines() if line.strip()] if isinstance(choices, str) else list(choices)


def _kept(question: Values) -> Values:
    if not isinstance(question.get("choices"), str) or question["type"] not in _CHOICES:
        return question
    return {**question, "choices": "\n".join(_choices(question))}


def faults(spec: Values, answers: Values) -> list[str]:
    """What is wrong with the answers that were given; what was not given is judged by `missing`."""
    answered = [question for question in spec.get("spec", []) if question["variable"] in answers]
    return [fault for question in answered if (fault := _fault(question, answers[question["variable"]]))]


def missing(spec: Values, answers: Values) -> list[str]:
    """Required questions without an answer. A default does not answer for a caller."""
    return [
        f"'{question['variable']}' value missing"
        for question in spec.get("spec", [])
        if question["required"] and question["variable"] not in answers
    ]


def defaults(spec: Values) -> Values:
    """What optional questions contribute if nothing is sent: defaults that would pass as answers."""
    return {
        question["variable"]: question["default"]
        for question in spec.get("spec", [])
        if "default" in question and not _fault(question, question["default"])
    }


def variables(spec: Values) -> set[str]:
    return {question["variable"] for question in spec.get("spec", [])}


def _fault(question: Values, value: t.Any) -> str | None:
    return _FAULTS[question["type"]](question, value)


def _text_fault(question: Values, value: t.Any) -> str | None:
    name, low, high = question["variable"], question.get("min"), question.get("max")
    if not isinstance(value, str):
        return f"Value {value} for '{name}' expected to be a string."
    if (low not in {None, ""} and len(value) < low) or (high not in {None, ""} and len(value) > high):
        return f"'{name}' value {value} has a length outside of {low} and {high}."
    return None


def _number_fault(question: Values, value: t.Any) -> str | None:
    name, low, high = question["variable"], question.get("min"), question.get("max")
    whole = question["type"] == "integer"
    if not (_is_whole(value) if whole else _is_number(value)):
        return f"Value {value} for '{name}' expected to be {'an integer' if whole else 'a numeric type'}."
    if (low is not None and value < low) or (high is not None and value > high):
        return f"'{name}' value {value} is outside of {low} and {high}."
    return None


def _choice_fault(question: Values, value: t.Any) -> str | None:
    name, choices = question["variable"], _choices(question)
    if question["type"] == "multiplechoice":
        wrong = [] if value in choices else [value]
    elif isinstance(value, list):
        wrong = [item for item in value if item not in choices]
    else:
        return f"'{name}' value is expected to be a list."
    return f"Value {wrong[0]} for '{name}' expected to be one of {choices}." if wrong else None


def _is_whole(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: t.Any) -> bool:
    return _is_whole(value) or isinstance(value, float)


_FAULTS: t.Mapping[str, t.Callable[[Values, t.Any], str | None]] = {
    **dict.fromkeys(_TEXTS, _text_fault),
    **dict.fromkeys(("integer", "float"), _number_fault),
    **dict.fromkeys(_CHOICES, _choice_fault),
}
