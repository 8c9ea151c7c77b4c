/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one place that says whether a call may go on. Hooks that can refuse return what it says;
 * until policies come that is always yes, so that blocking will add no second hook.
 */
#pragma once

#include "maps.bpf.h"

#define DECIDE_ALLOW 0

/* 0, or a negative errno that the caller gets. */
static __always_inline int decide(__u32 kind)
{
    (void)kind;
    return DECIDE_ALLOW;
}
