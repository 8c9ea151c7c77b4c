/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for secrets without the rest of the scanner, for scripts that score rule sets:
 *
 *     secret_scan [--default DIR] [--show-rules] [--speed] [--block N] RULES PATH...
 *     secret_scan [--default DIR] --examples RULES
 *     secret_scan [--default DIR] --text NAME RULES < TEXT
 *
 * RULES is a TOML file or a folder of them. A finding is a line of JSON; refusals and numbers go to
 * stderr. --examples holds each rule against its own examples: exit status 1 when one fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "rules/secret_compile.h"
#include "rules/secret_image.h"
#include "secret/secret_scanner.h"

static struct {
    const char *default_folder;
    const char *text_name;
    size_t block;
    bool is_speed;
    bool shows_rules;
    bool is_examples;
} options = {.block = 65536};

static size_t n_found;
static uint64_t n_bytes;
static uint64_t n_files;

/* Of the processor, so that a busy machine does not count. */
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_json(const char *key, struct sw_str s)
{
    printf(", \"%s\": \"", key);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            printf("\\u%04x", c); /* bytes as Latin-1 */
        else
            putchar(c);
    }
    putchar('"');
}

static int on_found(void *context, const struct sw_secret_found *found)
{
    (void)context;
    n_found++;
    printf("{\"line\": %u, \"column\": %u, \"offset\": %llu, \"entropy\": %.3f", found->line,
        found->column, (unsigned long long)found->offset, found->entropy);
    print_json("rule", found->rule);
    print_json("severity", sw_str_of(sw_severity_name(found->severity)));
    print_json("path", found->path);
    print_json("secret", found->secret);
    print_json("match", found->match);
    print_json("masked", sw_str_of(found->masked));
    print_json("fingerprint", sw_str_of(found->fingerprint));
    print_json("encoding", sw_str_of(found->encoding));
    print_json("context", sw_str_of(found->context));
    printf("}\n");
    return 0;
}

static int read_file(const char *path, struct sw_buf *buf)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL)
        return -errno;
    char block[65536];
    size_t n = 0;
    int r = 0;
    while (r == 0 && (n = fread(block, 1, sizeof(block), file)) > 0)
        r = sw_buf_append(buf, block, n);
    if (file != stdin)
        fclose(file);
    return r;
}

static int load_path(struct sw_secret_rules *rules, const char *path,
    const struct sw_secret_loader *loader, struct sw_err *err);

static int load_base(const struct sw_secret_loader *loader, struct sw_str path,
    struct sw_secret_rules *base, struct sw_err *err)
{
    char name[4096];
    snprintf(name, sizeof(name), "%.*s", SW_STR_ARG(path));
    if (path.n == 0)
        snprintf(name, sizeof(name), "%s",
            options.default_folder != NULL ? options.default_folder : "content/secrets");
    return load_path(base, name, loader, err);
}

static int load_one(struct sw_secret_rules *rules, const char *path,
    const struct sw_secret_loader *loader, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)64 << 20);
    int r = read_file(path, &buf);
    if (r < 0)
        return sw_err_set(err, r, "%s: %s", path, strerror(-r));
    return sw_secret_rules_load(rules, sw_str_of(path), sw_buf_str(&buf), loader, err);
}

static int load_path(struct sw_secret_rules *rules, const char *path,
    const struct sw_secret_loader *loader, struct sw_err *err)
{
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
        return load_one(rules, path, loader, err);
    char pattern[4096];
    snprintf(pattern, sizeof(pattern), "%s/*.toml", path);
    glob_t found = {0};
    int r = glob(pattern, 0, NULL, &found) == 0 ? 0 : sw_err_set(err, -ENOENT, "no %s", pattern);
    for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
        r = load_one(rules, found.gl_pathv[i], loader, err);
    globfree(&found);
    return r;
}

static int scan_bytes(struct sw_secret_scanner *scanner, const char *name, struct sw_str bytes,
    const struct sw_secret_sink *sink)
{
    struct sw_err err = {0};
    struct sw_secret_stream *stream = NULL;
    int r = sw_secret_begin(scanner, sw_str_of(name), sink, &stream, &err);
    while (r == 0 && bytes.n > 0) {
        struct sw_str block = sw_str_part(bytes, 0, options.block);
        r = sw_secret_block(stream, block, &err);
        bytes = sw_str_skip(bytes, block.n);
    }
    if (r < 0)
        sw_secret_abort(stream);
    else
        r = sw_secret_end(stream, &err);
    if (r != 0)
        fprintf(stderr, "%s: %s\n", name, err.message);
    return r;
}

