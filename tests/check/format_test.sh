#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All C is as clang-format leaves it.
set -eu
cd "$(dirname "$0")/../.."
command -v clang-format >/dev/null || { echo "clang-format is not installed"; exit 77; }
git ls-files -co --exclude-standard -z '*.c' '*.h' | xargs -0 clang-format --dry-run -Werror
