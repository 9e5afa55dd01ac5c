# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in which all playbooks and roles read what people type, paste, or fill in.

A variable may come from a command line (everything is text), from YAML (words without quotes get a type), or from a
survey of AWX (a blank answer is null, and the answer ``60`` to a question for text is a number). What a variable may be
is described as argument specs of roles describe it. What is undefined, null, empty or blank is not stated.
"""

from __future__ import annotations

import difflib
import json
import re
import typing as t
from datetime import date

from jinja2.runtime import Undefined

Option = t.Mapping[str, t.Any]
Values = dict[str, t.Any]

_SWITCHES = {
    **dict.fromkeys(("true", "yes", "on", "y", "t", "1"), True),
    **dict.fromkeys(("false", "no", "off", "n", "f", "0"), False),
}
_WHOLE = re.compile(r"[-+]?[0-9]+", re.ASCII)
# YAML reads 23:59 as a number of base sixty. Only for times of day is it known what was meant.
_TIMES = ("end", "until", "start")
_SHOWN = 60


class Misread(Exception):
    """What somebody wrote cannot be what it has to be; the text says so in the words of a person."""


def is_stated(value: t.Any) -> bool:
    """Whether somebody said something: neither null nor blank, nor a collection of nothing."""
    if value is None or isinstance(value, Undefined) or (isinstance(value, str) and not value.strip()):
        return False
    return not (isinstance(value, (list, tuple, dict)) and not value)


def read_options(options: t.Mapping[str, Option], given: t.Mapping[str, t.Any], names: t.Mapping[str, str]) -> Values:
    """Read the stated values; all that cannot be read is told at once, under the names in which it was given."""
    values: Values = {}
    problems = []
    for name, option in options.items():
        try:
            value = read_value(option, given.get(name), names.get(name, name))
        except Misread as exc:
            problems.append(str(exc))
            continue
        if value is not None:
            values[name] = value
    if problems:
        raise Misread("; ".join(problems))
    return values


def read_value(option: Option, value: t.Any, name: str) -> t.Any:
    """The value in the type of its option; None if nothing is stated."""
    if not is_stated(value):
        return None
    reader = _READERS[option.get("type", "str")]
    return reader(option, value, name)


def _text(option: Option, value: t.Any, name: str) -> str:
    choices = option.get("choices")
    # YAML takes the words on and off for switches.
    if isinstance(value, bool) and choices and (word := "on" if value else "off") in choices:
        return word
    text = _plain_text(value, name)
    if choices and text not in choices:
        raise Misread(f"{name} has to be {_either(choices)}, not {_shown(text)}{_nearest(text, choices)}")
    return text


def _plain_text(value: t.Any, name: str) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, date):  # and datetime
        return value.isoformat()
    if _is_number(value) and name.rpartition(".")[2] in _TIMES and 0 <= value < 24 * 60:
        return f"{value // 60:02}:{value % 60:02}"
    if _is_number(value):
        return str(value)
    raise Misread(f"{name} has to be text, not {_shown(value)}; put it in quotes if it is meant to be text")


def _whole_number(_option: Option, value: t.Any, name: str) -> int:
    if _is_number(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()) and len(value) < 20:
        return int(value)
    raise Misread(f"{name} has to be a whole number, not {_shown(value)}")


def _switch(_option: Option, value: t.Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str) or _is_number(value) else ""
    if word not in _SWITCHES:
        raise Misread(f"{name} has to be true or false, not {_shown(value)}")
    return _SWITCHES[word]


def _list(option: Option, value: t.Any, name: str) -> list[t.Any] | None:
    if option.get("elements", "str") == "dict":
        items = [value] if isinstance(value, t.Mapping) else value
        if isinstance(items, str) or not isinstance(items, (list, tuple)):
            raise Misread(f"{name} has to be a list of mappings, not {_shown(value)}")
        return [_mapping(option, item, f"{name}[{number}]") for number, item in enumerate(items)]
    words = _words(value, name)
    for word in words:
        _text(option, word, name)
    return words or None


def _words(value: t.Any, name: str) -> list[str]:
    """Names of sessions, users and the like: in lines, between commas, or a list, whose items are taken as they are."""
    if isinstance(value, str) and (value.strip() == "null" or value.lstrip().startswith("[")):
        # A command line hands over as text what would be a list, or nothing, in YAML.
        value = _read_json(value, name)
    if value is None:
        return []
    if isinstance(value, str):
        return [word.strip() for word in re.split(r"[,\r\n]", value) if word.strip()]
    if not isinstance(value, (list, tuple)):
        return [_plain_text(value, name)]
    words: list[str] = []
    for item in value:
        if isinstance(item, (list, tuple)):
            words += _words(item, name)
        elif is_stated(item):
            words.append(item if isinstance(item, str) else _plain_text(item, name))
    return words


def _read_json(text: str, name: str) -> t.Any:
    try:
        return json.loads(text)
    except ValueError as exc:
        raise Misread(f"{name} has to be JSON where it begins like it, not {_shown(text)}: {exc}") from exc


def _mapping(option: Option, value: t.Any, name: str) -> Values:
    if isinstance(value, str) and value.strip().startswith("{"):
        value = _read_json(value, name)
    if not isinstance(value, t.Mapping):
        raise Misread(f"{name} has to be a mapping, not {_shown(value)}")
    options = option.get("options")
    if options is None:
        return dict(value)
    for key in value:
        if key not in options:
            raise Misread(f"{name} has no {_shown(key)}{_nearest(str(key), options)}; it may have {', '.join(options)}")
    read = read_options(options, value, {key: f"{name}.{key}" for key in options})
    for key, inner in options.items():
        if inner.get("required") and key not in read:
            raise Misread(f"{name}.{key} has to be stated")
    return read


_READERS: t.Mapping[str, t.Callable[[Option, t.Any, str], t.Any]] = {
    "str": _text,
    "path": _text,
    "int": _whole_number,
    "bool": _switch,
    "list": _list,
    "dict": _mapping,
}


def nearest(word: str, known: t.Iterable[str]) -> str | None:
    """The name that was probably meant."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.75)), None)


def _nearest(word: str, known: t.Iterable[str]) -> str:
    found = nearest(word, known)
    return f" ({found} perhaps)" if found else ""


def _is_number(value: t.Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _either(choices: t.Sequence[t.Any]) -> str:
    *others, last = map(str, choices)
    return f"{', '.join(others)} or {last}" if others else last


def _shown(value: t.Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value if not isinstance(value, str) else str(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
