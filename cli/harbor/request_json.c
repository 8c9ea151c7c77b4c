/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan request. It comes from an authenticated peer and is believed no further than its form:
 * what is in it becomes part of a URL and of headers.
 */
#include "harbor/request_json.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "io/digest.h"
#include "oci/foreign_json.h"
#include "oci/reference.h"

#define CAPABILITIES_MAX 16
#define TYPES_MAX 32
#define REGION_BYTES_MAX ((size_t)512 * 1024)
/* "https://" and a host. */
#define URL_BYTES_MAX ((size_t)512)

static void drop(json_t **json)
{
    json_decref(*json);
}

bool sw_harbor_mime_is(struct sw_str given, const char *type)
{
    size_t i = 0;
    for (;; i++, type++) {
        while (i < given.n && (given.p[i] == ' ' || given.p[i] == '\t' || given.p[i] == '"'))
            i++;
        while (*type == ' ')
            type++;
        if (i >= given.n || *type == '\0')
            return i >= given.n && *type == '\0';
        char a = given.p[i];
        if (a >= 'A' && a <= 'Z')
            a = (char)(a - 'A' + 'a');
        if (a != *type)
            return false;
    }
}

static int wrong_type(struct sw_err *err, const char *what)
{
    return sw_err_set(err, -EBADMSG, "'%s' has the wrong type", what);
}

static int read_text(struct sw_harbor_request *request, const json_t *object, const char *key,
    size_t max, struct sw_str *ret, struct sw_err *err)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return wrong_type(err, key);
    struct sw_str text = {json_string_value(value), json_string_length(value)};
    if (text.n > max)
        return sw_err_set(err, -EINVAL, "'%s' is longer than %zu bytes", key, max);
    return sw_region_copy(&request->region, text, ret) < 0 ? -ENOMEM : 0;
}

static int read_member(
    const json_t *object, const char *key, bool is_array, const json_t **ret, struct sw_err *err)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL || json_is_null(value)) {
        *ret = NULL;
        return 0;
    }
    if (is_array ? !json_is_array(value) : !json_is_object(value))
        return wrong_type(err, key);
    *ret = value;
    return 0;
}

static bool cut(struct sw_str *text, struct sw_str prefix)
{
    if (text->n < prefix.n || !sw_str_equal_ignore_case(sw_str_part(*text, 0, prefix.n), prefix))
        return false;
    *text = sw_str_skip(*text, prefix.n);
    return true;
}

/* "https://host[:port][/]": a registry's API is at the top of its host. */
static int read_url(struct sw_harbor_request *request, struct sw_str url, struct sw_err *err)
{
    struct sw_str host = url;
    request->is_plain = cut(&host, SW_STR("http://"));
    if (!request->is_plain && !cut(&host, SW_STR("https://")))
        return sw_err_set(err, -EINVAL, "registry.url must begin with https:// or http://");
    while (host.n > 0 && host.p[host.n - 1] == '/')
        host.n--;
    if (!sw_reference_is_registry(host))
        return sw_err_set(err, -EINVAL, "registry.url must name a host, with or without a port");
    bool has_mark = sw_str_find_char(host, '.') >= 0 || sw_str_find_char(host, ':') >= 0;
    const char *port = has_mark ? "" : request->is_plain ? ":80" : ":443";
    request->host = host;
    char *registry = sw_region_printf(&request->region, "%.*s%s", SW_STR_ARG(host), port);
    request->registry = sw_str_of(registry);
    return registry == NULL ? -ENOMEM : 0;
}

static int read_registry(struct sw_harbor_request *request, const json_t *root, struct sw_err *err)
{
    const json_t *registry = NULL;
    struct sw_str url = SW_STR_NONE;
    struct sw_str authorization = SW_STR_NONE;
    int r = read_member(root, "registry", false, &registry, err);
    if (r < 0)
        return r;
    if (registry == NULL)
        return sw_err_set(err, -EINVAL, "there is no 'registry'");
    r = read_text(request, registry, "url", URL_BYTES_MAX, &url, err);
    if (r == 0)
        r = read_text(
            request, registry, "authorization", SW_HARBOR_AUTHORIZATION_MAX, &authorization, err);
    if (r == 0 && url.n == 0)
        r = sw_err_set(err, -EINVAL, "there is no registry.url");
    if (r == 0)
        r = sw_harbor_authorization_parse(
            authorization, &request->region, &request->authorization, err);
    if (authorization.n > 0)
        explicit_bzero((char *)(uintptr_t)authorization.p, authorization.n);
    return r == 0 ? read_url(request, url, err) : r;
}

