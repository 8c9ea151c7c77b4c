/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the opener (beneath.c) shares with the walker (beneath_walk.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/beneath.h"

/* The resolve flags that the options mean, without BENEATH or IN_ROOT. */
uint64_t sw_beneath_resolve(const struct sw_beneath_options *options);
/* A descriptor (O_CLOEXEC) or negative errno. */
int sw_beneath_openat2(int dir_fd, const char *path, int flags, uint64_t resolve);
bool sw_beneath_is_skipped_mount(const struct sw_beneath_mounts *mounts, uint64_t id);
/* By the type of the file system behind fd. */
bool sw_beneath_is_skipped_type(int fd);
