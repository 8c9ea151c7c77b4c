/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pieces that sandbox.c puts together.
 */
#pragma once

#include "io/sandbox.h"

/* Each sets *ret, or fails with negative errno and a sentence. */
int sw_sandbox_landlock(const struct sw_sandbox_options *options, enum sw_sandbox_state *ret,
    unsigned *ret_abi, struct sw_err *err);
/* has_tree: files below a handed directory may be opened. */
int sw_sandbox_seccomp(bool has_tree, enum sw_sandbox_state *ret, struct sw_err *err);
