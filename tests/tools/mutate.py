# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make mutants of files: one small change each, drawn by a seed. Runs in .venv/mutants, the only place of cosmic-ray.

One line of JSON a mutant. Places are drawn, and then what is done there, because a sum can be replaced in eleven ways
and a comparison with None in one.
"""

from __future__ import annotations

import ast
import collections
import json
import random
import sys
import typing as t
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

# One change of each kind that somebody might make by mistake. All others, such as a sum that becomes a shift, are
# noticed by whatever runs the line.
COMPARISONS = ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Lt_Gt", "Gt_Lt", "Is_IsNot", "IsNot_Is")
SUMS = ("Add_Sub", "Sub_Add", "Mul_Add", "FloorDiv_Mul", "Div_Mul", "BitOr_BitAnd", "BitAnd_BitOr")
OTHERS = (
    "AddNot",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ZeroIterationForLoop",
)
OPERATORS = (
    *(f"core/ReplaceComparisonOperator_{name}" for name in COMPARISONS),
    *(f"core/ReplaceBinaryOperator_{name}" for name in SUMS),
    *(f"core/{name}" for name in OTHERS),
)


class Change(t.NamedTuple):
    """One thing that can be done at one place."""

    operator: str
    occurrence: int


Places = dict[tuple[int, int], list[Change]]


class _Bare(ast.NodeTransformer):
    """What runs: no annotations, and no imports for them."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if "TYPE_CHECKING" in ast.dump(node.test) else self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def bare(code: str) -> str:
    """Return the program without what only type checkers look at."""
    return ast.dump(_Bare().visit(ast.parse(code)))


def places(code: str) -> Places:
    """Find what can be done where."""
    found: Places = collections.defaultdict(list)
    nodes = list(ast_nodes(get_ast(code)))
    for name in OPERATORS:
        operator = get_operator(name)()
        positions = (begin for node in nodes for begin, _end in operator.mutation_positions(node))
        for occurrence, begin in enumerate(positions):
            found[begin].append(Change(name, occurrence))
    return found


def mutate(code: str, changes: t.Sequence[Change], chance: random.Random) -> tuple[Change, str] | None:
    """Do one of these changes; None if each leaves a program that is the same, or none at all."""
    for change in chance.sample(changes, len(changes)):
        mutant = mutate_code(code, get_operator(change.operator)(), change.occurrence)
        try:
            if mutant is not None and bare(mutant) != bare(code):
                return change, mutant
        except SyntaxError:
            continue
    return None


def main(root: Path, sample: int, seed: int, files: list[str]) -> None:
    """Print so many mutants of these files below a folder."""
    texts = {file: (root / file).read_text(encoding="utf-8") for file in files}
    found = {file: places(text) for file, text in texts.items()}
    # Each place draws by itself, so that a change of one file moves nothing in another.
    drawn = [(random.Random(f"{seed} {file} {place}"), file, place) for file in files for place in found[file]]
    made = 0
    for _order, file, place in sorted((chance.random(), file, place) for chance, file, place in drawn):
        mutant = mutate(texts[file], found[file][place], random.Random(f"{seed} {file} {place} what"))
        if mutant:
            made += 1
            change, code = mutant
            print(json.dumps({"file": file, "line": place[0], "operator": change.operator, "code": code}))
        if made == sample:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
