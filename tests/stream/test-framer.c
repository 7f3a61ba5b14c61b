/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/stream/ismb-framer.h"

#include <string.h>

#define XML "<?xml version='1.0'?>"
#define OPENING(ns) "<stream:stream xmlns='" ns "' xmlns:stream='http://etherx.jabber.org/streams'"
#define CLIENT_HEADER XML OPENING ("jabber:client") " to='SW1.001122' version='1.0'>"
#define SERVER_HEADER                                                                              \
  XML OPENING ("jabber:server") " from='sw2.001122' to='sw1.001122' id='x' version='1.0'>"

/* What a framer said, and when it shall be told to stop. */
typedef struct
{
  IsmbFramer *framer;
  GPtrArray *frames;
  GString *log; /* of all data, a line each */
  char *to, *from, *id, *version, *lang;
  guint headers, ends;
  guint stop_after; /* frames */
} Reader;

static void
on_header (const IsmbStreamHeader *header, gpointer user_data)
{
  Reader *reader = user_data;
  reader->headers++;
  reader->to = (g_free (reader->to), g_strdup (header->to));
  reader->from = (g_free (reader->from), g_strdup (header->from));
  reader->id = (g_free (reader->id), g_strdup (header->id));
  reader->version = (g_free (reader->version), g_strdup (header->version));
  reader->lang = (g_free (reader->lang), g_strdup (header->lang));
}

static void
on_frame (IsmbFrame *frame, gpointer user_data)
{
  Reader *reader = user_data;
  g_assert_cmpuint (strlen (frame->data), ==, frame->length);
  g_ptr_array_add (reader->frames, ismb_frame_ref (frame));
  g_string_append_printf (reader->log, "%s\n", frame->data);
  if (reader->frames->len == reader->stop_after)
    ismb_framer_stop (reader->framer);
}

static void
on_end (gpointer user_data)
{
  ((Reader *) user_data)->ends++;
}

static const IsmbFramerCallbacks callbacks = { on_header, on_frame, on_end };

static Reader *
reader_new (const char *ns)
{
  Reader *reader = g_new0 (Reader, 1);
  reader->framer = ismb_framer_new (ns, &callbacks, reader);
  reader->frames = g_ptr_array_new_with_free_func ((GDestroyNotify) ismb_frame_unref);
  reader->log = g_string_new (NULL);
  return reader;
}

static void
reader_free (Reader *reader)
{
  ismb_framer_free (reader->framer);
  g_ptr_array_unref (reader->frames);
  g_string_free (reader->log, TRUE);
  g_free (reader->to);
  g_free (reader->from);
  g_free (reader->id);
  g_free (reader->version);
  g_free (reader->lang);
  g_free (reader);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reader, reader_free)

static const char *
feed (Reader *reader, const char *text, gssize length)
{
  const char *condition = NULL;
  gboolean fine = ismb_framer_feed (reader->framer, text,
                                    length < 0 ? (gssize) strlen (text) : length, &condition);
  g_assert_true (fine == (condition == NULL));
  return condition;
}

static Reader *
read_client (const char *elements)
{
  Reader *reader = reader_new ("jabber:client");
  g_assert_cmpstr (feed (reader, CLIENT_HEADER, -1), ==, NULL);
  g_assert_cmpstr (feed (reader, elements, -1), ==, NULL);
  return reader;
}

static const IsmbFrame *
frame_at (Reader *reader, guint index)
{
  g_assert_cmpuint (index, <, reader->frames->len);
  return g_ptr_array_index (reader->frames, index);
}

/* Reads one element of a stream in `ns`; the result is its canonical form. */
static char *
canonical (const char *ns, const char *element)
{
  g_autoptr (Reader) reader = reader_new (ns);
  g_autofree char *header = g_strdup_printf (OPENING ("%s") " version='1.0'>", ns);
  g_assert_cmpstr (feed (reader, header, -1), ==, NULL);
  g_assert_cmpstr (feed (reader, element, -1), ==, NULL);
  return g_strdup (frame_at (reader, 0)->data);
}

/* What comes of one stanza that passes through a stream between strangers. */
static void
assert_guarded (const char *ns, const char *stamp, const char *element, const char *expected)
{
  g_autoptr (Reader) reader = reader_new (ns);
  g_autofree char *header = g_strdup_printf (OPENING ("%s") " version='1.0'>", ns);

  ismb_framer_guard_ids (reader->framer);
  ismb_framer_set_stamp (reader->framer, stamp);
  g_assert_cmpstr (feed (reader, header, -1), ==, NULL);
  g_assert_cmpstr (feed (reader, element, -1), ==, NULL);
  g_assert_cmpstr (frame_at (reader, 0)->data, ==, expected);
}

#define SID "xmlns='urn:xmpp:sid:0'"

