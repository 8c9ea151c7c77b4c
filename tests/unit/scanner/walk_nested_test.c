/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests scanner/walk_nested.c: archives of all forms, in each other, cut, enciphered, and made to
 * do harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "analyzer.h"
#include "budget.h"
#include "harness/archive_make.h"
#include "walk.h"
#include "wants.h"

#define MEMORY ((size_t)64 << 20)
#define HARMLESS "not a secret, not a virus"

/* What the analyzer saw: "path!inner=bytes" a line, long content as its length. */
static struct sw_buf seen;
static unsigned n_open;
static unsigned n_open_most;

struct state {
    struct sw_buf name;
    struct sw_buf bytes;
};

static int begin(struct sw_analyzer_context *context, const struct sw_analyzer_file *file,
    void **ret_state, struct sw_err *err)
{
    (void)context;
    (void)err;
    struct state *state = sw_mem_zalloc(1, sizeof(*state));
    sw_buf_init(&state->name, MEMORY);
    sw_buf_init(&state->bytes, MEMORY);
    sw_buf_printf(&state->name, "%.*s!%.*s", SW_STR_ARG(file->path), SW_STR_ARG(file->inner));
    n_open++;
    n_open_most = n_open > n_open_most ? n_open : n_open_most;
    *ret_state = state;
    return 0;
}

static int block(void *opaque, struct sw_str bytes, struct sw_err *err)
{
    (void)err;
    struct state *state = opaque;
    int r = sw_buf_append_str(&state->bytes, bytes);
    return r == -EFBIG ? 0 : r;
}

static int end(void *opaque, struct sw_analyzer_context *context, struct sw_err *err)
{
    (void)context;
    (void)err;
    struct state *state = opaque;
    sw_buf_append_str(&seen, sw_buf_str(&state->name));
    if (state->bytes.n < 64)
        sw_buf_printf(&seen, "=%.*s\n", SW_STR_ARG(sw_buf_str(&state->bytes)));
    else
        sw_buf_printf(&seen, "=%zu\n", state->bytes.n);
    sw_buf_done(&state->name);
    sw_buf_done(&state->bytes);
    sw_mem_free(state);
    n_open--;
    return 0;
}

static const struct sw_analyzer any = {.name = "any",
    .want = SW_WANT_STREAM,
    .wants.is_any = true,
    .begin = begin,
    .block = block,
    .end = end};

/* Content in pieces of a size. */
struct pieces {
    struct sw_str rest;
    size_t piece_bytes;
    uint64_t n_served;
};

static ssize_t next_piece(void *context, const void **ret, struct sw_err *err)
{
    (void)err;
    struct pieces *pieces = context;
    size_t n = pieces->rest.n < pieces->piece_bytes ? pieces->rest.n : pieces->piece_bytes;
    *ret = pieces->rest.p;
    pieces->rest = sw_str_skip(pieces->rest, n);
    pieces->n_served += n;
    return (ssize_t)n;
}

struct walked {
    struct sw_region region;
    struct sw_facts facts;
};

/* One file of a layer. All of it must have been read, whatever is in it. */
static void walk_file(
    struct walked *walked, const char *path, struct sw_str bytes, size_t piece_bytes)
{
    static const struct sw_analyzer *const analyzers[] = {&any, NULL};
    sw_region_init(&walked->region, MEMORY);
    sw_facts_init(&walked->facts, &walked->region);
    sw_buf_init(&seen, MEMORY);
    sw_buf_append(&seen, "", 0);
    n_open_most = 0;
    SW_CLEANUP(sw_wants_freep) struct sw_wants *wants = NULL;
    assert_int_equal(sw_wants_new(analyzers, SW_ASPECTS_ALL, &wants), 0);
    struct sw_budget *budget = sw_budget_new(MEMORY, 1);
    struct sw_walk_options options = {
        .wants = wants, .budget = budget, .facts_max_bytes = MEMORY, .is_tree = true};
    struct sw_walk *walk = sw_walk_new(&options, &walked->facts);
    struct pieces pieces = {bytes, piece_bytes, 0};
    struct sw_walk_content content = {next_piece, &pieces};
    struct sw_walk_entry entry = {
        .type = SW_MEMBER_FILE, .path = sw_str_of(path), .size_bytes = bytes.n, .mode = 0644};
    assert_int_equal(sw_walk_offer(walk, &entry, &content), 0);
    assert_int_equal(sw_walk_finish(walk), 0);
    assert_int_equal(pieces.n_served, bytes.n);
    assert_int_equal(n_open, 0);
    sw_walk_free(walk);
    sw_budget_free(budget);
}

