/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <string.h>

#include "ismb/core/ismb-redaction.h"

#define SASL "urn:ietf:params:xml:ns:xmpp-sasl"

/* What is shown of it masked, and open; NULL: the same. */
static const struct
{
  const char *xml, *masked, *open;
} cases[] = {
  { "<message from='a@b/c' to='d@e' type='chat' id='7'><body>Hello, world</body></message>",
    "<message from='a@b/c' to='d@e' type='chat' id='7'><body>… 12 characters</body></message>",
    "<message from='a@b/c' to='d@e' type='chat' id='7'><body>Hello, world</body></message>" },
  { "<message><subject>x</subject><body>a&amp;b &lt;ü&gt;</body><thread>t1</thread></message>",
    "<message><subject>… 1 character</subject><body>… 7 characters</body><thread>t1</thread>"
    "</message>",
    "<message><subject>x</subject><body>a&amp;b &lt;ü&gt;</body><thread>t1</thread></message>" },
  { "<presence><show>away</show><status>at home</status><priority>5</priority></presence>",
    "<presence><show>away</show><status>… 7 characters</status><priority>5</priority></presence>",
    "<presence><show>away</show><status>at home</status><priority>5</priority></presence>" },
  { "<auth xmlns='" SASL "' mechanism='PLAIN'>AGp1bGlldABzM2NyM3Q=</auth>",
    "<auth xmlns='" SASL "' mechanism='PLAIN'>…</auth>", NULL },
  { "<response xmlns=\"" SASL "\">Yz1iaXdzLA==</response>",
    "<response xmlns='" SASL "'>…</response>", NULL },
  { "<challenge xmlns='" SASL "'>cj1meWtv</challenge>", "<challenge xmlns='" SASL "'>…</challenge>",
    NULL },
  { "<success xmlns='" SASL "'>dj1yb</success>", "<success xmlns='" SASL "'>…</success>", NULL },
  { "<failure xmlns='" SASL "'><not-authorized/><text>wrong</text></failure>",
    "<failure xmlns='" SASL "'><not-authorized/><text>wrong</text></failure>", NULL },
  { "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGp1</initial-response>"
    "</authenticate>",
    "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>…</initial-response>"
    "</authenticate>",
    NULL },
  { "<stream:features><mechanisms xmlns='" SASL "'><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
    "</stream:features>",
    "<stream:features><mechanisms xmlns='" SASL "'><mechanism>SCRAM-SHA-1</mechanism></mechanisms>"
    "</stream:features>",
    NULL },
  { "<iq type='set'><query xmlns='jabber:iq:register'><username>bill</username>"
    "<password>Calliope</password></query></iq>",
    "<iq type='set'><query xmlns='jabber:iq:register'><username>… 4 characters</username>"
    "<password>…</password></query></iq>",
    "<iq type='set'><query xmlns='jabber:iq:register'><username>bill</username>"
    "<password>…</password></query></iq>" },
  { "<iq type='set'><query xmlns='jabber:iq:auth'><digest>48fc78be</digest></query></iq>",
    "<iq type='set'><query xmlns='jabber:iq:auth'><digest>…</digest></query></iq>", NULL },
  { "<x xmlns='jabber:x:data' type='submit'><field var='new_password'><value>Calliope</value></field>"
    "<field var='pin' type='text-private'><value>1234</value></field>"
    "<field var='host'><value>sw1</value></field></x>",
    "<x xmlns='jabber:x:data' type='submit'><field var='new_password'><value>…</value></field>"
    "<field var='pin' type='text-private'><value>…</value></field>"
    "<field var='host'><value>… 3 characters</value></field></x>",
    "<x xmlns='jabber:x:data' type='submit'><field var='new_password'><value>…</value></field>"
    "<field var='pin' type='text-private'><value>…</value></field>"
    "<field var='host'><value>sw1</value></field></x>" },
  { "<clientSecret><deep>s3cr3t</deep><deep a='s3cr3t'/></clientSecret>",
    "<clientSecret><deep>…</deep><deep a='…'/></clientSecret>", NULL },
  { "<join xmlns='urn:ismb:join:1' token='0123456789abcdef' proof='Zm9v'/>",
    "<join xmlns='urn:ismb:join:1' token='…' proof='…'/>", NULL },
  { "<db:result from='a.example' to='b.example'>37c69b1cf07a</db:result>",
    "<db:result from='a.example' to='b.example'>…</db:result>", NULL },
  { "<verify xmlns='jabber:server:dialback' from='a' to='b' id='7'>37c69b1cf07a</verify>",
    "<verify xmlns='jabber:server:dialback' from='a' to='b' id='7'>…</verify>", NULL },
  { "<iq><vCard xmlns='vcard-temp'><FN>Bill</FN><PHOTO><BINVAL>AAAAAAAA</BINVAL></PHOTO></vCard></iq>",
    "<iq><vCard xmlns='vcard-temp'><FN>… 4 characters</FN><PHOTO><BINVAL>… 8 characters</BINVAL>"
    "</PHOTO></vCard></iq>",
    "<iq><vCard xmlns='vcard-temp'><FN>Bill</FN><PHOTO><BINVAL>… 8 characters</BINVAL>"
    "</PHOTO></vCard></iq>" },
  { "<iq><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@b/c</jid></bind></iq>",
    "<iq><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>a@b/c</jid></bind></iq>", NULL },
  { "<message type='error'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>"
    "xmpp:a@b</gone></error></message>",
    "<message type='error'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>"
    "xmpp:a@b</gone></error></message>",
    NULL },
  { "<?xml version='1.0'?><stream:stream from='a' xmlns='jabber:client'>",
    "<stream:stream from='a' xmlns='jabber:client'>", NULL },
  { "</stream:stream>", "</stream:stream>", NULL },
  { "<r xmlns='urn:xmpp:sm:3'/>", "<r xmlns='urn:xmpp:sm:3'/>", NULL },
  { "<message>\n  <body/>\n</message>", "<message><body/></message>", NULL },
  { " ", "", NULL },
  { "<a b='1'", "… 8 bytes more", NULL },
  { "<!DOCTYPE x [<!ENTITY password 'x'>]>", "… 37 bytes more", NULL },
  { "<a><![CDATA[s3cr3t]]></a>", "<a>… 22 bytes more", NULL },
  { "<a b=c>s3cr3t</a>", "… 17 bytes more", NULL },
};

