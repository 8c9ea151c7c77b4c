/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads, compiles and keeps secret rules. What is kept is
 *
 *     image | notes | "%016zx %016zx %016zx sha256:<64 hex>": rules, image, notes, digest of both
 *
 * and anything that does not add up is as good as absent.
 */
#include "scan/secret_content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/sealed.h"
#include "rules/secret_compile.h"
#include "rules/secret_image.h"

#define NOTES_MAX ((size_t)1024 * 1024)
/* Three numbers of 16 digits with a space each, and a SHA-256. */
#define FOOTER_BYTES ((size_t)(3 * 17 + 71))

/* Reading: all bytes of all files go into the digest, in their order. */
struct reading {
    const struct sw_secret_content_options *options;
    struct sw_region *region;
    struct sw_digest digest;
};

static int load_file(struct reading *reading, const char *path,
    const struct sw_secret_loader *loader, struct sw_secret_rules *rules, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_SECRET_FILE_MAX);
    int r = sw_file_load(AT_FDCWD, path, &buf, err);
    if (r < 0)
        return r;
    uint64_t n = buf.n;
    r = sw_digest_update(&reading->digest, &n, sizeof(n));
    if (r == 0)
        r = sw_digest_update(&reading->digest, buf.p, buf.n);
    if (r < 0)
        return r;
    return sw_secret_rules_load(rules, sw_str_of(path), sw_buf_str(&buf), loader, err);
}

static int load_folder(struct reading *reading, const char *path,
    const struct sw_secret_loader *loader, struct sw_secret_rules *rules, struct sw_err *err)
{
    struct sw_file_names names;
    int r = sw_file_list(AT_FDCWD, path, reading->region, &names, err);
    if (r < 0)
        return r;
    size_t n = 0;
    for (size_t i = 0; i < names.n; i++) {
        if (!sw_str_ends_with(names.v[i], SW_STR(".toml")))
            continue;
        const char *file =
            sw_region_printf(reading->region, "%s/%.*s", path, SW_STR_ARG(names.v[i]));
        r = file == NULL ? -ENOMEM : load_file(reading, file, loader, rules, err);
        if (r < 0)
            return r;
        n++;
    }
    return n > 0 ? 0 : sw_err_set(err, -ENOENT, "'%s' holds no rules (*.toml)", path);
}

static int load_path(struct reading *reading, const char *path,
    const struct sw_secret_loader *loader, struct sw_secret_rules *rules, struct sw_err *err)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return sw_err_set(err, -errno, "secret rules '%s': %s", path, strerror(errno));
    return (S_ISDIR(status.st_mode) ? load_folder : load_file)(reading, path, loader, rules, err);
}

/* What a file extends: as gitleaks has it, relative to where the program runs. */
static int load_base(const struct sw_secret_loader *loader, struct sw_str path,
    struct sw_secret_rules *base, struct sw_err *err)
{
    struct reading *reading = loader->context;
    const char *name = reading->options->defaults;
    if (path.n > 0)
        name = sw_region_strdup(reading->region, path);
    if (name == NULL)
        return path.n > 0 ? -ENOMEM
                          : sw_err_set(err, -ENOENT, "rules of our own are not installed");
    return load_path(reading, name, loader, base, err);
}

static int read_rules(struct reading *reading, struct sw_secret_rules *rules, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf key = {0};
    sw_buf_init(&key, 256);
    int r = sw_secret_compile_key(&key, err);
    if (r == 0)
        r = sw_digest_init(&reading->digest, SW_DIGEST_SHA256);
    if (r == 0)
        r = sw_digest_update(&reading->digest, key.p, key.n);
    const struct sw_secret_loader loader = {.load = load_base, .context = reading};
    for (size_t i = 0; r == 0 && i < reading->options->n_paths; i++)
        r = load_path(reading, reading->options->paths[i], &loader, rules, err);
    return r;
}

static int write_notes(
    const struct sw_secret_rules *rules, struct sw_buf *buf, size_t *ret_n_refused)
{
    size_t n_refused = 0;
    SW_VEC_EACH (refusal, &rules->refusals) {
        n_refused += refusal->is_whole;
        int r = refusal->line > 0 ? sw_buf_printf(buf, "%s:%u: ", refusal->origin, refusal->line)
                                  : sw_buf_printf(buf, "secret rules: ");
        if (r == 0 && refusal->rule.n > 0)
            r = sw_buf_printf(buf, "rule '%.*s'%s: ", SW_STR_ARG(refusal->rule),
                refusal->is_whole ? " is left out" : "");
        if (r == 0)
            r = sw_buf_printf(buf, "%s\n", refusal->reason);
        if (r == -ENOMEM)
            return r;
    }
    *ret_n_refused = n_refused;
    return 0;
}