static void walked_done(struct walked *walked)
{
    sw_facts_done(&walked->facts);
    sw_region_done(&walked->region);
    sw_buf_done(&seen);
}

static bool has_seen(const char *line)
{
    return sw_str_find(sw_buf_str(&seen), sw_str_of(line)) >= 0;
}

/* The note of that kind whose text has those words. */
static bool has_note(const struct walked *walked, enum sw_note_kind kind, const char *words)
{
    SW_VEC_EACH (fact, &walked->facts.facts)
        if (fact->kind == SW_FACT_NOTE && fact->note.kind == kind &&
            sw_str_find(fact->note.message, sw_str_of(words)) >= 0)
            return true;
    return false;
}

static size_t count_notes(const struct walked *walked)
{
    size_t n = 0;
    SW_VEC_EACH (fact, &walked->facts.facts)
        n += fact->kind == SW_FACT_NOTE;
    return n;
}

/* The content is found in pieces of all sizes, and nothing is noted. */
static void assert_inside(const char *path, const struct sw_buf *bytes, const char *line)
{
    static const size_t pieces[] = {1, 7, 511, 1 << 20};
    for (size_t i = 0; i < SW_ARRAY_SIZE(pieces); i++) {
        struct walked walked;
        walk_file(&walked, path, sw_buf_str(bytes), pieces[i]);
        if (!has_seen(line))
            fail_msg("no '%s' in '%.*s'", line, SW_STR_ARG(sw_buf_str(&seen)));
        assert_int_equal(count_notes(&walked), 0);
        walked_done(&walked);
    }
}

static const struct test_member two[] = {
    {"a/first.txt", SW_STR_INIT(HARMLESS)}, {"b/second.txt", SW_STR_INIT("more")}};

static void looks_into_each_form(void **state)
{
    (void)state;
    static const struct {
        int format;
        const char *options;
    } formats[] = {
        {ARCHIVE_FORMAT_ZIP, NULL},
        {ARCHIVE_FORMAT_ZIP, "zip:compression=store"},
        {ARCHIVE_FORMAT_TAR_USTAR, NULL},
        {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, NULL},
        {ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, NULL},
    };
    for (size_t i = 0; i < SW_ARRAY_SIZE(formats); i++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf buf;
        test_archive_make(&buf, formats[i].format, ARCHIVE_FILTER_NONE, formats[i].options, two, 2);
        assert_inside("app/x", &buf, "app/x!a/first.txt=" HARMLESS "\n");
        assert_inside("app/x", &buf, "app/x!b/second.txt=more\n");
    }
}

static void looks_into_each_compression(void **state)
{
    (void)state;
    static const int filters[] = {
        ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_BZIP2, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_ZSTD};
    static const char *const names[] = {"x.tar.gz", "x.tar.bz2", "x.tar.xz", "x.tar.zst"};
    static const char *const packed[] = {"y.gz", "y.bz2", "y.xz", "y.zst"};
    for (size_t i = 0; i < SW_ARRAY_SIZE(filters); i++) {
        char line[128];
        SW_CLEANUP(sw_buf_done) struct sw_buf tar;
        test_archive_make(&tar, ARCHIVE_FORMAT_TAR_USTAR, filters[i], NULL, two, 2);
        (void)snprintf(line, sizeof(line), "%s!a/first.txt=" HARMLESS "\n", names[i]);
        assert_inside(names[i], &tar, line);
        SW_CLEANUP(sw_buf_done) struct sw_buf alone;
        test_pack(&alone, filters[i], SW_STR(HARMLESS));
        (void)snprintf(line, sizeof(line), "%s!y=" HARMLESS "\n", packed[i]);
        assert_inside(packed[i], &alone, line);
    }
}

static void append_ar_member(struct sw_buf *ar, const char *name, struct sw_str content)
{
    sw_buf_printf(ar, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0, 0100644U, content.n);
    sw_buf_append_str(ar, content);
    if (content.n % 2 != 0)
        sw_buf_append_char(ar, '\n');
}

