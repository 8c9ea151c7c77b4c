/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libyara's compiler. It stops at the first error, so each file is tried by itself, what is refused
 * is taken out, and it is tried again; what is left of all files is then compiled together, each
 * file in a namespace of its own.
 */
#include "scan/yara_compile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yara.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/file.h"
#include "io/process_child.h"
#include "scan/yara_source.h"
#include "wire/yara_rules.h"

/* Texts of rules, of one set. */
#define REGION_MAX ((size_t)1 << 30)
/* Public collections of ten thousand rules take some ten seconds. */
#define COMPILE_CPU_SECONDS 300
/* How often one file is tried without what it was refused for, and errors taken from one try. */
#define TRIES_MAX 500
#define ERRORS_MAX ((size_t)64)
/* Files that may kill the compiler before all is given up. */
#define DEATHS_MAX 8
#define INCLUDES_MAX ((size_t)4096)

const char *const sw_yara_externals[] = {
    "filename", "filepath", "extension", "filetype", "owner", NULL};

/* One complaint of libyara's. */
struct complaint {
    char file[512]; /* as the include said; empty: the file itself */
    char rule[256]; /* being read; empty: none */
    unsigned line;
    char message[384];
};

/* The file behind a name that an include used. */
struct named {
    const char *name; /* in the region */
    struct sw_yara_source *source;
};

/* One compiler at work. */
struct job {
    struct sw_yara_sources *sources;
    struct sw_yara_source *source; /* the outermost file */
    SW_VEC(struct complaint) complaints;
    SW_VEC(struct named) named;
};

/* What the child works on; `current` is shared memory. */
struct set {
    struct sw_yara_sources *sources;
    volatile size_t *current; /* index of the file at hand + 1 */
    int fd;                   /* where the result goes */
};

static void job_done(struct job *job)
{
    sw_vec_done(&job->complaints);
    sw_vec_done(&job->named);
}

static const char *error_text(int error)
{
    return error == ERROR_INSUFFICIENT_MEMORY ? "out of memory"
           : error == ERROR_TOO_MANY_STRINGS  ? "too many strings in one rule"
                                              : "libyara refuses it";
}

static void take_complaint(
    int level, const char *file, int line, const YR_RULE *rule, const char *message, void *context)
{
    struct job *job = context;
    struct complaint complaint = {.line = line > 0 ? (unsigned)line : 0};
    if (level != YARA_ERROR_LEVEL_ERROR)
        return;
    snprintf(complaint.file, sizeof(complaint.file), "%s", file != NULL ? file : "");
    snprintf(complaint.message, sizeof(complaint.message), "%s", message);
    if (rule != NULL && rule->identifier != NULL)
        snprintf(complaint.rule, sizeof(complaint.rule), "%s", rule->identifier);
    (void)sw_vec_push(&job->complaints, complaint, ERRORS_MAX);
}

static struct sw_yara_source *source_named(struct job *job, const char *name)
{
    if (name == NULL || name[0] == '\0')
        return job->source;
    struct sw_yara_source *found = NULL;
    SW_VEC_EACH (named, &job->named)
        if (strcmp(named->name, name) == 0)
            found = named->source;
    return found;
}

static const char *take_include(
    const char *name, const char *from, const char *namespace_, void *context)
{
    struct job *job = context;
    (void)namespace_;
    struct sw_yara_source *including = source_named(job, from);
    struct sw_yara_source *found =
        including == NULL ? NULL
                          : sw_yara_sources_find(job->sources, including, sw_str_of(name), NULL);
    char *copy = sw_region_strdup(job->sources->region, sw_str_of(name));
    struct named named = {copy, found};
    if (found == NULL || copy == NULL || sw_vec_push(&job->named, named, INCLUDES_MAX) < 0)
        return NULL;
    return found->text;
}

static void free_include(const char *text, void *context)
{
    (void)text;
    (void)context;
}

static int new_compiler(struct job *job, YR_COMPILER **ret)
{
    YR_COMPILER *compiler = NULL;
    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return -ENOMEM;
    yr_compiler_set_callback(compiler, take_complaint, job);
    yr_compiler_set_include_callback(compiler, take_include, free_include, job);
    for (size_t i = 0; sw_yara_externals[i] != NULL; i++)
        if (yr_compiler_define_string_variable(compiler, sw_yara_externals[i], "") !=
            ERROR_SUCCESS) {
            yr_compiler_destroy(compiler);
            return -ENOMEM;
        }
    *ret = compiler;
    return 0;
}

