/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <protobuf-c/protobuf-c.h>

GBytes *wire_sanitize (const ProtobufCMessageDescriptor *descriptor,
                       GBytes *bytes,
                       GError **error);

GPtrArray *wire_find (GBytes *bytes,
                      guint32 number);

GBytes *wire_remove (GBytes *bytes,
                     guint32 number);