static void looks_into_a_deb(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf data;
    SW_CLEANUP(sw_buf_done) struct sw_buf deb;
    test_archive_make(&data, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_XZ, NULL, two, 2);
    sw_buf_init(&deb, TEST_ARCHIVE_MAX);
    sw_buf_append_str(&deb, SW_STR("!<arch>\n"));
    append_ar_member(&deb, "debian-binary", SW_STR("2.0\n"));
    append_ar_member(&deb, "data.tar.xz", sw_buf_str(&data));
    assert_inside("x.deb", &deb, "x.deb!data.tar.xz!/a/first.txt=" HARMLESS "\n");
}

static void append_rpm_header(struct sw_buf *rpm, uint32_t n_tags, uint32_t n_store, bool is_padded)
{
    char bytes[1024] = "\x8e\xad\xe8\x01";
    bytes[11] = (char)n_tags;
    bytes[15] = (char)n_store;
    size_t n = 16 + n_tags * 16 + n_store;
    sw_buf_append(rpm, bytes, is_padded ? (n + 7) / 8 * 8 : n);
}

static void looks_into_an_rpm(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf payload;
    SW_CLEANUP(sw_buf_done) struct sw_buf rpm;
    test_archive_make(&payload, ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FILTER_GZIP, NULL, two, 2);
    sw_buf_init(&rpm, TEST_ARCHIVE_MAX);
    char lead[96] = "\xed\xab\xee\xdb\3";
    sw_buf_append(&rpm, lead, sizeof(lead));
    append_rpm_header(&rpm, 3, 13, true);
    append_rpm_header(&rpm, 5, 21, false);
    sw_buf_append_str(&rpm, sw_buf_str(&payload));
    assert_inside("x.rpm", &rpm, "x.rpm!a/first.txt=" HARMLESS "\n");
    struct walked walked;
    rpm.p[96] = 'X';
    walk_file(&walked, "x.rpm", sw_buf_str(&rpm), 4096);
    assert_true(has_note(&walked, SW_NOTE_INFO, "no header"));
    walked_done(&walked);
}

/* Zips in zips; the innermost holds a text. */
static void nest(struct sw_buf *buf, unsigned depth)
{
    struct test_member member = {"deep.txt", SW_STR_INIT(HARMLESS)};
    test_archive_make(buf, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, &member, 1);
    for (unsigned i = 1; i < depth; i++) {
        struct sw_buf outer;
        member = (struct test_member){i % 2 != 0 ? "j.jar" : "k.war", sw_buf_str(buf)};
        test_archive_make(&outer, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, &member, 1);
        sw_buf_done(buf);
        *buf = outer;
    }
}

static void looks_into_archives_in_archives(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf three;
    nest(&three, 3);
    assert_inside("e.ear", &three, "e.ear!k.war!/j.jar!/deep.txt=" HARMLESS "\n");
    SW_CLEANUP(sw_buf_done) struct sw_buf eight;
    nest(&eight, 8);
    assert_inside("e.ear", &eight, "!/deep.txt=" HARMLESS "\n");
    SW_CLEANUP(sw_buf_done) struct sw_buf nine;
    struct walked walked;
    nest(&nine, 9);
    walk_file(&walked, "e.ear", sw_buf_str(&nine), 4096);
    assert_false(has_seen("deep.txt"));
    assert_true(has_note(&walked, SW_NOTE_LIMIT, "more than 8 deep"));
    assert_int_equal(n_open_most, 9);
    walked_done(&walked);
}

static void reads_on_behind_damage(void **state)
{
    (void)state;
    static const int formats[] = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FORMAT_TAR_USTAR};
    for (size_t k = 0; k < SW_ARRAY_SIZE(formats); k++) {
        SW_CLEANUP(sw_buf_done) struct sw_buf buf;
        test_archive_make(&buf, formats[k], ARCHIVE_FILTER_NONE, NULL, two, 2);
        for (size_t n = 0; n < buf.n; n += 5) {
            struct walked walked;
            walk_file(&walked, "x", sw_str_part(sw_buf_str(&buf), 0, n), 100);
            assert_false(has_note(&walked, SW_NOTE_LIMIT, ""));
            walked_done(&walked);
        }
    }
    /* The member before the cut was seen. */
    SW_CLEANUP(sw_buf_done) struct sw_buf tar;
    struct walked walked;
    test_archive_make(&tar, ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, NULL, two, 2);
    walk_file(&walked, "x.tar", sw_str_part(sw_buf_str(&tar), 0, 1100), 100);
    assert_true(has_seen("x.tar!a/first.txt=" HARMLESS "\n"));
    assert_true(has_note(&walked, SW_NOTE_INFO, "not looked into any further"));
    walked_done(&walked);
}

