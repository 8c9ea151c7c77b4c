/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs by digest: an OCI layout directory, a registry, the store of an engine. The top index comes
 * with SCAN, every blob is asked of the parent.
 */
#include <errno.h>

#include "base/mem.h"
#include "image.h"
#include "image_source.h"
#include "io/digest.h"

/* "blobs/sha256/<hex>" as "sha256:<hex>". */
static int digest_of(struct sw_engine *engine, struct sw_str name, struct sw_str *ret)
{
    struct sw_str rest = sw_str_skip(name, SW_STR("blobs/").n);
    ptrdiff_t slash = sw_str_find_char(rest, '/');
    if (!sw_str_starts_with(name, SW_STR("blobs/")) || slash < 0)
        return -ENOENT;
    char *text = sw_region_printf(engine->region, "%.*s:%.*s", (int)slash, rest.p,
        SW_STR_ARG(sw_str_skip(rest, (size_t)slash + 1)));
    if (text == NULL)
        return -ENOMEM;
    *ret = sw_str_of(text);
    return sw_digest_parse(*ret, NULL, NULL) < 0 ? -ENOENT : 0;
}

static int load_blob(struct sw_engine *engine, struct sw_str name, bool is_manifest,
    struct sw_buf *buf, struct sw_err *err)
{
    struct sw_message_open open = {
        .kind = SW_OPEN_BLOB, .layer = SW_MESSAGE_NO_LAYER, .is_manifest = is_manifest};
    int r = digest_of(engine, name, &open.digest);
    if (r < 0)
        return sw_err_set(err, r, "'%.*s' names no blob", SW_STR_ARG(name));
    return sw_session_load(engine->session, &open, buf, err);
}

static int load(void *context, struct sw_str name, struct sw_buf *buf, struct sw_err *err)
{
    return load_blob(context, name, false, buf, err);
}

static int load_manifest(void *context, struct sw_str name, struct sw_buf *buf, struct sw_err *err)
{
    return load_blob(context, name, true, buf, err);
}

static int place(void *context, struct sw_str name, struct sw_place *ret, struct sw_err *err)
{
    struct sw_place found = {.open = {.kind = SW_OPEN_BLOB}};
    int r = digest_of(context, name, &found.open.digest);
    if (r < 0)
        return sw_err_set(err, r, "'%.*s' names no blob", SW_STR_ARG(name));
    *ret = found;
    return 0;
}

int sw_image_layout_run(struct sw_engine *engine, struct sw_err *err)
{
    struct sw_image_source source = {
        .load = load, .load_manifest = load_manifest, .place = place, .context = engine};
    SW_CLEANUP(sw_plan_done) struct sw_plan plan;
    sw_plan_init(&plan, engine, &source);
    int r = sw_image_add_oci(&plan, SW_TARGET_OCI_LAYOUT, engine->scan->index, err);
    return r < 0 ? r : sw_plan_run(&plan, err);
}