/* Seconds of the processor that the search took, without reading. */
static double scan_seconds;
static double floor_seconds;
static size_t n_newlines;

/* What only looks at every byte once, for comparison. */
static void pass_floor(struct sw_str bytes)
{
    double before = now();
    const char *end = bytes.p + bytes.n;
    for (const char *at = bytes.p; at < end && (at = memchr(at, '\1', (size_t)(end - at))) != NULL;
         at++)
        n_newlines++;
    floor_seconds += now() - before;
}

static void scan_file(struct sw_secret_scanner *scanner, const char *path, const char *name,
    const struct sw_secret_sink *sink)
{
    struct sw_err err = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    struct sw_secret_stream *stream = NULL;
    double before = now();
    int r = sw_secret_begin(scanner, sw_str_of(name), sink, &stream, &err);
    scan_seconds += now() - before;
    static char block[1 << 20];
    ssize_t n = 0;
    while (r == 0 && (n = read(fd, block,
                          options.block < sizeof(block) ? options.block : sizeof(block))) > 0) {
        struct sw_str bytes = {block, (size_t)n};
        if (options.is_speed)
            pass_floor(bytes);
        before = now();
        r = sw_secret_block(stream, bytes, &err);
        scan_seconds += now() - before;
        n_bytes += (uint64_t)n;
    }
    close(fd);
    n_files++;
    before = now();
    if (r < 0)
        sw_secret_abort(stream);
    else
        r = sw_secret_end(stream, &err);
    scan_seconds += now() - before;
    if (r != 0)
        fprintf(stderr, "%s: %s\n", name, err.message);
}

static void scan_tree(
    struct sw_secret_scanner *scanner, char *top, const struct sw_secret_sink *sink)
{
    char *const tops[] = {top, NULL};
    FTS *tree = fts_open(tops, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry = NULL;
    size_t n_top = strlen(top);
    while (tree != NULL && (entry = fts_read(tree)) != NULL) {
        if (entry->fts_info != FTS_F)
            continue;
        const char *name = entry->fts_path;
        if (entry->fts_level > 0)
            for (name += n_top; *name == '/';)
                name++;
        scan_file(scanner, entry->fts_path, name, sink);
    }
    if (tree != NULL)
        fts_close(tree);
}

/* Whether the rule was among what was found. */
struct expectation {
    struct sw_str rule;
    bool is_met;
};

static int on_expected(void *context, const struct sw_secret_found *found)
{
    struct expectation *expectation = context;
    expectation->is_met = expectation->is_met || sw_str_equal(found->rule, expectation->rule);
    return 0;
}

static int check_list(struct sw_secret_scanner *scanner, const struct sw_secret_rule *rule,
    const struct sw_secret_list *list, bool is_wanted)
{
    int n_bad = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct expectation expectation = {.rule = rule->id};
        const struct sw_secret_sink sink = {on_expected, &expectation};
        char name[4096];
        snprintf(name, sizeof(name), "%.*s", SW_STR_ARG(rule->example_path));
        scan_bytes(scanner, name[0] != '\0' ? name : "example", list->v[i], &sink);
        if (expectation.is_met == is_wanted)
            continue;
        n_bad++;
        printf("%s:%u: rule '%.*s' %s: %.*s\n", rule->origin, rule->line, SW_STR_ARG(rule->id),
            is_wanted ? "misses its example" : "finds its counterexample", SW_STR_ARG(list->v[i]));
    }
    return n_bad;
}

static int check_examples(struct sw_secret_scanner *scanner, const struct sw_secret_rules *rules)
{
    int n_bad = 0;
    size_t n = 0;
    SW_VEC_EACH (rule, &rules->rules) {
        if (rule->is_refused)
            continue;
        n += rule->examples.n + rule->counterexamples.n;
        n_bad += check_list(scanner, rule, &rule->examples, true);
        n_bad += check_list(scanner, rule, &rule->counterexamples, false);
    }
    printf("%zu examples, %d wrong\n", n, n_bad);
    return n_bad > 0;
}

