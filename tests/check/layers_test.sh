#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rooms hold: directions of includes, words at home, lengths; and the checks find breaches.
set -eu
cd "$(dirname "$0")/../.."
tools/check-layers
tools/check-rooms
tools/check-lengths
