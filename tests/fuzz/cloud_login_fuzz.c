/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a cloud's answer, as a key file, and as the name of a registry: what comes out is
 * fit for a header, and whatever fails says why.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/cloud_login.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int r, struct sw_str token, const struct sw_err *err)
{
    if (r < 0 && (err->code != r || err->message[0] == '\0'))
        abort();
    for (size_t i = 0; r == 0 && i < token.n; i++)
        if ((unsigned char)token.p[i] <= 0x20 || (unsigned char)token.p[i] >= 0x7f)
            abort();
    if (r == 0 && token.n == 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str text = {(const char *)data, size};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)8 << 20);
    struct sw_str token = SW_STR_NONE;
    struct sw_aws_key aws = {0};
    struct sw_google_key google = {0};
    struct sw_err err = {0};
    int r = sw_cloud_token_parse(text, "access_token", &region, &token, &err);
    check(r, token, &err);
    r = sw_aws_token_parse(text, &region, &token, &err);
    check(r, token, &err);
    r = sw_aws_key_parse(text, &region, &aws, &err);
    check(r, aws.secret, &err);
    r = sw_google_key_parse(text, &region, &google, &err);
    check(r, google.email, &err);
    if (r == 0) {
        SW_CLEANUP(sw_buf_done) struct sw_buf assertion = {0};
        sw_buf_init(&assertion, (size_t)1 << 20);
        r = sw_google_assert(&google, 0, &assertion, &err);
        if (r < 0 && err.message[0] == '\0')
            abort();
    }
    enum sw_cloud cloud = sw_cloud_of(text, &token);
    if (cloud != SW_CLOUD_NONE && sw_str_find_char(text, '/') >= 0)
        abort();
    return 0;
}