/* XEP-0359: only the receiver's own server says which id it gave. */
static void
test_stanza_ids (void)
{
  assert_guarded ("jabber:server", NULL,
                  "<message from='a@b' to='c@d/e'><stanza-id " SID " by='c@d' id='1'/>"
                  "<body>x</body><stanza-id " SID " by='D' id='2'><x>y</x></stanza-id>"
                  "<stanza-id " SID " by='b' id='3'/><stanza-id " SID " id='4'/></message>",
                  "<message from='a@b' to='c@d/e'><body>x</body>"
                  "<stanza-id xmlns='urn:xmpp:sid:0' by='b' id='3'/></message>");
  assert_guarded ("jabber:client", "a@b/c",
                  "<message to='c@d'><stanza-id " SID " by='b' id='1'/>"
                  "<origin-id " SID " id='2'/><x><stanza-id " SID " by='d'/></x>"
                  "<stanza-id by='d'/></message>",
                  "<message from='a@b/c' to='c@d'><origin-id xmlns='urn:xmpp:sid:0' id='2'/>"
                  "<x><stanza-id xmlns='urn:xmpp:sid:0' by='d'/></x><stanza-id by='d'/></message>");
  assert_guarded ("jabber:client", "a@b/c",
                  "<message to='c@d'><stanza-id " SID " by='b'>text<a><b/></a></stanza-id>"
                  "</message>",
                  "<message from='a@b/c' to='c@d'/>");
}

static void
test_header (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:server");
  g_assert_cmpstr (
      feed (
          reader,
          XML "\n" OPENING (
              "jabber:server") " xmlns:db='jabber:server:dialback' "
                               "xmlns:xml='http://www.w3.org/XML/1998/namespace' from='SW2.001122' "
                               "to='sw1.001122' id='a&apos;b' version='1.0' xml:lang='de'>",
          -1),
      ==, NULL);
  g_assert_cmpuint (reader->headers, ==, 1);
  g_assert_cmpstr (reader->from, ==, "sw2.001122");
  g_assert_cmpstr (reader->to, ==, "sw1.001122");
  g_assert_cmpstr (reader->id, ==, "a'b");
  g_assert_cmpstr (reader->version, ==, "1.0");
  g_assert_cmpstr (reader->lang, ==, "de");
}

/* RFC 6120, 8.1.5: a stanza of a stream in Czech is in Czech, wherever it goes. */
static void
test_language (void)
{
  static const struct
  {
    const char *stream, *stanza, *wanted;
  } cases[] = {
    { "cs", "<message to='a@b'><body>x</body></message>",
      "<message to='a@b' xml:lang='cs'><body>x</body></message>" },
    { "zh-Hant-TW", "<iq id='1' type='get'/>", "<iq id='1' type='get' xml:lang='zh-Hant-TW'/>" },
    { "cs", "<message xml:lang='de' id='1'/>", "<message xml:lang='de' id='1'/>" },
    { "cs", "<message xml:lang=''/>", "<message xml:lang=''/>" },
    { "cs", "<message><body xml:lang='de'/></message>",
      "<message xml:lang='cs'><body xml:lang='de'/></message>" },
    { "cs", "<auth xmlns='urn:a'/>", "<auth xmlns='urn:a'/>" },
    { "en", "<presence/>", "<presence/>" }, /* our own streams' too */
    { "EN", "<presence/>", "<presence/>" },
    { "", "<presence/>", "<presence/>" },
    { "c&apos;s", "<presence/>", "<presence/>" },
    { "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm", "<presence/>",
      "<presence/>" },
  };
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Reader) reader = reader_new ("jabber:client");
      g_autofree char *header = g_strdup_printf (
          OPENING ("jabber:client") " version='1.0' xml:lang='%s'>", cases[i].stream);
      g_assert_cmpstr (feed (reader, header, -1), ==, NULL);
      ismb_framer_sleep (reader->framer);
      g_assert_cmpstr (feed (reader, cases[i].stanza, -1), ==, NULL);
      g_assert_cmpstr (frame_at (reader, 0)->data, ==, cases[i].wanted);
      ismb_framer_reset (reader->framer, FALSE); /* the next stream has its own, or none */
      g_assert_cmpstr (feed (reader, CLIENT_HEADER "<presence/>", -1), ==, NULL);
      g_assert_cmpstr (frame_at (reader, 1)->data, ==, "<presence/>");
    }
}

static void
test_one_child_or_more (void)
{
  g_autoptr (Reader) reader =
      read_client ("<iq><a xmlns='urn:a'><b/><b/></a> text </iq><iq><a/><a/></iq><iq/>");
  g_assert_false (frame_at (reader, 0)->has_more);
  g_assert_true (frame_at (reader, 1)->has_more);
  g_assert_false (frame_at (reader, 2)->has_more);
}

