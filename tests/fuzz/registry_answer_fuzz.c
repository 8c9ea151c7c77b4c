/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as what a registry or its token server answers: a token is fit for a header, names are
 * within their bounds, an error's text is found or not.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/registry_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_token(struct sw_str text, struct sw_region *region)
{
    struct sw_registry_token_answer answer;
    struct sw_err err = {0};
    int r = sw_registry_token_parse(text, region, &answer, &err);
    if (r < 0 && (err.code != r || err.message[0] == '\0'))
        abort();
    if (r < 0)
        return;
    if (answer.token.n == 0 || answer.expires_in_s == 0)
        abort();
    for (size_t i = 0; i < answer.token.n; i++)
        if ((unsigned char)answer.token.p[i] <= 0x20 || (unsigned char)answer.token.p[i] >= 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"tags", "repositories"};
    struct sw_str text = {(const char *)data, size};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)64 << 20);
    check_token(text, &region);
    for (size_t i = 0; i < SW_ARRAY_SIZE(keys); i++) {
        struct sw_registry_page page = {0};
        struct sw_err err = {0};
        int r = sw_registry_page_parse(text, keys[i], &region, &page, &err);
        if (r < 0 && (err.code != r || err.message[0] == '\0'))
            abort();
        if (r == 0 && page.n_names > SW_REGISTRY_PAGE_NAMES_MAX)
            abort();
    }
    sw_registry_error_parse(text, &region);
    return 0;
}
