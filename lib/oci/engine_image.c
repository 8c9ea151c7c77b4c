/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names as engines resolve them: a name before an id, an id before the beginning of one.
 */
#include "oci/engine_image.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "oci/reference.h"

#define SCRATCH_MAX ((size_t)65536)
/* Fewer digits are more likely a name that was mistyped. */
#define PREFIX_MIN ((size_t)4)
#define CANDIDATES_SHOWN 5

int sw_engine_images_add(struct sw_engine_images *images, struct sw_region *region,
    const struct sw_engine_image *image, struct sw_err *err)
{
    if (images->n >= SW_ENGINE_IMAGES_MAX)
        return sw_err_set(err, -EFBIG, "more than %zu images", SW_ENGINE_IMAGES_MAX);
    if (images->n == images->capacity) {
        size_t capacity = images->capacity == 0 ? 64 : images->capacity * 2;
        void *v = sw_region_array(region, capacity, sizeof(*images->v));
        if (v == NULL)
            return sw_err_set(err, -ENOMEM, "out of memory");
        if (images->n > 0)
            memcpy(v, images->v, images->n * sizeof(*images->v));
        images->v = v;
        images->capacity = capacity;
    }
    images->v[images->n++] = *image;
    return 0;
}

static bool is_hex(struct sw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return true;
}

bool sw_engine_is_hex64(struct sw_str text)
{
    return text.n == 64 && is_hex(text);
}

/* What is asked for, taken apart once. */
struct wanted {
    struct sw_str text;
    struct sw_reference reference;
    bool is_name;  /* has a reference */
    bool is_short; /* no registry in it */
    bool is_podman;
    struct sw_str hex; /* an id or a beginning of one; empty: none */
};

/* How well an image fits, best first. */
enum fit { FIT_NAME, FIT_LOCAL, FIT_DEFAULT, FIT_ID, FIT_ENDING, FIT_PREFIX, FIT_NONE };

/* "app/web:1" without a registry, as Docker tells: no dot, colon or localhost before the slash. */
static bool is_short_name(struct sw_str text)
{
    ptrdiff_t slash = sw_str_find_char(text, '/');
    struct sw_str first = slash < 0 ? SW_STR_NONE : sw_str_part(text, 0, (size_t)slash);
    return sw_str_find_char(first, '.') < 0 && sw_str_find_char(first, ':') < 0 &&
           !sw_str_equal_z(first, "localhost");
}

static void take_apart(const char *name, bool is_podman, struct sw_region *region,
    struct wanted *wanted, struct sw_err *err)
{
    struct sw_str text = sw_str_of(name);
    struct sw_str hex = text;
    *wanted =
        (struct wanted){.text = text, .is_podman = is_podman, .is_short = is_short_name(text)};
    bool has_algorithm = sw_str_starts_with(text, SW_STR("sha256:"));
    if (has_algorithm)
        hex = sw_str_skip(text, SW_STR("sha256:").n);
    if (hex.n <= 64 && hex.n >= PREFIX_MIN && is_hex(hex))
        wanted->hex = hex;
    wanted->is_name =
        !has_algorithm && sw_reference_parse(text, region, &wanted->reference, err) == 0;
}

static struct sw_str without_library(struct sw_str repository)
{
    struct sw_str library = SW_STR("library/");
    return sw_str_starts_with(repository, library) ? sw_str_skip(repository, library.n)
                                                   : repository;
}

static bool ends_with_part(struct sw_str whole, struct sw_str part)
{
    return sw_str_ends_with(whole, part) &&
           (whole.n == part.n || whole.p[whole.n - part.n - 1] == '/');
}

/* Whether registry and repository are those that are meant. */
static enum fit rate_place(const struct wanted *wanted, const struct sw_reference *have)
{
    const struct sw_reference *want = &wanted->reference;
    bool is_same = sw_str_equal(have->repository, want->repository);
    if (is_same && sw_str_equal(have->registry, want->registry))
        return wanted->is_short && wanted->is_podman ? FIT_DEFAULT : FIT_NAME;
    if (!wanted->is_podman || !wanted->is_short)
        return FIT_NONE;
    /* What had no registry was given "library/" for its own. */
    struct sw_str bare = sw_str_find_char(wanted->text, '/') < 0 ? without_library(want->repository)
                                                                 : want->repository;
    if (sw_str_equal_z(have->registry, "localhost") && sw_str_equal(have->repository, bare))
        return FIT_LOCAL;
    return ends_with_part(have->repository, bare) ? FIT_ENDING : FIT_NONE;
}

