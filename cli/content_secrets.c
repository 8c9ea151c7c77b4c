/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secret rules: our own, or those that --secret-rules names. What of them cannot be honoured is
 * said on standard error, so that no rule is missing in silence.
 */
#include "content_priv.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "io/descriptor.h"
#include "place.h"
#include "scan/secret_content.h"

static void tell_notes(struct sw_str notes)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    struct sw_str line;
    while (sw_str_next_line(&notes, &line)) {
        sw_buf_init(&text, (size_t)1 << 20);
        if (sw_text_terminal(&text, line) == 0)
            fprintf(stderr, "seawall: warning: %.*s\n", SW_STR_ARG(sw_buf_str(&text)));
        sw_buf_done(&text);
    }
}

int sw_content_load_secrets(const struct sw_content_values *values, struct sw_region *region,
    struct sw_contents_loaded *loaded, struct sw_scan_content *ret, struct sw_err *err)
{
    (void)loaded;
    const char *defaults = sw_place_content(region, "secrets");
    if (defaults == NULL && values->secret_rules.n == 0)
        return sw_err_set(err, -ENOENT,
            "Seawall's own secret rules are not installed; name some with --secret-rules, or leave "
            "secrets out with --only");
    struct sw_secret_content_options options = {
        .paths = &defaults,
        .n_paths = 1,
        .defaults = defaults,
        .directory = values->directory,
    };
    if (values->secret_rules.n > 0) {
        options.paths = values->secret_rules.v;
        options.n_paths = values->secret_rules.n;
    }
    struct sw_secret_content content = {.fd = -1};
    int r = sw_secret_content_load(&options, region, &content, err);
    if (r < 0)
        return sw_err_wrap(err, r, "secret rules");
    tell_notes(content.notes);
    const char *digest = sw_region_strdup(region, sw_str_of(content.digest));
    if (digest == NULL) {
        sw_descriptor_close(content.fd);
        return -ENOMEM;
    }
    ret->fd = content.fd;
    ret->size_bytes = content.size_bytes;
    ret->digest = sw_str_of(digest);
    return 1;
}
