#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Release programs are hardened: PIE, full RELRO, no executable stack, stack protector, fortify, CET.
set -eu
cd "${SEAWALL_SOURCE:-$(dirname "$0")/../..}"
status=0
for program in seawall seawall-scanner; do
    file=build/release/bin/$program
    [ -x "$file" ] || { echo "no release build of $program (cmake --preset release)"; exit 77; }
    want() { printf '%s' "$1" | grep -q "$2" || { echo "$program: no $3"; status=1; }; }
    want "$(readelf -hW "$file")" 'DYN (Position-Independent' PIE
    want "$(readelf -lW "$file")" GNU_RELRO RELRO
    want "$(readelf -dW "$file")" BIND_NOW 'immediate binding'
    readelf -lW "$file" | grep GNU_STACK | grep -q 'RWE' && { echo "$program: executable stack"; status=1; }
    want "$(readelf --dyn-syms -W "$file")" __stack_chk_fail 'stack protector'
    want "$(readelf --dyn-syms -W "$file")" _chk@ fortify
    [ "$(uname -m)" = x86_64 ] || continue
    want "$(readelf -nW "$file")" SHSTK 'shadow stack'
    want "$(objdump -d --no-show-raw-insn --disassemble=main "$file" | grep -A1 '<main>:')" endbr64 \
        'branch tracking'
done
exit $status
