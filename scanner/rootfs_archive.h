/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar that holds no image but a root file system: scanned as one layer.
 */
#pragma once

#include <stdbool.h>

#include "engine.h"
#include "oci/member_index.h"

/* True when the members look like one. */
bool sw_rootfs_archive_is(const struct sw_member_index *index);
/* Asks for the whole source anew and walks it. */
int sw_rootfs_archive_run(struct sw_engine *engine, struct sw_err *err);
