/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpm_list DIRECTORY: prints what the rpm analyzer lists in the database files of a directory, one
 * package a line: name, version, arch, source name, source version, module, vendor, maintainer,
 * licence, separated by tabs and escaped as in reports. Notes go to standard error as
 * "kind: subject: message". For the scripts of tests/e2e; with -n COUNT it runs that often and
 * prints once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalog/rpm.h"

#define FILES_MAX 8

static const char *const names[] = {
    "rpmdb.sqlite", "rpmdb.sqlite-wal", "rpmdb.sqlite-journal", "Packages.db", "Packages"};

static int read_file(const char *path, struct sw_buf *buf)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    struct stat st;
    sw_buf_init(buf, (size_t)1 << 30);
    int r = fstat(fd, &st) < 0 ? -errno : sw_buf_reserve(buf, (size_t)st.st_size + 1);
    while (r == 0 && buf->n < (size_t)st.st_size) {
        ssize_t n = read(fd, buf->p + buf->n, (size_t)st.st_size - buf->n);
        if (n <= 0)
            break;
        buf->n += (size_t)n;
    }
    close(fd);
    return r;
}

static void print_field(struct sw_str s, char end)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    sw_buf_init(&buf, (size_t)1 << 20);
    if (sw_text_terminal(&buf, s) == 0)
        printf("%.*s", (int)buf.n, buf.n > 0 ? buf.p : "");
    putchar(end);
}

static void print_facts(const struct sw_facts *facts)
{
    SW_VEC_EACH (fact, &facts->facts) {
        if (fact->kind == SW_FACT_NOTE)
            fprintf(stderr, "%s: %.*s: %.*s\n", sw_note_kind_name(fact->note.kind),
                SW_STR_ARG(fact->note.subject), SW_STR_ARG(fact->note.message));
        for (size_t i = 0; fact->kind == SW_FACT_PACKAGES && i < fact->n_packages; i++) {
            const struct sw_package *package = &fact->packages[i];
            print_field(package->name, '\t');
            print_field(package->version, '\t');
            print_field(package->arch, '\t');
            print_field(package->source_name, '\t');
            print_field(package->source_version, '\t');
            print_field(package->module, '\t');
            print_field(package->vendor, '\t');
            print_field(package->maintainer, '\t');
            print_field(package->licence, '\n');
        }
    }
}

static int analyze(const struct sw_analyzer_file *files, size_t n_files, int do_print)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    sw_region_init(&region, (size_t)1 << 30);
    SW_CLEANUP(sw_facts_done) struct sw_facts facts = {0};
    sw_facts_init(&facts, &region);
    struct sw_analyzer_context context = {
        .analyzer = &sw_rpm_analyzer, .region = &region, .facts = &facts};
    struct sw_err err = {0};
    int r = sw_rpm_analyzer.analyze(&context, files, n_files, &err);
    if (r < 0)
        fprintf(stderr, "error: %s\n", err.message);
    if (do_print)
        print_facts(&facts);
    return r;
}

int main(int argc, char **argv)
{
    int n_runs = 1;
    if (argc == 4 && strcmp(argv[1], "-n") == 0)
        n_runs = (int)strtol(argv[2], NULL, 10);
    else if (argc != 2) {
        fprintf(stderr, "usage: rpm_list [-n COUNT] DIRECTORY\n");
        return 2;
    }
    struct sw_buf buffers[FILES_MAX] = {0};
    struct sw_analyzer_file files[FILES_MAX] = {0};
    char paths[FILES_MAX][64];
    size_t n = 0;
    for (size_t i = 0; i < SW_ARRAY_SIZE(names); i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", argv[argc - 1], names[i]);
        if (read_file(path, &buffers[n]) < 0)
            continue;
        snprintf(paths[n], sizeof(paths[n]), "var/lib/rpm/%s", names[i]);
        files[n] = (struct sw_analyzer_file){.path = sw_str_of(paths[n]),
            .bytes = sw_buf_str(&buffers[n]),
            .size_bytes = buffers[n].n};
        n++;
    }
    int r = 0;
    for (int i = 0; i < n_runs; i++)
        r = analyze(files, n, i == n_runs - 1);
    for (size_t i = 0; i < n; i++)
        sw_buf_done(&buffers[i]);
    return r < 0 ? 1 : 0;
}
