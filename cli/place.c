/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Default places, by the XDG base directory specification for users and the FHS for root.
 */
#include "place.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "io/environment.h"

static const char *find_user_dir(struct sw_region *region, const char *variable, const char *tail)
{
    const char *base = sw_environment_get(variable);
    if (base != NULL && base[0] == '/')
        return sw_region_printf(region, "%s/seawall", base);
    const char *home = sw_environment_get("HOME");
    if (home == NULL || home[0] != '/')
        return NULL;
    return sw_region_printf(region, "%s/%s/seawall", home, tail);
}

static bool is_root(void)
{
    return geteuid() == 0;
}

const char *sw_place_database(struct sw_region *region)
{
    if (is_root())
        return "/var/lib/seawall/vuln.db";
    const char *dir = find_user_dir(region, "XDG_DATA_HOME", ".local/share");
    return dir != NULL ? sw_region_printf(region, "%s/vuln.db", dir) : NULL;
}

static const char *find_in_cache(struct sw_region *region, const char *name)
{
    const char *base =
        is_root() ? "/var/cache/seawall" : find_user_dir(region, "XDG_CACHE_HOME", ".cache");
    return base != NULL ? sw_region_printf(region, "%s/%s", base, name) : NULL;
}

const char *sw_place_cache(struct sw_region *region)
{
    return find_in_cache(region, "layers");
}

const char *sw_place_feeds(struct sw_region *region)
{
    return find_in_cache(region, "feeds");
}

const char *sw_place_scanner(struct sw_region *region)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n > 0) {
        self[n] = '\0';
        char *slash = strrchr(self, '/');
        if (slash != NULL)
            *slash = '\0';
        char *beside = sw_region_printf(region, "%s/seawall-scanner", self);
        if (beside != NULL && access(beside, X_OK) == 0)
            return beside;
        char *installed = sw_region_printf(region, "%s/../libexec/seawall/seawall-scanner", self);
        if (installed != NULL && access(installed, X_OK) == 0)
            return installed;
    }
    return SEAWALL_LIBEXECDIR "/seawall-scanner";
}
