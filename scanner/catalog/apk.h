/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The apk database of Alpine, Wolfi and Chainguard: lib/apk/db/installed.
 */
#pragma once

#include "analyzer.h"

extern const struct sw_analyzer sw_apk_analyzer;
