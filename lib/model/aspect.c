/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of aspects, alone and in lists.
 */
#include "model/aspect.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "model/names.h"

static const char *const names[] = {
    [SW_ASPECT_VULN] = "vuln",
    [SW_ASPECT_SECRETS] = "secrets",
    [SW_ASPECT_MALWARE] = "malware",
};
static_assert(SW_ARRAY_SIZE(names) == _SW_ASPECT_MAX, "a name for each value");

const char *sw_aspect_name(enum sw_aspect aspect)
{
    return names[aspect];
}

int sw_aspect_find(struct sw_str name, enum sw_aspect *ret)
{
    int i = sw_names_find(names, SW_ARRAY_SIZE(names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_aspect)i;
    return 0;
}

int sw_aspects_parse(struct sw_str text, unsigned *ret, struct sw_err *err)
{
    unsigned aspects = 0;
    struct sw_str name;
    char all[SW_ASPECTS_TEXT_BYTES];
    while (sw_str_next_token(&text, ',', &name)) {
        enum sw_aspect aspect;
        name = sw_str_trim(name);
        if (sw_aspect_find(name, &aspect) < 0)
            return sw_err_set(err, -EINVAL, "'%.*s' is none of %s", SW_STR_ARG(name),
                sw_aspects_text(SW_ASPECTS_ALL, all));
        aspects |= SW_ASPECT_BIT(aspect);
    }
    *ret = aspects;
    return 0;
}

const char *sw_aspects_text(unsigned aspects, char text[SW_ASPECTS_TEXT_BYTES])
{
    size_t n = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < _SW_ASPECT_MAX; i++)
        if ((aspects & SW_ASPECT_BIT(i)) != 0)
            n += (size_t)snprintf(
                text + n, SW_ASPECTS_TEXT_BYTES - n, "%s%s", n > 0 ? "," : "", names[i]);
    return text;
}
