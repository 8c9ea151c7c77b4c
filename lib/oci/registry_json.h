/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What registries and token servers answer besides manifests.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

/* A page of tags or repositories; servers give 100 to 1,000 names at a time, some all of them. */
#define SW_REGISTRY_PAGE_BYTES_MAX ((size_t)32 << 20)
#define SW_REGISTRY_PAGE_NAMES_MAX ((size_t)1000000)
/* Tokens carry claims; those of large organisations have some 10 KB. */
#define SW_REGISTRY_TOKEN_BYTES_MAX ((size_t)65536)
#define SW_REGISTRY_TOKEN_ANSWER_MAX ((size_t)256 * 1024)

struct sw_registry_token_answer {
    struct sw_str token;   /* fit for a header */
    uint64_t expires_in_s; /* as the protocol says where the server does not */
};

/* -EINVAL with a sentence; nothing of the answer is in it. */
int sw_registry_token_parse(struct sw_str text, struct sw_region *region,
    struct sw_registry_token_answer *ret, struct sw_err *err);

struct sw_registry_page {
    struct sw_str *names; /* as the server gave them: any bytes */
    size_t n_names;
};

/* The names under `key` ("tags", "repositories"); null is none. */
int sw_registry_page_parse(struct sw_str text, const char *key, struct sw_region *region,
    struct sw_registry_page *ret, struct sw_err *err);

/* "CODE: message" of an error's body, in the region; empty when it has no such form. */
struct sw_str sw_registry_error_parse(struct sw_str text, struct sw_region *region);