static void an_enciphered_member_is_told_and_passed(void **state)
{
    (void)state;
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    struct walked walked;
    test_archive_make(&buf, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE,
        "zip:compression=store,zip:experimental", two, 2);
    /* Bit 0 of the flags says that the first member is enciphered. */
    buf.p[6] |= 1;
    walk_file(&walked, "x.zip", sw_buf_str(&buf), 4096);
    assert_false(has_seen("x.zip!a/first.txt=" HARMLESS "\n"));
    assert_true(has_note(&walked, SW_NOTE_INFO, ""));
    walked_done(&walked);
}

static void a_bomb_ends_at_its_ratio(void **state)
{
    (void)state;
    SW_CLEANUP(sw_mem_freep) char *zeroes = sw_mem_zalloc(1, 30 << 20);
    SW_CLEANUP(sw_buf_done) struct sw_buf bomb;
    struct test_member members[12];
    for (size_t i = 0; i < SW_ARRAY_SIZE(members); i++)
        members[i] = (struct test_member){"zero", {zeroes, 30 << 20}};
    test_archive_make(&bomb, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, members, 12);
    struct walked walked;
    walk_file(&walked, "bomb.zip", sw_buf_str(&bomb), 65536);
    assert_true(has_note(&walked, SW_NOTE_LIMIT, "more than 250 times its size"));
    assert_int_equal(count_notes(&walked), 1);
    walked_done(&walked);
}

static void much_that_is_worth_its_size_passes(void **state)
{
    (void)state;
    SW_CLEANUP(sw_mem_freep) char *noise = sw_mem_zalloc(1, 3 << 20);
    SW_CLEANUP(sw_buf_done) struct sw_buf big;
    uint32_t random = 7;
    for (size_t i = 0; i < 3 << 20; i++) {
        random = random * 1664525U + 1013904223U;
        noise[i] = i % 8 == 0 ? (char)(random >> 24) : 'a';
    }
    struct test_member members[90];
    for (size_t i = 0; i < SW_ARRAY_SIZE(members); i++)
        members[i] = (struct test_member){"noise", {noise, 3 << 20}};
    test_archive_make(&big, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:compression-level=1",
        members, SW_ARRAY_SIZE(members));
    struct walked walked;
    walk_file(&walked, "big.zip", sw_buf_str(&big), 65536);
    assert_int_equal(count_notes(&walked), 0);
    walked_done(&walked);
}

static void odd_names_stay_inside(void **state)
{
    (void)state;
    const struct test_member members[] = {{"../../etc/passwd", SW_STR_INIT("x")},
        {"/abs", SW_STR_INIT("y")}, {"a\nb", SW_STR_INIT("z")}};
    SW_CLEANUP(sw_buf_done) struct sw_buf tar;
    test_archive_make(
        &tar, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE, NULL, members, 3);
    assert_inside("x", &tar, "x!etc/passwd=x\n");
    assert_inside("x", &tar, "x!abs=y\n");
    assert_inside("x", &tar, "x!a\nb=z\n");
}

static void a_file_of_its_own_is_read_once(void **state)
{
    (void)state;
    struct walked walked;
    walk_file(&walked, "etc/motd", SW_STR(HARMLESS), 3);
    assert_true(has_seen("etc/motd!=" HARMLESS "\n"));
    walked_done(&walked);
    SW_CLEANUP(sw_buf_done) struct sw_buf buf;
    test_archive_make(&buf, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL, two, 2);
    char line[64];
    (void)snprintf(line, sizeof(line), "x!=%zu\n", buf.n);
    assert_inside("x", &buf, line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_into_each_form),
        cmocka_unit_test(looks_into_each_compression),
        cmocka_unit_test(looks_into_a_deb),
        cmocka_unit_test(looks_into_an_rpm),
        cmocka_unit_test(looks_into_archives_in_archives),
        cmocka_unit_test(reads_on_behind_damage),
        cmocka_unit_test(an_enciphered_member_is_told_and_passed),
        cmocka_unit_test(a_bomb_ends_at_its_ratio),
        cmocka_unit_test(much_that_is_worth_its_size_passes),
        cmocka_unit_test(odd_names_stay_inside),
        cmocka_unit_test(a_file_of_its_own_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
