/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

GBytes *plugin_run (GBytes *request,
                    GError **error);