static int check_artifact(const struct sw_harbor_request *request, struct sw_err *err)
{
    if (!sw_reference_is_repository(request->repository))
        return sw_err_set(err, -EINVAL, "artifact.repository is missing, or names no repository");
    if (request->digest.n == 0 && request->tag.n == 0)
        return sw_err_set(err, -EINVAL, "the artifact has neither digest nor tag");
    if (request->digest.n > 0 && sw_digest_parse(request->digest, NULL, NULL) < 0)
        return sw_err_set(err, -EINVAL, "artifact.digest is no digest (sha256:...)");
    if (request->tag.n > 0 && !sw_reference_is_tag(request->tag))
        return sw_err_set(err, -EINVAL, "artifact.tag is no tag");
    if (request->mime_type.n > 0 &&
        !sw_harbor_mime_is(request->mime_type, SW_HARBOR_OCI_MANIFEST) &&
        !sw_harbor_mime_is(request->mime_type, SW_HARBOR_DOCKER_MANIFEST))
        return sw_err_set(err, -EOPNOTSUPP, "this type of artifact (mime_type) is not scanned");
    return 0;
}

static int read_artifact(struct sw_harbor_request *request, const json_t *root, struct sw_err *err)
{
    const json_t *artifact = NULL;
    int r = read_member(root, "artifact", false, &artifact, err);
    if (r == 0 && artifact == NULL)
        r = sw_err_set(err, -EINVAL, "there is no 'artifact'");
    if (r == 0)
        r = read_text(request, artifact, "repository", SW_REFERENCE_REPOSITORY_MAX,
            &request->repository, err);
    if (r == 0)
        r = read_text(request, artifact, "digest", SW_DIGEST_TEXT_BYTES, &request->digest, err);
    if (r == 0)
        r = read_text(request, artifact, "tag", SW_REFERENCE_TAG_MAX, &request->tag, err);
    if (r == 0)
        r = read_text(request, artifact, "mime_type", SW_OCI_TEXT_MAX, &request->mime_type, err);
    return r == 0 ? check_artifact(request, err) : r;
}

static int make_target(struct sw_harbor_request *request, struct sw_err *err)
{
    char *name = sw_region_printf(&request->region, "%.*s/%.*s%s%.*s%s%.*s",
        SW_STR_ARG(request->registry), SW_STR_ARG(request->repository),
        request->tag.n > 0 ? ":" : "", SW_STR_ARG(request->tag), request->digest.n > 0 ? "@" : "",
        SW_STR_ARG(request->digest));
    if (name == NULL)
        return -ENOMEM;
    struct sw_reference reference;
    int r = sw_reference_parse(sw_str_of(name), &request->region, &reference, err);
    if (r < 0)
        return r;
    request->target = sw_region_printf(&request->region, "registry:%s", name);
    return request->target == NULL ? -ENOMEM : 0;
}

/* Calls take() with each string of an array; *ret_n how many there were. */
static int each_text(const json_t *object, const char *key,
    int (*take)(struct sw_harbor_request *request, struct sw_str text, struct sw_err *err),
    struct sw_harbor_request *request, size_t *ret_n, struct sw_err *err)
{
    const json_t *array = NULL;
    int r = read_member(object, key, true, &array, err);
    size_t n = array != NULL ? json_array_size(array) : 0;
    if (r == 0 && n > TYPES_MAX)
        r = sw_err_set(err, -EINVAL, "'%s' has more than %d items", key, TYPES_MAX);
    for (size_t i = 0; r == 0 && i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_string(item))
            return wrong_type(err, key);
        r = take(request, (struct sw_str){json_string_value(item), json_string_length(item)}, err);
    }
    if (r == 0)
        *ret_n = n;
    return r;
}

static int take_report_type(
    struct sw_harbor_request *request, struct sw_str text, struct sw_err *err)
{
    if (sw_harbor_mime_is(text, SW_HARBOR_MIME_REPORT_10) ||
        sw_harbor_mime_is(text, SW_HARBOR_MIME_REPORT_11))
        request->is_wanted[SW_HARBOR_VULNERABILITIES] = true;
    else if (sw_harbor_mime_is(text, SW_HARBOR_MIME_RAW))
        request->is_wanted[SW_HARBOR_RAW] = true;
    else
        return sw_err_set(err, -EOPNOTSUPP, "no vulnerability report of that type is made");
    return 0;
}

static int take_sbom_type(struct sw_harbor_request *request, struct sw_str text, struct sw_err *err)
{
    (void)request;
    if (sw_harbor_mime_is(text, SW_HARBOR_MIME_SBOM))
        return 0;
    return sw_err_set(err, -EOPNOTSUPP, "no SBOM report of that type is made");
}

