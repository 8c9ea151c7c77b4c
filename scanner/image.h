/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the index of a source to its images: one function per form. Both fill the plan.
 */
#pragma once

#include "plan.h"

/* One image: its config's text (empty: none) and the names of its layers. */
struct sw_image_parts {
    enum sw_target_kind kind;
    struct sw_str name;
    struct sw_str digest;        /* of the manifest; may be empty */
    struct sw_str config_name;   /* file of the config; may be empty */
    struct sw_str config_digest; /* as claimed; may be empty */
    struct sw_layer *layers;     /* digest, media type and size, as far as claimed */
    struct sw_str *layer_names;
    size_t n_layers;
};

/* Reads the config and adds the image, unless it is of another platform than asked for. A config
 * that cannot be read is a note; the layers are scanned all the same. */
int sw_image_add(struct sw_plan *plan, const struct sw_image_parts *parts, struct sw_err *err);

/* manifest.json of a docker archive. */
int sw_image_add_docker(struct sw_plan *plan, struct sw_str manifest, struct sw_err *err);
/* `repositories` of an old one. */
int sw_image_add_repositories(struct sw_plan *plan, struct sw_str repositories, struct sw_err *err);
/* index.json of an OCI layout, as a directory or in an archive. */
int sw_image_add_oci(
    struct sw_plan *plan, enum sw_target_kind kind, struct sw_str index, struct sw_err *err);

/* Whichever form the files of the source show; `form` forces one. */
int sw_image_add_any(struct sw_plan *plan, struct sw_str form, struct sw_err *err);
