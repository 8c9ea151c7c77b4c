/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/catalog/rpm_ndb.c: NDB files, sound and damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "catalog/rpm_list.h"
#include "catalog/rpm_ndb.h"
#include "harness/rpm_make.h"

#define PAGE 4096
#define BLOCK 16
#define AT_SLOT(i) (32 + 16 * (size_t)(i))

struct fixture {
    struct sw_region region;
    struct sw_rpm_list list;
    struct sw_buf file;
};

static uint32_t sum_adler(const char *p, size_t n)
{
    uint32_t a = 1;
    uint32_t b = 0;
    for (size_t i = 0; i < n; i++) {
        a = (a + (unsigned char)p[i]) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static void append(struct sw_buf *file, const void *p, size_t n)
{
    assert_int_equal(sw_buf_append(file, p, n), 0);
}

static void append_32(struct sw_buf *file, uint32_t v)
{
    char bytes[4];
    sw_num_put_le32(bytes, v);
    append(file, bytes, 4);
}

static void add_package(struct sw_buf *file, uint32_t number, const char *name)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf blob = {0};
    sw_buf_init(&blob, TEST_RPM_MAX);
    test_make_package(&blob, name);
    size_t from = file->n;
    append(file, "BlbS", 4);
    append_32(file, number);
    append_32(file, 1);
    append_32(file, (uint32_t)blob.n);
    append(file, blob.p, blob.n);
    while ((file->n + 12) % BLOCK != 0)
        append(file, "", 1);
    uint32_t sum = sum_adler(file->p + from, file->n - from);
    append_32(file, sum);
    append_32(file, (uint32_t)blob.n);
    append(file, "BlbE", 4);
    memcpy(file->p + AT_SLOT(number), "Slot", 4);
    test_set_32(file, AT_SLOT(number) + 4, number, false);
    test_set_32(file, AT_SLOT(number) + 8, (uint32_t)(from / BLOCK), false);
    test_set_32(file, AT_SLOT(number) + 12, (uint32_t)((file->n - from) / BLOCK), false);
}

/* Slots 1 to 3 hold packages, all others are free. */
static void init(struct fixture *f)
{
    sw_region_init(&f->region, (size_t)16 * 1024 * 1024);
    sw_rpm_list_init(&f->list, &f->region, SW_STR("var/lib/rpm/Packages.db"));
    sw_buf_init(&f->file, TEST_RPM_MAX);
    append(&f->file, "RpmP", 4);
    append_32(&f->file, 0);
    append_32(&f->file, 4);
    append_32(&f->file, 1);
    append_32(&f->file, 4);
    append(&f->file, (char[12]){0}, 12);
    while (f->file.n < PAGE) {
        append(&f->file, "Slot", 4);
        append(&f->file, (char[12]){0}, 12);
    }
    add_package(&f->file, 1, "one");
    add_package(&f->file, 2, "two");
    add_package(&f->file, 3, "three");
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
    int r = sw_rpm_ndb_parse(sw_buf_str(&f->file), &f->list, &err);
    assert_true((r < 0) == (err.message[0] != '\0'));
    return r;
}

static void check(struct fixture *f, size_t n_packages, uint64_t n_damaged)
{
    assert_int_equal(parse(f), 0);
    assert_int_equal(f->list.packages.n, n_packages);
    assert_int_equal(f->list.n_damaged, n_damaged);
}

static void reads_all_packages(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f);
    check(&f, 3, 0);
    assert_true(sw_str_equal_z(f.list.packages.v[2].name, "three"));
}

static void a_wrong_checksum_is_named_and_costs_nothing(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f);
    test_set_32(&f.file, f.file.n - 12, 0, false);
    check(&f, 3, 1);
}

static void a_damaged_slot_or_blob_costs_one_package(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
    } cases[] = {
        {AT_SLOT(2), 0},               /* no slot */
        {AT_SLOT(2) + 4, 0},           /* neither free nor used */
        {AT_SLOT(2) + 8, 0},           /* the same the other way round */
        {AT_SLOT(2) + 8, 0xffffffff},  /* beyond the file */
        {AT_SLOT(2) + 12, 0xffffffff}, /* beyond the file */
        {AT_SLOT(2) + 12, 1},          /* too small for any blob */
        {AT_SLOT(2) + 8, 1},           /* somewhere else */
        {AT_SLOT(2) + 4, 9},           /* another package's */
        {PAGE + 12, 0xffffffff},       /* blob with an absurd length */
        {PAGE + 12, 1},                /* length unlike the one at its end */
        {PAGE, 0},                     /* blob without its mark */
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f);
        test_set_32(&f.file, cases[i].at, cases[i].value, false);
        check(&f, 2, 1);
    }
}

static void blobs_do_not_overlap(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture f;
    init(&f);
    for (size_t i = 4; i < (PAGE - 32) / 16; i++)
        memcpy(f.file.p + AT_SLOT(i), f.file.p + AT_SLOT(1), 16);
    assert_int_equal(parse(&f), 0);
    assert_true(f.list.n_damaged > 0);
    assert_true(f.list.packages.n < 60);
}

static void survives_every_truncation(void **state)
{
    (void)state;
    SW_CLEANUP(done) struct fixture whole;
    init(&whole);
    for (size_t n = 0; n < whole.file.n; n += n < 64 || n > PAGE - 64 ? 1 : 61) {
        SW_CLEANUP(done) struct fixture f;
        init(&f);
        struct sw_buf cut;
        sw_buf_init(&cut, TEST_RPM_MAX);
        append(&cut, whole.file.p, n);
        sw_buf_done(&f.file);
        f.file = cut;
        if (parse(&f) == 0)
            assert_true(f.list.n_damaged > 0);
        assert_true(f.list.packages.n < 3);
    }
}

static void refuses_what_is_no_ndb(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint32_t value;
        int r;
    } cases[] = {{0, 0, -EBADMSG}, {4, 1, -EOPNOTSUPP}, {12, 0, -EBADMSG}};
    for (size_t i = 0; i < SW_ARRAY_SIZE(cases); i++) {
        SW_CLEANUP(done) struct fixture f;
        init(&f);
        test_set_32(&f.file, cases[i].at, cases[i].value, false);
        assert_int_equal(parse(&f), cases[i].r);
    }
    SW_CLEANUP(done) struct fixture f;
    init(&f);
    test_set_32(&f.file, 12, 0xffffffff, false);
    assert_int_equal(parse(&f), 0);
    assert_int_equal(f.list.packages.n, 3);
    assert_true(f.list.n_damaged > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_all_packages),
        cmocka_unit_test(a_wrong_checksum_is_named_and_costs_nothing),
        cmocka_unit_test(a_damaged_slot_or_blob_costs_one_package),
        cmocka_unit_test(blobs_do_not_overlap),
        cmocka_unit_test(survives_every_truncation),
        cmocka_unit_test(refuses_what_is_no_ndb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
