/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `seawall images`: what the engines of this node have, which of it runs, and what is known of it
 * from scans before. Names come from engines: any bytes, escaped for whoever reads them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/text.h"
#include "command.h"
#include "engine_options.h"
#include "images_known.h"
#include "io/thread.h"
#include "judge.h"
#include "model/json_writer.h"
#include "place.h"
#include "terminal.h"

#define REGION_BYTES ((size_t)1 << 30)
#define TEXT_BYTES_MAX ((size_t)16 << 20)
#define NAME_COLUMNS_MIN 24
/* "containerd  " and all that follows the name. */
#define OTHER_COLUMNS 96
#define ID_COLUMNS 12

struct images_values {
    struct sw_judge_values judge;
    struct sw_engine_values engines;
    const char *format;
    const char *cache_dir;
    bool is_running_only;
    bool is_quiet;
};

#define ROW(name, letter, type, member, argument, help, environment)                               \
    {                                                                                              \
        name, letter, type, offsetof(struct images_values, member), argument, help, environment    \
    }

static const struct sw_option images_options[] = {
    ROW("format", 'f', SW_OPTION_STRING, format, "FORMAT",
        "table (separated by tabs where it is no terminal) or json", NULL),
    ROW("running", 0, SW_OPTION_FLAG, is_running_only, NULL, "only those that containers run from",
        NULL),
    SW_JUDGE_DATABASE_ROWS(images_values, judge),
    ROW("cache-dir", 0, SW_OPTION_STRING, cache_dir, "DIR", "where scans keep their inventories",
        "SEAWALL_CACHE_DIR"),
    SW_ENGINE_ROWS(images_values, engines),
    ROW("quiet", 'q', SW_OPTION_FLAG, is_quiet, NULL, "no warnings", NULL),
    {0},
};

struct listing {
    const struct images_values *values;
    struct sw_region *region;
    struct sw_judge judge;
    struct sw_node_images images;
    struct sw_node_problem problems[SW_NODE_PROBLEMS_MAX];
    size_t n_problems;
    struct sw_image_known *known; /* by image */
    bool is_json;
    bool is_terminal;
    int name_columns;
    struct sw_buf text;
    struct sw_json_writer writer;
};

/* ---- the table ---- */

static uint64_t n_lower(const struct sw_image_known *known)
{
    return known->n_findings[SW_SEVERITY_LOW] + known->n_findings[SW_SEVERITY_NEGLIGIBLE] +
           known->n_findings[SW_SEVERITY_UNKNOWN];
}

/* The end of it; not from within a character. */
static void print_end(struct sw_str s, size_t columns)
{
    struct sw_str end = sw_str_skip(s, s.n - (columns - 3));
    while (end.n > 0 && ((unsigned char)*end.p & 0xC0) == 0x80)
        end = sw_str_skip(end, 1);
    printf("...%.*s", SW_STR_ARG(end));
}

/* All names for programs; for people the first, cut on the left, where names are most alike. */
static int print_name(struct listing *listing, const struct sw_node_image *image)
{
    struct sw_buf *text = &listing->text;
    int r = 0;
    sw_buf_clear(text);
    size_t n = listing->is_terminal && image->n_names > 1 ? 1 : image->n_names;
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = i > 0 ? sw_buf_append_char(text, ',') : 0;
        if (r == 0)
            r = sw_text_terminal(text, image->names[i]);
    }
    if (r == 0 && n < image->n_names)
        r = sw_buf_printf(text, " (+%zu)", image->n_names - n);
    if (r < 0)
        return r;
    struct sw_str s = text->n > 0 ? sw_buf_str(text) : SW_STR("<none>");
    size_t columns = (size_t)listing->name_columns;
    if (!listing->is_terminal)
        printf("%.*s", SW_STR_ARG(s));
    else if (s.n > columns)
        print_end(s, columns);
    else
        printf("%-*.*s", (int)columns, SW_STR_ARG(s));
    return 0;
}

/* "123.4 MB", as engines show it. */
static void format_size(uint64_t n_bytes, bool is_terminal, char buf[32])
{
    if (n_bytes == 0)
        snprintf(buf, 32, "-");
    else if (!is_terminal)
        snprintf(buf, 32, "%" PRIu64, n_bytes);
    else
        snprintf(buf, 32, "%.1f MB", (double)n_bytes / 1e6);
}

