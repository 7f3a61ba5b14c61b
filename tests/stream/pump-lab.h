/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/client/ismb-channel.h"

G_BEGIN_DECLS

/* A channel whose server the test plays, in the test's own main context, by nothing but what the
 * test says; and the wire between them, which lets through as many bytes as it is told. */

typedef struct
{
  int from, to;
  GByteArray *bytes; /* on their way */
  gsize credit;      /* so many may arrive yet; G_MAXSIZE: all */
  gsize room;        /* of `bytes`; then whoever writes has to wait */
} LabWay;

typedef struct
{
  IsmbChannel *channel;
  guint authenticated;
  GPtrArray *refusals;  /* of auth_refused, as text */
  char *bound;          /* NULL until it is ready */
  IsmbSession session;  /* without its features */
  GPtrArray *stanzas;   /* as XML */
  void (*on_stanza) (gpointer data); /* or NULL: after it was noted */
  gpointer data;
  gboolean closed;
  GError *error;
  GIOStream *client, *server;
  LabWay to_client, to_server;
  GString *heard;       /* by the server */
} PumpLab;

/* Not started yet. `tls`: the wire carries TLS. */
PumpLab *pump_lab_new (gboolean tls);
void     pump_lab_free (PumpLab *self);
/* Alice, with a password that may be sent as it is. */
void     pump_lab_start (PumpLab *self, const IsmbResume *resume);
/* Up to the bound session, from the start. */
void     pump_lab_sign_in (PumpLab *self);
/* The same, up to the features that are given. */
void     pump_lab_sign_in_to (PumpLab *self, const char *features);
/* Makes another wire and then closes this one. */
void     pump_lab_rewire (PumpLab *self, gboolean tls);
/* The server says so, and all that follows from it has happened. */
void     pump_lab_say (PumpLab *self, const char *text);
void     pump_lab_say_bytes (PumpLab *self, const char *bytes, gsize length);
/* Until nothing moves any more. */
void     pump_lab_settle (PumpLab *self);
/* Until the server heard it; what it heard is dropped. */
void     pump_lab_wait_to_hear (PumpLab *self, const char *text);
void     pump_lab_wait_until_closed (PumpLab *self);
/* The server goes without a word. */
void     pump_lab_hang_up (PumpLab *self);

#define LAB_HEADER                                                                                 \
  "<?xml version='1.0'?><stream:stream from='switch.test' id='1' version='1.0' "                   \
  "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
#define LAB_SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define LAB_BIND "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
#define LAB_SM "<sm xmlns='urn:xmpp:sm:3'/>"
#define LAB_BOUND                                                                                  \
  "<iq type='result' id='_xmpp_bind1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"             \
  "<jid>alice@switch.test/work</jid></bind></iq>"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PumpLab, pump_lab_free)

G_END_DECLS
