#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/events.md says what the table of events says.
set -eu
cd "$(dirname "$0")/../.."
tools/make-event-docs --check
