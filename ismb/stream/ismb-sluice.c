/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.sluice"

#include "config.h"
#include "ismb/stream/ismb-sluice.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"
#include "ismb/stream/ismb-byte-queue.h"
#include "ismb/stream/ismb-sign-in.h"
#include "ismb/stream/ismb-tag-scanner.h"

#define HIGH_WATER (256 * 1024)     /* bytes that wait for the other side; then reading stops */
#define ELEMENT_MAX (16 * 1024 * 1024)
#define ELEMENT_MAX_BEFORE (64 * 1024)
#define DEPTH_MAX 128
#define TAGS_MAX 200000
#define ATTRIBUTES_MAX 1000         /* of a tag; each is compared with all before it */
#define STROPHE_READ 4096           /* libstrophe reads so many bytes at a time */

/* Whose what comes is. */
typedef enum
{
  SIGNING_IN, /* libstrophe's, as far as the sign-in lets it through */
  BOUND,      /* libstrophe is about to be ready: what else came waits */
  SESSION,    /* the session's: stanzas */
  ENDING,     /* libstrophe's again: a stream error, the end */
} Stage;

struct _IsmbSluice
{
  IsmbSluiceCallbacks callbacks;
  gpointer user_data;
  Stage stage;
  IsmbSignIn *sign_in;
  IsmbTreeReader *reader; /* of stanzas; NULL before the session */
  gboolean was_left;
  gboolean paused;
  GError *error;

  IsmbByteQueue inbound;
  IsmbTagScanner in_scanner;
  gsize scanned;    /* of inbound: looked at */
  gsize passed;     /* of inbound: libstrophe's */
  gsize unread;     /* by libstrophe, of what it was given */
  gsize stanza_end; /* in inbound: of the last one that passed at this time; 0: none did */
  gboolean torn;    /* libstrophe may have seen a part of a tag */

  IsmbByteQueue outbound;
  IsmbTagScanner out_scanner;
  gsize out_scanned, out_passed;
};

static void
refuse (IsmbSluice *self, GError *error)
{
  self->error = error;
  ismb_sluice_drop_inward (self);
  ismb_sluice_drop_outward (self);
}

