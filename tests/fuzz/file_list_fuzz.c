/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes lib/model/file_list.c: what is read and written again must read the same.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/file_list.h"

static void read_list(struct sw_str table)
{
    struct sw_file_list list;
    struct sw_file_entry entry;
    if (sw_file_list_open(&list, table) < 0)
        return;
    SW_CLEANUP(sw_file_writer_done) struct sw_file_writer writer = {0};
    int r = sw_file_writer_init(&writer, list.digest, list.name, list.arch, list.version);
    while (sw_file_list_next(&list, &entry) > 0) {
        if (entry.path.n > SW_FILE_PATH_MAX || entry.flags_at >= table.n)
            abort();
        sw_file_key(entry.path);
        sw_file_is_judged(entry.path);
        if (r == 0)
            r = sw_file_writer_add(&writer, &entry);
    }
    struct sw_file_list again;
    if (r == 0 && sw_file_list_open(&again, sw_buf_str(&writer.buf)) < 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sw_str table = {(const char *)data, size};
    read_list(table);
    struct sw_file_held held;
    struct sw_str rest = sw_str_skip(table, 1);
    while (sw_file_held_next(&rest, &held) > 0)
        continue;
    uint64_t key;
    rest = sw_str_skip(table, 1);
    while (sw_file_key_next(&rest, &key) > 0)
        continue;
    return 0;
}
