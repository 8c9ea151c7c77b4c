/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The four ways that a source comes to the child; each runs a whole scan.
 */
#pragma once

#include "engine.h"

/* A file that seeks: an image archive, plain or compressed, or a root file system in a tar. */
int sw_image_archive_run(struct sw_engine *engine, struct sw_err *err);
/* Bytes that pass once. */
int sw_image_stream_run(struct sw_engine *engine, struct sw_err *err);
/* Blobs by digest. */
int sw_image_layout_run(struct sw_engine *engine, struct sw_err *err);
/* A directory. */
int sw_rootfs_run(struct sw_engine *engine, struct sw_err *err);
