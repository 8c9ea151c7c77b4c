#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy has nothing to say (.clang-tidy names the checks). Two files at a time.
set -eu
cd "${SEAWALL_SOURCE:-$(dirname "$0")/../..}"
command -v clang-tidy >/dev/null || { echo "clang-tidy is not installed"; exit 77; }
build=${SEAWALL_BUILD:-build/dev}
git ls-files -co --exclude-standard -z 'lib/*.c' 'scanner/*.c' 'cli/*.c' 'agent/*.c' |
    xargs -0 -n 6 -P 2 clang-tidy --quiet -p "$build" 2>/dev/null
