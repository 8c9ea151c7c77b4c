/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of tags and repositories, and the errors of the distribution API.
 */
#include <errno.h>

#include "base/mem.h"
#include "foreign_json.h"
#include "registry_json.h"

/* A repository with its prefix; a tag is shorter. */
#define NAME_BYTES_MAX ((size_t)1024)
#define ERROR_TEXT_MAX ((size_t)200)

int sw_registry_page_parse(struct sw_str text, const char *key, struct sw_region *region,
    struct sw_registry_page *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    if (text.n > SW_REGISTRY_PAGE_BYTES_MAX)
        return sw_err_set(err, -EINVAL, "a list of %zu bytes", text.n);
    int r = sw_oci_json_load(text, &json, err);
    if (r < 0)
        return r;
    if (!json_is_object(json))
        return sw_err_set(err, -EINVAL, "the list is not an object");
    const json_t *array = NULL;
    struct sw_registry_page page = {0};
    r = sw_oci_json_array(json, key, SW_REGISTRY_PAGE_NAMES_MAX, &array, err);
    if (r == 0 && array != NULL)
        r = sw_oci_json_strs(array, NAME_BYTES_MAX, region, &page.names, &page.n_names, err);
    if (r == -ENOMEM)
        sw_err_set(err, r, "the list is too long");
    if (r == 0)
        *ret = page;
    return r;
}

struct sw_str sw_registry_error_parse(struct sw_str text, struct sw_region *region)
{
    SW_CLEANUP(sw_oci_json_drop) json_t *json = NULL;
    if (text.n > SW_REGISTRY_TOKEN_ANSWER_MAX || sw_oci_json_load(text, &json, NULL) < 0)
        return SW_STR_NONE;
    const json_t *first = json_array_get(json_object_get(json, "errors"), 0);
    const char *code = json_string_value(json_object_get(first, "code"));
    const char *message = json_string_value(json_object_get(first, "message"));
    /* Token servers of OAuth. */
    if (message == NULL)
        message = json_string_value(json_object_get(json, "details"));
    if (message == NULL)
        message = json_string_value(json_object_get(json, "message"));
    if (code == NULL && message == NULL)
        return SW_STR_NONE;
    char *shown = sw_region_printf(region, "%.*s%s%.*s", (int)ERROR_TEXT_MAX,
        code != NULL ? code : "", code != NULL && message != NULL ? ": " : "", (int)ERROR_TEXT_MAX,
        message != NULL ? message : "");
    return sw_str_of(shown);
}
