/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/oci/bolt.c with pages made by hand: two meta pages, one leaf with an inline bucket, one
 * free page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/num.h"
#include "oci/bolt.h"

#define PAGE 512

struct file {
    char bytes[4 * PAGE];
};

static void put_page(char *page, uint64_t id, uint16_t flags, uint16_t count)
{
    sw_num_put_le64(page, id);
    sw_num_put_le32(page + 8, flags | (uint32_t)count << 16);
}

static void seal(char *page)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 16; i < 72; i++)
        hash = (hash ^ (uint8_t)page[i]) * 1099511628211u;
    sw_num_put_le64(page + 72, hash);
}

static void put_meta(char *page, uint64_t id, uint64_t txid)
{
    put_page(page, id, 4, 0);
    sw_num_put_le32(page + 16, 0xED0CDAED);
    sw_num_put_le32(page + 20, 2);
    sw_num_put_le32(page + 24, PAGE);
    sw_num_put_le64(page + 32, 2);
    sw_num_put_le64(page + 48, 3);
    sw_num_put_le64(page + 56, 4);
    sw_num_put_le64(page + 64, txid);
    seal(page);
}

static void put_element(char *at, uint32_t flags, uint32_t from, uint32_t n_key, uint32_t n_value)
{
    sw_num_put_le32(at, flags);
    sw_num_put_le32(at + 4, from);
    sw_num_put_le32(at + 8, n_key);
    sw_num_put_le32(at + 12, n_value);
}

/* "v1" is an inline bucket of "size" = "1"; "x" = "y". */
static void make(struct file *file)
{
    memset(file, 0, sizeof(*file));
    put_meta(file->bytes, 0, 1);
    put_meta(file->bytes + PAGE, 1, 2);
    char *page = file->bytes + (size_t)2 * PAGE;
    put_page(page, 2, 2, 2);
    char *inside = page + 50 + 16; /* after key and the bucket's own 16 bytes */
    put_element(page + 16, 1, 32, 2, 16 + 37);
    memcpy(page + 48, "v1", 2);
    put_page(inside, 0, 2, 1);
    put_element(inside + 16, 0, 16, 4, 1);
    memcpy(inside + 32, "size1", 5);
    put_element(page + 32, 0, 71, 1, 1);
    memcpy(page + 103, "xy", 2);
    put_page(file->bytes + (size_t)3 * PAGE, 3, 16, 0);
}

static struct sw_str bytes_of(struct file *file)
{
    return (struct sw_str){file->bytes, sizeof(file->bytes)};
}

static void finds_values_and_inline_buckets(void **state)
{
    (void)state;
    struct file file;
    struct sw_bolt bolt;
    struct sw_bolt_item item;
    make(&file);
    assert_int_equal(sw_bolt_parse(bytes_of(&file), &bolt, NULL), 0);
    assert_int_equal(bolt.txid, 2);
    struct sw_bolt_bucket top = sw_bolt_top(&bolt);
    assert_int_equal(sw_bolt_find(&bolt, &top, "x", &item, NULL), 1);
    assert_true(sw_str_equal_z(item.value, "y"));
    assert_int_equal(sw_bolt_find(&bolt, &top, "no", &item, NULL), 0);
    assert_int_equal(sw_bolt_find(&bolt, &top, "v1", &item, NULL), 1);
    assert_true(item.is_bucket);
    struct sw_bolt_bucket bucket = item.bucket;
    assert_int_equal(sw_bolt_find(&bolt, &bucket, "size", &item, NULL), 1);
    assert_true(sw_str_equal_z(item.value, "1"));
}