static void
test_head (void)
{
  g_autoptr (Reader) reader = read_client (
      "<message id=\"7\" xml:lang='en' type='chat' to='Alice@SW1.001122/R 1' from='bob@sw1.001122'>"
      "<body>a &lt; b &amp;&#38; c</body><x xmlns='urn:x'/></message>");
  const IsmbFrame *frame = frame_at (reader, 0);
  g_assert_cmpint (frame->kind, ==, ISMB_FRAME_MESSAGE);
  g_assert_cmpstr (frame->name, ==, "message");
  g_assert_cmpstr (frame->ns, ==, "jabber:client");
  g_assert_cmpstr (frame->to, ==, "alice@sw1.001122/R 1");
  g_assert_cmpstr (frame->from, ==, "bob@sw1.001122");
  g_assert_cmpstr (frame->id, ==, "7");
  g_assert_cmpstr (frame->type, ==, "chat");
  g_assert_cmpstr (frame->payload_name, ==, "body");
  g_assert_cmpstr (frame->payload_ns, ==, "jabber:client");
  g_assert_false (frame->bad_address);
  g_assert_cmpstr (
      frame->data, ==,
      "<message from='bob@sw1.001122' to='alice@sw1.001122/R 1' id='7' xml:lang='en' type='chat'>"
      "<body>a &lt; b &amp;&amp; c</body><x xmlns='urn:x'/></message>");
  g_assert_cmpstr (frame->data + frame->head, ==,
                   frame->data + strlen ("<message from='bob@sw1.001122' "
                                         "to='alice@sw1.001122/R 1'"));
}

static void
test_kinds (void)
{
  g_autoptr (Reader) reader =
      read_client ("<presence/><iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"
                   "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>"
                   "<message xmlns='jabber:server'/><stream:error><reset "
                   "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
                   "<thing/>");
  g_assert_cmpint (frame_at (reader, 0)->kind, ==, ISMB_FRAME_PRESENCE);
  g_assert_null (frame_at (reader, 0)->payload_name);
  g_assert_null (frame_at (reader, 0)->type);
  g_assert_cmpint (frame_at (reader, 1)->kind, ==, ISMB_FRAME_IQ);
  g_assert_cmpstr (frame_at (reader, 1)->payload_ns, ==, "jabber:iq:roster");
  g_assert_cmpint (frame_at (reader, 2)->kind, ==, ISMB_FRAME_OTHER);
  g_assert_cmpstr (frame_at (reader, 2)->data, ==,
                   "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
  g_assert_cmpint (frame_at (reader, 3)->kind, ==, ISMB_FRAME_OTHER);
  g_assert_cmpstr (frame_at (reader, 3)->ns, ==, "jabber:server");
  g_assert_cmpstr (frame_at (reader, 4)->data, ==,
                   "<error xmlns='http://etherx.jabber.org/streams'>"
                   "<reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></error>");
  g_assert_cmpint (frame_at (reader, 5)->kind, ==, ISMB_FRAME_OTHER);
  g_assert_cmpstr (frame_at (reader, 5)->data, ==, "<thing xmlns='jabber:client'/>");
}

/* What came on one stream in the stream's own namespace goes onto any other without a change. */
static void
test_content_namespace (void)
{
  g_autofree char *server = canonical ("jabber:server", "<message><body>x</body></message>");
  g_autofree char *forwarded =
      canonical ("jabber:server", "<message><f xmlns='urn:f'><message "
                                  "xmlns='jabber:client'><body>x</body></message></f></message>");
  g_autofree char *same =
      canonical ("jabber:client",
                 "<message><f xmlns='urn:f'><c:message "
                 "xmlns:c='jabber:client'><c:body>x</c:body></c:message></f><body/></message>");
  g_autofree char *none =
      canonical ("jabber:client", "<iq><q xmlns=''><a xmlns='jabber:client'/></q></iq>");
  g_assert_cmpstr (server, ==, "<message><body>x</body></message>");
  g_assert_cmpstr (forwarded, ==,
                   "<message><f xmlns='urn:f'><message "
                   "xmlns='jabber:client'><body>x</body></message></f></message>");
  g_assert_cmpstr (same, ==,
                   "<message><f xmlns='urn:f'><message "
                   "xmlns='jabber:client'><body>x</body></message></f><body/></message>");
  g_assert_cmpstr (none, ==, "<iq><q xmlns=''><a xmlns='jabber:client'/></q></iq>");
}

static void
test_foreign_attributes (void)
{
  g_autofree char *text =
      canonical ("jabber:client", "<message xmlns:p='urn:p&apos;s' p:a='1' b='2'><x xmlns='urn:x' "
                                  "p:c='3' p:d='\"4\"&#10;'/></message>");
  g_assert_cmpstr (text, ==,
                   "<message xmlns:ns1='urn:p&apos;s' ns1:a='1' b='2'><x xmlns='urn:x' "
                   "xmlns:ns1='urn:p&apos;s' ns1:c='3' "
                   "ns1:d='&quot;4&quot;&#10;'/></message>");
}

static const char *const samples[] = {
  "<message to='a@b/c'><body>x</body></message>",
  "<presence/>",
  "<iq type='set' id='&lt;'><q xmlns='urn:&amp;'>&#13;&#10;\t]]&gt;<![CDATA[<&>]]></q></iq>",
  "<message from='x@y' xmlns:p='urn:p' p:k='v' xml:lang='en'><p:a p:b='1'><b "
  "xmlns='jabber:client'/></p:a>t</message>",
  "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGE</auth>",
  "<message><body>\303\244\342\202\254\360\237\230\200</body><html "
  "xmlns='h'><b>x<i/>y</b></html></message>",
};

static void
test_canonical_is_stable (void)
{
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      g_autofree char *once = canonical ("jabber:client", samples[i]);
      g_autofree char *twice = canonical ("jabber:client", once);
      g_assert_cmpstr (once, ==, twice);
    }
}

