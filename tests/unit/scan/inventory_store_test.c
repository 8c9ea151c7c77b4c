/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inventories come back as they were stored; a damaged one is refused, wherever it is cut or bent.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "io/file.h"
#include "scan/inventory_store.h"

struct fixture {
    char folder[64];
    struct sw_region region;
    struct sw_report report;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return -1;
    snprintf(f->folder, sizeof(f->folder), "/tmp/seawall-inventory-XXXXXX");
    sw_region_init(&f->region, (size_t)64 << 20);
    sw_report_init(&f->report, &f->region);
    f->report.target = SW_STR("app.tar");
    f->report.target_kind = SW_TARGET_DOCKER_ARCHIVE;
    f->report.scanned_at = SW_STR("2026-11-25T00:00:00Z");
    f->report.image.config_digest = SW_STR("sha256:aa");
    f->report.image.os = SW_STR("linux");
    f->report.image.architecture = SW_STR("amd64");
    f->report.os.id = SW_STR("debian");
    f->report.os.version_id = SW_STR("12");
    for (unsigned i = 0; i < 300; i++) {
        struct sw_package p = {.type = SW_PACKAGE_DPKG, .layer = SW_PACKAGE_NO_LAYER};
        p.name = sw_str_of(sw_region_printf(&f->region, "package\n%u", i));
        p.version = SW_STR("1.0");
        p.source_name = i % 2 == 0 ? p.name : SW_STR("source");
        p.source_version = i % 3 == 0 ? p.version : SW_STR("2.0");
        p.licence = SW_STR("not needed for matching");
        if (sw_vec_push(&f->report.packages, p, 1000) < 0)
            return -1;
    }
    *state = f;
    return mkdtemp(f->folder) == NULL;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    sw_report_done(&f->report);
    sw_region_done(&f->region);
    sw_file_remove_tree(AT_FDCWD, f->folder, NULL);
    free(f);
    return 0;
}

static void store(struct fixture *f, struct sw_inventories *ret)
{
    struct sw_err err = {0};
    assert_int_equal(sw_inventory_save(f->folder, &f->report, &err), 0);
    assert_int_equal(sw_inventories_open(f->folder, &f->region, ret, &err), 0);
}

static void comes_back_as_it_was_stored(void **state)
{
    struct fixture *f = *state;
    struct sw_inventories all;
    struct sw_inventory inventory;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    store(f, &all);
    assert_int_equal(all.n, 1);
    assert_int_equal(sw_inventory_load(all.fd, all.names[0], &buf, &inventory), 0);
    assert_true(sw_str_equal_z(inventory.target, "app.tar"));
    assert_true(sw_str_equal_z(inventory.platform, "linux/amd64"));
    assert_true(sw_str_equal_z(inventory.os.version_id, "12"));
    assert_int_equal(inventory.n_packages, 300);
    struct sw_str bytes;
    SW_VEC_EACH (wanted, &f->report.packages) {
        struct sw_package p;
        assert_int_equal(sw_inventory_next(&inventory.packages, &bytes), 1);
        assert_int_equal(sw_inventory_package(bytes, &p), 0);
        assert_true(sw_str_equal(p.name, wanted->name));
        assert_true(sw_str_equal(p.source_name, wanted->source_name));
        assert_true(sw_str_equal(p.source_version, wanted->source_version));
    }
    assert_int_equal(sw_inventory_next(&inventory.packages, &bytes), 0);
    SW_CLEANUP(sw_report_done) struct sw_report report;
    struct sw_err err = {0};
    sw_report_init(&report, &f->region);
    assert_int_equal(sw_inventory_report(all.fd, all.names[0], &report, &err), 0);
    assert_int_equal(report.packages.n, 300);
    assert_true(sw_str_equal(report.packages.v[7].licence, f->report.packages.v[7].licence));
    sw_inventories_close(&all);
}

static void one_file_per_image_and_platform(void **state)
{
    struct fixture *f = *state;
    struct sw_inventories all;
    store(f, &all);
    sw_inventories_close(&all);
    f->report.target = SW_STR("another.tar");
    store(f, &all);
    assert_int_equal(all.n, 1);
    sw_inventories_close(&all);
    f->report.image.architecture = SW_STR("arm64");
    store(f, &all);
    assert_int_equal(all.n, 2);
    sw_inventories_close(&all);
}

static void refuses_what_is_damaged(void **state)
{
    struct fixture *f = *state;
    struct sw_inventories all;
    struct sw_inventory inventory;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    store(f, &all);
    assert_int_equal(sw_inventory_load(all.fd, all.names[0], &buf, &inventory), 0);
    size_t end = (size_t)(inventory.packages.p + inventory.packages.n - buf.p);
    for (size_t i = 0; i < end; i += i < 300 ? 1 : 97)
        assert_true(sw_inventory_parse(sw_str_part(sw_buf_str(&buf), 0, i), &inventory) < 0);
    for (size_t i = 0; i < end; i += i < 300 ? 1 : 97) {
        if ((i >= 20 && i < 24) || (i >= 32 && i < 40) || (i >= 112 && i < 184))
            continue; /* of no meaning yet, or of the part behind */
        if (i >= 111 && i < 112)
            continue; /* beyond the digest's text */
        buf.p[i] ^= 0x21;
        assert_true(sw_inventory_parse(sw_buf_str(&buf), &inventory) < 0);
        buf.p[i] ^= 0x21;
    }
    memset(buf.p + 24, 0xff, 8);
    assert_int_equal(sw_inventory_parse(sw_buf_str(&buf), &inventory), -EBADMSG);
    sw_inventories_close(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back_as_it_was_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_file_per_image_and_platform, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_is_damaged, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