/* True where something was taken out, so that another try may end better. */
static bool take_out(struct job *job, const struct complaint *complaint)
{
    struct sw_yara_source *source = source_named(job, complaint->file);
    if (source == NULL)
        return false;
    /* A rule without an end is complained of where the next begins; one of a name that is taken,
     * under that name. */
    struct sw_str rule = sw_str_of(complaint->rule);
    const struct sw_yara_item *item = sw_yara_source_item_at(source, complaint->line);
    if (rule.n > 0 && (item == NULL || !sw_str_equal(item->name, rule))) {
        const struct sw_yara_item *named = sw_yara_source_rule(source, rule);
        item = named != NULL ? named : item;
    }
    if (item == NULL)
        return false;
    sw_yara_sources_note(job->sources, source, complaint->line, "%s '%.*s' refused: %s",
        item->kind == SW_YARA_RULE     ? "rule"
        : item->kind == SW_YARA_IMPORT ? "import"
                                       : "include",
        SW_STR_ARG(item->name), complaint->message);
    sw_yara_source_blank(source, item);
    return true;
}

static void refuse_file(struct job *job)
{
    struct complaint none = {.message = "more errors than are looked for"};
    const struct complaint *complaint = job->complaints.n > 0 ? &job->complaints.v[0] : &none;
    sw_yara_sources_note(job->sources, job->source, complaint->line,
        "all rules of the file refused: %s%s%s", complaint->message,
        complaint->file[0] != '\0' ? ", in " : "", complaint->file);
    job->source->is_refused = true;
}

/* One try with one file: true when libyara takes it as it is now. */
static int try_file(struct job *job, bool *ret_is_taken)
{
    YR_COMPILER *compiler = NULL;
    job->complaints.n = 0;
    job->named.n = 0;
    int r = new_compiler(job, &compiler);
    if (r < 0)
        return r;
    int n_errors = yr_compiler_add_string(compiler, job->source->text, NULL);
    if (n_errors == 0) {
        YR_RULES *rules = NULL;
        int error = yr_compiler_get_rules(compiler, &rules);
        if (error != ERROR_SUCCESS)
            take_complaint(YARA_ERROR_LEVEL_ERROR, NULL, 0, NULL, error_text(error), job);
        else
            yr_rules_destroy(rules);
        n_errors = error != ERROR_SUCCESS;
    }
    yr_compiler_destroy(compiler);
    *ret_is_taken = n_errors == 0;
    return 0;
}

static int settle_file(struct sw_yara_sources *sources, struct sw_yara_source *source)
{
    SW_CLEANUP(job_done) struct job job = {.sources = sources, .source = source};
    for (int i = 0; i < TRIES_MAX; i++) {
        bool is_taken = false;
        bool is_changed = false;
        int r = try_file(&job, &is_taken);
        if (r < 0 || is_taken)
            return r;
        SW_VEC_EACH (complaint, &job.complaints)
            is_changed = take_out(&job, complaint) || is_changed;
        if (!is_changed)
            break;
    }
    refuse_file(&job);
    return 0;
}

/* What a module needs that the scanner's sandbox does not give. */
static void refuse_magic(struct sw_yara_sources *sources)
{
    SW_VEC_EACH (source, &sources->files) {
        SW_VEC_EACH (item, &source->outline.items) {
            if (item->kind != SW_YARA_IMPORT || !sw_str_equal_z(item->name, "magic"))
                continue;
            sw_yara_sources_note(sources, source, item->line,
                "import 'magic' refused: it reads a database that the scanner's sandbox keeps "
                "shut");
            sw_yara_source_blank(source, item);
        }
    }
}

static size_t write_bytes(const void *p, size_t size, size_t count, void *context)
{
    const int *fd = context;
    return sw_descriptor_write_full(*fd, p, size * count) < 0 ? 0 : count;
}

static int save(struct set *set, YR_RULES *rules, struct sw_err *err)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf head = {0};
    sw_buf_init(&head, SW_YARA_HEAD_BYTES + set->sources->notes.max);
    if (rules->num_rules == 0) {
        struct sw_str notes = sw_buf_str(&set->sources->notes);
        struct sw_str first = SW_STR("there was none");
        sw_str_next_line(&notes, &first);
        return sw_err_set(
            err, -EINVAL, "no rule is left; the first that was refused: %.*s", SW_STR_ARG(first));
    }
    int r = sw_yara_file_format(rules->num_rules, sw_buf_str(&set->sources->notes), &head);
    if (r == 0)
        r = sw_descriptor_write_full(set->fd, head.p, head.n);
    if (r < 0)
        return sw_err_set(err, r, "write compiled rules: %s", strerror(-r));
    YR_STREAM stream = {.user_data = &set->fd, .write = write_bytes};
    int error = yr_rules_save_stream(rules, &stream);
    return error == ERROR_SUCCESS ? 0 : sw_err_set(err, -EIO, "write compiled rules: %d", error);
}