static enum fit rate_name(const struct wanted *wanted, const struct sw_engine_image *image,
    struct sw_str name, struct sw_region *region)
{
    struct sw_reference have;
    if (sw_str_equal(name, wanted->text))
        return FIT_NAME;
    if (!wanted->is_name || sw_reference_parse(name, region, &have, NULL) < 0)
        return FIT_NONE;
    const struct sw_reference *want = &wanted->reference;
    bool is_same = want->digest.n > 0 ? sw_str_equal(want->digest, have.digest) ||
                                            sw_str_equal(want->digest, image->digest)
                                      : have.digest.n == 0 && sw_str_equal(want->tag, have.tag);
    return is_same ? rate_place(wanted, &have) : FIT_NONE;
}

static enum fit rate(const struct wanted *wanted, const struct sw_engine_image *image)
{
    enum fit best = FIT_NONE;
    if (wanted->hex.n > 0 && sw_str_starts_with(image->id, wanted->hex))
        best = wanted->hex.n == image->id.n ? FIT_ID : FIT_PREFIX;
    if (image->digest.n > 0 && sw_str_equal(image->digest, wanted->text))
        best = FIT_ID;
    for (size_t i = 0; i < image->n_names; i++) {
        SW_CLEANUP(sw_region_done) struct sw_region region = {0};
        sw_region_init(&region, SCRATCH_MAX);
        enum fit fit = rate_name(wanted, image, image->names[i], &region);
        best = fit < best ? fit : best;
    }
    return best;
}

/* One line for people, of what comes from an engine's list. */
static int add_candidate(const struct sw_engine_image *image, struct sw_buf *buf)
{
    struct sw_str name = image->n_names > 0 ? image->names[0] : SW_STR_NONE;
    return sw_buf_printf(buf, "%s%.12s%s%.*s%s", buf->n > 0 ? ", " : "", image->id.p,
        name.n > 0 ? " (" : "", (int)(name.n < 80 ? name.n : 80), name.n > 0 ? name.p : "",
        name.n > 0 ? ")" : "");
}

static int fail_ambiguous(const struct sw_engine_images *images, const struct wanted *wanted,
    enum fit fit, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf list = {0};
    size_t n = 0;
    sw_buf_init(&list, SW_ERR_MESSAGE_MAX);
    for (size_t i = 0; i < images->n; i++)
        if (rate(wanted, &images->v[i]) == fit && ++n <= CANDIDATES_SHOWN &&
            add_candidate(&images->v[i], &list) < 0)
            break;
    return sw_err_set(err, -EEXIST, "it means %zu images: %s%s; give more of it", n,
        list.p != NULL ? list.p : "", n > CANDIDATES_SHOWN ? ", ..." : "");
}

int sw_engine_images_find(const struct sw_engine_images *images, const char *name, bool is_podman,
    const struct sw_engine_image **ret, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct wanted wanted;
    struct sw_err bad = {0};
    sw_region_init(&region, SCRATCH_MAX);
    take_apart(name, is_podman, &region, &wanted, &bad);
    const struct sw_engine_image *found = NULL;
    enum fit best = FIT_NONE;
    bool is_ambiguous = false;
    for (size_t i = 0; i < images->n; i++) {
        enum fit fit = rate(&wanted, &images->v[i]);
        if (fit == FIT_NONE || fit > best)
            continue;
        bool is_other = found != NULL && !sw_str_equal(found->id, images->v[i].id);
        is_ambiguous = fit == best && (is_ambiguous || is_other);
        best = fit;
        found = &images->v[i];
    }
    if (found == NULL && !wanted.is_name && wanted.hex.n == 0)
        return sw_err_set(err, -EINVAL, "%s", bad.code != 0 ? bad.message : "no name of an image");
    if (found == NULL)
        return sw_err_set(err, -ENOENT, "no such image");
    if (is_ambiguous)
        return fail_ambiguous(images, &wanted, best, err);
    *ret = found;
    return 0;
}

struct sw_str sw_engine_image_name(const struct sw_engine_image *image, const char *asked)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    struct wanted wanted;
    struct sw_str best = image->n_names > 0 ? image->names[0] : SW_STR_NONE;
    sw_region_init(&region, SCRATCH_MAX);
    take_apart(asked, true, &region, &wanted, NULL);
    enum fit best_fit = FIT_NONE;
    for (size_t i = 0; i < image->n_names; i++) {
        SW_CLEANUP(sw_region_done) struct sw_region scratch = {0};
        sw_region_init(&scratch, SCRATCH_MAX);
        enum fit fit = rate_name(&wanted, image, image->names[i], &scratch);
        if (fit < best_fit) {
            best_fit = fit;
            best = image->names[i];
        }
    }
    return best;
}
