/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "control-plane.h"

G_BEGIN_DECLS

/* Where TLS has its keys and certificates from. */
#define CERTIFICATES "certificates"

/* Each sets one resource, and names the next ones by their names. */

/* A share of the calls for a cluster. */
typedef struct
{
  const char *cluster;
  guint weight;
} Share;

/* What a client that asks for @name does: as the routes of that name say. */
void set_client_listener (ControlPlane *self,
                          const char *name);
/* One that nobody can accept. */
void set_bad_listener (ControlPlane *self,
                       const char *name);
/* What a server does that listens on 127.0.0.1 or the like. */
void set_server_listener (ControlPlane *self,
                          const char *address,
                          guint port,
                          gboolean has_tls);

void set_routes (ControlPlane *self,
                 const char *name,
                 const Share *shares,
                 gsize n_shares);
/* All to one cluster, by a hash of a header. */
void set_hashed_routes (ControlPlane *self,
                        const char *name,
                        const char *cluster,
                        const char *header);

void set_cluster (ControlPlane *self,
                  const char *name,
                  gboolean is_ring_hash,
                  gboolean has_tls);

/* Ports on 127.0.0.1, all of one locality. */
void set_endpoints (ControlPlane *self,
                    const char *name,
                    const guint *ports,
                    gsize n_ports);
/* Each of a locality of its own, with a weight. */
void set_weighted_endpoints (ControlPlane *self,
                             const char *name,
                             const guint *ports,
                             const guint *weights,
                             gsize n_ports);

char *get_server_listener_name (const char *address,
                                guint port);

G_END_DECLS