static int add_files(struct set *set, YR_COMPILER *compiler, struct job *job, struct sw_err *err)
{
    for (size_t i = 0; i < set->sources->files.n; i++) {
        struct sw_yara_source *source = &set->sources->files.v[i];
        if (source->is_included || source->is_refused)
            continue;
        /* The scanner tells it as the rule's file. */
        char *name = sw_region_printf(
            set->sources->region, "%zu:%.*s", source->root, SW_STR_ARG(source->path));
        if (name == NULL)
            return -ENOMEM;
        *set->current = i + 1;
        job->source = source;
        job->named.n = 0;
        if (yr_compiler_add_string(compiler, source->text, name) == 0)
            continue;
        return sw_err_set(err, -EINVAL, "'%s': %s", source->display.p,
            job->complaints.n > 0 ? job->complaints.v[0].message : "refused");
    }
    return 0;
}

static int compile_all(struct set *set, struct sw_err *err)
{
    SW_CLEANUP(job_done) struct job job = {.sources = set->sources};
    YR_COMPILER *compiler = NULL;
    YR_RULES *rules = NULL;
    int r = new_compiler(&job, &compiler);
    if (r < 0)
        return r;
    r = add_files(set, compiler, &job, err);
    if (r == 0) {
        int error = yr_compiler_get_rules(compiler, &rules);
        r = error == ERROR_SUCCESS ? 0 : sw_err_set(err, -EINVAL, "%s", error_text(error));
    }
    if (r == 0)
        r = save(set, rules, err);
    if (rules != NULL)
        yr_rules_destroy(rules);
    yr_compiler_destroy(compiler);
    return r;
}

/* In the child. */
static int compile_set(void *context, struct sw_err *err)
{
    struct set *set = context;
    int r = 0;
    if (yr_initialize() != ERROR_SUCCESS)
        return sw_err_set(err, -ENOMEM, "libyara does not start");
    refuse_magic(set->sources);
    for (size_t i = 0; r == 0 && i < set->sources->files.n; i++) {
        struct sw_yara_source *source = &set->sources->files.v[i];
        *set->current = i + 1;
        if (!source->is_included && !source->is_refused)
            r = settle_file(set->sources, source);
    }
    if (r == 0)
        r = compile_all(set, err);
    yr_finalize();
    return r;
}

/* Again without the file that it died of, as far as one is to blame. */
static int compile_in_child(struct set *set, struct sw_err *err)
{
    for (int deaths = 0;; deaths++) {
        struct sw_err why = {0};
        *set->current = 0;
        if (ftruncate(set->fd, 0) < 0 || lseek(set->fd, 0, SEEK_SET) < 0)
            return sw_err_set(err, -errno, "empty the file of rules: %s", strerror(errno));
        int r = sw_process_run_child(compile_set, set, COMPILE_CPU_SECONDS, &why);
        size_t current = *set->current;
        bool is_to_blame = current > 0 && current <= set->sources->files.n;
        if (r != -ECHILD || !is_to_blame || deaths == DEATHS_MAX) {
            if (r < 0)
                sw_err_set(err, r, "YARA rules: %s", why.message);
            return r;
        }
        struct sw_yara_source *source = &set->sources->files.v[current - 1];
        source->is_refused = true;
        sw_yara_sources_note(set->sources, source, 0,
            "all rules of the file refused: libyara ended over it: %s", why.message);
    }
}

static int digest_of_sources(const struct sw_yara_sources *sources, char ret[SW_DIGEST_TEXT_BYTES])
{
    char text[128];
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    int r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    int n = snprintf(text, sizeof(text), "seawall yara 1 libyara %s\n", YR_VERSION);
    if (r == 0)
        r = sw_digest_update(&digest, text, (size_t)n);
    SW_VEC_EACH (file, &sources->files) {
        n = snprintf(text, sizeof(text), "\n%zu %zu %zu ", file->root, file->path.n, file->n);
        if (r == 0)
            r = sw_digest_update(&digest, text, (size_t)n);
        if (r == 0)
            r = sw_digest_update(&digest, file->display.p, file->display.n);
        if (r == 0)
            r = sw_digest_update(&digest, file->text, file->n);
    }
    return r == 0 ? sw_digest_final(&digest, ret) : r;
}

static int map(int fd, struct sw_str *ret)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_size < (off_t)SW_YARA_HEAD_BYTES)
        return -EBADMSG;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    *ret = (struct sw_str){p, (size_t)st.st_size};
    return 0;
}

static void unmap(struct sw_str *bytes)
{
    if (bytes->p != NULL)
        munmap((void *)(uintptr_t)bytes->p, bytes->n);
}

static int digest_of_body(struct sw_str bytes, uint8_t ret[SW_DIGEST_RAW_BYTES])
{
    SW_CLEANUP(sw_digest_done) struct sw_digest digest = {0};
    int r = sw_digest_init(&digest, SW_DIGEST_SHA256);
    if (r == 0)
        r = sw_digest_update(&digest, bytes.p + SW_YARA_BODY_AT, bytes.n - SW_YARA_BODY_AT);
    return r == 0 ? sw_digest_final_raw(&digest, ret) : r;
}