static int digest_kept(struct sw_str image, struct sw_str notes, char ret[SW_DIGEST_TEXT_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    int r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    if (r == 0)
        r = sw_digest_update(&digest, image.p, image.n);
    if (r == 0)
        r = sw_digest_update(&digest, notes.p, notes.n);
    return r == 0 ? sw_digest_final(&digest, ret) : r;
}

/* A set as it is kept, taken apart; views into the file's bytes. */
struct kept {
    struct sw_str image;
    struct sw_str notes;
    uint64_t n_refused;
};

static int parse_kept(struct sw_str bytes, struct kept *ret)
{
    if (bytes.n < FOOTER_BYTES)
        return -EINVAL;
    struct sw_str footer = sw_str_skip(bytes, bytes.n - FOOTER_BYTES);
    uint64_t numbers[3];
    for (size_t i = 0; i < 3; i++)
        if (sw_str_parse_u64(sw_str_part(footer, i * 17, 16), 16, &numbers[i]) < 0)
            return -EINVAL;
    size_t n_body = bytes.n - FOOTER_BYTES;
    if (numbers[1] > n_body || numbers[2] != n_body - numbers[1])
        return -EINVAL;
    *ret = (struct kept){
        .image = sw_str_part(bytes, 0, numbers[1]),
        .notes = sw_str_part(bytes, numbers[1], numbers[2]),
        .n_refused = numbers[0],
    };
    char digest[SW_DIGEST_TEXT_BYTES];
    int r = digest_kept(ret->image, ret->notes, digest);
    if (r == 0 && !sw_str_equal_z(sw_str_skip(footer, 3 * 17), digest))
        r = -EINVAL;
    return r;
}

static int format_kept(struct sw_buf *buf, struct sw_str notes, size_t n_refused)
{
    char digest[SW_DIGEST_TEXT_BYTES];
    size_t n_image = buf->n;
    int r = digest_kept(sw_buf_str(buf), notes, digest);
    if (r == 0)
        r = sw_buf_append_str(buf, notes);
    if (r == 0)
        r = sw_buf_printf(buf, "%016zx %016zx %016zx %s", n_refused, n_image, notes.n, digest);
    return r;
}

static int hand_over(const struct kept *kept, struct sw_region *region,
    struct sw_secret_content *content, struct sw_err *err)
{
    content->size_bytes = kept->image.n;
    content->n_refused = kept->n_refused;
    int r = sw_region_copy(region, kept->notes, &content->notes);
    return r == 0 ? sw_sealed_new("seawall-secret-rules", kept->image, &content->fd, err) : r;
}

static int compile(struct sw_secret_rules *rules, const char *path,
    const struct sw_secret_content_options *options, struct sw_region *region,
    struct sw_secret_content *content, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf image = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf notes = {0};
    sw_buf_init(&image, SW_SECRET_IMAGE_BYTES_MAX + NOTES_MAX + FOOTER_BYTES);
    sw_buf_init(&notes, NOTES_MAX);
    int r = sw_secret_rules_compile(rules, sw_str_of(content->digest), &image, err);
    size_t n_refused = 0;
    if (r == 0)
        r = write_notes(rules, &notes, &n_refused);
    if (r < 0)
        return r;
    struct kept kept = {sw_buf_str(&image), sw_buf_str(&notes), n_refused};
    r = hand_over(&kept, region, content, err);
    if (r < 0 || path == NULL)
        return r;
    /* A cache that cannot be written costs time, not the scan. */
    if (sw_file_make_directories(AT_FDCWD, options->directory, 0700, NULL) == 0 &&
        format_kept(&image, kept.notes, n_refused) == 0)
        (void)sw_file_save(AT_FDCWD, path, sw_buf_str(&image), 0600, NULL);
    return 0;
}

/* 1 when it was there. */
static int load_kept(const char *path, struct sw_region *region, struct sw_secret_content *content,
    struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, SW_SECRET_IMAGE_BYTES_MAX + NOTES_MAX + FOOTER_BYTES);
    struct kept kept;
    if (sw_file_load(AT_FDCWD, path, &buf, NULL) < 0 || parse_kept(sw_buf_str(&buf), &kept) < 0)
        return 0;
    int r = hand_over(&kept, region, content, err);
    content->is_cached = r == 0;
    return r < 0 ? r : 1;
}

static int load(struct reading *reading, struct sw_secret_rules *rules,
    struct sw_secret_content *content, struct sw_err *err)
{
    const struct sw_secret_content_options *options = reading->options;
    int r = read_rules(reading, rules, err);
    if (r == 0)
        r = sw_digest_final(&reading->digest, content->digest);
    if (r < 0)
        return r;
    content->n_rules = rules->rules.n;
    const char *path = NULL;
    if (options->directory != NULL) {
        path = sw_region_printf(
            reading->region, "%s/secrets-%s", options->directory, strchr(content->digest, ':') + 1);
        if (path == NULL)
            return -ENOMEM;
        r = load_kept(path, reading->region, content, err);
        if (r != 0)
            return r < 0 ? r : 0;
    }
    return compile(rules, path, options, reading->region, content, err);
}

int sw_secret_content_load(const struct sw_secret_content_options *options,
    struct sw_region *region, struct sw_secret_content *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_region_done) struct sw_region own = {0};
    sw_region_init(&own, SW_SECRET_REGION_MAX);
    struct reading reading = {.options = options, .region = &own};
    struct sw_secret_content content = {.fd = -1};
    struct sw_secret_rules rules;
    sw_secret_rules_init(&rules, &own);
    int r = load(&reading, &rules, &content, err);
    sw_secret_rules_done(&rules);
    sw_digest_done(&reading.digest);
    if (r == 0)
        r = sw_region_copy(region, content.notes, &content.notes);
    if (r == 0)
        *ret = content;
    else
        sw_descriptor_close(content.fd);
    return r;
}
