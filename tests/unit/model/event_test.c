/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests lib/model/event*.c: the registry, records that are read, records that are refused, JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/mem.h"
#include "harness/record.h"
#include "model/event.h"
#include "model/event_json.h"

static struct sw_event event;

static void assert_str(struct sw_str s, const char *z)
{
    assert_int_equal(s.n, strlen(z));
    assert_memory_equal(s.p, z, s.n);
}

static void assert_field(const char *name, const char *text)
{
    const struct sw_event_field *field = sw_event_field_find(sw_str_of(name));
    assert_non_null(field);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 65536);
    assert_int_equal(sw_event_format(&event, field, &buf), 0);
    assert_str(sw_buf_str(&buf), text);
}

static void make_exec(struct test_record *record)
{
    struct sw_abi_exec *exec = test_record_begin(record, SW_ABI_EXEC, sizeof(*exec));
    record->head.call = SW_ABI_CALL_EXECVE;
    record->head.flags = SW_ABI_HAS_NS_UID;
    record->head.process.pid = 42;
    record->head.process.start_ns = 1000;
    record->head.process.euid = 100000;
    record->head.process.login_uid = UINT32_MAX;
    memcpy(record->head.process.comm, "fifteen-letters", 16);
    exec->exe.inode = 7;
    exec->exe.flags = SW_ABI_FILE_UPPER;
    exec->capabilities.effective = 0x1ffffffffffULL;
    exec->path = test_record_text(record, "/bin/sh", 7);
    exec->args = test_record_text(record, "sh\0-c\0a b\0", 10);
    exec->filename = test_record_text(record, "./x\xff", 4);
}

static void decodes_exec(void **state)
{
    (void)state;
    struct test_record record;
    make_exec(&record);
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_int_equal(event.kind, SW_EVENT_EXEC);
    assert_field("evt.kind", "exec");
    assert_field("evt.type", "execve");
    assert_field("proc.pid", "42");
    assert_field("proc.name", "fifteen-letters");
    assert_field("proc.exepath", "/bin/sh");
    assert_field("proc.exe", "sh");
    assert_field("proc.args", "-c a b");
    assert_field("proc.cmdline", "fifteen-letters -c a b");
    assert_field("proc.exe_filename", "./x\\xff");
    assert_field("proc.is_exe_upper_layer", "true");
    assert_field("proc.is_exe_from_memfd", "false");
    assert_field("thread.cap_effective", "0x1ffffffffff");
    assert_field("user.uid", "100000");
    assert_field("user.nsuid", "0");
    assert_field("user.loginuid", "-1");
    assert_field("fd.name", "");
}

static void writes_json_that_reads_back(void **state)
{
    (void)state;
    struct test_record record;
    make_exec(&record);
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, 65536);
    assert_int_equal(sw_event_json_write(&event, &buf), 0);
    assert_int_equal(buf.p[buf.n - 1], '\n');
    json_t *json = json_loadb(buf.p, buf.n, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "proc.pid")), 42);
    assert_int_equal(json_array_size(json_object_get(json, "proc.args")), 2);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(json, "proc.args"), 1)), "a b");
    assert_null(json_object_get(json, "evt.failed"));
    assert_null(json_object_get(json, "container.id"));
    assert_true(json_is_false(json_object_get(json, "proc.is_exe_deleted")));
    json_decref(json);
}

static void refuses_what_is_too_short(void **state)
{
    (void)state;
    struct test_record record;
    make_exec(&record);
    struct sw_str whole = test_record_str(&record);
    for (size_t n = 0; n < whole.n; n++) {
        /* The size that it states may be true, too. */
        record.head.size = (uint32_t)n;
        assert_int_equal(sw_event_decode(sw_str_part(whole, 0, n), &event, NULL), -EBADMSG);
    }
}

static void refuses_other_versions_and_kinds(void **state)
{
    (void)state;
    struct test_record record;
    struct sw_err err = {0};
    make_exec(&record);
    record.head.version++;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, &err), -EBADMSG);
    make_exec(&record);
    record.head.kind = SW_ABI_KIND_MAX;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, &err), -EBADMSG);
    record.head.kind = SW_ABI_NONE;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, &err), -EBADMSG);
    record.head.kind = SW_ABI_EXEC;
    record.head.call = 65535;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, &err), 0);
    assert_field("evt.type", "execve");
}

static void refuses_texts_out_of_bounds(void **state)
{
    (void)state;
    struct test_record record;
    make_exec(&record);
    struct sw_abi_exec *exec = (void *)(&record.head + 1);
    exec->path.offset = (__u16)(record.n - 3);
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), -EBADMSG);
    exec->path.offset = 65535;
    exec->path.length = 65535;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), -EBADMSG);
    /* Nor may one begin in the structs. */
    exec->path.offset = 8;
    exec->path.length = 1;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), -EBADMSG);
}

static void keeps_the_longest_command_line(void **state)
{
    (void)state;
    struct test_record record;
    struct sw_abi_exec *exec = test_record_begin(&record, SW_ABI_EXEC, sizeof(*exec));
    memcpy(record.head.process.comm, "fifteen-letters", 16);
    static char args[SW_ABI_TEXT_MAX];
    memset(args, 'a', sizeof(args));
    args[1] = '\0';
    exec->args = test_record_text(&record, args, sizeof(args));
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_int_equal(event.proc_args.n, sizeof(args) - 2);
    assert_int_equal(event.proc_cmdline.n, 16 + sizeof(args) - 2);
}

