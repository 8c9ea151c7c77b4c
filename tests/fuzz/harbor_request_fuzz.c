/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a scan request of Harbor: what is accepted names a target and wants something, and
 * nothing in it would break a header.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "harbor/request_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_header(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    SW_CLEANUP(sw_harbor_request_freep) struct sw_harbor_request *request = NULL;
    struct sw_err err = {0};
    int r = sw_harbor_request_parse((struct sw_str){(const char *)data, size}, &request, &err);
    if (r < 0) {
        if (request != NULL || err.message[0] == '\0')
            abort();
        return 0;
    }
    bool is_wanted = false;
    for (size_t i = 0; i < _SW_HARBOR_DOCUMENT_MAX; i++)
        is_wanted = is_wanted || request->is_wanted[i];
    if (!is_wanted || strncmp(request->target, "registry:", 9) != 0)
        abort();
    check_header(request->target);
    check_header(request->authorization.user);
    check_header(request->authorization.secret);
    check_header(request->authorization.token);
    if (!sw_harbor_request_is_same(request, request))
        abort();
    return 0;
}
