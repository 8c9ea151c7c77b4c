/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rule sets of the parent, mapped.
 */
#include "content.h"

#include <errno.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/sealed.h"
#include "malware/malware.h"

void sw_contents_init(struct sw_contents *contents)
{
    *contents = (struct sw_contents){0};
    for (int i = 0; i < _SW_CONTENT_MAX; i++)
        contents->items[i].fd = -1;
}

void sw_contents_done(struct sw_contents *contents)
{
    sw_malware_close(SW_TAKE(contents->malware));
    for (int i = 0; i < _SW_CONTENT_MAX; i++) {
        sw_sealed_unmap(&contents->items[i].bytes);
        sw_descriptor_closep(&contents->items[i].fd);
    }
}

int sw_contents_add(struct sw_contents *contents, const struct sw_message_content *message, int fd,
    struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int owned = fd;
    const char *name = sw_content_kind_name(message->kind);
    struct sw_content *content = &contents->items[message->kind];
    if (content->bytes.p != NULL)
        return sw_err_set(err, -EPROTO, "'%s' comes twice", name);
    if (owned < 0)
        return sw_err_set(err, -EPROTO, "'%s' comes without its memory", name);
    int r = sw_sealed_map(owned, message->size_bytes, &content->bytes, err);
    if (r < 0)
        return sw_err_wrap(err, r, "'%s'", name);
    content->fd = sw_descriptor_take(&owned);
    return 0;
}

int sw_contents_open(struct sw_contents *contents, const struct sw_message_scan *scan,
    struct sw_session *session, struct sw_err *err)
{
    struct sw_malware_options options = {
        .hash_list_fd = contents->items[SW_CONTENT_HASH_LIST].fd,
        .yara_rules = contents->items[SW_CONTENT_YARA_RULES].bytes,
        .session = session,
        .has_clamd = scan->has_clamd,
    };
    if ((scan->aspects & SW_ASPECT_BIT(SW_ASPECT_MALWARE)) == 0 ||
        (options.hash_list_fd < 0 && options.yara_rules.n == 0 && !options.has_clamd))
        return 0;
    return sw_malware_open(&options, &contents->malware, err);
}

struct sw_str sw_contents_get(const struct sw_contents *contents, enum sw_content_kind kind)
{
    return contents != NULL ? contents->items[kind].bytes : SW_STR_NONE;
}