/* The same bytes in any pieces are the same frames. */
static void
test_torn (void)
{
  g_autofree char *all =
      g_strjoinv (" \n", (char **) (const char *[]){ CLIENT_HEADER, samples[0], samples[1],
                                                     samples[2], samples[3], samples[4], samples[5],
                                                     "</stream:stream>", NULL });
  gsize length = strlen (all), i;
  g_autoptr (Reader) whole = reader_new ("jabber:client");
  g_autoptr (Reader) bytewise = reader_new ("jabber:client");
  feed (whole, all, length);
  g_assert_cmpuint (whole->frames->len, ==, G_N_ELEMENTS (samples));
  g_assert_cmpuint (whole->ends, ==, 1);
  for (i = 0; i < length; i++)
    g_assert_cmpstr (feed (bytewise, all + i, 1), ==, NULL);
  g_assert_cmpstr (bytewise->log->str, ==, whole->log->str);
  g_assert_cmpuint (bytewise->ends, ==, 1);
  for (i = 1; i < length; i++)
    {
      g_autoptr (Reader) cut = reader_new ("jabber:client");
      g_assert_cmpstr (feed (cut, all, i), ==, NULL);
      g_assert_cmpstr (feed (cut, all + i, length - i), ==, NULL);
      g_assert_cmpstr (cut->log->str, ==, whole->log->str);
    }
}

/* Every cut of a short stream into three, and a complete stanza is never held back. */
static void
test_two_cuts (void)
{
  const char *all = CLIENT_HEADER "<presence to='a@b' id='1'/>";
  gsize length = strlen (all), i, j;
  for (i = strlen (XML); i < length; i++)
    for (j = i + 1; j < length; j++)
      {
        g_autoptr (Reader) reader = reader_new ("jabber:client");
        feed (reader, all, i);
        feed (reader, all + i, j - i);
        g_assert_cmpuint (reader->frames->len, ==, 0);
        g_assert_cmpstr (feed (reader, all + j, length - j), ==, NULL);
        g_assert_cmpuint (reader->frames->len, ==, 1);
      }
}

static void
test_sleep (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:server");
  const char *element = "<q:result to='a'><d xmlns:q='urn:other'><q:e/></d></q:result>";
  gsize i;
  feed (reader, OPENING ("jabber:server") " xmlns:q='urn:q' to='x'>", -1);
  for (i = 0; i < strlen (element); i++)
    {
      ismb_framer_sleep (reader->framer);
      g_assert_cmpstr (feed (reader, element + i, 1), ==, NULL);
    }
  ismb_framer_sleep (reader->framer);
  g_assert_cmpstr (feed (reader, " <message><body/></message> </stream:stream>", -1), ==, NULL);
  g_assert_cmpuint (reader->headers, ==, 1);
  g_assert_cmpuint (reader->ends, ==, 1);
  g_assert_cmpstr (
      frame_at (reader, 0)->data, ==,
      "<result to='a' xmlns='urn:q'><d xmlns='jabber:server'><e xmlns='urn:other'/></d></result>");
  g_assert_cmpstr (frame_at (reader, 1)->data, ==, "<message><body/></message>");
}

static void
test_stop (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:client");
  reader->stop_after = 2;
  g_assert_cmpstr (
      feed (reader, CLIENT_HEADER "<presence/><a xmlns='urn:a'/>" CLIENT_HEADER "<iq", -1), ==,
      NULL);
  g_assert_cmpuint (reader->frames->len, ==, 2);
  g_assert_cmpuint (ismb_framer_unread (reader->framer), ==, strlen (CLIENT_HEADER "<iq"));
  feed (reader, "/>", -1);
  g_assert_cmpuint (reader->frames->len, ==, 2);
  ismb_framer_reset (reader->framer, FALSE);
  g_assert_cmpstr (feed (reader, "", 0), ==, NULL);
  g_assert_cmpuint (reader->frames->len, ==, 3);
  g_assert_cmpuint (reader->headers, ==, 2);
  g_assert_cmpuint (ismb_framer_unread (reader->framer), ==, 0);
}

/* As go-sendxmpp does: a line end behind each element, and then a new stream. */
static void
test_blanks_before_a_stream (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:client");
  const char *condition = NULL;
  reader->stop_after = 1;
  g_assert_null (feed (reader, "\n" CLIENT_HEADER "<a xmlns='urn:a'/>\r\n\t ", -1));
  g_assert_cmpuint (ismb_framer_unread (reader->framer), ==, 0);
  ismb_framer_reset (reader->framer, FALSE);
  g_assert_null (feed (reader, "", 0));
  g_assert_null (feed (reader, "\n", -1));
  g_assert_null (feed (reader, CLIENT_HEADER "<presence/>", -1));
  g_assert_cmpuint (reader->headers, ==, 2);
  g_assert_cmpuint (reader->frames->len, ==, 2);
  g_assert_true (ismb_framer_feed (reader->framer, "</stream:stream>", 16, &condition));
}

