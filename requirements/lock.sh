#!/usr/bin/env bash
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Resolves the *.in files anew. An author's step: needs `uv` on PATH, nothing else here does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for python in 3.11 3.12; do
  {
    printf '# Copyright (c) 2026, The EduIDE Cloud collection contributors\n'
    printf '# SPDX-License-Identifier: GPL-3.0-or-later\n#\n'
    printf '# Written by requirements/lock.sh from python-%s.in; do not edit.\n' "$python"
    uv pip compile --quiet --universal --no-header --python-version "$python" "python-$python.in"
  } > "python-$python.txt.new"
  mv "python-$python.txt.new" "python-$python.txt"
done
