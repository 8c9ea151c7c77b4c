/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of a ring as anybody may record them: decoded, every field asked for, written as JSON.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/event.h"
#include "model/event_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sw_event event;
    if (size > SW_ABI_RECORD_MAX)
        return 0;
    /* Aligned, and not a byte longer, so that a read beyond it is found. */
    SW_CLEANUP(sw_mem_freep) char *record = sw_mem_alloc(size);
    if (record == NULL)
        return 0;
    memcpy(record, data, size);
    /* Most inputs would end at these two otherwise. */
    if (size >= sizeof(struct sw_abi_record)) {
        ((struct sw_abi_record *)(void *)record)->size = (uint32_t)size;
        ((struct sw_abi_record *)(void *)record)->version = SW_ABI_VERSION;
    }
    if (sw_event_decode((struct sw_str){record, size}, &event, NULL) < 0)
        return 0;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    for (size_t i = 0; i < _SW_EVENT_FIELD_MAX; i++) {
        sw_buf_clear(&buf);
        assert(sw_event_format(&event, &sw_event_fields[i], &buf) == 0);
    }
    sw_buf_clear(&buf);
    assert(sw_event_json_write(&event, &buf) == 0);
    return 0;
}