static void takes_the_older_meta_when_the_newer_is_torn(void **state)
{
    (void)state;
    struct file file;
    struct sw_bolt bolt;
    make(&file);
    file.bytes[PAGE + 64]++;
    assert_int_equal(sw_bolt_parse(bytes_of(&file), &bolt, NULL), 0);
    assert_int_equal(bolt.txid, 1);
    make(&file);
    file.bytes[64]++;
    assert_int_equal(sw_bolt_parse(bytes_of(&file), &bolt, NULL), 0);
    assert_int_equal(bolt.txid, 2);
    file.bytes[PAGE + 64]++;
    assert_int_equal(sw_bolt_parse(bytes_of(&file), &bolt, NULL), -EBADMSG);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    struct file file;
    struct sw_bolt bolt;
    make(&file);
    for (size_t n = 0; n < sizeof(file.bytes); n++)
        assert_int_equal(sw_bolt_parse((struct sw_str){file.bytes, n}, &bolt, NULL), -EBADMSG);
}

static int find_in(struct file *file, const char *key)
{
    struct sw_bolt bolt;
    struct sw_bolt_item item;
    struct sw_err err = {0};
    assert_int_equal(sw_bolt_parse(bytes_of(file), &bolt, NULL), 0);
    struct sw_bolt_bucket top = sw_bolt_top(&bolt);
    int r = sw_bolt_find(&bolt, &top, key, &item, &err);
    if (r < 0)
        assert_non_null(strstr(err.message, "damaged"));
    return r;
}

static void refuses_absurd_sizes(void **state)
{
    (void)state;
    struct file file;
    char *page = file.bytes + (size_t)2 * PAGE;
    make(&file);
    sw_num_put_le32(page + 36, 0xFFFFFFFF); /* where the key of "x" lies */
    assert_int_equal(find_in(&file, "x"), -EBADMSG);
    make(&file);
    sw_num_put_le32(page + 44, 0xFFFFFFFF); /* how long its value is */
    assert_int_equal(find_in(&file, "x"), -EBADMSG);
    make(&file);
    sw_num_put_le32(page + 8, 2 | 0xFFFFu << 16); /* how many there are */
    assert_int_equal(find_in(&file, "x"), -EBADMSG);
    make(&file);
    sw_num_put_le32(page + 12, 0xFFFFFFFF); /* pages that it overflows to */
    assert_int_equal(find_in(&file, "x"), -EBADMSG);
    make(&file);
    sw_num_put_le32(page + 28, 8); /* a bucket of half a header */
    assert_int_equal(find_in(&file, "v1"), -EBADMSG);
}

static void ends_in_a_circle_of_pages(void **state)
{
    (void)state;
    struct file file;
    make(&file);
    char *page = file.bytes + (size_t)2 * PAGE;
    put_page(page, 2, 1, 2);
    sw_num_put_le64(page + 24, 2);
    sw_num_put_le64(page + 40, 2);
    assert_int_equal(find_in(&file, "x"), -EBADMSG);
    sw_num_put_le64(page + 24, 9);
    assert_int_equal(find_in(&file, "x"), -EBADMSG);
}

static void loads_a_file_and_holds_its_cap(void **state)
{
    (void)state;
    struct file file;
    struct sw_bolt bolt;
    make(&file);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1 << 20);
    FILE *out = tmpfile();
    assert_non_null(out);
    assert_int_equal(fwrite(file.bytes, 1, sizeof(file.bytes), out), sizeof(file.bytes));
    assert_int_equal(fflush(out), 0);
    assert_int_equal(sw_bolt_load(fileno(out), &buf, &bolt, NULL), 0);
    assert_int_equal(bolt.txid, 2);
    sw_buf_done(&buf);
    sw_buf_init(&buf, PAGE);
    assert_int_equal(sw_bolt_load(fileno(out), &buf, &bolt, NULL), -EFBIG);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_values_and_inline_buckets),
        cmocka_unit_test(takes_the_older_meta_when_the_newer_is_torn),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(refuses_absurd_sizes),
        cmocka_unit_test(ends_in_a_circle_of_pages),
        cmocka_unit_test(loads_a_file_and_holds_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
