/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_bdb.c: Berkeley DB hash files of both byte orders, sound and damaged.
 * The file has one bucket: page 1 holds the records, pages 2 and up what is too large for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/rpm_bdb.h"
#include "catalog/rpm_list.h"
#include "harness/rpm_make.h"

#define PAGE 512
#define HEADER 26
#define CHUNK 100 /* bytes of a record on each overflow page, so that chains have several */
#define AT(page, field) ((size_t)(page)*PAGE + (field))

enum { PAGE_OVERFLOW = 7, PAGE_META = 8, PAGE_HASH = 13 };

struct fixture {
    struct sw_region region;
    struct sw_rpm_list list;
    struct sw_buf file;
    bool is_big_endian;
    uint16_t n_items;
    uint16_t free; /* where the last item of page 1 begins */
};

static void set_16(struct fixture *f, size_t at, uint16_t v)
{
    f->file.p[at] = (char)(f->is_big_endian ? v >> 8 : v);
    f->file.p[at + 1] = (char)(f->is_big_endian ? v : v >> 8);
}

static void set_32(struct fixture *f, size_t at, uint32_t v)
{
    test_set_32(&f->file, at, v, f->is_big_endian);
}

static uint32_t add_page(struct fixture *f, uint8_t type)
{
    static const char zeros[PAGE] = {0};
    uint32_t page = (uint32_t)(f->file.n / PAGE);
    assert_int_equal(sw_buf_append(&f->file, zeros, PAGE), 0);
    set_32(f, AT(page, 8), page);
    f->file.p[AT(page, 25)] = (char)type;
    set_32(f, AT(0, 32), page);
    return page;
}

static void add_item(struct fixture *f, const void *p, uint16_t n)
{
    f->free = (uint16_t)(f->free - n);
    memcpy(f->file.p + AT(1, f->free), p, n);
    set_16(f, AT(1, HEADER + 2 * (size_t)f->n_items), f->free);
    set_16(f, AT(1, 20), ++f->n_items);
}

static void add_key(struct fixture *f, uint32_t number)
{
    add_item(f, "\1\0\0\0", 5);
    set_32(f, AT(1, f->free + 1), number);
}

static void add_record(struct fixture *f, uint32_t number, const char *name)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = {0};
    sw_buf_init(&blob, TEST_RPM_MAX);
    test_make_package(&blob, name);
    add_key(f, number);
    add_item(f, "\3\0\0\0\0\0\0\0\0\0\0\0", 12);
    set_32(f, AT(1, f->free + 4), (uint32_t)(f->file.n / PAGE));
    set_32(f, AT(1, f->free + 8), (uint32_t)blob.n);
    for (size_t done = 0; done < blob.n;) {
        uint16_t n = (uint16_t)(blob.n - done < CHUNK ? blob.n - done : CHUNK);
        uint32_t page = add_page(f, PAGE_OVERFLOW);
        memcpy(f->file.p + AT(page, HEADER), blob.p + done, n);
        set_16(f, AT(page, 22), n);
        done += n;
        set_32(f, AT(page, 16), done < blob.n ? page + 1 : 0);
    }
}

static void init(struct fixture *f, bool is_big_endian)
{
    *f = (struct fixture){.is_big_endian = is_big_endian, .free = PAGE};
    sw_region_init(&f->region, (size_t)16 * 1024 * 1024);
    sw_rpm_list_init(&f->list, &f->region, SW_STR("var/lib/rpm/Packages"));
    sw_buf_init(&f->file, TEST_RPM_MAX);
    add_page(f, PAGE_META);
    set_32(f, AT(0, 12), 0x61561);
    set_32(f, AT(0, 16), 9);
    set_32(f, AT(0, 20), PAGE);
    set_32(f, AT(0, 96), 1); /* the first page of bucket 0 */
    add_page(f, PAGE_HASH);
    add_key(f, 0);
    add_item(f, "\1\2\0\0", 5);
    add_record(f, 1, "one");
    add_record(f, 2, "two");
}

static void done(struct fixture *f)
{
    sw_buf_done(&f->file);
    sw_rpm_list_done(&f->list);
    sw_region_done(&f->region);
}

static int parse(struct fixture *f)
{
    struct sw_err err = {0};
    int r = sw_rpm_bdb_parse(sw_buf_str(&f->file), &f->list, &err);
    assert_true(r == -ENOMEM || (r < 0) == (err.message[0] != '\0'));
    return r;
}