static void
test_stop_and_discard (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:client");
  reader->stop_after = 1;
  feed (reader, CLIENT_HEADER "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/><evil/>", -1);
  g_assert_cmpuint (ismb_framer_unread (reader->framer), ==, strlen ("<evil/>"));
  ismb_framer_reset (reader->framer, TRUE);
  g_assert_cmpstr (feed (reader, CLIENT_HEADER "<presence/>", -1), ==, NULL);
  g_assert_cmpuint (reader->frames->len, ==, 2);
  g_assert_cmpstr (frame_at (reader, 1)->data, ==, "<presence/>");
}

static void
test_stamp (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:client");
  ismb_framer_set_stamp (reader->framer, "bob@sw1.001122/o'neill");
  feed (reader,
        CLIENT_HEADER "<message from='root@sw1.001122'/><message from='@'/><iq/><auth xmlns='u'/>",
        -1);
  g_assert_cmpstr (frame_at (reader, 0)->from, ==, "bob@sw1.001122/o'neill");
  g_assert_cmpstr (frame_at (reader, 0)->data, ==, "<message from='bob@sw1.001122/o&apos;neill'/>");
  g_assert_false (frame_at (reader, 1)->bad_address);
  g_assert_cmpstr (frame_at (reader, 2)->from, ==, "bob@sw1.001122/o'neill");
  g_assert_null (frame_at (reader, 3)->from);
}

static void
test_bad_address (void)
{
  g_autoptr (Reader) reader =
      read_client ("<message to='a@@b' id='1'/><message from='@x' to='a@b'/><message to=''/>"
                   "<message to='a@b'/>");
  g_assert_true (frame_at (reader, 0)->bad_address);
  g_assert_null (frame_at (reader, 0)->to);
  g_assert_cmpstr (frame_at (reader, 0)->data, ==, "<message id='1'/>");
  g_assert_true (frame_at (reader, 1)->bad_address);
  g_assert_null (frame_at (reader, 1)->from);
  g_assert_cmpstr (frame_at (reader, 1)->to, ==, "a@b");
  g_assert_true (frame_at (reader, 2)->bad_address);
  g_assert_false (frame_at (reader, 3)->bad_address);
}

static void
test_keepalive (void)
{
  g_autoptr (Reader) reader = read_client ("<presence/>");
  guint i;
  for (i = 0; i < 20000; i++)
    g_assert_cmpstr (feed (reader, i % 2 ? " " : "\n", 1), ==, NULL);
  g_assert_cmpstr (feed (reader, "<presence/>", -1), ==, NULL);
  g_assert_cmpuint (reader->frames->len, ==, 2);
}

/* ------------------------------------------------------------------ hostile */

