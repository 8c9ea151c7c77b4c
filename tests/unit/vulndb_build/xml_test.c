/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/vulndb/build/xml.c: elements as a stream, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "vulndb/build/xml.h"

static int on_open(
    void *context, struct sw_str name, const char *const *attributes, struct sw_err *err)
{
    (void)err;
    sw_buf_printf(
        context, "<%.*s %.*s>", SW_STR_ARG(name), SW_STR_ARG(sw_xml_attribute(attributes, "id")));
    return sw_str_equal_z(name, "stop") ? -ECANCELED : 0;
}

static int on_close(void *context, struct sw_str name, struct sw_str text, struct sw_err *err)
{
    (void)err;
    sw_buf_printf(context, "%.*s</%.*s>", SW_STR_ARG(sw_str_trim(text)), SW_STR_ARG(name));
    return 0;
}

static int read_text(struct sw_str text, struct sw_buf *buf, struct sw_err *err)
{
    SW_CLEANUP(sw_reader_freep) struct sw_reader *in = sw_reader_new_memory(text);
    struct sw_xml_handler handler = {.context = buf, .open = on_open, .close = on_close};
    return sw_xml_read(in, &handler, err);
}

static void check(const char *text, int expected_r, const char *expected)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    struct sw_err err = {0};
    assert_int_equal(read_text(sw_str_of(text), &buf, &err), expected_r);
    if (expected != NULL)
        assert_string_equal(buf.p, expected);
    if (expected_r < 0 && expected_r != -ECANCELED)
        assert_true(err.message[0] != '\0');
}

static void gives_elements_with_text_and_attributes(void **state)
{
    (void)state;
    check("<a id='1'><x:b x:id='2'> t&lt;x </x:b><c/></a>", 0, "<a 1><b 2>t<x</b><c ></c></a>");
    check("<a><![CDATA[<raw>]]></a>", 0, "<a ><raw></a>");
}

static void stops_when_a_handler_says_so(void **state)
{
    (void)state;
    check("<a><stop/><b/></a>", -ECANCELED, "<a ><stop >");
}

static void refuses_document_types_and_entities(void **state)
{
    (void)state;
    check("<!DOCTYPE a><a/>", -EBADMSG, NULL);
    check("<!DOCTYPE a [<!ENTITY x 'y'><!ENTITY z '&x;&x;&x;'>]><a>&z;</a>", -EBADMSG, NULL);
    check("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", -EBADMSG, NULL);
    check("<a>&unknown;</a>", -EBADMSG, NULL);
}

static void refuses_what_is_cut_short_or_no_xml(void **state)
{
    (void)state;
    check("", -EBADMSG, NULL);
    check("<a><b>", -EBADMSG, "<a ><b >");
    check("<a></b>", -EBADMSG, NULL);
    check("{\"json\": 1}", -EBADMSG, NULL);
    check("<a>\x80</a>", -EBADMSG, NULL);
}

static void refuses_absurd_depth_and_markup(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    sw_buf_init(&text, (size_t)8 << 20);
    sw_buf_init(&out, (size_t)8 << 20);
    for (int i = 0; i < SW_XML_DEPTH_MAX + 1; i++)
        sw_buf_append_str(&text, SW_STR("<a>"));
    struct sw_err err = {0};
    assert_int_equal(read_text(sw_buf_str(&text), &out, &err), -EFBIG);

    sw_buf_clear(&text);
    sw_buf_append_str(&text, SW_STR("<a id='"));
    for (size_t i = 0; i < SW_XML_MARKUP_MAX * 2; i += 64)
        sw_buf_append(
            &text, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 64);
    sw_buf_append_str(&text, SW_STR("'/>"));
    assert_int_equal(read_text(sw_buf_str(&text), &out, &err), -EFBIG);
}

static void cuts_long_text(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf text = {0};
    SW_CLEANUP(sw_buf_done) struct sw_buf out = {0};
    sw_buf_init(&text, (size_t)8 << 20);
    sw_buf_init(&out, (size_t)8 << 20);
    sw_buf_append_str(&text, SW_STR("<a>"));
    for (size_t i = 0; i < SW_XML_TEXT_MAX * 2; i += 32)
        sw_buf_append(&text, "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 32);
    sw_buf_append_str(&text, SW_STR("</a>"));
    assert_int_equal(read_text(sw_buf_str(&text), &out, NULL), 0);
    assert_true(out.n < SW_XML_TEXT_MAX + 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_elements_with_text_and_attributes),
        cmocka_unit_test(stops_when_a_handler_says_so),
        cmocka_unit_test(refuses_document_types_and_entities),
        cmocka_unit_test(refuses_what_is_cut_short_or_no_xml),
        cmocka_unit_test(refuses_absurd_depth_and_markup),
        cmocka_unit_test(cuts_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
