/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/trust/ismb-bundle.h"
#include "ismb/trust/ismb-fabric.h"
#include "ismb/trust/ismb-pins.h"

G_BEGIN_DECLS

/* One class in four files, which stand on each other: fabric, what it has and is; verifying,
 * whom it believes; registrar, what it does with an authority; loading, how it begins. */
struct _IsmbFabric
{
  GObject parent_instance;
  char *state_dir;
  char *bundle_path;
  char *domain;
  char **vrs;
  IsmbFabricMode mode;
  IsmbIdentity *identity;
  IsmbClock *clock;
  IsmbRevocations *revocations;
  IsmbAuthority *authority; /* or NULL */
  IsmbPins *pins;           /* or NULL: closed */
  IsmbBundle *bundle;       /* or NULL, as all below */
  IsmbNames *names;         /* of the certificate in it */
  char *ca_pem;
  char *name;
  guint changed_source;
};

/* Is the certificate that we have for our key and our domain, valid, and are we not revoked? */
gboolean ismb_fabric_check_membership (IsmbFabric *self, GError **error);
/* From here on it is ours. Takes both. */
void ismb_fabric_take_bundle (IsmbFabric *self, IsmbBundle *bundle, IsmbNames *names);
/* When the certificate has lived for two thirds of its time. */
gint64 ismb_fabric_get_two_thirds (IsmbFabric *self);
/* The CA of that hash is to be a new member's. */
gboolean ismb_fabric_check_ca_hash (const char *ca_hash, GError **error);
/* Emits `changed` once whoever is at work now is done. */
void ismb_fabric_change_later (IsmbFabric *self);
void ismb_fabric_emit_revoked (IsmbFabric *self, const char *device_id);

G_END_DECLS
