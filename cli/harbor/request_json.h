/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan request as Harbor sends it, checked whole: which artifact, how to get at it, and which
 * reports are wanted of it.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/region.h"
#include "base/str.h"
#include "harbor/authorization.h"

/* Requests have some kilobytes, most of it the token. */
#define SW_HARBOR_REQUEST_BYTES_MAX ((size_t)256 * 1024)

/* Documents that a scan can leave behind. */
enum sw_harbor_document {
    SW_HARBOR_VULNERABILITIES, /* Harbor's own; versions 1.0 and 1.1 have the same content */
    SW_HARBOR_RAW,
    SW_HARBOR_SPDX,
    SW_HARBOR_CYCLONEDX,
    _SW_HARBOR_DOCUMENT_MAX
};

#define SW_HARBOR_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define SW_HARBOR_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define SW_HARBOR_MIME_REPORT_10                                                                   \
    "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0"
#define SW_HARBOR_MIME_REPORT_11 "application/vnd.security.vulnerability.report; version=1.1"
#define SW_HARBOR_MIME_RAW "application/vnd.scanner.adapter.vuln.report.raw"
#define SW_HARBOR_MIME_SBOM "application/vnd.security.sbom.report+json; version=1.0"
#define SW_HARBOR_SBOM_SPDX "application/spdx+json"
#define SW_HARBOR_SBOM_CYCLONEDX "application/vnd.cyclonedx+json"

struct sw_harbor_request {
    struct sw_region region; /* all strings live in it */
    bool is_plain;           /* http:// */
    struct sw_str host;      /* "core.example", "core:8080" */
    struct sw_str registry;  /* the same as a reference needs it: with a port where it has no dot */
    struct sw_harbor_authorization authorization;
    /* As Harbor says them; empty where it does not. */
    struct sw_str repository;
    struct sw_str digest;
    struct sw_str tag;
    struct sw_str mime_type;
    const char *target;                      /* for a scan */
    bool is_wanted[_SW_HARBOR_DOCUMENT_MAX]; /* at least one */
};

/* 0, the caller owns *ret; -EBADMSG: no JSON or a member of the wrong type; -EINVAL: a member that
 * cannot be; -EOPNOTSUPP: nothing that we do; -ENOMEM. With a sentence that holds no secret. */
int sw_harbor_request_parse(struct sw_str text, struct sw_harbor_request **ret, struct sw_err *err);
/* Wipes and frees; NULL is allowed. */
void sw_harbor_request_free(struct sw_harbor_request *request);
void sw_harbor_request_freep(struct sw_harbor_request **request);

/* The same artifact and the same documents, whoever asks. */
bool sw_harbor_request_is_same(
    const struct sw_harbor_request *a, const struct sw_harbor_request *b);

/* True when both name the same type, whatever space there is between its parts. */
bool sw_harbor_mime_is(struct sw_str given, const char *type);