/* "2026-11-25 10:31" of "2026-11-25T10:31:07Z". */
static void format_time(struct sw_str time, bool is_terminal, char buf[32])
{
    if (time.n == 0)
        snprintf(buf, 32, "never");
    else if (!is_terminal || time.n < 16)
        snprintf(buf, 32, "%.*s", SW_STR_ARG(time));
    else
        snprintf(buf, 32, "%.10s %.5s", time.p, time.p + 11);
}

static struct sw_str short_id(const struct sw_node_image *image)
{
    ptrdiff_t colon = sw_str_find_char(image->id, ':');
    return sw_str_part(image->id, (size_t)(colon + 1), ID_COLUMNS);
}

static void print_known(const struct sw_image_known *known, bool is_terminal)
{
    const uint64_t n[] = {known->n_findings[SW_SEVERITY_CRITICAL],
        known->n_findings[SW_SEVERITY_HIGH], known->n_findings[SW_SEVERITY_MEDIUM], n_lower(known)};
    static const int columns[] = {8, 6, 6, 6};
    for (size_t i = 0; i < SW_ARRAY_SIZE(n); i++) {
        char number[32] = "-";
        if (known->is_judged)
            snprintf(number, sizeof(number), "%" PRIu64, n[i]);
        if (is_terminal)
            printf(" %*s", columns[i], number);
        else
            printf("\t%s", number);
    }
    fputs(known->is_incomplete ? (is_terminal ? "  incomplete" : "\tincomplete")
                               : (is_terminal ? "" : "\t-"),
        stdout);
    fputc('\n', stdout);
}

static int print_row(struct listing *listing, size_t i)
{
    const struct sw_node_image *image = &listing->images.v[i];
    const struct sw_image_known *known = &listing->known[i];
    bool is_terminal = listing->is_terminal;
    char size[32];
    char time[32];
    format_size(image->size_bytes, is_terminal, size);
    format_time(known->scanned_at, is_terminal, time);
    printf("%-*s%s", is_terminal ? 10 : 0, image->engine, is_terminal ? "  " : "\t");
    int r = print_name(listing, image);
    if (is_terminal)
        printf("  %-*.*s  %10s  %7zu  %-16s", ID_COLUMNS, SW_STR_ARG(short_id(image)), size,
            image->n_running, time);
    else
        printf("\t%.*s\t%s\t%zu\t%s", SW_STR_ARG(image->id), size, image->n_running, time);
    print_known(known, is_terminal);
    return r;
}

static void print_head(const struct listing *listing)
{
    if (listing->is_terminal)
        printf("%-10s  %-*s  %-*s  %10s  %7s  %-16s %8s %6s %6s %6s\n", "ENGINE",
            listing->name_columns, "IMAGE", ID_COLUMNS, "ID", "SIZE", "RUNNING", "SCANNED",
            "CRITICAL", "HIGH", "MEDIUM", "LOWER");
    else
        printf("ENGINE\tIMAGE\tID\tSIZE\tRUNNING\tSCANNED\tCRITICAL\tHIGH\tMEDIUM\tLOWER\tSTATE\n");
}

static bool is_shown(const struct listing *listing, size_t i)
{
    return !listing->values->is_running_only || listing->images.v[i].is_running;
}

/* As wide as the longest name, as far as there is room. */
static void fit_names(struct listing *listing)
{
    size_t columns = strlen("<none>");
    for (size_t i = 0; i < listing->images.n; i++) {
        const struct sw_node_image *image = &listing->images.v[i];
        size_t n = image->name.n + (image->n_names > 1 ? strlen(" (+99)") : 0);
        columns = is_shown(listing, i) && n > columns ? n : columns;
    }
    if (columns < (size_t)listing->name_columns)
        listing->name_columns = (int)columns;
}

static int print_table(struct listing *listing)
{
    int r = 0;
    fit_names(listing);
    print_head(listing);
    for (size_t i = 0; r == 0 && i < listing->images.n; i++)
        r = is_shown(listing, i) ? print_row(listing, i) : 0;
    return r;
}

