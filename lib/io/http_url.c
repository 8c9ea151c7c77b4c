/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs are taken apart by the library that will fetch them, so that both see the same host.
 */
#include "io/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/num.h"

static void free_url(CURLU **url)
{
    curl_url_cleanup(*url);
    *url = NULL;
}

static void free_part(char **part)
{
    curl_free(*part);
    *part = NULL;
}

static int parse(const char *text, CURLU **ret, struct sw_err *err)
{
    SW_CLEANUP(free_url) CURLU *url = curl_url();
    if (url == NULL)
        return sw_err_set(err, -ENOMEM, "out of memory");
    char shown[256];
    if (strlen(text) > SW_HTTP_URL_MAX || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
        return sw_err_set(
            err, -EINVAL, "'%s' is no URL", sw_http_url_shown(text, shown, sizeof(shown)));
    *ret = SW_TAKE(url);
    return 0;
}

/* A name or an address without zone; whatever else a parser might let through is none of ours. */
static bool is_host(const char *host)
{
    bool is_ipv6 = host[0] == '[';
    size_t n = strlen(host);
    if (is_ipv6 && (n < 3 || host[n - 1] != ']'))
        return false;
    size_t from = is_ipv6 ? 1 : 0;
    size_t to = is_ipv6 ? n - 1 : n;
    for (size_t i = from; i < to; i++) {
        char c = host[i];
        bool is_fit = is_ipv6 ? sw_str_hex_digit(c) != SW_STR_NO_DIGIT || c == ':' || c == '.'
                              : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                                    (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_';
        if (!is_fit)
            return false;
    }
    return n > 0;
}

int sw_http_origin_parse(const char *text, struct sw_http_origin *ret, struct sw_err *err)
{
    SW_CLEANUP(free_url) CURLU *url = NULL;
    SW_CLEANUP(free_part) char *scheme = NULL;
    SW_CLEANUP(free_part) char *host = NULL;
    SW_CLEANUP(free_part) char *port = NULL;
    SW_CLEANUP(free_part) char *zone = NULL;
    struct sw_http_origin origin = {0};
    uint64_t number;
    int r = parse(text, &url, err);
    if (r < 0)
        return r;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        sw_str_parse_u64(sw_str_of(port), 10, &number) < 0 || number > UINT16_MAX ||
        strlen(host) >= sizeof(origin.host) || !is_host(host) ||
        curl_url_get(url, CURLUPART_ZONEID, &zone, 0) == CURLUE_OK)
        return sw_err_set(err, -EINVAL, "a URL without a proper host");
    origin.is_plain = strcasecmp(scheme, "http") == 0;
    if (!origin.is_plain && strcasecmp(scheme, "https") != 0)
        return sw_err_set(err, -EINVAL, "'%.32s' is neither http nor https", scheme);
    origin.port = (uint16_t)number;
    for (size_t i = 0; host[i] != '\0'; i++)
        origin.host[i] = (char)(host[i] >= 'A' && host[i] <= 'Z' ? host[i] + 32 : host[i]);
    *ret = origin;
    return 0;
}

bool sw_http_origin_equal(const struct sw_http_origin *a, const struct sw_http_origin *b)
{
    return a->is_plain == b->is_plain && a->port == b->port && strcmp(a->host, b->host) == 0;
}

static enum sw_http_place place_of_ipv4(uint32_t address)
{
    if (address >> 24 == 127 || address == 0)
        return SW_HTTP_PLACE_LOOPBACK;
    return address >> 16 == 0xa9fe ? SW_HTTP_PLACE_LINK : SW_HTTP_PLACE_ELSEWHERE;
}

static enum sw_http_place place_of_ipv6(const struct in6_addr *address)
{
    /* A cloud's metadata service has this one, which is not link-local. */
    static const uint8_t metadata[16] = {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
    if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
        return place_of_ipv4(sw_num_be32(address->s6_addr + 12));
    if (IN6_IS_ADDR_LOOPBACK(address) || IN6_IS_ADDR_UNSPECIFIED(address))
        return SW_HTTP_PLACE_LOOPBACK;
    if (IN6_IS_ADDR_LINKLOCAL(address) || memcmp(address->s6_addr, metadata, 16) == 0)
        return SW_HTTP_PLACE_LINK;
    return SW_HTTP_PLACE_ELSEWHERE;
}

enum sw_http_place sw_http_address_place(const struct sockaddr *address)
{
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    if (address->sa_family == AF_INET) {
        memcpy(&ipv4, address, sizeof(ipv4));
        return place_of_ipv4(ntohl(ipv4.sin_addr.s_addr));
    }
    if (address->sa_family != AF_INET6)
        return SW_HTTP_PLACE_ELSEWHERE;
    memcpy(&ipv6, address, sizeof(ipv6));
    return place_of_ipv6(&ipv6.sin6_addr);
}

enum sw_http_place sw_http_origin_place(const struct sw_http_origin *origin)
{
    struct in_addr ipv4;
    struct in6_addr ipv6;
    struct sw_str host = sw_str_of(origin->host);
    if (sw_str_equal_z(host, "localhost") || sw_str_ends_with(host, SW_STR(".localhost")))
        return SW_HTTP_PLACE_LOOPBACK;
    /* The URL parser has made one form of "0x7f.1" and kin. */
    if (inet_pton(AF_INET, origin->host, &ipv4) == 1)
        return place_of_ipv4(ntohl(ipv4.s_addr));
    if (host.n < 3 || host.p[0] != '[')
        return SW_HTTP_PLACE_ELSEWHERE;
    char text[SW_HTTP_HOST_MAX];
    snprintf(text, sizeof(text), "%.*s", SW_STR_ARG(sw_str_part(host, 1, host.n - 2)));
    text[strcspn(text, "%")] = '\0';
    if (inet_pton(AF_INET6, text, &ipv6) == 1)
        return place_of_ipv6(&ipv6);
    return SW_HTTP_PLACE_ELSEWHERE;
}

int sw_http_url_resolve(
    const char *url, const char *location, struct sw_buf *buf, struct sw_err *err)
{
    SW_CLEANUP(free_url) CURLU *parts = NULL;
    SW_CLEANUP(free_part) char *text = NULL;
    int r = parse(url, &parts, err);
    if (r < 0)
        return r;
    if (strlen(location) > SW_HTTP_URL_MAX ||
        curl_url_set(parts, CURLUPART_URL, location, CURLU_URLENCODE) != CURLUE_OK)
        return sw_err_set(err, -EPROTO, "it leads to what is no URL");
    if (curl_url_set(parts, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
        curl_url_set(parts, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
        curl_url_set(parts, CURLUPART_FRAGMENT, NULL, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_URL, &text, 0) != CURLUE_OK)
        return sw_err_set(err, -ENOMEM, "out of memory");
    return sw_buf_append_str(buf, sw_str_of(text));
}

int sw_http_url_escape(struct sw_buf *buf, struct sw_str s)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < s.n; i++) {
        char c = s.p[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c) != NULL);
        r = is_plain ? sw_buf_append_char(buf, c) : sw_buf_printf(buf, "%%%02X", (unsigned char)c);
    }
    return r;
}

const char *sw_http_url_shown(const char *url, char *buf, size_t n)
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme != NULL ? scheme + 3 : url;
    size_t n_authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', n_authority);
    const char *rest = at != NULL ? at + 1 : host;
    snprintf(buf, n, "%.*s%.*s", (int)(host - url), url, (int)strcspn(rest, "?#"), rest);
    return buf;
}
