/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as where a redirect leads: refused, or a URL without a login whose host is read the
 * same a second time.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "io/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_http_origin first, second;
    SW_CLEANUP(sw_mem_freep) char *location = sw_mem_strndup((const char *)data, size);
    SW_CLEANUP(sw_buf_done) struct sw_buf url = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf again = {0};
    sw_buf_init(&url, SW_HTTP_URL_MAX * 4);
    sw_buf_init(&again, SW_HTTP_URL_MAX * 4);
    if (location == NULL ||
        sw_http_url_resolve("https://r.example:5000/v2/a?b", location, &url, NULL) < 0 ||
        sw_http_origin_parse(url.p, &first, NULL) < 0)
        return 0;
    if (strpbrk(url.p, "\r\n") != NULL || strchr(first.host, '@') != NULL)
        abort();
    if (sw_http_url_resolve("https://other.example/", url.p, &again, NULL) < 0)
        return 0;
    if (sw_http_origin_parse(again.p, &second, NULL) < 0 || !sw_http_origin_equal(&first, &second))
        abort();
    sw_http_origin_place(&first);
    char shown[64];
    sw_http_url_shown(location, shown, sizeof(shown));
    return 0;
}