static int run(struct sw_secret_scanner *scanner, const struct sw_secret_rules *rules, char **paths)
{
    const struct sw_secret_sink sink = {on_found, NULL};
    if (options.is_examples)
        return check_examples(scanner, rules);
    if (options.text_name != NULL) {
        SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
        sw_buf_init(&buf, (size_t)1 << 30);
        if (read_file("-", &buf) < 0)
            return 2;
        return scan_bytes(scanner, options.text_name, sw_buf_str(&buf), &sink) < 0;
    }
    for (; *paths != NULL; paths++)
        scan_tree(scanner, *paths, &sink);
    if (options.is_speed)
        fprintf(stderr, "%llu files, %.1f MB, %.3f s, %.0f MB/s, %zu findings; memchr: %.0f MB/s\n",
            (unsigned long long)n_files, (double)n_bytes / 1e6, scan_seconds,
            (double)n_bytes / 1e6 / scan_seconds, n_found, (double)n_bytes / 1e6 / floor_seconds);
    return 0;
}

static int start(char **arguments)
{
    struct sw_err err = {0};
    struct sw_region region;
    sw_region_init(&region, SW_SECRET_REGION_MAX);
    struct sw_secret_rules rules;
    sw_secret_rules_init(&rules, &region);
    struct sw_buf image;
    sw_buf_init(&image, SW_SECRET_IMAGE_BYTES_MAX);
    const struct sw_secret_loader loader = {.load = load_base};
    double before = now();
    int r = load_path(&rules, arguments[0], &loader, &err);
    if (r == 0)
        r = sw_secret_rules_compile(&rules, SW_STR("test"), &image, &err);
    SW_VEC_EACH (refusal, &rules.refusals)
        fprintf(stderr, "%s:%u: rule '%.*s' %s: %s\n", refusal->origin, refusal->line,
            SW_STR_ARG(refusal->rule), refusal->is_whole ? "refused" : "noted", refusal->reason);
    char *aligned = r == 0 ? aligned_alloc(4096, (image.n + 4095) / 4096 * 4096) : NULL;
    struct sw_secret_scanner *scanner = NULL;
    if (aligned != NULL) {
        memcpy(aligned, image.p, image.n);
        r = sw_secret_scanner_new(aligned, image.n, &scanner, &err);
    }
    if (options.shows_rules || options.is_speed)
        fprintf(stderr, "%zu rules, %zu refusals, image of %zu bytes, compiled in %.2f s\n",
            rules.rules.n, rules.refusals.n, image.n, now() - before);
    if (r < 0)
        fprintf(stderr, "secret_scan: %s\n", err.message);
    r = r < 0 || scanner == NULL ? 2 : run(scanner, &rules, arguments + 1);
    sw_secret_scanner_free(scanner);
    free(aligned);
    sw_buf_done(&image);
    sw_secret_rules_done(&rules);
    sw_region_done(&region);
    return r;
}

int main(int n, char **arguments)
{
    int i = 1;
    for (; i < n && strncmp(arguments[i], "--", 2) == 0; i++) {
        const char *name = arguments[i] + 2;
        bool takes_value =
            strcmp(name, "default") == 0 || strcmp(name, "text") == 0 || strcmp(name, "block") == 0;
        const char *value = takes_value && i + 1 < n ? arguments[++i] : "";
        if (strcmp(name, "default") == 0)
            options.default_folder = value;
        else if (strcmp(name, "text") == 0)
            options.text_name = value;
        else if (strcmp(name, "block") == 0)
            options.block = strtoul(value, NULL, 10);
        options.is_speed = options.is_speed || strcmp(name, "speed") == 0;
        options.shows_rules = options.shows_rules || strcmp(name, "show-rules") == 0;
        options.is_examples = options.is_examples || strcmp(name, "examples") == 0;
    }
    if (i >= n || options.block == 0) {
        fprintf(stderr, "usage: secret_scan [OPTIONS] RULES PATH...\n");
        return 2;
    }
    return start(arguments + i);
}
