/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses of HTTP: who they belong to, and where a server's answer may send us. A redirect is a
 * stranger's wish, so most of what is here says no.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct sockaddr;

/* Longer addresses than any store signs; presigned ones have some 2 KB. */
#define SW_HTTP_URL_MAX ((size_t)16384)
#define SW_HTTP_HOST_MAX ((size_t)256)

/* Scheme, host and port: what a credential belongs to. */
struct sw_http_origin {
    bool is_plain; /* http */
    uint16_t port;
    char host[SW_HTTP_HOST_MAX]; /* lower case; IPv6 in brackets */
};

/* Places inside a machine or a link, where services trust whoever asks. */
enum sw_http_place {
    SW_HTTP_PLACE_ELSEWHERE,
    SW_HTTP_PLACE_LOOPBACK,
    SW_HTTP_PLACE_LINK, /* link-local, clouds' metadata services among them */
    _SW_HTTP_PLACE_MAX
};

/* -EINVAL for what is no http or https URL. */
int sw_http_origin_parse(const char *url, struct sw_http_origin *ret, struct sw_err *err);
bool sw_http_origin_equal(const struct sw_http_origin *a, const struct sw_http_origin *b);
/* As far as its host is an address, or "localhost". */
enum sw_http_place sw_http_origin_place(const struct sw_http_origin *origin);
enum sw_http_place sw_http_address_place(const struct sockaddr *address);

/* Where `location` leads from `url`, appended to buf; user and password in it are dropped. */
int sw_http_url_resolve(
    const char *url, const char *location, struct sw_buf *buf, struct sw_err *err);

/* Appends s as part of a query, everything but letters, digits and "-._~" escaped. */
int sw_http_url_escape(struct sw_buf *buf, struct sw_str s);

/* A URL for messages: without password and without the query, which may be a signature. Returns
 * buf. */
const char *sw_http_url_shown(const char *url, char *buf, size_t n);
