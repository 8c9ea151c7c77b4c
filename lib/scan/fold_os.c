/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which release file speaks for the system. os-release is best; among the elder files those of one
 * system before those that several write (a rebuild of RHEL also has redhat-release).
 */
#include "scan/fold_priv.h"

#include "base/mem.h"

static const char *const ranks[] = {
    "etc/os-release",
    "usr/lib/os-release",
    "usr/lib/os.release.d/",
    "etc/alpine-release",
    "etc/almalinux-release",
    "etc/rocky-release",
    "etc/oracle-release",
    "etc/centos-release",
    "etc/fedora-release",
    "etc/redhat-release",
    "etc/photon-release",
    "etc/azurelinux-release",
    "etc/mariner-release",
    "etc/SuSE-release",
    "etc/system-release",
    "etc/system-release-cpe",
    "etc/lsb-release",
    "etc/debian_version",
    "etc/issue",
};

static size_t rank_of(const struct sw_os *os)
{
    for (size_t i = 0; i < SW_ARRAY_SIZE(ranks); i++) {
        struct sw_str path = sw_str_of(ranks[i]);
        bool is_folder = path.p[path.n - 1] == '/';
        if (is_folder ? sw_str_starts_with(os->path, path) : sw_str_equal(os->path, path))
            return i;
    }
    return SW_ARRAY_SIZE(ranks);
}

/* An id is worth more than any rank without one. */
static bool is_better(const struct sw_os *a, const struct sw_os *b)
{
    if (sw_str_is_empty(a->id) != sw_str_is_empty(b->id))
        return !sw_str_is_empty(a->id);
    size_t rank_a = rank_of(a);
    size_t rank_b = rank_of(b);
    return rank_a != rank_b ? rank_a < rank_b : sw_str_compare(a->path, b->path) < 0;
}

static void fill(struct sw_str *field, struct sw_str from)
{
    if (sw_str_is_empty(*field))
        *field = from;
}

/* CentOS says "8" in os-release and "8.3.2011" in its own file. */
static void take_minor(struct sw_os *os, const struct sw_os *from)
{
    struct sw_str minor = from->version_id;
    if (sw_str_equal_z(os->id, "centos") && sw_str_equal_z(from->path, "etc/centos-release") &&
        sw_str_starts_with(minor, os->version_id) && minor.n > os->version_id.n &&
        minor.p[os->version_id.n] == '.')
        os->version_id = minor;
}

/* Fields that the best file leaves empty come from the next best of the same system. */
static void fill_from(struct sw_os *os, const struct sw_os *from)
{
    if (!sw_str_equal(os->id, from->id))
        return;
    fill(&os->version_id, from->version_id);
    fill(&os->codename, from->codename);
    fill(&os->name, from->name);
    fill(&os->id_like, from->id_like);
    fill(&os->cpe, from->cpe);
    fill(&os->variant, from->variant);
    take_minor(os, from);
}

struct sw_os sw_fold_os_pick(const struct sw_os *candidates, size_t n)
{
    struct sw_os os = {0};
    bool is_used[SW_ARRAY_SIZE(ranks) + 1] = {false};
    /* Best first; as many as there are ranks, two of one rank being of no use. */
    for (size_t round = 0; round < SW_ARRAY_SIZE(ranks); round++) {
        const struct sw_os *best = NULL;
        for (size_t i = 0; i < n; i++)
            if (!is_used[rank_of(&candidates[i])] &&
                (best == NULL || is_better(&candidates[i], best)))
                best = &candidates[i];
        if (best == NULL || (sw_str_is_empty(best->id) && round > 0))
            break;
        is_used[rank_of(best)] = true;
        if (round == 0)
            os = *best;
        else
            fill_from(&os, best);
    }
    return os;
}