static int take_sbom_media_type(
    struct sw_harbor_request *request, struct sw_str text, struct sw_err *err)
{
    if (sw_harbor_mime_is(text, SW_HARBOR_SBOM_SPDX))
        request->is_wanted[SW_HARBOR_SPDX] = true;
    else if (sw_harbor_mime_is(text, SW_HARBOR_SBOM_CYCLONEDX))
        request->is_wanted[SW_HARBOR_CYCLONEDX] = true;
    else
        return sw_err_set(err, -EINVAL, "sbom_media_types: there are '%s' and '%s'",
            SW_HARBOR_SBOM_SPDX, SW_HARBOR_SBOM_CYCLONEDX);
    return 0;
}

static int read_sbom(struct sw_harbor_request *request, const json_t *item, struct sw_err *err)
{
    const json_t *parameters = NULL;
    size_t n = 0;
    int r = each_text(item, "produces_mime_types", take_sbom_type, request, &n, err);
    if (r == 0)
        r = read_member(item, "parameters", false, &parameters, err);
    n = 0;
    if (r == 0 && parameters != NULL)
        r = each_text(parameters, "sbom_media_types", take_sbom_media_type, request, &n, err);
    if (r == 0 && n == 0) {
        request->is_wanted[SW_HARBOR_SPDX] = true;
        request->is_wanted[SW_HARBOR_CYCLONEDX] = true;
    }
    return r;
}

static int read_capability(
    struct sw_harbor_request *request, const json_t *item, struct sw_err *err)
{
    if (!json_is_object(item))
        return wrong_type(err, "enabled_capabilities");
    struct sw_str type = SW_STR_NONE;
    size_t n = 0;
    int r = read_text(request, item, "type", SW_OCI_TEXT_MAX, &type, err);
    if (r < 0)
        return r;
    if (sw_str_equal_z(type, "sbom"))
        return read_sbom(request, item, err);
    if (!sw_str_equal_z(type, "vulnerability"))
        return sw_err_set(
            err, -EINVAL, "a capability's 'type' is 'vulnerability' or 'sbom', nothing else");
    r = each_text(item, "produces_mime_types", take_report_type, request, &n, err);
    if (r == 0 && n == 0) {
        request->is_wanted[SW_HARBOR_VULNERABILITIES] = true;
        request->is_wanted[SW_HARBOR_RAW] = true;
    }
    return r;
}

static int read_capabilities(
    struct sw_harbor_request *request, const json_t *root, struct sw_err *err)
{
    const json_t *array = NULL;
    int r = read_member(root, "enabled_capabilities", true, &array, err);
    size_t n = array != NULL ? json_array_size(array) : 0;
    if (r == 0 && n > CAPABILITIES_MAX)
        r = sw_err_set(err, -EINVAL, "more than %d enabled_capabilities", CAPABILITIES_MAX);
    for (size_t i = 0; r == 0 && i < n; i++)
        r = read_capability(request, json_array_get(array, i), err);
    for (size_t i = 0; r == 0 && n == 0 && i < _SW_HARBOR_DOCUMENT_MAX; i++)
        request->is_wanted[i] = true;
    return r;
}

int sw_harbor_request_parse(struct sw_str text, struct sw_harbor_request **ret, struct sw_err *err)
{
    SW_CLEANUP(drop) json_t *root = NULL;
    if (text.n > SW_HARBOR_REQUEST_BYTES_MAX)
        return sw_err_set(err, -EBADMSG, "a request of %zu bytes", text.n);
    root = json_loadb(text.p != NULL ? text.p : "", text.n, 0, NULL);
    if (root == NULL || !json_is_object(root))
        return sw_err_set(err, -EBADMSG, "the request is no JSON object");
    SW_CLEANUP(sw_harbor_request_freep)
    struct sw_harbor_request *request = sw_mem_zalloc(1, sizeof(*request));
    if (request == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    sw_region_init(&request->region, REGION_BYTES_MAX);
    int r = read_registry(request, root, err);
    if (r == 0)
        r = read_artifact(request, root, err);
    if (r == 0)
        r = read_capabilities(request, root, err);
    if (r == 0)
        r = make_target(request, err);
    if (r == -ENOMEM)
        return sw_err_set(err, r, "out of memory");
    if (r < 0)
        return r;
    *ret = SW_TAKE(request);
    return 0;
}

void sw_harbor_request_free(struct sw_harbor_request *request)
{
    if (request == NULL)
        return;
    sw_harbor_authorization_wipe(&request->authorization);
    sw_region_done(&request->region);
    sw_mem_free(request);
}

void sw_harbor_request_freep(struct sw_harbor_request **request)
{
    sw_harbor_request_free(*request);
    *request = NULL;
}

bool sw_harbor_request_is_same(const struct sw_harbor_request *a, const struct sw_harbor_request *b)
{
    return a->is_plain == b->is_plain && strcmp(a->target, b->target) == 0 &&
           sw_str_equal(a->mime_type, b->mime_type) &&
           memcmp(a->is_wanted, b->is_wanted, sizeof(a->is_wanted)) == 0;
}
