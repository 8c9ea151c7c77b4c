/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a WWW-Authenticate header: what is found holds no control character, since parts of
 * it become requests.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            abort();
    if (text.n > 0 && text.p[text.n] != '\0')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const schemes[] = {"Bearer", "Basic"};
    struct sw_str text = {(const char *)data, size};
    for (size_t i = 0; i < SW_ARRAY_SIZE(schemes); i++) {
        struct sw_challenge challenge;
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        sw_region_init(&region, (size_t)64 << 20);
        if (sw_challenge_find(text, schemes[i], &region, &challenge) < 0)
            continue;
        check_text(challenge.realm);
        check_text(challenge.service);
        check_text(challenge.scope);
        check_text(challenge.error);
    }
    return 0;
}