/* ---- JSON ---- */

static int flush(void *context, struct sw_str text)
{
    (void)context;
    return fwrite(text.p, 1, text.n, stdout) == text.n ? 0 : -EIO;
}

static void write_known(struct sw_json_writer *writer, const struct sw_image_known *known)
{
    if (known->inventory.n == 0)
        return;
    sw_json_write_str(writer, "scanned_at", known->scanned_at);
    sw_json_write_bool(writer, "is_incomplete", known->is_incomplete);
    if (!known->is_judged)
        return;
    sw_json_write_u64(writer, "n_packages", known->n_packages);
    sw_json_write_object(writer, "n_findings");
    for (int i = _SW_SEVERITY_MAX - 1; i >= 0; i--)
        sw_json_write_u64(writer, sw_severity_name((enum sw_severity)i), known->n_findings[i]);
    sw_json_write_end(writer);
}

static void write_image(struct sw_json_writer *writer, const struct sw_node_image *image,
    const struct sw_image_known *known)
{
    sw_json_write_newline(writer);
    sw_json_write_object(writer, NULL);
    sw_json_write_text(writer, "engine", image->engine);
    sw_json_write_str(writer, "target", image->target);
    sw_json_write_array(writer, "names");
    for (size_t i = 0; i < image->n_names; i++)
        sw_json_write_str(writer, NULL, image->names[i]);
    sw_json_write_end(writer);
    sw_json_write_str(writer, "id", image->id);
    sw_json_write_optional(writer, "config_digest", image->config);
    sw_json_write_optional(writer, "digest", image->digest);
    sw_json_write_optional(writer, "namespace", image->space);
    sw_json_write_optional(writer, "root", image->root);
    sw_json_write_optional(writer, "created", image->created);
    if (image->size_bytes > 0)
        sw_json_write_u64(writer, "size_bytes", image->size_bytes);
    sw_json_write_u64(writer, "n_running", image->n_running);
    write_known(writer, known);
    sw_json_write_end(writer);
}

static int print_json(struct listing *listing)
{
    struct sw_json_writer *writer = &listing->writer;
    sw_json_writer_init(writer, &listing->text, flush, NULL);
    sw_json_write_object(writer, NULL);
    sw_json_write_array(writer, "images");
    for (size_t i = 0; i < listing->images.n; i++)
        if (is_shown(listing, i))
            write_image(writer, &listing->images.v[i], &listing->known[i]);
    sw_json_write_end(writer);
    sw_json_write_array(writer, "problems");
    for (size_t i = 0; i < listing->n_problems; i++) {
        if (listing->problems[i].code == -ENOENT)
            continue;
        sw_json_write_object(writer, NULL);
        sw_json_write_text(writer, "engine", listing->problems[i].engine);
        sw_json_write_str(writer, "message", sw_str_of(listing->problems[i].message));
        sw_json_write_end(writer);
    }
    sw_json_write_end(writer);
    sw_json_write_end(writer);
    int r = sw_json_writer_finish(writer);
    return r < 0 || fputc('\n', stdout) == EOF ? -EIO : 0;
}

/* ---- the command ---- */

static void warn(const struct listing *listing, const char *message)
{
    if (!listing->values->is_quiet)
        sw_command_fail(0, message);
}

/* What scans have left behind; where nothing can be said of that, the list is as good. */
static int find_known(struct listing *listing, struct sw_err *err)
{
    const struct images_values *values = listing->values;
    const char *cache =
        values->cache_dir != NULL ? values->cache_dir : sw_place_cache(listing->region);
    struct sw_err said = {0};
    int r = sw_images_known_load(&listing->images, cache, listing->region, &listing->known, &said);
    if (r < 0 && r != -ENOMEM) {
        warn(listing, said.message);
        r = sw_images_known_load(&listing->images, NULL, listing->region, &listing->known, err);
    }
    if (r < 0)
        return r;
    r = sw_judge_open(&listing->judge, listing->region, err);
    if (r < 0 || listing->judge.database == NULL)
        return r;
    struct sw_images_judge judge = {
        .cache_dir = cache,
        .database = listing->judge.database_info.path.p,
        .today = sw_str_part(sw_str_of(listing->judge.now), 0, 10),
        .n_threads = sw_thread_n_processors(),
    };
    return sw_images_known_judge(listing->known, listing->images.n, &judge, listing->region, err);
}