static gboolean
report (IsmbSluice *self, GError **error)
{
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

/* While signing in */

/* What came early waits behind what is libstrophe's. */
static void
end_sign_in (IsmbSluice *self)
{
  const GString *early = ismb_sign_in_get_early (self->sign_in);

  self->stage = BOUND;
  self->outbound.secret = FALSE;
  self->out_passed = self->outbound.length;
  self->in_scanner.bytes_max = ELEMENT_MAX;
  ismb_byte_queue_replace (&self->inbound, self->scanned, self->scanned, early->str, early->len);
}

static void
heed (IsmbSluice *self, IsmbSignInVerdict verdict, GError *error)
{
  if (verdict == ISMB_SIGN_IN_REFUSED)
    refuse (self, error);
  else if (verdict == ISMB_SIGN_IN_NEXT)
    self->callbacks.refused (ismb_sign_in_get_failure (self->sign_in), self->user_data);
  else if (verdict == ISMB_SIGN_IN_RESTARTED)
    {
      ismb_tag_scanner_reset (&self->in_scanner);
      ismb_tag_scanner_reset (&self->out_scanner);
      self->callbacks.authenticated (self->user_data);
    }
  else if (verdict == ISMB_SIGN_IN_DONE)
    end_sign_in (self);
}

/* Secrets among it are wiped. */
static gsize
replace (IsmbByteQueue *queue, gsize from, gsize to, GString *text)
{
  gsize end = ismb_byte_queue_replace (queue, from, to, text->str, text->len);

  explicit_bzero (text->str, text->len);
  return end;
}

/* What goes to the server goes before what libstrophe has not yet written to its end. */
static void
put_outbound (IsmbSluice *self, gsize until, GString *text)
{
  gsize end = replace (&self->outbound, self->out_passed, until, text);

  self->out_scanned = MAX (self->out_scanned, until) - until + end;
  self->out_passed = end;
}

static gboolean
show_what_came (IsmbSluice *self, IsmbScan scan)
{
  g_autoptr (GString) inward = g_string_new (NULL), outward = g_string_new (NULL);
  GError *error = NULL;
  IsmbSignInVerdict verdict =
      ismb_sign_in_came (self->sign_in, scan, self->inbound.front + self->passed,
                         self->scanned - self->passed, inward, outward, &error);

  self->passed = self->scanned = replace (&self->inbound, self->passed, self->scanned, inward);
  put_outbound (self, self->out_passed, outward);
  heed (self, verdict, error);
  return verdict != ISMB_SIGN_IN_REFUSED;
}

static gboolean
show_what_left (IsmbSluice *self, IsmbScan scan)
{
  g_autoptr (GString) outward = g_string_new (NULL);
  GError *error = NULL;
  IsmbSignInVerdict verdict =
      ismb_sign_in_sent (self->sign_in, scan, self->outbound.front + self->out_passed,
                         self->out_scanned - self->out_passed, outward, &error);

  put_outbound (self, self->out_scanned, outward);
  heed (self, verdict, error);
  return verdict != ISMB_SIGN_IN_REFUSED;
}

/* Inwards: to libstrophe */

/* libstrophe's expat (2.5 with deferral) does not look again at a torn tag until its bytes have
 * doubled. It is torn where libstrophe's read ends inside it, and that may be anywhere once more
 * waits than it reads at once. Then space behind the last element makes up the length; inside an
 * element there can be none, so that the next end of one owes it. */
static void
pad (IsmbSluice *self)
{
  g_autofree char *space = NULL;
  gsize length = self->in_scanner.longest_tag;

  self->torn |= self->passed + self->unread > STROPHE_READ;
  if (!self->torn || self->stanza_end == 0)
    return;
  space = g_strnfill (length, ' ');
  ismb_byte_queue_replace (&self->inbound, self->stanza_end, self->stanza_end, space, length);
  self->passed += length;
  self->scanned += length;
  self->torn = FALSE;
  self->in_scanner.longest_tag = 0;
}

static gboolean
is_error_tag (IsmbSluice *self)
{
  const char *tag = self->inbound.front + self->scanned - self->in_scanner.tag + 1;
  const char *name = tag + (*tag == '/');
  gsize length = strcspn (name, " \t\r\n/>");
  const char *colon = memchr (name, ':', length);

  if (colon != NULL)
    {
      length -= colon + 1 - name;
      name = colon + 1;
    }
  return length == 5 && strncmp (name, "error", 5) == 0;
}

static gboolean
pass (IsmbSluice *self, IsmbScan scan)
{
  if (scan == ISMB_SCAN_ELEMENT && self->in_scanner.hollow && is_error_tag (self))
    {
      /* libstrophe 0.12 would crash by it */
      refuse (self, g_error_new_literal (ISMB_ERROR, ISMB_ERROR_STREAM,
                                         "the server closed the stream and did not say why"));
      return FALSE;
    }
  if (self->stage == SIGNING_IN && scan == ISMB_SCAN_TAG)
    return TRUE;
  if (self->stage == SIGNING_IN && !show_what_came (self, scan))
    return FALSE;
  self->passed = self->scanned;
  if (scan == ISMB_SCAN_ELEMENT || scan == ISMB_SCAN_END)
    self->stanza_end = self->passed;
  return TRUE;
}

/* Inwards: to the session */

static gboolean
end_session (IsmbSluice *self, IsmbScan scan)
{
  self->stage = ENDING;
  return pass (self, scan);
}

static IsmbTree *
read_element (IsmbSluice *self)
{
  g_autoptr (GError) error = NULL;
  IsmbTree *tree =
      ismb_tree_reader_read (self->reader, self->inbound.front, self->scanned, &error);

  if (tree == NULL)
    refuse (self, g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "the server sent a bad stanza: %s",
                               error->message));
  return tree;
}

