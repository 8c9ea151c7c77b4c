/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logins at the registries of clouds, from what their own programs read from the environment. Only
 * hosts that are a cloud's by their whole name get anything, and only addresses that the
 * environment names (or the cloud's own) are asked.
 */
#pragma once

#include "io/http_exchange.h"
#include "oci/cloud_login_json.h"
#include "oci/credential.h"

enum sw_cloud { SW_CLOUD_NONE, SW_CLOUD_AWS, SW_CLOUD_AZURE, SW_CLOUD_GOOGLE, _SW_CLOUD_MAX };

/* Whose registry it is; *ret_region (AWS) is borrowed from host. */
enum sw_cloud sw_cloud_of(struct sw_str host, struct sw_str *ret_region);

/* 0; -ENOENT: no cloud's, or the environment has no login for it; others with a sentence. */
int sw_cloud_login_find(const char *host, const struct sw_http_options *http,
    struct sw_credential *ret, struct sw_err *err);

/* One POST to AWS, to be signed (Signature Version 4). Names of headers are lower case and sorted;
 * "host" is among them. */
struct sw_aws_request {
    const char *method;
    const char *path;
    const char *region;
    const char *service;
    const char *time; /* "20150830T123600Z" */
    const char *const (*headers)[2];
    size_t n_headers;
    struct sw_str body;
};

/* Appends the value of Authorization: 0, -ENOMEM, -EFBIG, -EIO. */
int sw_aws_sign(const struct sw_aws_request *request, struct sw_str key_id, struct sw_str secret,
    struct sw_buf *authorization);

/* Appends the signed assertion that Google's token server takes (RFC 7523): 0, -EINVAL, ... */
int sw_google_assert(
    const struct sw_google_key *key, int64_t wall_s, struct sw_buf *assertion, struct sw_err *err);
