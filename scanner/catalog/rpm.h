/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The analyzer of rpm databases in all their forms.
 */
#pragma once

extern const struct sw_analyzer sw_rpm_analyzer;