static gboolean
take_element (IsmbSluice *self)
{
  IsmbTree *tree = read_element (self);

  if (tree == NULL)
    return FALSE;
  if (g_str_equal (ismb_node_ns (ismb_tree_root (tree)), ISMB_NS_STREAM))
    {
      ismb_tree_unref (tree);
      return end_session (self, ISMB_SCAN_ELEMENT);
    }
  ismb_byte_queue_consume (&self->inbound, self->scanned);
  self->scanned = self->in_scanner.longest_tag = 0;
  self->callbacks.stanza (tree, self->user_data);
  return TRUE;
}

/* Inwards */

static gboolean
take (IsmbSluice *self, IsmbScan scan)
{
  if (scan == ISMB_SCAN_BAD)
    {
      refuse (self,
              g_error_new_literal (
                  ISMB_ERROR, ISMB_ERROR_STREAM,
                  "the server sent XML that is forbidden in a stream, or too much in one stanza"));
      return FALSE;
    }
  if (self->stage != SESSION)
    return pass (self, scan);
  if (scan == ISMB_SCAN_ELEMENT)
    return take_element (self);
  return scan == ISMB_SCAN_TAG || end_session (self, scan);
}

/* Between elements there is nothing but space (the scanner sees to that), and nobody wants it: a
 * server may send any amount, to keep the connection alive. */
static void
drop_space (IsmbSluice *self)
{
  if (!ismb_tag_scanner_is_between (&self->in_scanner) || self->passed == self->scanned)
    return;
  ismb_byte_queue_replace (&self->inbound, self->passed, self->scanned, NULL, 0);
  self->scanned = self->passed;
}

static gboolean
may_scan (IsmbSluice *self)
{
  return self->scanned < self->inbound.length && self->stage != BOUND
         && !(self->stage == SESSION && self->paused);
}

static void
scan_inbound (IsmbSluice *self)
{
  self->stanza_end = 0;
  while (may_scan (self))
    {
      gsize seen = 0;
      IsmbScan scan =
          ismb_tag_scanner_next (&self->in_scanner, self->inbound.front + self->scanned,
                                 self->inbound.length - self->scanned, &seen);

      self->scanned += seen;
      if (scan != ISMB_SCAN_MORE && !take (self, scan))
        return;
    }
  drop_space (self);
  pad (self);
}

/* Outwards */

static void
scan_outbound (IsmbSluice *self)
{
  while (self->stage == SIGNING_IN && self->out_scanned < self->outbound.length)
    {
      gsize seen = 0;
      IsmbScan scan =
          ismb_tag_scanner_next (&self->out_scanner, self->outbound.front + self->out_scanned,
                                 self->outbound.length - self->out_scanned, &seen);

      self->out_scanned += seen;
      self->was_left |= scan == ISMB_SCAN_END;
      if (scan != ISMB_SCAN_MORE && scan != ISMB_SCAN_TAG && !show_what_left (self, scan))
        return;
    }
  if (self->stage != SIGNING_IN)
    self->out_passed = self->outbound.length;
}

/* The sluice */

