/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clouds answer to logins, and their key files. All of it is secret: no part of it goes into
 * a sentence. Strings are made in the region.
 */
#pragma once

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"

#define SW_CLOUD_ANSWER_MAX ((size_t)256 * 1024)
#define SW_CLOUD_TOKEN_MAX ((size_t)65536)

struct sw_aws_key {
    struct sw_str id;
    struct sw_str secret;
    struct sw_str session_token; /* empty: none */
};

struct sw_google_key {
    struct sw_str email;
    struct sw_str private_key; /* PEM */
    struct sw_str token_uri;
};

/* A member that is a token: 0; -EINVAL with a sentence where it is missing or fit for nothing. */
int sw_cloud_token_parse(struct sw_str text, const char *member, struct sw_region *region,
    struct sw_str *ret, struct sw_err *err);
/* "user:password" in base64, of ECR's GetAuthorizationToken. */
int sw_aws_token_parse(
    struct sw_str text, struct sw_region *region, struct sw_str *ret, struct sw_err *err);
/* What a container's credential endpoint answers. */
int sw_aws_key_parse(
    struct sw_str text, struct sw_region *region, struct sw_aws_key *ret, struct sw_err *err);
/* A service account's key file. */
int sw_google_key_parse(
    struct sw_str text, struct sw_region *region, struct sw_google_key *ret, struct sw_err *err);
