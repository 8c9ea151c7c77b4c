/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of note kinds, and which of them make a scan incomplete.
 */
#include "model/note.h"

#include <assert.h>
#include <errno.h>

#include "base/mem.h"
#include "model/names.h"

static const char *const kind_names[] = {
    [SW_NOTE_INFO] = "info",
    [SW_NOTE_UNEXAMINED] = "unexamined",
    [SW_NOTE_LIMIT] = "limit",
    [SW_NOTE_UNREADABLE] = "unreadable",
    [SW_NOTE_UNSUPPORTED] = "unsupported",
    [SW_NOTE_END_OF_LIFE] = "end_of_life",
    [SW_NOTE_DATABASE] = "database",
};
static_assert(SW_ARRAY_SIZE(kind_names) == _SW_NOTE_KIND_MAX, "a name for each value");

const char *sw_note_kind_name(enum sw_note_kind value)
{
    return kind_names[value];
}

int sw_note_kind_find(struct sw_str name, enum sw_note_kind *ret)
{
    int i = sw_names_find(kind_names, SW_ARRAY_SIZE(kind_names), name);
    if (i < 0)
        return i;
    *ret = (enum sw_note_kind)i;
    return 0;
}

bool sw_note_is_incomplete(enum sw_note_kind kind)
{
    switch (kind) {
    case SW_NOTE_LIMIT:
    case SW_NOTE_UNREADABLE:
    case SW_NOTE_UNSUPPORTED:
    case SW_NOTE_END_OF_LIFE:
        return true;
    case SW_NOTE_INFO:
    case SW_NOTE_UNEXAMINED:
    case SW_NOTE_DATABASE:
    case _SW_NOTE_KIND_MAX:
        return false;
    }
    return false;
}