/* Engines that are there and do not tell: their number. */
static size_t tell_problems(const struct listing *listing, size_t *ret_n_absent)
{
    size_t n = 0;
    *ret_n_absent = 0;
    for (size_t i = 0; i < listing->n_problems; i++) {
        const struct sw_node_problem *problem = &listing->problems[i];
        char message[SW_ERR_MESSAGE_MAX + 32];
        *ret_n_absent += problem->code == -ENOENT;
        if (problem->code == -ENOENT)
            continue;
        snprintf(message, sizeof(message), "%s: %s", problem->engine, problem->message);
        warn(listing, message);
        n++;
    }
    return n;
}

static int list(struct listing *listing, int *ret_status, struct sw_err *err)
{
    struct sw_engine_options engines;
    size_t n_absent = 0;
    sw_engine_options_init(&engines, &listing->values->engines);
    int r = sw_node_images_all(
        &engines, listing->region, &listing->images, listing->problems, &listing->n_problems, err);
    if (r == 0)
        r = find_known(listing, err);
    if (r < 0)
        return r;
    size_t n_failed = tell_problems(listing, &n_absent);
    if (n_absent == SW_NODE_ENGINES && listing->images.n == 0 && !listing->is_json)
        warn(listing, "neither Docker nor podman nor containerd has images here");
    r = listing->is_json ? print_json(listing) : print_table(listing);
    if (fflush(stdout) != 0 || r < 0)
        return sw_err_set(err, -EIO, "cannot write to standard output");
    *ret_status = n_failed > 0 ? SW_EXIT_INCOMPLETE : SW_EXIT_DONE;
    return 0;
}

static int prepare(struct listing *listing, struct sw_err *err)
{
    const char *format = listing->values->format != NULL ? listing->values->format : "table";
    listing->is_json = strcmp(format, "json") == 0;
    if (!listing->is_json && strcmp(format, "table") != 0)
        return sw_err_set(err, -EINVAL, "unknown format '%s'; known: table json", format);
    listing->is_terminal = sw_terminal_is_one(STDOUT_FILENO);
    int columns = (int)sw_terminal_width(STDOUT_FILENO) - OTHER_COLUMNS;
    listing->name_columns = columns > NAME_COLUMNS_MIN ? columns : NAME_COLUMNS_MIN;
    return sw_judge_init(&listing->judge, &listing->values->judge, err);
}

static int run(const struct sw_command *command, int argc, char **argv)
{
    struct images_values values = {0};
    size_t n = 0;
    int r = sw_command_parse(command, argc, argv, &values, NULL, 0, &n);
    if (r != 0)
        return r > 0 ? SW_EXIT_DONE : SW_EXIT_USAGE;
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, REGION_BYTES);
    struct listing listing = {.values = &values, .region = &region};
    struct sw_err err = {0};
    int status = SW_EXIT_USAGE;
    sw_buf_init(&listing.text, TEXT_BYTES_MAX);
    r = prepare(&listing, &err);
    if (r == 0) {
        status = SW_EXIT_FAILED;
        r = list(&listing, &status, &err);
    }
    sw_judge_done(&listing.judge);
    sw_node_images_done(&listing.images);
    sw_buf_done(&listing.text);
    return r < 0 ? sw_command_fail(status, err.message[0] != '\0' ? err.message : strerror(-r))
                 : status;
}

const struct sw_command sw_images_command = {
    .name = "images",
    .usage = "images [OPTIONS]",
    .summary = "List the images of this node's engines, and when they were scanned",
    .help = "Of Docker, podman and containerd (all namespaces); for root also of the users'\n"
            "rootless ones. RUNNING is the number of containers that run from an image. Findings\n"
            "are those of the last scan, by the present database.\n"
            "\n"
            "Examples:\n"
            "  seawall images --running\n"
            "  seawall images -f json\n"
            "  seawall scan --node\n"
            "\n"
            "Exit status: 0 done; 2 usage; 3 failed; 4 an engine's list could not be read.\n",
    .options = images_options,
    .run = run,
};
