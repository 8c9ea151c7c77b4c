/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters by the names of fields. match is called for each event.
 */
#include "filter.h"

#include <errno.h>

#include "base/buf.h"
#include "base/mem.h"

/* A value as text; longer ones match nothing. */
#define VALUE_MAX ((size_t)16384)

int sw_filter_add(struct sw_filter *filter, struct sw_str text, struct sw_err *err)
{
    ptrdiff_t equals = sw_str_find_char(text, '=');
    if (equals <= 0)
        return sw_err_set(err, -EINVAL, "filter '%.*s' is not NAME=VALUE", SW_STR_ARG(text));
    if (filter->n == SW_FILTER_TERMS_MAX)
        return sw_err_set(err, -EINVAL, "more than %d filters", SW_FILTER_TERMS_MAX);
    struct sw_filter_term term = {.values = sw_str_skip(text, (size_t)equals + 1)};
    struct sw_str name = sw_str_part(text, 0, (size_t)equals);
    if (name.p[name.n - 1] == '!') {
        term.is_negated = true;
        name.n--;
    }
    if (sw_str_equal_z(name, "kind"))
        name = SW_STR("evt.kind");
    term.field = sw_event_field_find(name);
    if (term.field == NULL)
        return sw_err_set(
            err, -EINVAL, "no field '%.*s'; docs/events.md lists them", SW_STR_ARG(name));
    struct sw_str rest = term.values, value;
    while (term.field == &sw_event_fields[SW_EVENT_FIELD_evt_kind] &&
           sw_str_next_token(&rest, ',', &value))
        if (sw_event_kind_find(value) == SW_EVENT_NONE)
            return sw_err_set(err, -EINVAL, "no kind of event '%.*s'", SW_STR_ARG(value));
    filter->terms[filter->n++] = term;
    return 0;
}

static bool has_value(struct sw_str values, struct sw_str text)
{
    struct sw_str value;
    while (sw_str_next_token(&values, ',', &value))
        if (sw_str_equal(value, text))
            return true;
    return false;
}

uint64_t sw_filter_kinds(const struct sw_filter *filter)
{
    uint64_t wanted = 0, unwanted = 0;
    bool is_limited = false;
    for (size_t i = 0; i < filter->n; i++) {
        const struct sw_filter_term *term = &filter->terms[i];
        if (term->field != &sw_event_fields[SW_EVENT_FIELD_evt_kind])
            continue;
        is_limited |= !term->is_negated;
        struct sw_str rest = term->values, value;
        while (sw_str_next_token(&rest, ',', &value))
            *(term->is_negated ? &unwanted : &wanted) |= (uint64_t)1 << sw_event_kind_find(value);
    }
    return (is_limited ? wanted : UINT64_MAX) & ~unwanted;
}

/* Whether a term before this one is about the same field, both not negated. */
static bool is_seen(const struct sw_filter *filter, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (filter->terms[k].field == filter->terms[i].field && !filter->terms[k].is_negated)
            return true;
    return false;
}

static bool match_any(const struct sw_filter *filter, size_t first, struct sw_str text)
{
    for (size_t i = first; i < filter->n; i++)
        if (filter->terms[i].field == filter->terms[first].field && !filter->terms[i].is_negated &&
            has_value(filter->terms[i].values, text))
            return true;
    return false;
}

bool sw_filter_match(const struct sw_filter *filter, const struct sw_event *event)
{
    if (filter->n == 0)
        return true;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, VALUE_MAX);
    for (size_t i = 0; i < filter->n; i++) {
        const struct sw_filter_term *term = &filter->terms[i];
        sw_buf_clear(&buf);
        if (sw_event_format(event, term->field, &buf) < 0)
            return false;
        struct sw_str text = sw_buf_str(&buf);
        if (term->is_negated ? has_value(term->values, text)
                             : !is_seen(filter, i) && !match_any(filter, i, text))
            return false;
    }
    return true;
}
