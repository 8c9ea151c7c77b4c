/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the JSON splitter: any bytes end in values and an error, and what is handed out is never
 * longer than allowed. The first byte picks the places.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "vulndb/build/json_split.h"

#define VALUE_MAX 4096

static int on_value(void *context, const struct sw_json_split_value *value, struct sw_err *err)
{
    (void)context;
    (void)err;
    if (value->text.n == 0 || value->text.n > VALUE_MAX || value->n_keys >= SW_JSON_SPLIT_PATH_MAX)
        abort();
    return 0;
}

static void on_skipped(void *context, const struct sw_json_split_value *value, const char *reason)
{
    (void)context;
    if (value->text.n > VALUE_MAX || reason == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sw_json_place places[][3] = {
        {{{NULL}}},
        {{{"*", NULL}}},
        {{{"*", "*", NULL}}},
        {{{"a", NULL}}, {{"b", "*", NULL}}, {{"*", "c", NULL}}},
    };
    static const size_t counts[] = {1, 1, 1, 3};
    if (size == 0)
        return 0;
    size_t pick = data[0] % 5;
    SW_CLEANUP(sw_reader_freep)
    struct sw_reader *in = sw_reader_new_memory((struct sw_str){(const char *)data + 1, size - 1});
    struct sw_json_split split = {
        .max_value_bytes = VALUE_MAX, .value = on_value, .skipped = on_skipped};
    if (in == NULL)
        return 0;
    if (pick == 4) {
        sw_json_split_lines(in, &split, NULL);
        return 0;
    }
    split.places = places[pick];
    split.n_places = counts[pick];
    sw_json_split_run(in, &split, NULL);
    return 0;
}
