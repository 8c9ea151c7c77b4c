/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/wire/message_json.c: what is written is read back, what is broken is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "wire/message.h"

static struct sw_message there_and_back(struct sw_region *region, const struct sw_message *message)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 1 << 20);
    assert_int_equal(sw_message_format(message, &buf), 0);
    struct sw_message back;
    struct sw_err err = {0};
    if (sw_message_parse(message->type, sw_buf_str(&buf), region, &back, &err) < 0)
        fail_msg("%s", err.message);
    return back;
}

static void aspects_and_rules_come_back(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_message hello = {.type = SW_MESSAGE_HELLO};
    hello.hello.analyzers[SW_ASPECT_SECRETS] = SW_STR("secret=1");
    struct sw_message back = there_and_back(&region, &hello);
    assert_true(sw_str_equal(back.hello.analyzers[SW_ASPECT_SECRETS], SW_STR("secret=1")));
    assert_int_equal(back.hello.analyzers[SW_ASPECT_VULN].n, 0);
    struct sw_message content = {
        .type = SW_MESSAGE_CONTENT, .content = {SW_CONTENT_YARA_RULES, 4096}};
    back = there_and_back(&region, &content);
    assert_int_equal(back.content.kind, SW_CONTENT_YARA_RULES);
    assert_int_equal(back.content.size_bytes, 4096);
    struct sw_message scan = {.type = SW_MESSAGE_SCAN,
        .scan = {.aspects = SW_ASPECT_BIT(SW_ASPECT_MALWARE), .is_showing_secrets = true}};
    back = there_and_back(&region, &scan);
    assert_int_equal(back.scan.aspects, SW_ASPECT_BIT(SW_ASPECT_MALWARE));
    assert_true(back.scan.is_showing_secrets);
}

static void an_image_comes_back(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_layer layers[2] = {
        {.digest = SW_STR("sha256:aa"), .instruction = SW_STR("RUN \\xff \"x\"\n")},
        {.diff_id = SW_STR("sha256:bb"), .size_bytes = 1 << 30},
    };
    uint32_t ids[2] = {4, 2};
    struct sw_message message = {
        .type = SW_MESSAGE_IMAGE,
        .image = {.kind = SW_TARGET_OCI_ARCHIVE,
            .image = {.name = SW_STR("a\xff:1"), .layers = layers, .n_layers = 2},
            .layer_ids = ids},
    };
    struct sw_message back = there_and_back(&region, &message);
    assert_int_equal(back.image.kind, SW_TARGET_OCI_ARCHIVE);
    assert_true(sw_str_equal(back.image.image.name, SW_STR("a\xff:1")));
    assert_int_equal(back.image.image.n_layers, 2);
    assert_int_equal(back.image.layer_ids[0], 4);
    assert_true(sw_str_equal(back.image.image.layers[0].instruction, layers[0].instruction));
    assert_int_equal(back.image.image.layers[1].size_bytes, 1 << 30);
}

static void requests_and_ends_come_back(void **state)
{
    (void)state;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_message open = {.type = SW_MESSAGE_OPEN,
        .open = {.kind = SW_OPEN_RANGE,
            .layer = SW_MESSAGE_NO_LAYER,
            .offset = 512,
            .length = INT64_MAX,
            .is_again = true}};
    struct sw_message back = there_and_back(&region, &open);
    assert_int_equal(back.open.kind, SW_OPEN_RANGE);
    assert_int_equal(back.open.layer, SW_MESSAGE_NO_LAYER);
    assert_true(back.open.length == INT64_MAX && back.open.is_again);
    struct sw_message done = {.type = SW_MESSAGE_LAYER_DONE,
        .layer_done = {.code = -EBADMSG, .message = SW_STR("cut"), .n_files = 3}};
    back = there_and_back(&region, &done);
    assert_int_equal(back.layer_done.code, -EBADMSG);
    assert_int_equal(back.layer_done.n_files, 3);
}

static int parse(enum sw_message_type type, const char *text)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, 1 << 20);
    struct sw_message message;
    return sw_message_parse(type, sw_str_of(text), &region, &message, NULL);
}

static void refuses_what_is_broken(void **state)
{
    (void)state;
    assert_int_equal(parse(SW_MESSAGE_IMAGE, ""), -EINVAL);
    assert_int_equal(parse(SW_MESSAGE_IMAGE, "[]"), -EINVAL);
    assert_true(parse(SW_MESSAGE_IMAGE, "{\"kind\": 99}") < 0);
    assert_true(parse(SW_MESSAGE_IMAGE, "{\"layers\": {}}") < 0);
    assert_true(parse(SW_MESSAGE_IMAGE, "{\"layers\": [1]}") < 0);
    assert_true(parse(SW_MESSAGE_IMAGE, "{\"layers\": [{\"id\": -1}]}") < 0);
    assert_true(parse(SW_MESSAGE_IMAGE, "{\"name\": \"\\\\x1\"}") < 0);
    assert_true(parse(SW_MESSAGE_OPEN, "{}") < 0);
    assert_true(parse(SW_MESSAGE_OPEN, "{\"kind\": \"range\", \"offset\": -1}") < 0);
    assert_true(parse(SW_MESSAGE_LAYER_DONE, "{\"code\": 1}") < 0);
    assert_true(parse(SW_MESSAGE_NOTE, "{\"kind\": \"rumour\"}") < 0);
    assert_int_equal(parse(SW_MESSAGE_FACTS, "{}"), -ENOSYS);
    assert_int_equal(parse((enum sw_message_type)0, "{}"), -ENOSYS);
    assert_int_equal(parse((enum sw_message_type)99, "{}"), -ENOSYS);
    assert_int_equal(parse(SW_MESSAGE_DONE, "{\"new\": 1}"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aspects_and_rules_come_back),
        cmocka_unit_test(an_image_comes_back),
        cmocka_unit_test(requests_and_ends_come_back),
        cmocka_unit_test(refuses_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
