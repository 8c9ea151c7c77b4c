/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the name of an image: refused with a sentence, or a name that reads the same again
 * once it is written out.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct sw_reference *first, struct sw_region *region)
{
    struct sw_reference second;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    sw_buf_init(&text, 4096);
    if (sw_reference_format(first, &text) < 0 ||
        sw_reference_parse(sw_buf_str(&text), region, &second, NULL) < 0)
        abort();
    if (!sw_str_equal(first->registry, second.registry) ||
        !sw_str_equal(first->repository, second.repository) ||
        !sw_str_equal(first->tag, second.tag) || !sw_str_equal(first->digest, second.digest))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str text = {(const char *)data, size};
    struct sw_err err = {0};
    struct sw_reference reference;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)1 << 20);
    int r = sw_reference_parse(text, &region, &reference, &err);
    if (r < 0 && (err.code != r || err.message[0] == '\0'))
        abort();
    if (r < 0)
        return 0;
    if (!sw_reference_is_registry(reference.registry) ||
        (reference.tag.n == 0 && reference.digest.n == 0))
        abort();
    check_again(&reference, &region);
    sw_reference_parse_repository(text, &region, &reference, NULL);
    return 0;
}
