/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two clients of one listener, with what a plugin's test asks of them. */
#pragma once

#include "ismb/client/ismb-plugin.h"
#include "tests/transfer/scene.h"

typedef struct
{
  Scene scene;
  IsmbClient *alice, *bob;
} Pair;

static inline IsmbClient *
pair_open_one (Scene *scene, const char *name)
{
  IsmbClient *client;

  scene_add_account (scene, name, ISMB_ROLE_OPERATOR);
  client = scene_make_client (scene, ISMB_TYPE_CLIENT, name);
  scene_open (client);
  return client;
}

static inline void
pair_set_up (Pair *pair, gconstpointer data)
{
  scene_set_up (&pair->scene);
  pair->alice = pair_open_one (&pair->scene, "alice");
  pair->bob = pair_open_one (&pair->scene, "bob");
}

static inline void
pair_tear_down (Pair *pair, gconstpointer data)
{
  scene_close (pair->alice);
  scene_close (pair->bob);
  scene_tear_down (&pair->scene);
}

static inline gpointer
pair_enable (IsmbClient *client, const char *name)
{
  g_autoptr (GError) error = NULL;
  IsmbPlugin *plugin = ismb_client_enable_plugin (client, name, NULL, &error);

  g_assert_no_error (error);
  return plugin;
}

/* The last payload of an event, and how often it came. */
typedef struct
{
  GObject *payload;
  guint count;
} Heard;

static inline void
pair_on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  Heard *heard = user_data;

  g_set_object (&heard->payload, payload);
  heard->count++;
}

static inline void
pair_listen (IsmbClient *client, const char *event, Heard *heard)
{
  ismb_client_add_event_handler (client, event, ISMB_EVENT_DEFAULT, pair_on_event, heard, NULL);
}

/* Waits for an answer; `done` is given as user data to the asking function. */
static inline GAsyncResult *
pair_wait (SceneAnswer *done)
{
  SCENE_WAIT (done->result != NULL);
  return g_steal_pointer (&done->result);
}
