/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advisories as bytes: the record itself and the facts that stand beside it. The builder packs
 * each once, the matcher unpacks those that hold.
 */
#include "vulndb/record.h"

#include <errno.h>

#include "vulndb/record_priv.h"

#define ALIASES_MAX ((size_t)10000)    /* the largest erratum names a few thousand CVEs */
#define REFERENCES_MAX ((size_t)10000) /* some kernel records hold over a thousand */
#define SCORE_STEPS 100                /* scores have one decimal; two do no harm */

enum {
    FLAG_WITHDRAWN = 1,
    FLAG_ID = 2, /* id differs from record */
    FLAG_VECTOR = 4,
    FLAG_SCORE = 8,
    FLAGS_ALL = 15,
};

void sw_shared_pack(struct sw_pack *pack, struct sw_str s, const struct sw_strings *strings)
{
    int64_t number = -1;
    if (s.n > 0 && strings != NULL && strings->put != NULL)
        number = strings->put(strings->context, s);
    if (number >= 0) {
        sw_pack_number(pack, (uint64_t)number + 1);
        return;
    }
    sw_pack_number(pack, 0);
    sw_pack_str(pack, s);
}

struct sw_str sw_shared_unpack(struct sw_unpack *in, const struct sw_strings *strings)
{
    uint64_t number = sw_unpack_number(in);
    struct sw_str s = SW_STR_NONE;
    if (number == 0)
        return sw_unpack_str(in);
    if (strings == NULL || strings->get == NULL || !strings->get(strings->context, number - 1, &s))
        in->is_bad = true;
    return s;
}

/* Most references share all but their last part ("https://.../cve/" + "CVE-2024-1"). */
static size_t shared_prefix(struct sw_str reference)
{
    ptrdiff_t at = reference.n > 1
                       ? sw_str_find_last_char(sw_str_part(reference, 0, reference.n - 1), '/')
                       : -1;
    return (size_t)(at + 1);
}

static void pack_reference(
    struct sw_pack *pack, struct sw_str reference, const struct sw_strings *strings)
{
    size_t n = shared_prefix(reference);
    sw_shared_pack(pack, sw_str_part(reference, 0, n), strings);
    sw_pack_str(pack, sw_str_skip(reference, n));
}

void sw_advisory_pack(
    struct sw_pack *pack, const struct sw_advisory *a, const struct sw_strings *strings)
{
    bool has_id = !sw_str_equal(a->id, a->record);
    uint8_t flags =
        (uint8_t)((a->is_withdrawn ? FLAG_WITHDRAWN : 0) | (has_id ? FLAG_ID : 0) |
                  (a->cvss.vector.n > 0 ? FLAG_VECTOR : 0) | (a->cvss.score >= 0 ? FLAG_SCORE : 0));
    sw_shared_pack(pack, a->feed, strings);
    sw_pack_str(pack, a->record);
    sw_pack_u8(pack, flags);
    sw_pack_u8(pack, (uint8_t)a->severity);
    if (has_id)
        sw_pack_str(pack, a->id);
    sw_pack_str(pack, a->title);
    if (a->cvss.vector.n > 0)
        sw_pack_str(pack, a->cvss.vector);
    if (a->cvss.score >= 0)
        sw_pack_number(
            pack, (uint64_t)((a->cvss.score > 10 ? 10 : a->cvss.score) * SCORE_STEPS + 0.5));
    sw_pack_str(pack, a->published);
    sw_pack_str(pack, a->modified);
    size_t n_aliases = a->n_aliases > ALIASES_MAX ? ALIASES_MAX : a->n_aliases;
    sw_pack_number(pack, n_aliases);
    for (size_t i = 0; i < n_aliases; i++)
        sw_pack_str(pack, a->aliases[i]);
    size_t n_references = a->n_references > REFERENCES_MAX ? REFERENCES_MAX : a->n_references;
    sw_pack_number(pack, n_references);
    for (size_t i = 0; i < n_references; i++)
        pack_reference(pack, a->references[i], strings);
}

static int unpack_aliases(struct sw_unpack *in, struct sw_region *region, struct sw_advisory *a)
{
    a->n_aliases = sw_unpack_count(in, ALIASES_MAX);
    a->aliases = sw_region_array(region, a->n_aliases, sizeof(*a->aliases));
    if (a->aliases == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < a->n_aliases; i++)
        a->aliases[i] = sw_unpack_str(in);
    return 0;
}

static int unpack_reference(struct sw_unpack *in, const struct sw_strings *strings,
    struct sw_region *region, struct sw_str *ret)
{
    struct sw_str prefix = sw_shared_unpack(in, strings);
    struct sw_str rest = sw_unpack_str(in);
    if (in->is_bad)
        return -EBADMSG;
    struct sw_buf buf;
    sw_buf_init(&buf, prefix.n + rest.n + 1);
    int r = sw_buf_append_str(&buf, prefix);
    if (r == 0)
        r = sw_buf_append_str(&buf, rest);
    if (r == 0)
        r = sw_region_copy(region, sw_buf_str(&buf), ret);
    sw_buf_done(&buf);
    return r;
}