/* Puts the digest into the head of a finished file. */
static int seal(int fd, struct sw_err *err)
{
    SW_CLEANUP(unmap) struct sw_str bytes = SW_STR_NONE;
    uint8_t digest[SW_DIGEST_RAW_BYTES];
    int r = map(fd, &bytes);
    if (r == 0)
        r = digest_of_body(bytes, digest);
    if (r >= 0)
        r = pwrite(fd, digest, SW_YARA_DIGEST_BYTES, SW_YARA_DIGEST_AT) ==
                    (ssize_t)SW_YARA_DIGEST_BYTES
                ? 0
                : -EIO;
    return r < 0 ? sw_err_set(err, r, "YARA rules: %s", strerror(-r)) : 0;
}

/* The compiled rules at that path, if they are there and whole. They were used now. */
static int take_file(const char *path, struct sw_region *region, struct sw_yara_compiled *ret)
{
    /* Without O_NONBLOCK a FIFO in its place would hang us; it has no size, and is no such file. */
    SW_CLEANUP(sw_descriptor_closep)
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    SW_CLEANUP(unmap) struct sw_str bytes = SW_STR_NONE;
    struct sw_yara_file file;
    uint8_t digest[SW_DIGEST_RAW_BYTES];
    if (fd < 0)
        return -errno;
    int r = map(fd, &bytes);
    if (r == 0)
        r = sw_yara_file_parse(bytes, &file);
    if (r == 0)
        r = digest_of_body(bytes, digest);
    if (r < 0)
        return r;
    if (memcmp(digest, bytes.p + SW_YARA_DIGEST_AT, SW_YARA_DIGEST_BYTES) != 0)
        return -EBADMSG;
    r = sw_region_copy(region, file.notes, &ret->notes);
    if (r < 0)
        return r;
    futimens(fd, NULL);
    ret->n_rules = file.n_rules;
    ret->fd = sw_descriptor_take(&fd);
    return 0;
}

static int make_file(struct sw_yara_sources *sources, const char *path, bool is_kept,
    struct sw_region *region, struct sw_yara_compiled *ret, struct sw_err *err)
{
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char *beside = NULL;
    void *shared =
        mmap(NULL, sizeof(size_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -errno;
    int r = sw_file_new_beside(AT_FDCWD, path, 0600, region, &beside, &fd, err);
    struct set set = {.sources = sources, .current = shared, .fd = fd};
    if (r == 0)
        r = compile_in_child(&set, err);
    munmap(shared, sizeof(size_t));
    if (r == 0)
        r = seal(fd, err);
    if (r == 0 && is_kept)
        r = sw_file_replace(AT_FDCWD, beside, path, err);
    if (r == 0)
        r = take_file(is_kept ? path : beside, region, ret);
    if (beside != NULL && (r < 0 || !is_kept))
        unlink(beside);
    return r;
}

static int compile_sources(const struct sw_yara_options *options, struct sw_yara_sources *sources,
    struct sw_region *region, struct sw_yara_compiled *compiled, struct sw_err *err)
{
    int r = digest_of_sources(sources, compiled->digest);
    const char *folder = options->directory != NULL ? options->directory : options->scratch;
    const char *hex = r == 0 ? strchr(compiled->digest, ':') + 1 : "";
    char *path = sw_region_printf(region, "%s/yara-%s.compiled", folder, hex);
    if (r < 0 || path == NULL)
        return r < 0 ? r : -ENOMEM;
    if (options->directory != NULL) {
        r = sw_file_make_directories(AT_FDCWD, options->directory, 0700, err);
        if (r < 0)
            return r;
        compiled->is_cached = take_file(path, region, compiled) == 0;
    }
    if (compiled->is_cached)
        return 0;
    return make_file(sources, path, options->directory != NULL, region, compiled, err);
}

int sw_yara_compile(const struct sw_yara_options *options, struct sw_region *region,
    struct sw_yara_compiled *ret, struct sw_err *err)
{
    struct sw_yara_compiled compiled = {.fd = -1};
    SW_CLEANUP(sw_region_done) struct sw_region texts = {0};
    SW_CLEANUP(sw_yara_sources_done) struct sw_yara_sources sources = {0};
    sw_region_init(&texts, REGION_MAX);
    sw_yara_sources_init(&sources, &texts);
    int r = 0;
    for (size_t i = 0; r == 0 && i < options->n_paths; i++)
        r = sw_yara_sources_add(&sources, options->paths[i], err);
    if (r == 0)
        r = compile_sources(options, &sources, region, &compiled, err);
    if (r < 0)
        return r;
    *ret = compiled;
    return 0;
}