static char *
redact (const char *xml, gboolean open)
{
  return ismb_redact_xml (xml, strlen (xml), open, 16384);
}

static void
test_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *masked = redact (cases[i].xml, FALSE);
      g_autofree char *open = redact (cases[i].xml, TRUE);

      g_assert_cmpstr (masked, ==, cases[i].masked);
      g_assert_cmpstr (open, ==, cases[i].open != NULL ? cases[i].open : cases[i].masked);
    }
}

/* Whatever is cut off, what is left does not show more. */
static void
test_torn (void)
{
  static const char xml[]
    = "<iq type='set'><query xmlns='jabber:iq:register'><x><y a='b'/></x><password>Calliope"
      "</password></query></iq>";

  for (gsize from = 0; from < strlen (xml); from++)
    for (gsize length = 0; length <= strlen (xml) - from; length++)
      {
        g_autofree char *torn = g_memdup2 (xml + from, MAX (length, 1));
        g_autofree char *masked = ismb_redact_xml (torn, length, FALSE, 16384);

        g_assert_null (strstr (masked, "Callio"));
      }
}

static void
test_deep_and_wide (void)
{
  g_autoptr (GString) deep = g_string_new (NULL);
  g_autoptr (GString) wide = g_string_new ("<a>");
  g_autofree char *shown = NULL;
  g_autofree char *short_one = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append (deep, "<a>");
  for (guint i = 0; i < 1000; i++)
    g_string_append (wide, "<b/>");
  shown = redact (deep->str, FALSE);
  g_assert_nonnull (strstr (shown, "bytes more"));
  short_one = ismb_redact_xml (wide->str, wide->len, FALSE, 100);
  g_assert_cmpuint (strlen (short_one), <, 200);
  g_assert_nonnull (strstr (short_one, "bytes more"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/redaction/table", test_table);
  g_test_add_func ("/redaction/torn", test_torn);
  g_test_add_func ("/redaction/deep-and-wide", test_deep_and_wide);
  return g_test_run ();
}
