/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stages, in the order in which events pass them. A new one is two lines here.
 */
#include "stage.h"

#include <stddef.h>

const struct sw_stage *const sw_stages[] = {
    NULL,
};
