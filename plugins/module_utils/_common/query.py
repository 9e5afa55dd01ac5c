# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Returning no more than was asked for: returning a record costs more time than reading it."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import missing_required_lib

from .errors import Misconfigured

_SHOWN = 200


def check_fields(fields: t.Iterable[str], record: type, thing: str) -> None:
    known = record.__annotations__
    if strange := sorted(set(fields) - set(known)):
        raise Misconfigured(f"a {thing} has no field {', '.join(strange)}; its fields are {', '.join(known)}")


def narrow(result: dict[str, t.Any], listed: str, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A result with what C(query) finds instead of its records, or with the stated C(fields) of each record."""
    query, fields = params["query"], params["fields"]
    rest = {name: value for name, value in result.items() if name != listed}
    if query is not None:
        return {**rest, "query_result": search(query, result)}
    return {**rest, listed: [{f: record[f] for f in fields} for record in result[listed]]} if fields else result


def search(expression: str, data: t.Any) -> t.Any:
    """What a JMESPath expression finds, where its library is installed."""
    try:
        import jmespath
        from jmespath.exceptions import JMESPathError
    except ImportError as exc:
        raise Misconfigured(missing_required_lib("jmespath", reason="for the option query")) from exc
    try:
        return jmespath.search(expression, data)
    except JMESPathError as exc:
        raise Misconfigured(f"the query {expression[:_SHOWN]!r} cannot be used: {_first_line(exc)[:_SHOWN]}") from exc
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # The library's own limits.
        raise Misconfigured(f"the query {expression[:_SHOWN]!r} cannot be used: it is too much for jmespath") from None


def _first_line(exc: Exception) -> str:
    """The library goes on with a drawing of the place, which is none in one line."""
    return str(exc).partition("\n")[0].rstrip(": ")
