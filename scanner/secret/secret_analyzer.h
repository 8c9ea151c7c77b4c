/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in every file of a layer, and in the texts of an image's config.
 */
#pragma once

#include "analyzer.h"

extern const struct sw_analyzer sw_secret_analyzer;