static int unpack_references(struct sw_unpack *in, const struct sw_strings *strings,
    struct sw_region *region, struct sw_advisory *a)
{
    a->n_references = sw_unpack_count(in, REFERENCES_MAX);
    a->references = sw_region_array(region, a->n_references, sizeof(*a->references));
    if (a->references == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < a->n_references; i++) {
        int r = unpack_reference(in, strings, region, &a->references[i]);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The fields up to the aliases. */
static void unpack_fields(
    struct sw_unpack *in, const struct sw_strings *strings, struct sw_advisory *a)
{
    a->feed = sw_shared_unpack(in, strings);
    a->record = sw_unpack_str(in);
    uint8_t flags = sw_unpack_u8(in);
    uint8_t severity = sw_unpack_u8(in);
    if ((flags & ~FLAGS_ALL) != 0 || severity >= _SW_SEVERITY_MAX) {
        in->is_bad = true;
        return;
    }
    a->severity = (enum sw_severity)severity;
    a->is_withdrawn = (flags & FLAG_WITHDRAWN) != 0;
    a->id = (flags & FLAG_ID) != 0 ? sw_unpack_str(in) : a->record;
    a->title = sw_unpack_str(in);
    if ((flags & FLAG_VECTOR) != 0)
        a->cvss.vector = sw_unpack_str(in);
    a->cvss.score = -1;
    if ((flags & FLAG_SCORE) != 0)
        a->cvss.score = (double)sw_unpack_number_max(in, 10 * SCORE_STEPS) / SCORE_STEPS;
    a->published = sw_unpack_str(in);
    a->modified = sw_unpack_str(in);
}

int sw_advisory_unpack(struct sw_str value, const struct sw_strings *strings,
    struct sw_region *region, struct sw_advisory *ret)
{
    struct sw_unpack in;
    struct sw_advisory a = {0};
    sw_unpack_init(&in, value);
    unpack_fields(&in, strings, &a);
    int r = in.is_bad ? -EBADMSG : unpack_aliases(&in, region, &a);
    if (r == 0)
        r = in.is_bad ? -EBADMSG : unpack_references(&in, strings, region, &a);
    if (r < 0)
        return r;
    if (!sw_unpack_is_done(&in))
        return -EBADMSG;
    *ret = a;
    return 0;
}

int sw_advisory_unpack_brief(struct sw_str value, const struct sw_strings *strings,
    struct sw_region *region, struct sw_advisory *ret)
{
    struct sw_unpack in;
    struct sw_advisory a = {0};
    sw_unpack_init(&in, value);
    unpack_fields(&in, strings, &a);
    int r = in.is_bad ? -EBADMSG : unpack_aliases(&in, region, &a);
    if (r == 0 && in.is_bad)
        r = -EBADMSG;
    if (r == 0)
        *ret = a;
    return r;
}

int sw_advisory_unpack_identity(
    struct sw_str value, const struct sw_strings *strings, struct sw_advisory *ret)
{
    struct sw_unpack in;
    struct sw_advisory a = {0};
    sw_unpack_init(&in, value);
    unpack_fields(&in, strings, &a);
    if (in.is_bad)
        return -EBADMSG;
    *ret = a;
    return 0;
}

void sw_kev_pack(struct sw_pack *pack, const struct sw_cve_facts *facts)
{
    sw_pack_str(pack, facts->kev_date);
    sw_pack_str(pack, facts->kev_due);
    sw_pack_str(pack, facts->kev_name);
}

int sw_kev_unpack(struct sw_str value, struct sw_cve_facts *ret)
{
    struct sw_unpack in;
    sw_unpack_init(&in, value);
    struct sw_str date = sw_unpack_str(&in);
    struct sw_str due = sw_unpack_str(&in);
    struct sw_str name = sw_unpack_str(&in);
    if (!sw_unpack_is_done(&in))
        return -EBADMSG;
    ret->is_kev = true;
    ret->kev_date = date;
    ret->kev_due = due;
    ret->kev_name = name;
    return 0;
}

void sw_eol_pack(struct sw_pack *pack, const struct sw_eol *eol)
{
    sw_pack_u8(pack, eol->is_ended);
    sw_pack_str(pack, eol->date);
    sw_pack_str(pack, eol->extended_date);
}

int sw_eol_unpack(struct sw_str value, struct sw_eol *ret)
{
    struct sw_unpack in;
    sw_unpack_init(&in, value);
    uint8_t is_ended = sw_unpack_u8(&in);
    struct sw_str date = sw_unpack_str(&in);
    struct sw_str extended_date = sw_unpack_str(&in);
    if (!sw_unpack_is_done(&in) || is_ended > 1)
        return -EBADMSG;
    ret->is_ended = is_ended != 0;
    ret->date = date;
    ret->extended_date = extended_date;
    return 0;
}

void sw_feed_pack(struct sw_pack *pack, const struct sw_feed_record *feed)
{
    sw_pack_str(pack, feed->name);
    sw_pack_str(pack, feed->title);
    sw_pack_str(pack, feed->date);
    sw_pack_number(pack, feed->n_records);
    sw_pack_number(pack, feed->n_skipped);
    sw_pack_u8(pack, feed->is_stale);
    sw_pack_number(pack, feed->n_kev);
    sw_pack_number(pack, feed->n_epss);
    sw_pack_number(pack, feed->n_eol);
}

int sw_feed_unpack(struct sw_str value, struct sw_feed_record *ret)
{
    struct sw_unpack in;
    sw_unpack_init(&in, value);
    struct sw_feed_record feed = {0};
    feed.name = sw_unpack_str(&in);
    feed.title = sw_unpack_str(&in);
    feed.date = sw_unpack_str(&in);
    feed.n_records = sw_unpack_number(&in);
    feed.n_skipped = sw_unpack_number(&in);
    feed.is_stale = sw_unpack_u8(&in) != 0;
    feed.n_kev = sw_unpack_number(&in);
    feed.n_epss = sw_unpack_number(&in);
    feed.n_eol = sw_unpack_number(&in);
    if (!sw_unpack_is_done(&in))
        return -EBADMSG;
    *ret = feed;
    return 0;
}