static void reads_both_byte_orders(void **state)
{
    (void)state;
    for (int is_big_endian = 0; is_big_endian < 2; is_big_endian++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, is_big_endian != 0);
        assert_int_equal(parse(&f), 0);
        assert_int_equal(f.list.n_damaged, 0);
        assert_int_equal(f.list.packages.n, 2);
        assert_true(sw_str_equal_z(f.list.packages.v[0].name, "one"));
        assert_true(sw_str_equal_z(f.list.packages.v[1].name, "two"));
    }
}

/* Values set in the file; what is lost by each. Pages 2 and 3 are record 1's, 4 and 5 record 2's.
 */
static void damage_costs_no_other_record(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t at;
        uint32_t value;
        size_t n_packages;
    } cases[] = {
        {"chain in a circle", AT(2, 16), 2, 2}, /* its front says who it is */
        {"chain into another record", AT(3, 16), 4, 2},
        {"chain beyond the file", AT(2, 16), 0xffffffff, 2},
        {"overflow page with another number", AT(2, 8), 77, 1},
        {"overflow page of another type", AT(2, 24), 0, 1},
        {"overflow page without bytes", AT(2, 20), 0, 1},
        {"overflow page with too many bytes", AT(2, 20), 0xffffffff, 1},
        {"absurd record size", AT(1, PAGE - 5 - 5 - 5 - 4), 0xffffffff, 1},
        {"no chain", AT(1, PAGE - 5 - 5 - 5 - 8), 0xffffffff, 1},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, false);
        set_32(&f, cases[i].at, cases[i].value);
        assert_int_equal(parse(&f), 0);
        if (f.list.packages.n != cases[i].n_packages || f.list.n_damaged == 0)
            fail_msg("%s: %zu packages, %zu places damaged", cases[i].what, f.list.packages.n,
                (size_t)f.list.n_damaged);
    }
}

static void names_lost_hash_pages(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
    } cases[] = {
        {AT(1, 24), 0},              /* no hash page any more */
        {AT(1, 8), 9},               /* another number */
        {AT(1, 20), 0xffff},         /* more items than fit */
        {AT(1, 20), 3},              /* half a pair */
        {AT(1, 16), 9},              /* successor beyond the file */
        {AT(1, 16), 2},              /* successor of another type */
        {AT(0, 72), 1000000},        /* absurd number of buckets */
        {AT(0, 96), 0xffffffff},     /* bucket beyond the file */
        {AT(1, HEADER), 0},          /* item inside the page's header */
        {AT(1, HEADER), 0xffffffff}, /* item beyond the page */
        {AT(0, 32), 1000},           /* more pages than the file has */
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, false);
        set_32(&f, cases[i].at, cases[i].value);
        assert_int_equal(parse(&f), 0);
        assert_true(f.list.n_damaged > 0);
    }
}

static void refuses_other_files(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
        int r;
    } cases[] = {
        {12, 0x53162, -EOPNOTSUPP}, /* B-tree */
        {12, 0x42253, -EOPNOTSUPP}, /* queue */
        {12, 0, -EBADMSG}, {16, 4, -EOPNOTSUPP}, {16, 11, -EOPNOTSUPP}, {20, 0, -EBADMSG},
        {20, 256, -EBADMSG}, {20, 513, -EBADMSG}, {20, 131072, -EBADMSG},
        {24, 1, -EOPNOTSUPP},       /* encrypted */
        {24, 2 << 16, -EOPNOTSUPP}, /* partitioned */
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, false);
        set_32(&f, cases[i].at, cases[i].value);
        assert_int_equal(parse(&f), cases[i].r);
        assert_int_equal(f.list.packages.n, 0);
    }
}

static void survives_every_truncation(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture whole;
    init(&whole, false);
    for (size_t n = 0; n < whole.file.n; n += 7) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, false);
        struct sw_buf cut;
        sw_buf_init(&cut, TEST_RPM_MAX);
        assert_int_equal(sw_buf_append(&cut, whole.file.p, n), 0);
        sw_buf_done(&f.file);
        f.file = cut;
        if (parse(&f) == 0)
            assert_true(f.list.n_damaged > 0);
    }
}

static void says_when_memory_ends(void **state)
{
    (void)state;
    int r = -ENOMEM;
    for (int64_t n = 0; r < 0 && n < 100; n++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f, false);
        sw_mem_fail_after(n);
        r = parse(&f);
        sw_mem_fail_after(-1);
        assert_true(r == 0 || r == -ENOMEM);
    }
    assert_int_equal(r, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_both_byte_orders),
        cmocka_unit_test(damage_costs_no_other_record),
        cmocka_unit_test(names_lost_hash_pages),
        cmocka_unit_test(refuses_other_files),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(says_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
