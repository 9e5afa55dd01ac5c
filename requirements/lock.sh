#!/usr/bin/env bash
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Resolves the *.in files: what is pinned stays, unless `--upgrade` is given. An author's step: needs `uv` on PATH,
# nothing else here does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for python in 3.11 3.12; do
  pins="$(mktemp)"
  cp "python-$python.txt" "$pins"
  uv pip compile --quiet --universal --no-header --python-version "$python" --output-file "$pins" "$@" "python-$python.in"
  {
    printf '# Copyright (c) 2026, The EduIDE Cloud collection contributors\n'
    printf '# SPDX-License-Identifier: GPL-3.0-or-later\n#\n'
    printf '# Written by requirements/lock.sh from python-%s.in; do not edit.\n' "$python"
    cat "$pins"
  } > "python-$python.txt"
  rm "$pins"
done
