/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ismb/listener/ismb-source.h"
#include "ismb/net/ismb-tls.h"
#include "ismb/trust/ismb-foreign-ca.h"

G_BEGIN_DECLS

/* A foreign XMPP domain that the operator named, and where its server is. */
typedef struct
{
  char *domain;          /* prepared */
  char *address;         /* numeric */
  guint16 port;
  /*< private >*/
  char *awaited;         /* what their server called our stream whose key it may ask about; or NULL */
  guint verifications, distant; /* under way; those of them that were brought about from elsewhere */
} IsmbForeigner;

/* All of them, and what it takes to know them. */
typedef struct _IsmbForeigners IsmbForeigners;

/* `text`: `example.net=192.0.2.1:5269;example.org=[2001:db8::1]:5269`, at most 64 domains.
 * ISMB_ERROR_BAD_CONFIG says what is expected. */
IsmbForeigners *ismb_foreigners_new     (const char *text, GError **error);
void            ismb_foreigners_free    (IsmbForeigners *self);
guint           ismb_foreigners_get_count (IsmbForeigners *self);
IsmbForeigner  *ismb_foreigners_get     (IsmbForeigners *self, guint i);
/* Or NULL; `self` may be NULL, too. */
IsmbForeigner  *ismb_foreigners_find    (IsmbForeigners *self, const char *domain);
/* Bytes of a stanza of theirs; 0 until it is set. */
void            ismb_foreigners_set_stanza_max (IsmbForeigners *self, guint bytes);
guint           ismb_foreigners_get_stanza_max (IsmbForeigners *self);
/* ISMB_TLS_FOREIGN, for streams to come; NULL before it was set. Takes a reference. */
void            ismb_foreigners_set_tls (IsmbForeigners *self, IsmbTlsContext *tls);
IsmbTlsContext *ismb_foreigners_get_tls (IsmbForeigners *self);
/* Who vouches for their servers; NULL: nobody does. Takes it. */
void            ismb_foreigners_set_ca  (IsmbForeigners *self, IsmbForeignCa *ca);
gboolean        ismb_foreigners_has_ca  (IsmbForeigners *self);
gboolean        ismb_foreigners_vouch   (IsmbForeigners *self, GPtrArray *chain,
                                         const char *domain, GError **error);

/* Our login by dialback on the stream that they call `id` has begun; NULL: it is over. */
void     ismb_foreigner_await     (IsmbForeigner *self, const char *id);
/* Is this the key of the login that is under way? */
gboolean ismb_foreigner_knows_key (IsmbForeigner *self, const char *us, const char *id,
                                   const char *key);
/* Room for one more question about a key to their server? FALSE: too many are under way. Some
 * places are kept for whoever comes from where their server is. */
gboolean ismb_foreigner_begin     (IsmbForeigner *self, const IsmbSource *source);
void     ismb_foreigner_end       (IsmbForeigner *self, const IsmbSource *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (IsmbForeigners, ismb_foreigners_free)

G_END_DECLS