static const struct
{
  const char *name, *text, *condition;
} refused[] = {
  { "doctype", "<!DOCTYPE lolz [<!ENTITY lol 'lol'><!ENTITY b '&lol;&lol;'>]><stream:stream/>",
    "restricted-xml" },
  { "doctype-external", "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><x/>", "restricted-xml" },
  { "entity", CLIENT_HEADER "<message>&lol;</message>", "restricted-xml" },
  { "entity-in-attribute", CLIENT_HEADER "<message id='&lol;'/>", "restricted-xml" },
  { "comment", CLIENT_HEADER "<message><!-- x --></message>", "restricted-xml" },
  { "comment-before", "<!-- x -->" CLIENT_HEADER, "restricted-xml" },
  { "instruction", CLIENT_HEADER "<?php x?>", "restricted-xml" },
  { "encoding", "<?xml version='1.0' encoding='ISO-8859-1'?>", "unsupported-encoding" },
  { "unknown-encoding", "<?xml version='1.0' encoding='EBCDIC'?>", "unsupported-encoding" },
  { "overlong", CLIENT_HEADER "<message><body>\300\257</body></message>", "unsupported-encoding" },
  { "surrogate", CLIENT_HEADER "<message><body>\355\240\200</body></message>",
    "unsupported-encoding" },
  { "latin1", CLIENT_HEADER "<message id='\344'/>", "unsupported-encoding" },
  { "utf8-in-name", CLIENT_HEADER "<mess\377age/>", "unsupported-encoding" },
  { "control", CLIENT_HEADER "<message>\001</message>", "not-well-formed" },
  { "control-reference", CLIENT_HEADER "<message>&#1;</message>", "not-well-formed" },
  { "separator-in-ns", CLIENT_HEADER "<message xmlns='jabber:client\fx'/>", "not-well-formed" },
  { "separator-referenced", CLIENT_HEADER "<message xmlns='jabber:client&#12;x'/>",
    "not-well-formed" },
  { "mismatch", CLIENT_HEADER "<message></presence>", "not-well-formed" },
  { "twice-the-attribute", CLIENT_HEADER "<message id='1' id='2'/>", "not-well-formed" },
  { "unbound", CLIENT_HEADER "<x:message/>", "not-well-formed" },
  { "second-declaration", CLIENT_HEADER XML, "not-well-formed" },
  { "no-xml", "GET / HTTP/1.1\r\n\r\n", "not-well-formed" },
  { "text", CLIENT_HEADER "hello", "bad-format" },
  { "text-between", CLIENT_HEADER "<presence/>  x <presence/>", "bad-format" },
  { "other-root", OPENING ("jabber:client") "><stream:features/></stream:stream>", NULL },
  { "wrong-root",
    "<stream:flood xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    "bad-format" },
  { "no-stream-ns", "<stream xmlns='jabber:client'>", "invalid-namespace" },
  { "wrong-stream-ns", "<stream:stream xmlns='jabber:client' xmlns:stream='urn:other'>",
    "invalid-namespace" },
  { "wrong-content", OPENING ("jabber:server") ">", "invalid-namespace" },
  { "no-content", "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>",
    "invalid-namespace" },
  { "other-prefix", "<s:stream xmlns='jabber:client' xmlns:s='http://etherx.jabber.org/streams'>",
    "bad-namespace-prefix" },
  { "unbound-header", "<stream:stream xmlns='jabber:client'>", "bad-namespace-prefix" },
  { "bad-to", OPENING ("jabber:client") " to='@'>", "improper-addressing" },
};

static void
test_refused (gconstpointer data)
{
  gsize index = GPOINTER_TO_SIZE (data), i;
  g_autoptr (Reader) whole = reader_new ("jabber:client");
  g_autoptr (Reader) bytewise = reader_new ("jabber:client");
  const char *condition = NULL;
  g_assert_cmpstr (feed (whole, refused[index].text, -1), ==, refused[index].condition);
  for (i = 0; refused[index].text[i] != '\0'; i++)
    condition = feed (bytewise, refused[index].text + i, 1);
  g_assert_cmpstr (condition, ==, refused[index].condition);
  if (condition != NULL)
    g_assert_cmpstr (feed (bytewise, "<presence/>", -1), ==, condition);
}

/* Also where it is spelled without a declaration or a byte order mark. */
static void
test_utf16 (void)
{
  static const char header[] = OPENING ("jabber:client") ">";
  static const char *const marks[] = { "", "\377\376" };
  gsize i, j;
  for (i = 0; i < G_N_ELEMENTS (marks); i++)
    {
      g_autoptr (Reader) reader = reader_new ("jabber:client");
      g_autoptr (GString) text = g_string_new (marks[i]);
      for (j = 0; header[j] != '\0'; j++)
        g_string_append_len (text, (const char[]){ header[j], '\0' }, 2);
      g_assert_cmpstr (feed (reader, text->str, text->len), ==, "unsupported-encoding");
      g_assert_cmpuint (reader->headers, ==, 0);
    }
}

static void
test_nul (void)
{
  g_autoptr (Reader) reader = read_client ("<presence/>");
  g_assert_cmpstr (feed (reader, "<message>\0</message>", 20), ==, "not-well-formed");
}

/* Feeds `piece` again and again; tells the condition and how many bytes it took. */
static const char *
flood (Reader *reader, const char *beginning, const char *piece, gsize most)
{
  const char *condition = feed (reader, beginning, -1);
  gsize fed;
  for (fed = 0; condition == NULL && fed < most; fed += strlen (piece))
    condition = feed (reader, piece, -1);
  return condition;
}

static void
test_bounds (void)
{
  static const char *const endless[][2] = {
    { "<message id='", "aaaaaaaaaaaaaaaa" },
    { "<message>", "aaaaaaaaaaaaaaaa" },
    { "<m", "aaaaaaaaaaaaaaaa" },
    { "<message>", "<a>" },
    { "<message>", "<a/>" },
    { "<message ", "a" },
    { "<message>", "&amp;" },
    { "<message><![CDATA[", "xxxxxxxx" },
    { "<message xmlns='", "urn:urn:" },
    { "<", "/" },
    { "<message>", ">" },
    { "<!", "-" },
    { "</", "stream:" },
    { "<a b='", ">" },
  };
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (endless); i++)
    {
      g_autoptr (Reader) reader = read_client ("<presence/>");
      const char *condition = flood (reader, endless[i][0], endless[i][1], 40000);
      g_assert_nonnull (condition);
      g_assert_cmpuint (reader->frames->len, ==, 1);
    }
}

static void
test_header_bound (void)
{
  g_autoptr (Reader) reader = reader_new ("jabber:client");
  g_autoptr (Reader) spaces = reader_new ("jabber:client");
  g_autoptr (Reader) whole = reader_new ("jabber:client");
  g_autoptr (GString) text = g_string_new (OPENING ("jabber:client"));
  g_assert_cmpstr (flood (reader, OPENING ("jabber:client") " id='", "xxxxxxxx", 5000), ==,
                   "policy-violation");
  g_assert_cmpstr (flood (spaces, "", " ", 5000), ==, "policy-violation");
  while (text->len < 4096)
    g_string_append_printf (text, " xmlns:p%" G_GSIZE_FORMAT "='u'", text->len);
  g_string_append (text, ">");
  g_assert_cmpstr (feed (whole, text->str, text->len), ==, "policy-violation");
}

/* A big tag in small pieces, which expat scans anew for each: refused before that costs much. */
static void
test_rescans (void)
{
  g_autoptr (Reader) reader = read_client ("<presence/>");
  gsize fed;
  const char *condition = feed (reader, "<message id='", -1);
  ismb_framer_set_limit (reader->framer, 262144);
  for (fed = 0; condition == NULL && fed < 262144; fed++)
    condition = feed (reader, "a", 1);
  g_assert_cmpstr (condition, ==, "policy-violation");
  g_assert_cmpuint (fed, <, 20000);
}

