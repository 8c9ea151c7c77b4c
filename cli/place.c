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

/* The folder of this program. */
static bool find_self(char self[4096])
{
    ssize_t n = readlink("/proc/self/exe", self, 4095);
    if (n <= 0)
        return false;
    self[n] = '\0';
    char *slash = strrchr(self, '/');
    if (slash != NULL)
        *slash = '\0';
    return true;
}

const char *sw_place_scanner(struct sw_region *region)
{
    char self[4096];
    if (find_self(self)) {
        char *beside = sw_region_printf(region, "%s/seawall-scanner", self);
        if (beside != NULL && access(beside, X_OK) == 0)
            return beside;
        char *installed = sw_region_printf(region, "%s/../libexec/seawall/seawall-scanner", self);
        if (installed != NULL && access(installed, X_OK) == 0)
            return installed;
    }
    return SEAWALL_LIBEXECDIR "/seawall-scanner";
}

const char *sw_place_content(struct sw_region *region, const char *name)
{
    char self[4096];
    const char *own = sw_environment_get("SEAWALL_CONTENT");
    bool has_self = own == NULL && find_self(self);
    const char *places[] = {
        own != NULL ? sw_region_printf(region, "%s/%s", own, name) : NULL,
        has_self ? sw_region_printf(region, "%s/../content/%s", self, name) : NULL,
        has_self ? sw_region_printf(region, "%s/../share/seawall/content/%s", self, name) : NULL,
        own == NULL ? sw_region_printf(region, "%s/content/%s", SEAWALL_DATADIR, name) : NULL,
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (places[i] != NULL && access(places[i], R_OK | X_OK) == 0)
            return places[i];
    return NULL;
}
