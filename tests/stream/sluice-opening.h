/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "ismb/stream/ismb-sluice.h"

/* What a server and libstrophe say until a session is bound. */

#define OPENING_PASSWORD "AGEAYg=="
#define OPENING_HEADER                                                                             \
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "          \
  "xmlns:p='urn:p' from='switch.test' id='1' version='1.0'>"
#define OPENING_SASL "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define OPENING_BIND "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"

static const struct
{
  const char *came, *left;
} sluice_opening[] = {
  { NULL, OPENING_HEADER },
  { OPENING_HEADER "<stream:features><mechanisms " OPENING_SASL ">"
                   "<mechanism>PLAIN</mechanism></mechanisms></stream:features>",
    "<auth " OPENING_SASL " mechanism=\"PLAIN\">" OPENING_PASSWORD "</auth>" },
  { "<success " OPENING_SASL "/>", OPENING_HEADER },
  { OPENING_HEADER "<stream:features><bind " OPENING_BIND "/></stream:features>",
    "<iq id='_xmpp_bind1' type='set'><bind " OPENING_BIND "/></iq>" },
  { "<iq id='_xmpp_bind1' type='result'><bind " OPENING_BIND "><jid>a@switch.test/b</jid></bind>"
    "</iq>",
    NULL },
};

static inline void
sluice_pass_on (IsmbSluice *sluice)
{
  gsize length;

  ismb_sluice_peek_inward (sluice, &length);
  ismb_sluice_consume_inward (sluice, length);
  ismb_sluice_peek_outward (sluice, &length);
  ismb_sluice_consume_outward (sluice, length);
}

/* The first `steps` of it; all: the session is bound, and has not begun. */
static inline void
sluice_open (IsmbSluice *sluice, guint steps)
{
  for (guint i = 0; i < steps; i++)
    {
      const char *came = sluice_opening[i].came, *left = sluice_opening[i].left;

      g_assert_true (came == NULL || ismb_sluice_came (sluice, came, strlen (came), NULL));
      g_assert_true (left == NULL || ismb_sluice_left (sluice, left, strlen (left), NULL));
      if (i + 1 < steps)
        sluice_pass_on (sluice);
    }
}