static void make_connection(
    struct test_record *record, unsigned kind, const char *local, const char *remote)
{
    struct sw_abi_network *network = test_record_begin(record, kind, sizeof(*network));
    struct sw_event_address address;
    assert_int_equal(sw_event_address_parse(sw_str_of(local), &address), 0);
    memcpy(network->socket.local, address.bytes, 16);
    assert_int_equal(sw_event_address_parse(sw_str_of(remote), &address), 0);
    memcpy(network->socket.remote, address.bytes, 16);
    network->socket.local_port = 40000;
    network->socket.remote_port = 443;
    network->socket.protocol = IPPROTO_TCP;
}

static void tells_client_from_server(void **state)
{
    (void)state;
    struct test_record record;
    make_connection(&record, SW_ABI_CONNECT, "10.0.0.1", "::ffff:1.2.3.4");
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("fd.name", "10.0.0.1:40000->1.2.3.4:443");
    assert_field("fd.sip", "1.2.3.4");
    assert_field("fd.cport", "40000");
    assert_field("fd.type", "ipv4");
    assert_field("fd.is_server", "false");
    make_connection(&record, SW_ABI_ACCEPT, "::1", "2001:db8::1");
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("fd.name", "[2001:db8::1]:443->[::1]:40000");
    assert_field("fd.sip", "::1");
    assert_field("fd.type", "ipv6");
    make_connection(&record, SW_ABI_LISTEN, "0.0.0.0", "0.0.0.0");
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("fd.name", "0.0.0.0:40000");
    assert_field("fd.l4proto", "tcp");
}

static void reads_dns_questions(void **state)
{
    (void)state;
    static const char good[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\x1c\0\1";
    struct test_record record;
    struct sw_abi_dns *dns = test_record_begin(&record, SW_ABI_DNS, sizeof(*dns));
    dns->socket.protocol = IPPROTO_UDP;
    dns->message = test_record_text(&record, good, sizeof(good) - 1);
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("dns.question", "www.example.com");
    assert_field("dns.question.type", "28");
    /* Cut anywhere: no question, or one without type, never more than there is. */
    for (size_t n = 0; n < sizeof(good) - 1; n++) {
        dns->message.length = (__u16)n;
        assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    }
    /* A pointer instead of a label is no question. */
    record.bytes[dns->message.offset + 12] = (char)0xc0;
    dns->message.length = sizeof(good) - 1;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("dns.question", "");
}

static void splits_paths(void **state)
{
    (void)state;
    struct test_record record;
    struct sw_abi_open *open = test_record_begin(&record, SW_ABI_OPEN, sizeof(*open));
    open->open_flags = O_WRONLY;
    open->path = test_record_text(&record, "/etc/passwd", 11);
    record.head.result = -EACCES;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("fd.directory", "/etc");
    assert_field("fd.filename", "passwd");
    assert_field("evt.is_open_write", "true");
    assert_field("evt.failed", "true");
    open->path.length = 1;
    assert_int_equal(sw_event_decode(test_record_str(&record), &event, NULL), 0);
    assert_field("fd.directory", "/");
}

static void addresses_have_one_form(void **state)
{
    (void)state;
    struct sw_event_address a, b;
    assert_int_equal(sw_event_address_parse(SW_STR("10.1.2.3"), &a), 0);
    assert_int_equal(sw_event_address_parse(SW_STR("::ffff:10.1.2.3"), &b), 0);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(sw_event_address_parse(SW_STR("10.1.2"), &a), -EINVAL);
    assert_int_equal(sw_event_address_parse(SW_STR(""), &a), -EINVAL);
}

static void each_field_belongs_to_a_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < _SW_EVENT_FIELD_MAX; i++) {
        const struct sw_event_field *field = &sw_event_fields[i];
        if (sw_event_field_kinds(field) == 0)
            fail_msg("no kind has '%s'", field->name);
        if (sw_event_field_find(sw_str_of(field->name)) != field)
            fail_msg("'%s' is there twice", field->name);
    }
    assert_null(sw_event_field_find(SW_STR("proc.nothing")));
    for (size_t kind = 1; kind < _SW_EVENT_MAX; kind++)
        assert_int_equal(sw_event_kind_find(sw_str_of(sw_event_kinds[kind].name)), kind);
    assert_int_equal(sw_event_kind_find(SW_STR("")), SW_EVENT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_exec),
        cmocka_unit_test(writes_json_that_reads_back),
        cmocka_unit_test(refuses_what_is_too_short),
        cmocka_unit_test(refuses_other_versions_and_kinds),
        cmocka_unit_test(refuses_texts_out_of_bounds),
        cmocka_unit_test(keeps_the_longest_command_line),
        cmocka_unit_test(tells_client_from_server),
        cmocka_unit_test(reads_dns_questions),
        cmocka_unit_test(splits_paths),
        cmocka_unit_test(addresses_have_one_form),
        cmocka_unit_test(each_field_belongs_to_a_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
