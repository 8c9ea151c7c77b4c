/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads licences out of usr/share/doc/<package>/copyright: "License:" fields of the
 * machine-readable form, and references to /usr/share/common-licenses in prose. Called some
 * hundred times per layer, on hostile bytes. Prose behind "License:" is not taken for a name.
 */
#include "catalog/copyright.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

#define HEAD_BYTES ((size_t)65536) /* the rest of longer files is licence texts */
#define LICENCES_MAX 32            /* of one package; some sum up hundreds of files */
#define NAME_MAX_BYTES ((size_t)100)

struct licences {
    struct sw_str name[LICENCES_MAX]; /* borrowed from the file */
    size_t n;
    size_t n_bytes;
};

static void add(struct licences *licences, struct sw_str name)
{
    for (size_t i = 0; i < licences->n; i++)
        if (sw_str_equal(licences->name[i], name))
            return;
    if (licences->n == LICENCES_MAX)
        return;
    licences->name[licences->n++] = name;
    licences->n_bytes += name.n + 2;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("+-._~/()", c) != NULL);
}

static bool is_word(struct sw_str word)
{
    for (size_t i = 0; i < word.n; i++)
        if (!is_name_char(word.p[i]))
            return false;
    return word.n > 0;
}

static bool is_operator(struct sw_str word)
{
    return sw_str_equal_ignore_case(word, SW_STR("and")) ||
           sw_str_equal_ignore_case(word, SW_STR("or")) ||
           sw_str_equal_ignore_case(word, SW_STR("and/or"));
}

/* "GPL-2+", "MPL-1.1 or GPL-2", "GPL-2+ with OpenSSL exception": one word between operators, but
 * for an exception. Anything else is prose. */
static bool is_expression(struct sw_str text)
{
    struct sw_str word = SW_STR_NONE;
    bool is_word_due = true;
    bool is_exception = false;
    if (text.n == 0 || text.n > NAME_MAX_BYTES)
        return false;
    while (sw_str_next_token(&text, ' ', &word)) {
        if (word.n > 0 && word.p[word.n - 1] == ',')
            word.n--;
        if (word.n == 0)
            continue;
        if (!is_word(word))
            return false;
        if (is_exception) {
            is_exception = !sw_str_equal_ignore_case(word, SW_STR("exception"));
            continue;
        }
        if (is_operator(word)) {
            if (is_word_due)
                return false;
            is_word_due = true;
        } else if (sw_str_equal_ignore_case(word, SW_STR("with")) && !is_word_due) {
            is_exception = true;
        } else if (!is_word_due) {
            return false;
        } else {
            is_word_due = false;
        }
    }
    return !is_word_due && !is_exception;
}

/* Every "common-licenses/NAME" in a line of prose. */
static void add_references(struct licences *licences, struct sw_str line)
{
    const struct sw_str mark = SW_STR("/usr/share/common-licenses/");
    ptrdiff_t at = 0;
    while ((at = sw_str_find(line, mark)) >= 0) {
        line = sw_str_skip(line, (size_t)at + mark.n);
        size_t n = 0;
        while (n < line.n && n < NAME_MAX_BYTES && is_name_char(line.p[n]) && line.p[n] != '/' &&
               line.p[n] != '(' && line.p[n] != ')')
            n++;
        struct sw_str name = sw_str_part(line, 0, n);
        while (name.n > 0 && (name.p[name.n - 1] == '.' || name.p[name.n - 1] == '-'))
            name.n--;
        if (name.n > 0)
            add(licences, name);
        line = sw_str_skip(line, n);
    }
}

static void read_lines(struct licences *licences, struct sw_str bytes)
{
    /* In the machine-readable form the fields say it all; texts below them refer to more. */
    bool is_machine_readable = sw_str_starts_with(bytes, SW_STR("Format:")) ||
                               sw_str_starts_with(bytes, SW_STR("Format-Specification:"));
    struct sw_str line = SW_STR_NONE;
    const struct sw_str key = SW_STR("License:");
    while (sw_str_next_line(&bytes, &line)) {
        if (sw_str_equal_ignore_case(sw_str_part(line, 0, key.n), key)) {
            struct sw_str value = sw_str_trim(sw_str_skip(line, key.n));
            while (value.n > 0 && value.p[value.n - 1] == ',')
                value.n--;
            if (is_expression(value))
                add(licences, value);
        } else if (!is_machine_readable) {
            add_references(licences, line);
        }
    }
}

int sw_copyright_parse(struct sw_str bytes, struct sw_region *region, struct sw_str *ret)
{
    struct licences licences = {0};
    read_lines(&licences, bytes);
    char *out = sw_region_alloc(region, licences.n_bytes + 1);
    if (out == NULL)
        return -ENOMEM;
    size_t n = 0;
    for (size_t i = 0; i < licences.n; i++) {
        if (i > 0) {
            out[n++] = ',';
            out[n++] = ' ';
        }
        memcpy(out + n, licences.name[i].p, licences.name[i].n);
        n += licences.name[i].n;
    }
    *ret = (struct sw_str){out, n};
    return 0;
}

/* "usr/share/doc/NAME/copyright" */
static struct sw_str package_of(struct sw_str path)
{
    ptrdiff_t slash = sw_str_find_last_char(path, '/');
    struct sw_str directory = sw_str_part(path, 0, slash < 0 ? 0 : (size_t)slash);
    return sw_str_skip(directory, (size_t)(sw_str_find_last_char(directory, '/') + 1));
}

static int analyze(struct sw_analyzer_context *context, const struct sw_analyzer_file *files,
    size_t n_files, struct sw_err *err)
{
    (void)n_files;
    struct sw_fact fact = {.kind = SW_FACT_LICENCE, .section = sw_str_of(context->analyzer->name)};
    if (sw_copyright_parse(files[0].bytes, context->region, &fact.text) < 0 ||
        sw_region_copy(context->region, files[0].path, &fact.path) < 0)
        return sw_err_set(err, -ENOMEM, "out of memory");
    /* Also without a licence: a lower layer's file of this path is gone. */
    fact.package_name = package_of(fact.path);
    int r = sw_facts_add(context->facts, &fact);
    return r == -EFBIG ? 0 : r;
}

const struct sw_analyzer sw_copyright_analyzer = {
    .name = "copyright",
    .version = 2, /* links between folders are recorded */
    .want = SW_WANT_HEAD,
    .max_bytes = HEAD_BYTES,
    .wants.patterns = (const char *const[]){"usr/share/doc/*/copyright", NULL},
    .analyze = analyze,
};
