/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files named as the inventories that they speak of: a head, a list, and the digest of both.
 */
#include "rescan_found.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/descriptor.h"
#include "io/digest.h"
#include "rescan_judged.h"

#define MAGIC "SEAWALL FOUND 1\n"
#define MAGIC_BYTES ((size_t)16)
#define DIGEST_BYTES ((size_t)72)
#define FILE_BYTES_MAX ((size_t)32 << 20) /* as many findings as a report may have */

static struct sw_str version_of(const struct sw_report *report, const struct sw_finding *finding)
{
    if (finding->n_packages == 0 || finding->packages[0] >= report->packages.n)
        return finding->installed_version;
    return report->packages.v[finding->packages[0]].source_version;
}

static int put_findings(struct sw_buf *buf, const struct sw_report *report)
{
    size_t n = 0;
    SW_CLEANUP(sw_mem_freep)
    struct sw_judged_finding *all =
        sw_mem_zalloc(report->findings.n + report->ignored.n + 1, sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    SW_VEC_EACH (finding, &report->findings)
        all[n++] =
            (struct sw_judged_finding){sw_memo_identity(finding, version_of(report, finding)),
                (uint8_t)finding->severity, false};
    SW_VEC_EACH (ignored, &report->ignored)
        all[n++] = (struct sw_judged_finding){
            sw_memo_identity(&ignored->finding, version_of(report, &ignored->finding)),
            (uint8_t)ignored->finding.severity, true};
    return sw_judged_list_put(buf, all, sw_judged_list_sort(all, n));
}

/* Where others can write nothing is kept, as by the cache itself. */
static bool is_ours(const char *directory)
{
    struct stat st;
    return stat(directory, &st) == 0 && st.st_uid == geteuid() &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int write_file(const char *folder, const char *name, const struct sw_buf *buf)
{
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    SW_CLEANUP(sw_descriptor_closep) int dir = -1;
    SW_CLEANUP(sw_descriptor_closep) int fd = -1;
    char *temporary = NULL;
    sw_region_init(&region, 65536);
    int r = sw_file_make_directories(AT_FDCWD, folder, 0700, NULL);
    if (r < 0)
        return r;
    dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r = dir < 0 ? -errno : sw_file_new_beside(dir, name, 0600, &region, &temporary, &fd, NULL);
    if (r < 0)
        return r;
    /* Not synced, as the rest of the cache. */
    r = sw_descriptor_write_full(fd, buf->p, buf->n);
    if (r == 0 && renameat(dir, temporary, dir, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(dir, temporary, 0);
    return r;
}

int sw_found_save(const char *cache_dir, const struct sw_report *report)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    SW_CLEANUP(sw_region_done) struct sw_region region = {0};
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    char name[SW_INVENTORY_NAME_BYTES];
    sw_region_init(&region, 65536);
    sw_buf_init(&buf, FILE_BYTES_MAX);
    const char *folder = sw_region_printf(&region, "%s/" SW_FOUND_FOLDER, cache_dir);
    int r = folder == NULL        ? -ENOMEM
            : !is_ours(cache_dir) ? -EPERM
                                  : sw_inventory_name(report, name);
    if (r == 0)
        r = sw_buf_append(&buf, MAGIC, MAGIC_BYTES);
    if (r == 0)
        r = put_findings(&buf, report);
    if (r == 0)
        r = sw_digest_of(SW_DIGEST_SHA256, sw_buf_str(&buf), digest);
    if (r == 0)
        r = sw_buf_append(&buf, digest, DIGEST_BYTES);
    return r < 0 ? r : write_file(folder, name, &buf);
}

int sw_found_open(const char *cache_dir, struct sw_region *region, struct sw_found *ret)
{
    struct stat st;
    *ret = (struct sw_found){.fd = -1};
    const char *folder = sw_region_printf(region, "%s/" SW_FOUND_FOLDER, cache_dir);
    if (folder == NULL)
        return -ENOMEM;
    SW_CLEANUP(sw_descriptor_closep) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
        (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return 0;
    int r = sw_file_list(fd, ".", region, &ret->names, NULL);
    if (r == 0)
        ret->fd = sw_descriptor_take(&fd);
    return r == -ENOMEM ? r : 0;
}

void sw_found_close(struct sw_found *found)
{
    sw_descriptor_close(found->fd);
    found->fd = -1;
}

int sw_found_parse(struct sw_str bytes, struct sw_str *ret)
{
    char digest[SW_DIGEST_TEXT_BYTES] = {0};
    if (bytes.n < MAGIC_BYTES + DIGEST_BYTES || memcmp(bytes.p, MAGIC, MAGIC_BYTES) != 0)
        return -EBADMSG;
    struct sw_str body = sw_str_part(bytes, 0, bytes.n - DIGEST_BYTES);
    struct sw_str list = sw_str_skip(body, MAGIC_BYTES);
    int r = sw_digest_of(SW_DIGEST_SHA256, body, digest);
    if (r < 0)
        return r;
    if (memcmp(digest, body.p + body.n, DIGEST_BYTES) != 0 || list.n % SW_JUDGED_FINDING_BYTES != 0)
        return -EBADMSG;
    *ret = list;
    return 0;
}

static int compare_name(const void *key, const void *name)
{
    return sw_str_compare(*(const struct sw_str *)key, *(const struct sw_str *)name);
}

int sw_found_load(
    const struct sw_found *found, struct sw_str name, struct sw_region *region, struct sw_str *ret)
{
    SW_CLEANUP(sw_buf_done) struct sw_buf buf = {0};
    struct sw_str list;
    if (found->fd < 0 || found->names.n == 0)
        return 0;
    const struct sw_str *known =
        bsearch(&name, found->names.v, found->names.n, sizeof(*found->names.v), compare_name);
    if (known == NULL)
        return 0;
    sw_buf_init(&buf, FILE_BYTES_MAX);
    int r = sw_file_load(found->fd, known->p, &buf, NULL);
    if (r == 0)
        r = sw_found_parse(sw_buf_str(&buf), &list);
    if (r < 0)
        return r == -ENOMEM ? r : 0;
    r = sw_region_copy(region, list, ret);
    return r < 0 ? r : 1;
}

void sw_found_remove(const struct sw_found *found, struct sw_str name)
{
    const struct sw_str *known =
        found->names.n == 0
            ? NULL
            : bsearch(&name, found->names.v, found->names.n, sizeof(*found->names.v), compare_name);
    if (found->fd >= 0 && known != NULL)
        unlinkat(found->fd, known->p, 0);
}
