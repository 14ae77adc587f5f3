/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <protobuf-c/protobuf-c.h>

G_BEGIN_DECLS

/* The resources of a service mesh, and the server that tells programs of them:
 * the aggregated discovery service of the xDS protocol, "state of the world"
 * variant. */
typedef struct _ControlPlane ControlPlane;

typedef enum
{
  RESOURCE_LISTENER,
  RESOURCE_ROUTES,
  RESOURCE_CLUSTER,
  RESOURCE_ENDPOINTS,
  N_RESOURCE_TYPES,
} ResourceType;

ControlPlane *control_plane_new (const char *address);
void control_plane_free (ControlPlane *self);
void control_plane_start (ControlPlane *self);
void control_plane_stop (ControlPlane *self);

void control_plane_set (ControlPlane *self,
                        ResourceType type,
                        const char *name,
                        const ProtobufCMessage *resource);
void control_plane_remove (ControlPlane *self,
                           ResourceType type,
                           const char *name);

/* What programs said to the newest version. */
gboolean control_plane_is_accepted (ControlPlane *self,
                                    ResourceType type);
const char *control_plane_get_refusal (ControlPlane *self,
                                       ResourceType type);

const char *control_plane_get_type_url (ResourceType type);

G_END_DECLS
