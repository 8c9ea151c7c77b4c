/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns header blobs into packages. Called once per installed package.
 */
#include "catalog/rpm_list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "catalog/rpm_header.h"

void sw_rpm_list_init(struct sw_rpm_list *list, struct sw_region *region, struct sw_str database)
{
    *list = (struct sw_rpm_list){.region = region, .database = database};
}

void sw_rpm_list_done(struct sw_rpm_list *list)
{
    sw_vec_done(&list->packages);
}

void sw_rpm_list_damage(struct sw_rpm_list *list, const char *format, ...)
{
    if (list->n_damaged++ > 0)
        return;
    va_list args;
    va_start(args, format);
    list->damage.code = -EBADMSG;
    vsnprintf(list->damage.message, sizeof(list->damage.message), format, args);
    va_end(args);
}

/* Texts that most packages of a system share (vendor, licence) are kept once. */
static int copy_shared(
    struct sw_rpm_list *list, struct sw_str s, struct sw_str earlier, struct sw_str *ret)
{
    if (sw_str_is_empty(s)) {
        *ret = SW_STR_NONE;
        return 0;
    }
    if (sw_str_equal(s, earlier)) {
        *ret = earlier;
        return 0;
    }
    return sw_region_copy(list->region, s, ret);
}

/* "epoch:version-release" in the region; the epoch only where it is not 0. */
static int format_version(
    struct sw_rpm_list *list, uint32_t epoch, struct sw_str a, struct sw_str b, struct sw_str *ret)
{
    char prefix[16] = "";
    int n_prefix = epoch > 0 ? snprintf(prefix, sizeof(prefix), "%" PRIu32 ":", epoch) : 0;
    size_t n = (size_t)n_prefix + a.n + (b.n > 0 ? b.n + 1 : 0);
    char *p = sw_region_alloc(list->region, n + 1);
    if (p == NULL)
        return -ENOMEM;
    memcpy(p, prefix, (size_t)n_prefix);
    memcpy(p + n_prefix, a.p, a.n);
    if (b.n > 0) {
        p[(size_t)n_prefix + a.n] = '-';
        memcpy(p + n_prefix + a.n + 1, b.p, b.n);
    }
    *ret = (struct sw_str){p, n};
    return 0;
}

/* The source package; the database names its file only, so its epoch is taken to be the binary's,
 * as everyone does. Without a file name the package stands for itself. */
static int set_source(struct sw_rpm_list *list, const struct sw_rpm_header *header,
    const struct sw_package *earlier, struct sw_package *package)
{
    struct sw_str name;
    struct sw_str version;
    package->source_name = package->name;
    package->source_version = package->version;
    if (!sw_rpm_header_split_source(header->source_rpm, &name, &version))
        return 0;
    if (!sw_str_equal(name, package->name)) {
        int r = copy_shared(list, name, earlier->source_name, &package->source_name);
        if (r < 0)
            return r;
    }
    size_t n_own = header->version.n + 1 + header->release.n;
    if (sw_str_equal(sw_str_skip(package->version, package->version.n - n_own), version))
        return 0;
    return format_version(list, header->epoch, version, SW_STR_NONE, &package->source_version);
}

static int make_package(
    struct sw_rpm_list *list, const struct sw_rpm_header *header, struct sw_package *ret)
{
    static const struct sw_package none = {0};
    const struct sw_package *earlier =
        list->packages.n > 0 ? &list->packages.v[list->packages.n - 1] : &none;
    struct sw_package package = {
        .type = SW_PACKAGE_RPM, .database = list->database, .layer = SW_PACKAGE_NO_LAYER};
    if (sw_region_copy(list->region, header->name, &package.name) < 0 ||
        format_version(list, header->epoch, header->version, header->release, &package.version) <
            0 ||
        set_source(list, header, earlier, &package) < 0 ||
        copy_shared(list, header->arch, earlier->arch, &package.arch) < 0 ||
        copy_shared(list, header->module, earlier->module, &package.module) < 0 ||
        copy_shared(list, header->vendor, earlier->vendor, &package.vendor) < 0 ||
        copy_shared(list, header->packager, earlier->maintainer, &package.maintainer) < 0 ||
        copy_shared(list, header->licence, earlier->licence, &package.licence) < 0)
        return -ENOMEM;
    *ret = package;
    return 0;
}

/* Texts beyond the cap of a package are left out, the name of a package never is. */
static void drop_long_texts(struct sw_rpm_list *list, uint64_t record, struct sw_rpm_header *header)
{
    struct sw_str *texts[] = {&header->arch, &header->source_rpm, &header->vendor,
        &header->packager, &header->licence, &header->module};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i]->n <= SW_PACKAGE_TEXT_MAX)
            continue;
        sw_rpm_list_damage(
            list, "record %" PRIu64 ": a text of %zu bytes was left out", record, texts[i]->n);
        *texts[i] = SW_STR_NONE;
    }
}

int sw_rpm_list_add(struct sw_rpm_list *list, uint64_t record, struct sw_str blob)
{
    if (list->n_records >= SW_PACKAGES_MAX) {
        list->is_cut = true;
        return -EFBIG;
    }
    list->n_records++;
    struct sw_rpm_header header;
    struct sw_err err = {0};
    if (sw_rpm_header_parse(blob, &header, &err) < 0) {
        sw_rpm_list_damage(list, "record %" PRIu64 ": %s", record, err.message);
        return 0;
    }
    /* The keys that rpm trusts are stored like packages and are none. */
    if (sw_str_equal_z(header.name, "gpg-pubkey"))
        return 0;
    if (header.n_damaged > 0)
        sw_rpm_list_damage(list, "record %" PRIu64 ": %s", record, header.damage.message);
    /* half the cap each, so that "epoch:version-release" stays below it */
    if (header.name.n > SW_PACKAGE_TEXT_MAX || header.version.n > SW_PACKAGE_TEXT_MAX / 4 ||
        header.release.n > SW_PACKAGE_TEXT_MAX / 4) {
        sw_rpm_list_damage(list, "record %" PRIu64 ": absurdly long name or version", record);
        return 0;
    }
    drop_long_texts(list, record, &header);
    struct sw_package package;
    int r = make_package(list, &header, &package);
    if (r == 0 && list->each != NULL)
        r = list->each(list->context, &package, blob);
    if (r < 0)
        return r;
    return sw_vec_push(&list->packages, package, SW_PACKAGES_MAX);
}
