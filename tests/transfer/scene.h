/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listener of ours on a port of its own and clients on it; what the tests of files and commands
 * share. */
#pragma once

#include <glib/gstdio.h>

#include "ismb/client/ismb-client.h"
#include "ismb/listener/ismb-listener-private.h"
#include "ismb/store/ismb-accounts.h"

#define SCENE_DOMAIN "sw1.test"

typedef struct
{
  IsmbListener *listener;
  guint16 port;
  char *folder; /* removed at the end, with all that is in it */
} Scene;

/* Waiting is always for something that happens; the test's own time limit ends what never does. */
#define SCENE_WAIT(condition)                \
  G_STMT_START                               \
  {                                          \
    while (!(condition))                     \
      g_main_context_iteration (NULL, TRUE); \
  }                                          \
  G_STMT_END

/* For what a thread does to the file system: no event of ours tells of that. */
#define SCENE_POLL(condition)                 \
  G_STMT_START                                \
  {                                           \
    while (!(condition))                      \
      {                                       \
        g_main_context_iteration (NULL, FALSE); \
        g_usleep (1000);                      \
      }                                       \
  }                                           \
  G_STMT_END

static inline void
scene_remove_tree (const char *path)
{
  g_autoptr (GDir) folder = NULL;
  const char *name;

  if (!g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    folder = g_dir_open (path, 0, NULL);
  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      scene_remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static inline void
scene_add_account (Scene *scene, const char *name, IsmbRole role)
{
  g_autoptr (GError) error = NULL;

  ismb_accounts_create (_ismb_listener_get_accounts (scene->listener), name, name, role, TRUE,
                        &error);
  g_assert_no_error (error);
}

static inline void
scene_set_up (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  scene->folder = g_dir_make_tmp ("ismb-scene-XXXXXX", &error);
  g_assert_no_error (error);
  scene->listener = ismb_listener_new ("VR-Mgmt");
  g_object_set (scene->listener, "domain", SCENE_DOMAIN, NULL);
  ismb_listener_create_account (scene->listener, "operator", "operator", &error);
  g_assert_no_error (error);
  scene_add_account (scene, "switch", ISMB_ROLE_OPERATOR); /* comes over TCP like all others here */
  scene_add_account (scene, "client", ISMB_ROLE_CLIENT);
  scene->port = ismb_listener_start (scene->listener, 0, &error);
  g_assert_no_error (error);
}

static inline void
scene_tear_down (Scene *scene)
{
  ismb_listener_stop (scene->listener);
  g_assert_finalize_object (scene->listener);
  scene_remove_tree (scene->folder);
  g_free (scene->folder);
}

static inline char *
scene_make_folder (Scene *scene, const char *name)
{
  char *path = g_build_filename (scene->folder, name, NULL);

  g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
  return path;
}

/* A client that is not open yet; its name is its password. */
static inline gpointer
scene_make_client (Scene *scene, GType type, const char *name)
{
  g_autofree char *jid = g_strdup_printf ("%s@%s", name, SCENE_DOMAIN);
  gpointer client
    = g_object_new (type, "server-jid", jid, "password", name, "require-tls", FALSE,
                    "auto-reconnect", FALSE, NULL);

  g_object_set (client, "server-host", "127.0.0.1", "server-port", (guint) scene->port, NULL);
  return client;
}

typedef struct
{
  GAsyncResult *result;
} SceneAnswer;

static inline void
scene_on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ((SceneAnswer *) user_data)->result = g_object_ref (result);
}

static inline void
scene_open (gpointer client)
{
  SceneAnswer answer = { NULL };
  g_autoptr (GError) error = NULL;

  ismb_client_open_async (client, NULL, scene_on_done, &answer);
  SCENE_WAIT (answer.result != NULL);
  ismb_client_open_finish (client, answer.result, &error);
  g_assert_no_error (error);
  g_object_unref (answer.result);
}

/* Finalizes it, once threads and idle sources that still hold it have let go; no event tells of
 * that. */
static inline void
scene_finalize (gpointer object)
{
  while (g_atomic_int_get (&G_OBJECT (object)->ref_count) > 1)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
  g_assert_finalize_object (G_OBJECT (object));
}

static inline void
scene_on_event (IsmbClient *client, const char *event, GObject *payload, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static inline void
scene_close (gpointer client)
{
  gboolean gone = FALSE;

  ismb_client_add_event_handler (client, "disconnected", ISMB_EVENT_DEFAULT, scene_on_event, &gone,
                                 NULL);
  ismb_client_close (client);
  SCENE_WAIT (gone);
  scene_finalize (client);
}

/* Asks for the presence of `switch` and waits until it is there. */
static inline void
scene_subscribe (gpointer client)
{
  static const char switch_jid[] = "switch@" SCENE_DOMAIN;
  g_autoptr (GError) error = NULL;

  ismb_client_send_presence (client, NULL, NULL, &error);
  g_assert_no_error (error);
  ismb_client_send_presence_subscription (client, switch_jid, "subscribe", &error);
  g_assert_no_error (error);
  for (;;)
    {
      g_autofree char *resource
        = ismb_roster_get_best_resource (ismb_client_get_roster (client), switch_jid);

      if (resource != NULL)
        return;
      g_main_context_iteration (NULL, TRUE);
    }
}
