/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as Docker's settings and as a helper's answer: a login that is found is fit for a
 * header, and whatever fails says why.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "oci/docker_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int r, const struct sw_docker_login *login, const struct sw_err *err)
{
    if (r < 0 && r != -ENOENT && (err->code != r || err->message[0] == '\0'))
        abort();
    if (r < 0)
        return;
    if (login->user.n + login->identity_token.n + login->registry_token.n + login->helper.n == 0)
        abort();
    for (size_t i = 0; i < login->user.n; i++)
        if ((unsigned char)login->user.p[i] < 0x20 || login->user.p[i] == ':')
            abort();
    if (login->helper.n > SW_DOCKER_HELPER_NAME_MAX || sw_str_find_char(login->helper, '/') >= 0 ||
        sw_str_find_char(login->helper, '\0') >= 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"docker.io", "r.example:5000", "r.example/team/app"};
    struct sw_str text = {(const char *)data, size};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)8 << 20);
    for (size_t i = 0; i <= SW_ARRAY_SIZE(names); i++) {
        struct sw_docker_login login = {0};
        struct sw_err err = {0};
        int r = i < SW_ARRAY_SIZE(names)
                    ? sw_docker_config_find(text, names[i], &region, &login, &err)
                    : sw_docker_helper_parse(text, &region, &login, &err);
        check(r, &login, &err);
        sw_docker_login_wipe(&login);
    }
    return 0;
}