static void
test_big_stanza (void)
{
  g_autoptr (Reader) reader = read_client ("<presence/>");
  g_autoptr (GString) text = g_string_new ("<message><body>");
  gsize i;
  while (text->len < 262000)
    g_string_append (text, "0123456789");
  g_string_append (text, "</body></message>");
  ismb_framer_set_limit (reader->framer, 262144);
  for (i = 0; i < text->len; i += 1448)
    g_assert_cmpstr (feed (reader, text->str + i, MIN (1448, text->len - i)), ==, NULL);
  g_assert_cmpstr (frame_at (reader, 1)->data, ==, text->str);
  g_assert_null (ismb_framer_get_detail (reader->framer));
  ismb_framer_set_limit (reader->framer, 10000);
  g_assert_cmpstr (feed (reader, text->str, text->len), ==, "policy-violation");
  g_assert_cmpstr (ismb_framer_get_detail (reader->framer), ==, "stanza-too-big");
}

/* The last byte that is allowed, and one more. */
static void
test_limit (void)
{
  guint more;
  for (more = 0; more <= 1; more++)
    {
      g_autoptr (Reader) reader = read_client ("<presence/>");
      g_autofree char *filling = g_strnfill (10000 - strlen ("<message></message>") + more, 'x');
      g_autofree char *text = g_strdup_printf ("<message>%s</message>", filling);
      g_assert_cmpstr (feed (reader, text, -1), ==, more == 0 ? NULL : "policy-violation");
      g_assert_cmpstr (ismb_framer_get_detail (reader->framer), ==,
                       more == 0 ? NULL : "stanza-too-big");
    }
}

static void
repeat (GString *out, const char *piece, guint times)
{
  while (times-- > 0)
    g_string_append (out, piece);
}

/* Whoever answers repeats it: the answer to a stanza that is allowed must be allowed as well. */
static void
test_long_id (void)
{
  guint length;
  for (length = 1024; length <= 1025; length++)
    {
      g_autoptr (Reader) reader = read_client ("<presence/>");
      g_autofree char *id = g_strnfill (length, 'i');
      g_autofree char *text = g_strdup_printf ("<iq type='get' id='%s'><a/></iq>", id);
      g_assert_cmpstr (feed (reader, text, -1), ==, length == 1024 ? NULL : "policy-violation");
      g_assert_cmpuint (reader->frames->len, ==, length == 1024 ? 2 : 1);
    }
}

static void
test_depth (void)
{
  guint levels;
  for (levels = 63; levels <= 64; levels++)
    {
      g_autoptr (Reader) reader = read_client ("<presence/>");
      g_autoptr (GString) text = g_string_new (NULL);
      repeat (text, "<a>", levels);
      repeat (text, "</a>", levels);
      g_assert_cmpstr (feed (reader, text->str, -1), ==, levels == 63 ? NULL : "policy-violation");
      g_assert_null (ismb_framer_get_detail (reader->framer));
    }
}

static void
test_width (void)
{
  guint attributes, children;
  for (attributes = 64; attributes <= 65; attributes++)
    {
      g_autoptr (Reader) reader = read_client ("<presence/>");
      g_autoptr (GString) text = g_string_new ("<message");
      guint i;
      for (i = 0; i < attributes; i++)
        g_string_append_printf (text, " a%u=''", i);
      g_string_append (text, "/>");
      g_assert_cmpstr (feed (reader, text->str, -1), ==,
                       attributes == 64 ? NULL : "policy-violation");
    }
  for (children = 9999; children <= 10000; children++)
    {
      g_autoptr (Reader) reader = read_client ("<presence/>");
      g_autoptr (GString) text = g_string_new ("<message>");
      ismb_framer_set_limit (reader->framer, 1 << 20);
      repeat (text, "<a/>", children);
      g_string_append (text, "</message>");
      g_assert_cmpstr (feed (reader, text->str, -1), ==,
                       children == 9999 ? NULL : "policy-violation");
    }
}

/* Short prefixes for a long namespace: few bytes in must not be many bytes out. */
static void
test_amplification (void)
{
  g_autoptr (Reader) elements = read_client ("<presence/>");
  g_autoptr (Reader) attributes = read_client ("<presence/>");
  g_autoptr (GString) text = g_string_new ("<message xmlns:p='");
  gsize beginning;
  repeat (text, "urn:", 500);
  g_string_append (text, "'>");
  beginning = text->len;
  repeat (text, "<p:a/>", 1000);
  g_string_append (text, "</message>");
  g_assert_cmpstr (feed (elements, text->str, -1), ==, "policy-violation");
  g_string_truncate (text, beginning);
  repeat (
      text,
      "<a p:a='' p:b='' p:c='' p:d='' p:e='' p:f='' p:g='' p:h='' p:i='' p:j='' p:k='' p:l=''/>",
      10);
  g_string_append (text, "</message>");
  g_assert_cmpstr (feed (attributes, text->str, -1), ==, "policy-violation");
}