IsmbSluice *
ismb_sluice_new (const IsmbSluicePlan *plan, const IsmbSluiceCallbacks *callbacks,
                 gpointer user_data)
{
  static const IsmbTagScanner limits = { ELEMENT_MAX_BEFORE, TAGS_MAX, DEPTH_MAX };
  IsmbSluice *self = g_new0 (IsmbSluice, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->in_scanner = self->out_scanner = limits;
  self->outbound.secret = TRUE; /* the password may be in it */
  self->sign_in = ismb_sign_in_new (plan->password, plan->secret, plan->resume);
  return self;
}

void
ismb_sluice_free (IsmbSluice *self)
{
  ismb_byte_queue_clear (&self->inbound);
  ismb_byte_queue_clear (&self->outbound);
  ismb_sign_in_free (self->sign_in);
  g_clear_pointer (&self->reader, ismb_tree_reader_free);
  g_clear_error (&self->error);
  g_free (self);
}

gboolean
ismb_sluice_came (IsmbSluice *self, const char *bytes, gsize length, GError **error)
{
  ismb_byte_queue_append (&self->inbound, bytes, length);
  scan_inbound (self);
  return report (self, error);
}

gboolean
ismb_sluice_left (IsmbSluice *self, const char *bytes, gsize length, GError **error)
{
  ismb_byte_queue_append (&self->outbound, bytes, length);
  scan_outbound (self);
  return report (self, error);
}

gboolean
ismb_sluice_send (IsmbSluice *self, const char *xml, gsize length)
{
  if (self->stage == SIGNING_IN)
    return FALSE;
  ismb_byte_queue_append (&self->outbound, xml, length);
  self->out_passed = self->outbound.length;
  return TRUE;
}

/* libstrophe has all it needed, so that what it has not read is space. */
gboolean
ismb_sluice_begin_session (IsmbSluice *self, GError **error)
{
  static const IsmbTreeLimits limits = { ELEMENT_MAX, DEPTH_MAX, TAGS_MAX, ATTRIBUTES_MAX };
  const GString *header = ismb_sign_in_get_header (self->sign_in);
  g_autoptr (GString) opening = g_string_new ("<x xmlns='" ISMB_NS_CLIENT "'>");

  g_return_val_if_fail (self->stage == BOUND, TRUE);
  g_string_append_len (opening, header->str, header->len);
  self->stage = SESSION;
  self->reader = ismb_tree_reader_new (opening->str, ISMB_NS_CLIENT, &limits);
  ismb_sluice_consume_inward (self, self->passed);
  self->torn = FALSE;
  scan_inbound (self);
  return report (self, error);
}

void
ismb_sluice_pause (IsmbSluice *self, gboolean pause)
{
  self->paused = pause;
}

gboolean
ismb_sluice_has_more (IsmbSluice *self)
{
  return self->scanned < self->inbound.length;
}

const char *
ismb_sluice_peek_inward (IsmbSluice *self, gsize *length)
{
  *length = self->passed;
  return self->inbound.front;
}

void
ismb_sluice_consume_inward (IsmbSluice *self, gsize length)
{
  self->passed -= length;
  self->scanned -= length;
  ismb_byte_queue_consume (&self->inbound, length);
}

const char *
ismb_sluice_peek_outward (IsmbSluice *self, gsize *length)
{
  *length = self->out_passed;
  return self->outbound.front;
}

void
ismb_sluice_consume_outward (IsmbSluice *self, gsize length)
{
  if (self->stage == SIGNING_IN && length > 0)
    explicit_bzero (self->outbound.front, length);
  self->out_passed -= length;
  self->out_scanned -= MIN (length, self->out_scanned);
  ismb_byte_queue_consume (&self->outbound, length);
}

void
ismb_sluice_note_unread (IsmbSluice *self, gsize bytes)
{
  self->unread = bytes;
}

void
ismb_sluice_drop_inward (IsmbSluice *self)
{
  ismb_byte_queue_clear (&self->inbound);
  self->scanned = self->passed = 0;
}

void
ismb_sluice_drop_outward (IsmbSluice *self)
{
  ismb_byte_queue_clear (&self->outbound);
  self->out_scanned = self->out_passed = 0;
}

gboolean
ismb_sluice_has_room_inward (IsmbSluice *self)
{
  return self->stage != BOUND && !self->paused && self->passed < HIGH_WATER;
}

gboolean
ismb_sluice_has_room_outward (IsmbSluice *self)
{
  return self->outbound.length < HIGH_WATER;
}

gsize
ismb_sluice_get_queued (IsmbSluice *self)
{
  return self->outbound.length;
}

gboolean
ismb_sluice_is_bound (IsmbSluice *self)
{
  return self->stage != SIGNING_IN;
}

gboolean
ismb_sluice_was_left (IsmbSluice *self)
{
  return self->was_left;
}

gboolean
ismb_sluice_was_no_use (IsmbSluice *self)
{
  return self->was_left && ismb_sign_in_was_offered (self->sign_in);
}

const char *
ismb_sluice_get_auth_failure (IsmbSluice *self)
{
  return ismb_sign_in_get_failure (self->sign_in);
}

const IsmbSession *
ismb_sluice_get_session (IsmbSluice *self)
{
  return ismb_sign_in_get_session (self->sign_in);
}
