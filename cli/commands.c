/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of commands, in the order of the overview. A new command is two lines here.
 */
#include "command.h"

extern const struct sw_command sw_scan_command;
extern const struct sw_command sw_images_command;
extern const struct sw_command sw_rescan_command;
extern const struct sw_command sw_convert_command;
extern const struct sw_command sw_diff_command;
extern const struct sw_command sw_registry_ls_command;
extern const struct sw_command sw_registry_tags_command;
extern const struct sw_command sw_serve_command;
extern const struct sw_command sw_db_update_command;
extern const struct sw_command sw_db_build_command;
extern const struct sw_command sw_db_status_command;
extern const struct sw_command sw_db_show_command;
extern const struct sw_command sw_db_search_command;
extern const struct sw_command sw_db_verify_command;
extern const struct sw_command sw_db_export_command;
extern const struct sw_command sw_db_import_command;
extern const struct sw_command sw_db_delta_command;
extern const struct sw_command sw_db_apply_command;
extern const struct sw_command sw_cache_info_command;
extern const struct sw_command sw_cache_clear_command;
extern const struct sw_command sw_cache_prune_command;
extern const struct sw_command sw_version_compare_command;
extern const struct sw_command sw_completion_command;
extern const struct sw_command sw_complete_command;
extern const struct sw_command sw_man_command;

const struct sw_command *const sw_commands[] = {
    &sw_scan_command,
    &sw_images_command,
    &sw_rescan_command,
    &sw_convert_command,
    &sw_diff_command,
    &sw_registry_ls_command,
    &sw_registry_tags_command,
    &sw_serve_command,
    &sw_db_update_command,
    &sw_db_build_command,
    &sw_db_status_command,
    &sw_db_show_command,
    &sw_db_search_command,
    &sw_db_verify_command,
    &sw_db_export_command,
    &sw_db_import_command,
    &sw_db_delta_command,
    &sw_db_apply_command,
    &sw_cache_info_command,
    &sw_cache_clear_command,
    &sw_cache_prune_command,
    &sw_version_compare_command,
    &sw_completion_command,
    &sw_complete_command,
    &sw_man_command,
    NULL,
};
