#!/usr/bin/env bash
# Copyright (c) 2026, The EduIDE Cloud collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Resolves the *.in files: what is pinned stays, unless `--upgrade` is given. An author's step: needs `uv` on PATH,
# nothing else here does.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
for name in events importer mutants oldest python-3.11 python-3.12; do
  case "$name" in
    python-*) python="${name#python-}" ;;
    *) python=3.11 ;;
  esac
  pins="$(mktemp)"
  if [ -e "$name.txt" ]; then cp "$name.txt" "$pins"; fi
  uv pip compile --quiet --universal --no-header --python-version "$python" --output-file "$pins" "$@" "$name.in"
  {
    printf '# Copyright (c) 2026, The EduIDE Cloud collection contributors\n'
    printf '# SPDX-License-Identifier: GPL-3.0-or-later\n#\n'
    printf '# Written by requirements/lock.sh from %s.in; do not edit.\n' "$name"
    cat "$pins"
  } > "$name.txt"
  rm "$pins"
done
