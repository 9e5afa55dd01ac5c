# Copyright (c) 2026, The EduIDE Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forty secrets, each of another shape, and the part of each that must not be seen anywhere."""

from __future__ import annotations

import base64
import json

CORE = "c0ffee00-3f1b-4c59"
_DIGITS = "829017463512004"
_LETTERS = "qwxzvkjmyhtr"
_SHAPES = {
    "plain": CORE,
    "line break at its end": f"{CORE}\n",
    "line break of another system": f"{CORE}\r\n",
    "line break before it": f"\n{CORE}",
    "line break inside": f"{CORE}\n{CORE}",
    "lines": f"{CORE}-1\n\n{CORE}-2\n",
    "carriage return inside": f"{CORE}\r{CORE}",
    "carriage return at its end": f"{CORE}\r",
    "single quote": f"{CORE}'{CORE}",
    "double quote": f'{CORE}"{CORE}',
    "both quotes": f"'{CORE}\"",
    "back quote": f"`{CORE}`",
    "backslash": f"{CORE}\\{CORE}",
    "escaped line break": f"{CORE}\\n{CORE}",
    "other script": f"ключ-{CORE}-ключ",
    "umlaut": f"schlüssel-{CORE}",
    "umlaut in two": f"schlu\u0308ssel-{CORE}",
    "ideographs": f"密钥{CORE}",
    "pictures": f"{CORE}🔑",
    "from right to left": f"\u202e{CORE}",
    "line separator": f"{CORE}\u2028{CORE}",
    "invisible": f"{CORE}\u200b",
    "signs of addresses": f"{CORE}/@:%?#{CORE}",
    "percent": f"{CORE}%41%0a",
    "blanks": f"  {CORE} ",
    "blank inside": f"{CORE} {CORE}",
    "tab": f"{CORE}\t{CORE}",
    "escape": f"{CORE}\x1b[0m{CORE}",
    "template": f"{{{{ '{CORE}' }}}}",
    "shell": f"$({CORE})&;|<>",
    "YAML": f"!{CORE}: &a *b # - [",
    "JSON": json.dumps({"token": CORE}),
    "block scalar": f"|\n  {CORE}\n",
    "kubeconfig": f"users:\n- name: u\n  user:\n    token: {CORE}\n",
    "address": f"https://ada:{CORE}@example.org/",
    "web token": f"eyJhbGciOiJub25lIn0.{CORE}.signature",
    "long": f"{CORE}-" * 300,
}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


SECRETS = {
    **{name: (secret, CORE) for name, secret in _SHAPES.items()},
    "digits": (_DIGITS, _DIGITS),
    "letters": (_LETTERS, _LETTERS),
    "base64": (_encoded(f"{CORE}?>"), _encoded(f"{CORE}?>")[4:-4]),
}
"""Name -> the secret, and the part of it that is looked for."""
