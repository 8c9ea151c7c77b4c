/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_files.c: the files of header blobs, sound and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "catalog/rpm_files.h"
#include "harness/rpm_make.h"

/* One array of a header. */
struct array {
    uint32_t tag;
    uint32_t type;
    uint32_t count;
    struct sw_str bytes;
};

#define ARRAY(tag, type, count, text)                                                              \
    {                                                                                              \
        (tag), (type), (count), SW_STR_INIT(text)                                                  \
    }

enum { INT8 = 2, INT16 = 3, INT32 = 4, TEXTS = 8 };
enum { MODES, DIGESTS, FLAGS, INDEXES, NAMES, FOLDERS, ALGORITHM, STATES, VERIFY, N_ARRAYS };

static const struct array sound[N_ARRAYS] = {
    [MODES] = ARRAY(1030, INT16, 4, "\x81\xed\x81\xa4\xa1\xff\x81\xa4"),
    [DIGESTS] = ARRAY(1035, TEXTS, 4, "aa\0bb\0\0dd\0"),
    [FLAGS] = ARRAY(1037, INT32, 4, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0"),
    [INDEXES] = ARRAY(1116, INT32, 4, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1"),
    [NAMES] = ARRAY(1117, TEXTS, 4, "ls\0a.conf\0link\0plain\0"),
    [FOLDERS] = ARRAY(1118, TEXTS, 2, "/usr/bin/\0/etc/\0"),
    [ALGORITHM] = ARRAY(5011, INT32, 1, "\0\0\0\x8"),
    [STATES] = ARRAY(1029, INT8, 4, "\0\0\0\0"),
    [VERIFY] =
        ARRAY(1045, INT32, 4, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"),
};

static void make(struct sw_buf *blob, const struct array *arrays)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf store = {0};
    sw_buf_init(blob, TEST_RPM_MAX);
    sw_buf_init(&store, TEST_RPM_MAX);
    size_t n_store = 0;
    for (size_t i = 0; i < N_ARRAYS; i++)
        n_store += arrays[i].bytes.n;
    test_put_be32(blob, N_ARRAYS);
    test_put_be32(blob, (uint32_t)n_store);
    for (size_t i = 0; i < N_ARRAYS; i++) {
        test_put_be32(blob, arrays[i].tag);
        test_put_be32(blob, arrays[i].type);
        test_put_be32(blob, (uint32_t)store.n);
        test_put_be32(blob, arrays[i].count);
        assert_int_equal(sw_buf_append_str(&store, arrays[i].bytes), 0);
    }
    assert_int_equal(sw_buf_append_str(blob, sw_buf_str(&store)), 0);
}

static int tell(void *context, const struct sw_rpm_file *file)
{
    return sw_buf_printf(context, "%.*s%.*s %.*s %u%s|", SW_STR_ARG(file->folder),
        SW_STR_ARG(file->name), SW_STR_ARG(file->digest), file->algorithm,
        file->is_free ? " free" : "");
}

static int parse(struct sw_str blob, struct sw_buf *told)
{
    sw_buf_init(told, 65536);
    assert_int_equal(sw_buf_append(told, "", 0), 0);
    return sw_rpm_files_parse(blob, tell, told);
}

static void assert_files(const struct array *arrays, int r, const char *expected)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf blob;
    SW_CLEANUP(sw_buf_done) struct sw_buf told;
    make(&blob, arrays);
    assert_int_equal(parse(sw_buf_str(&blob), &told), r);
    if (!sw_str_equal_z(sw_buf_str(&told), expected))
        fail_msg("'%.*s' is not '%s'", SW_STR_ARG(sw_buf_str(&told)), expected);
}

static void lists_regular_files_with_a_digest(void **state)
{
    (void)state;
    assert_files(sound, 0, "/usr/bin/ls aa 8|/etc/a.conf bb 8 free|/etc/plain dd 8 free|");
}

static void without_an_algorithm_it_is_md5(void **state)
{
    (void)state;
    struct array arrays[N_ARRAYS];
    memcpy(arrays, sound, sizeof(arrays));
    arrays[ALGORITHM].tag = 9999;
    arrays[VERIFY].tag = 9999;
    arrays[STATES].bytes = SW_STR("\1\0\0\0");
    assert_files(arrays, 0, "/usr/bin/ls aa 1 free|/etc/a.conf bb 1 free|/etc/plain dd 1|");
}

static void arrays_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct array arrays[N_ARRAYS];
    static const size_t lengths[] = {DIGESTS, INDEXES};
    for (size_t i = 0; i < SW_ARRAY_SIZE(lengths); i++) {
        memcpy(arrays, sound, sizeof(arrays));
        arrays[lengths[i]].count = 3;
        assert_files(arrays, -EBADMSG, "");
    }
    memcpy(arrays, sound, sizeof(arrays));
    arrays[INDEXES].bytes = SW_STR("\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0");
    assert_files(arrays, -EBADMSG, "/usr/bin/ls aa 8|");
    memcpy(arrays, sound, sizeof(arrays));
    arrays[NAMES].count = UINT32_MAX;
    assert_files(arrays, 0, "");
    memcpy(arrays, sound, sizeof(arrays));
    arrays[FOLDERS].count = 1 << 20;
    assert_files(arrays, -EBADMSG, "");
    memcpy(arrays, sound, sizeof(arrays));
    arrays[NAMES].tag = 1;
    assert_files(arrays, 0, "");
}

static void a_header_that_is_cut_does_no_harm(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf blob;
    make(&blob, sound);
    for (size_t n = 0; n < blob.n; n++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf told;
        parse(sw_str_part(sw_buf_str(&blob), 0, n), &told);
    }
    SW_CLEANUP(sw_buf_done) struct sw_buf told;
    test_set_32(&blob, 0, UINT32_MAX, true);
    assert_int_equal(parse(sw_buf_str(&blob), &told), -EBADMSG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_regular_files_with_a_digest),
        cmocka_unit_test(without_an_algorithm_it_is_md5),
        cmocka_unit_test(arrays_that_do_not_fit_are_refused),
        cmocka_unit_test(a_header_that_is_cut_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
