/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-inbound.h"
#include "ismb/listener/ismb-link.h"

G_BEGIN_DECLS

/* Switches for tests of links: no accounts, nothing but links and who may dial them. */

#define PATIENCE (20 * G_USEC_PER_SEC)

/* One switch: identity and certificate, a port on loopback, links; in a main context of its own, so
 * that it can be made to stand still. */
typedef struct
{
  char *domain, *directory;
  GMainContext *loop;
  IsmbFabric *fabric;
  IsmbLinkContext context;
  int listening;
  guint16 port;
  GSource *accepting;
  IsmbCrowd *inbounds;
  GHashTable *links;       /* domain to IsmbLink */
  gboolean frozen;
  GString *got;            /* "from>to id\n" */
  GString *bounced;        /* "id condition\n" */
  GString *states;         /* "up\n" */
  void (*heard) (IsmbFrame *frame); /* or NULL: is given what came, too */
} Switch;

/* All of them, owned; a test begins with g_ptr_array_new_with_free_func (remove_switch). */
extern GPtrArray *switches;

/* Certified by `registrar`'s fabric; NULL: founds one of its own. */
Switch   *add_switch  (const char *domain, Switch *registrar, const char *vr);
void      remove_switch (gpointer data);
IsmbLink *link_to     (Switch *self, const char *domain);
void      listen_on_loopback (Switch *self);
void      stop_listening (Switch *self);
/* As when its process is killed: no goodbye. */
void      cut_off     (Switch *self);
/* One round of every main context that is not frozen. */
void      turn        (void);

#define wait_until(condition) \
  G_STMT_START \
  { \
    gint64 until = g_get_monotonic_time () + PATIENCE; \
    while (!(condition) && g_get_monotonic_time () < until) \
      turn (); \
    g_assert_true (condition); \
  } \
  G_STMT_END

guint     count_lines (GString *lines);
void      say_body    (Switch *self, IsmbLink *link, const char *from, const char *to,
                       const char *id, const char *body);
void      say         (Switch *self, IsmbLink *link, const char *from, const char *to,
                       const char *id);
/* Tells `self` where `domain` is to be found: at `there`'s port. */
IsmbLink *introduce   (Switch *self, const char *domain, Switch *there);

G_END_DECLS