/* As far as it may go: `count` attributes, or elements, or namespaces. */
static char *
make_crowd (const char *kind, guint count)
{
  g_autoptr (GString) text = g_string_new ("<message to='a@b'");
  if (strcmp (kind, "namespaces") == 0)
    for (guint i = 0; i < count; i++)
      g_string_append_printf (text, " xmlns:p%u='urn:%u'", i, i);
  for (guint i = 0; strcmp (kind, "attributes") == 0 && i < count; i++)
    g_string_append_printf (text, " a%u=''", i);
  g_string_append (text, "><x xmlns='urn:x'");
  for (guint i = 0; strcmp (kind, "namespaces") == 0 && i < count; i++)
    g_string_append_printf (text, " p%u:a=''", i);
  g_string_append (text, "/>");
  if (strcmp (kind, "elements") == 0)
    repeat (text, "<a/>", count);
  g_string_append (text, "</message>");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* With all that servers put in: else one of them takes what the next one ends its link for. */
static void
test_let_in_again (void)
{
  static const struct
  {
    const char *kind;
    guint count;
  } crowds[] = { { "attributes", 64 }, { "namespaces", 63 }, { "elements", 9998 } };
  for (guint i = 0; i < G_N_ELEMENTS (crowds); i++)
    {
      g_autofree char *text = make_crowd (crowds[i].kind, crowds[i].count);
      g_autofree char *more = make_crowd (crowds[i].kind, crowds[i].count + 2);
      g_autofree char *again = NULL;
      g_autoptr (Reader) first = read_client (""), wide = read_client ("");
      g_autoptr (Reader) second = read_client ("");
      ismb_framer_set_limit (first->framer, 1 << 20);
      ismb_framer_set_limit (wide->framer, 1 << 20);
      ismb_framer_set_limit (second->framer, 1 << 20);
      ismb_framer_set_stamp (first->framer, "c@d/e");
      g_assert_cmpstr (feed (first, text, -1), ==, NULL);
      g_assert_cmpstr (feed (wide, more, -1), ==, "policy-violation");
      again = g_strdup (((IsmbFrame *) g_ptr_array_index (first->frames, 0))->data);
      g_assert_cmpstr (feed (second, again, -1), ==, NULL);
    }
}

static void
test_after_end (void)
{
  g_autoptr (Reader) reader = read_client ("<presence/></stream:stream><presence/>garbage & more");
  g_assert_cmpuint (reader->frames->len, ==, 1);
  g_assert_cmpuint (reader->ends, ==, 1);
  g_assert_cmpstr (feed (reader, "<more", -1), ==, NULL);
  g_assert_cmpuint (reader->ends, ==, 1);
}

static void
add_refused (void)
{
  gsize i;
  for (i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *path = g_strdup_printf ("/stream/framer/refused/%s", refused[i].name);
      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_refused);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stream/framer/header", test_header);
  g_test_add_func ("/stream/framer/language", test_language);
  g_test_add_func ("/stream/framer/one-child-or-more", test_one_child_or_more);
  g_test_add_func ("/stream/framer/head", test_head);
  g_test_add_func ("/stream/framer/kinds", test_kinds);
  g_test_add_func ("/stream/framer/content-namespace", test_content_namespace);
  g_test_add_func ("/stream/framer/foreign-attributes", test_foreign_attributes);
  g_test_add_func ("/stream/framer/let-in-again", test_let_in_again);
  g_test_add_func ("/stream/framer/canonical-is-stable", test_canonical_is_stable);
  g_test_add_func ("/stream/framer/torn", test_torn);
  g_test_add_func ("/stream/framer/two-cuts", test_two_cuts);
  g_test_add_func ("/stream/framer/sleep", test_sleep);
  g_test_add_func ("/stream/framer/stop", test_stop);
  g_test_add_func ("/stream/framer/blanks-before-a-stream", test_blanks_before_a_stream);
  g_test_add_func ("/stream/framer/stop-and-discard", test_stop_and_discard);
  g_test_add_func ("/stream/framer/stamp", test_stamp);
  g_test_add_func ("/stream/framer/bad-address", test_bad_address);
  g_test_add_func ("/stream/framer/keepalive", test_keepalive);
  add_refused ();
  g_test_add_func ("/stream/framer/utf16", test_utf16);
  g_test_add_func ("/stream/framer/nul", test_nul);
  g_test_add_func ("/stream/framer/bounds", test_bounds);
  g_test_add_func ("/stream/framer/header-bound", test_header_bound);
  g_test_add_func ("/stream/framer/rescans", test_rescans);
  g_test_add_func ("/stream/framer/big-stanza", test_big_stanza);
  g_test_add_func ("/stream/framer/limit", test_limit);
  g_test_add_func ("/stream/framer/long-id", test_long_id);
  g_test_add_func ("/stream/framer/depth", test_depth);
  g_test_add_func ("/stream/framer/width", test_width);
  g_test_add_func ("/stream/framer/amplification", test_amplification);
  g_test_add_func ("/stream/framer/after-end", test_after_end);
  g_test_add_func ("/stream/framer/stanza-ids", test_stanza_ids);
  return g_test_run ();
}
