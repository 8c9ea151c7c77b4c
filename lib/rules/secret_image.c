/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a compiled rule set: every offset is checked once, so that what uses it need not.
 */
#include "rules/secret_image.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/num.h"
#include "model/finding.h"
#include "rules/secret_rule.h"

static bool is_inside(uint64_t offset, uint64_t n, uint64_t size, uint64_t n_bytes)
{
    uint64_t length = 0;
    uint64_t end = 0;
    return offset % 8 == 0 && sw_num_mul(n, size, &length) && sw_num_add(offset, length, &end) &&
           end <= n_bytes;
}

static bool is_text(const struct sw_secret_image *image, struct sw_secret_image_text text)
{
    return (uint64_t)text.offset + text.n <= image->header->strings_bytes;
}

static bool is_list(const struct sw_secret_image *image, struct sw_secret_image_list list)
{
    return (uint64_t)list.first + list.n <= image->header->n_texts;
}

static bool is_rule(const struct sw_secret_image *image, const struct sw_secret_image_rule *rule)
{
    return is_text(image, rule->id) && is_text(image, rule->description) &&
           is_text(image, rule->regex) && is_text(image, rule->path) &&
           is_list(image, rule->keywords) && is_list(image, rule->tags) &&
           (uint64_t)rule->first_allow + rule->n_allows <= image->header->n_allows &&
           rule->severity < _SW_SEVERITY_MAX && rule->checksum < _SW_SECRET_CHECKSUM_MAX &&
           rule->back <= SW_SECRET_BACK_MAX && isfinite(rule->entropy);
}

static bool are_parts_good(const struct sw_secret_image *image)
{
    const struct sw_secret_image_header *header = image->header;
    for (size_t i = 0; i < header->n_texts; i++)
        if (!is_text(image, image->texts[i]))
            return false;
    for (size_t i = 0; i < header->n_allows; i++) {
        const struct sw_secret_image_allow *allow = &image->allows[i];
        if (!is_list(image, allow->paths) || !is_list(image, allow->regexes) ||
            !is_list(image, allow->stopwords) || allow->target >= _SW_SECRET_TARGET_MAX ||
            allow->severity >= _SW_SEVERITY_MAX)
            return false;
    }
    for (size_t i = 0; i < header->n_rules; i++)
        if (!is_rule(image, &image->rules[i]))
            return false;
    return true;
}

static bool is_header_good(const struct sw_secret_image_header *header, size_t n)
{
    return header->n_bytes == n &&
           is_inside(header->database_offset, header->database_bytes, 1, n) &&
           header->database_offset % SW_SECRET_IMAGE_ALIGN == 0 &&
           header->n_rules <= SW_SECRET_RULES_MAX && header->n_common <= header->n_allows &&
           is_inside(
               header->rules_offset, header->n_rules, sizeof(struct sw_secret_image_rule), n) &&
           is_inside(
               header->allows_offset, header->n_allows, sizeof(struct sw_secret_image_allow), n) &&
           is_inside(
               header->texts_offset, header->n_texts, sizeof(struct sw_secret_image_text), n) &&
           is_inside(header->strings_offset, header->strings_bytes, 1, n) &&
           memchr(header->digest, '\0', sizeof(header->digest)) != NULL;
}

int sw_secret_image_open(
    const void *bytes, size_t n, struct sw_secret_image *ret, struct sw_err *err)
{
    const struct sw_secret_image_header *header = bytes;
    if (n < sizeof(*header) || memcmp(header->magic, "SWSECRET", 8) != 0)
        return sw_err_set(err, -EINVAL, "not a compiled set of secret rules");
    if (header->version != SW_SECRET_IMAGE_VERSION)
        return sw_err_set(err, -EINVAL, "secret rules compiled by another version (%u, not %u)",
            header->version, SW_SECRET_IMAGE_VERSION);
    if ((uintptr_t)bytes % SW_SECRET_IMAGE_ALIGN != 0)
        return sw_err_set(err, -EINVAL, "secret rules lie at an odd address");
    if (!is_header_good(header, n))
        return sw_err_set(err, -EINVAL, "compiled secret rules are damaged (header)");
    const char *base = bytes;
    struct sw_secret_image image = {
        .header = header,
        .rules = (const void *)(base + header->rules_offset),
        .allows = (const void *)(base + header->allows_offset),
        .texts = (const void *)(base + header->texts_offset),
        .strings = base + header->strings_offset,
        .database = header->database_bytes > 0 ? base + header->database_offset : NULL,
    };
    if (!are_parts_good(&image))
        return sw_err_set(err, -EINVAL, "compiled secret rules are damaged (rules)");
    *ret = image;
    return 0;
}

struct sw_str sw_secret_image_text(
    const struct sw_secret_image *image, struct sw_secret_image_text text)
{
    return (struct sw_str){image->strings + text.offset, text.n};
}

struct sw_str sw_secret_image_item(
    const struct sw_secret_image *image, struct sw_secret_image_list list, size_t i)
{
    return sw_secret_image_text(image, image->texts[list.first + i]);
}

struct sw_str sw_secret_image_digest(const struct sw_secret_image *image)
{
    return sw_str_of(image->header->digest);
}
