# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What expressions of PromQL ask for, and which labels their answers have.

A program for the Python of `.venv/events`, the only one with a parser of PromQL. In: the labels of each metric, and
expressions. Out: for each expression why it is none, or the labels of its answer and what its selectors match.
"""

from __future__ import annotations

import json
import sys
from functools import partial

import promql_parser as promql


class Unfit(Exception):
    """Prometheus would take the expression, and its answer would not be what was meant."""


def labels(metrics, node):
    """The labels of an answer; None for a mere number."""
    inner = partial(labels, metrics)
    if isinstance(node, promql.VectorSelector):
        return _selected(metrics, node)
    if isinstance(node, promql.ParenExpr):
        return inner(node.expr)
    if isinstance(node, promql.AggregateExpr):
        return _kept(node.modifier, inner(node.expr))
    if isinstance(node, promql.BinaryExpr):
        return _joined(node, inner(node.lhs), inner(node.rhs))
    if isinstance(node, promql.NumberLiteral) or (isinstance(node, promql.Call) and not node.args):
        return None
    raise Unfit(f"nobody has said yet which labels {node} has")


def _selected(metrics, selector):
    if selector.name not in metrics:
        raise Unfit(f"{selector.name}: no metric that is written")
    written = set(metrics[selector.name])
    for each in selector.matchers.matchers:
        if each.name not in written:
            raise Unfit(f"{each.name}: no label of {selector.name}")
    return written


def _kept(modifier, before):
    if modifier is None:
        return set()
    named = set(modifier.labels)
    if named - before:
        raise Unfit(f"{', '.join(sorted(named - before))}: no label of what is summed up")
    return named if modifier.type == promql.AggModifierType.By else before - named


def _joined(node, left, right):
    if left is None or right is None:
        return left if right is None else right
    modifier = node.modifier
    matching = modifier and modifier.matching
    if matching is None:
        shared = left | right
    elif matching.type == promql.LabelModifierType.Include:
        shared = set(matching.labels)
    else:
        shared = (left | right) - set(matching.labels)
    if shared - (left & right):
        raise Unfit(f"{', '.join(sorted(shared - (left & right)))}: no label of both sides of {node.op}")
    if str(node.op) in ("and", "or", "unless"):
        return left
    if modifier and modifier.card == promql.VectorMatchCardinality.ManyToOne:
        return left | set(modifier.group_labels)
    if modifier and modifier.card == promql.VectorMatchCardinality.OneToMany:
        return right | set(modifier.group_labels)
    return shared


def answer(metrics, expression):
    found = []

    def note(node):
        if isinstance(node, promql.VectorSelector):
            found.extend([each.name, each.value] for each in node.matchers.matchers)

    try:
        tree = promql.parse(expression)
        kept = labels(metrics, tree)
    except (Unfit, ValueError) as exc:
        return {"refused": str(exc)}
    promql.walk(tree, note)
    return {"labels": sorted(kept or ()), "matched": found}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    json.dump([answer(asked["metrics"], expression) for expression in asked["expressions"]], sys.stdout)
