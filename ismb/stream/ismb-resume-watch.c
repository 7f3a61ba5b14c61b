/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.resume-watch"

#include "config.h"
#include "ismb/stream/ismb-resume-watch.h"

#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-tree-reader.h"

#define HELD_MAX (256 * 1024) /* bytes that came before the session they belong to */
#define NAME_MAX_SHOWN 64       /* bytes of what a stranger wrote */
#define SESSION_ID "ismb-session"

typedef enum { FEATURES, REQUEST, RESUMING, BINDING, SESSION, BOUND } State;

struct _IsmbResumeWatch
{
  State state;
  char *previd, *previous_jid; /* NULL: nothing is to be resumed */
  guint32 handled;
  GString *header;
  GString *request;  /* libstrophe's, for a resource */
  char *request_id;
  gboolean needs_session;
  GString *answer;   /* to the request, until the legacy session is there */
  GString *early;    /* what came meanwhile */
  IsmbSession session;
};

/* An element among its stream's prefixes */
typedef struct
{
  IsmbTree *tree;
  IsmbNode *node;
} Element;

static IsmbResumeWatchVerdict
refuse (GError **error, const char *problem)
{
  g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM, "the server broke the sign-in: %s", problem);
  return ISMB_RESUME_WATCH_REFUSED;
}

static IsmbResumeWatchVerdict
refuse_element (GError **error, const IsmbNode *node, const char *when)
{
  const char *name = ismb_node_name (node);

  g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM,
               "the server broke the sign-in: it sent <%s/> %s",
               strlen (name) <= NAME_MAX_SHOWN ? name : "…", when);
  return ISMB_RESUME_WATCH_REFUSED;
}

static void
element_clear (Element *element)
{
  g_clear_pointer (&element->tree, ismb_tree_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Element, element_clear)

static gboolean
element_read (IsmbResumeWatch *self, Element *element, const char *bytes, gsize length,
              GError **error)
{
  g_autoptr (GString) xml = g_string_new_len (self->header->str, self->header->len);
  g_autofree char *name = g_strndup (xml->str + 1, strcspn (xml->str + 1, " \t\r\n>"));

  g_string_append_len (xml, bytes, length);
  g_string_append_printf (xml, "</%s>", name);
  element->tree = ismb_tree_read (xml->str, xml->len, ISMB_NS_CLIENT, error);
  if (element->tree != NULL)
    element->node = ismb_node_find (ismb_tree_root (element->tree), NULL, NULL);
  if (element->node == NULL && element->tree != NULL)
    refuse (error, "it sent no element");
  g_prefix_error (error, "what the server sent cannot be read: ");
  return element->node != NULL;
}

/* A number of stanzas, modulo 2^32 (XEP-0198, 4). */
static gboolean
read_h (const IsmbNode *node, guint32 *h)
{
  const char *text = ismb_node_get (node, "h");
  guint64 number = 0;

  if (text == NULL || strlen (text) > 10
      || !g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT32, &number, NULL))
    return FALSE;
  *h = (guint32) number;
  return TRUE;
}

/* The condition in an error or in <failed/>. */
static const char *
condition_of (IsmbNode *node)
{
  IsmbNode *child = node != NULL ? ismb_node_find (node, NULL, ISMB_NS_STANZAS) : NULL;

  while (child != NULL && g_str_equal (ismb_node_name (child), "text"))
    child = ismb_node_find_next (child, NULL, ISMB_NS_STANZAS);
  return child != NULL && strlen (ismb_node_name (child)) <= NAME_MAX_SHOWN
             ? ismb_node_name (child) : "undefined-condition";
}

/* Features */

static void
keep_features (IsmbResumeWatch *self, const IsmbNode *features)
{
  IsmbTree *tree = ismb_tree_new ("features", ISMB_NS_STREAM);
  const IsmbNode *child;

  for (child = ismb_node_first_child (features); child != NULL; child = ismb_node_next (child))
    if (ismb_node_name (child) != NULL)
      ismb_tree_add_copy (tree, ismb_tree_root (tree), child);
  self->session.features = tree;
  self->session.offers_sm =
      ismb_node_find (ismb_tree_root (tree), "sm", ISMB_NS_SM) != NULL;
}

/* libstrophe learns of resource binding alone (and 0.12 crashes where that is missing). */
static IsmbResumeWatchVerdict
read_features (IsmbResumeWatch *self, const IsmbNode *features, GString *inward, GError **error)
{
  const IsmbNode *session = ismb_node_find (features, "session", ISMB_NS_SESSION);

  if (ismb_node_find (features, "bind", ISMB_NS_BIND) == NULL)
    return refuse (error, "it offers no resource binding");
  keep_features (self, features);
  self->needs_session =
      session != NULL && ismb_node_find (session, "optional", ISMB_NS_SESSION) == NULL;
  g_string_append (inward, "<features xmlns='" ISMB_NS_STREAM "'><bind xmlns='" ISMB_NS_BIND
                           "'/></features>");
  self->state = REQUEST;
  return ISMB_RESUME_WATCH_GO_ON;
}

/* Resuming */

static void
ask_for_resource (IsmbResumeWatch *self, GString *outward)
{
  g_string_append_len (outward, self->request->str, self->request->len);
  self->state = BINDING;
}

static void
ask_to_resume (IsmbResumeWatch *self, GString *outward)
{
  g_string_append (outward, "<resume xmlns='" ISMB_NS_SM "' previd='");
  ismb_xml_escape (outward, self->previd, -1, TRUE);
  g_string_append_printf (outward, "' h='%u'/>", self->handled);
  self->state = RESUMING;
}

static void
write_bound (IsmbResumeWatch *self, GString *inward)
{
  g_string_append (inward, "<iq type='result' id='");
  ismb_xml_escape (inward, self->request_id, -1, TRUE);
  g_string_append (inward, "'><bind xmlns='" ISMB_NS_BIND "'><jid>");
  ismb_xml_escape (inward, self->previous_jid, -1, FALSE);
  g_string_append (inward, "</jid></bind></iq>");
}

static IsmbResumeWatchVerdict
read_resumed (IsmbResumeWatch *self, const IsmbNode *resumed, GString *inward, GError **error)
{
  if (g_strcmp0 (ismb_node_get (resumed, "previd"), self->previd) != 0)
    return refuse (error, "it resumed another stream than it was asked for");
  if (!read_h (resumed, &self->session.acked))
    return refuse (error, "it resumed the stream, and does not say how much it has handled");
  self->session.resumed = TRUE;
  write_bound (self, inward);
  self->state = BOUND;
  return ISMB_RESUME_WATCH_BOUND;
}

static IsmbResumeWatchVerdict
read_resume_answer (IsmbResumeWatch *self, IsmbNode *node, GString *inward, GString *outward,
                    GError **error)
{
  if (ismb_node_is (node, "resumed", ISMB_NS_SM))
    return read_resumed (self, node, inward, error);
  if (!ismb_node_is (node, "failed", ISMB_NS_SM))
    return refuse_element (error, node, "in answer to <resume/>");
  g_debug ("the stream is not resumed: %s", condition_of (node));
  self->session.resume_failed = TRUE;
  self->session.has_failed_h = ismb_node_get (node, "h") != NULL;
  if (self->session.has_failed_h && !read_h (node, &self->session.failed_h))
    return refuse (error, "it does not say in a number how much it has handled");
  ask_for_resource (self, outward);
  return ISMB_RESUME_WATCH_GO_ON;
}

/* Binding, and the legacy session */

/* Whether an iq answers the one of that id. */
static gboolean
answers (const IsmbNode *node, const char *id)
{
  const char *type = ismb_node_get (node, "type");

  return ismb_node_is (node, "iq", ISMB_NS_CLIENT)
         && g_strcmp0 (ismb_node_get (node, "id"), id) == 0
         && (g_strcmp0 (type, "result") == 0 || g_strcmp0 (type, "error") == 0);
}

static gboolean
is_error (const IsmbNode *node)
{
  return g_str_equal (ismb_node_get (node, "type"), "error");
}

static IsmbResumeWatchVerdict
refused (const IsmbNode *node, const char *what, GError **error)
{
  IsmbNode *reason = ismb_node_find (node, "error", ISMB_NS_CLIENT);

  g_set_error (error, ISMB_ERROR, ISMB_ERROR_STREAM, "the server refused the %s: %s", what,
               condition_of (reason));
  return ISMB_RESUME_WATCH_REFUSED;
}

static IsmbResumeWatchVerdict
read_bind_answer (IsmbResumeWatch *self, const IsmbNode *node, const char *element, gsize length,
                  GString *inward, GString *outward, GError **error)
{
  if (!answers (node, self->request_id))
    return refuse_element (error, node, "before the session was bound");
  if (is_error (node))
    return refused (node, "resource", error);
  if (!self->needs_session)
    {
      g_string_append_len (inward, element, length);
      self->state = BOUND;
      return ISMB_RESUME_WATCH_BOUND;
    }
  g_string_append_len (self->answer, element, length);
  g_string_append (outward, "<iq type='set' id='" SESSION_ID "'><session xmlns='" ISMB_NS_SESSION
                            "'/></iq>");
  self->state = SESSION;
  return ISMB_RESUME_WATCH_GO_ON;
}

/* The session is bound already, so that others may write to it. */
static IsmbResumeWatchVerdict
read_session_answer (IsmbResumeWatch *self, const IsmbNode *node, const char *element,
                     gsize length, GString *inward, GError **error)
{
  if (!answers (node, SESSION_ID))
    {
      g_string_append_len (self->early, element, length);
      return self->early->len <= HELD_MAX
                 ? ISMB_RESUME_WATCH_GO_ON
                 : refuse (error, "it sends much, and does not start the session");
    }
  if (is_error (node))
    return refused (node, "session", error);
  g_string_append_len (inward, self->answer->str, self->answer->len);
  self->state = BOUND;
  return ISMB_RESUME_WATCH_BOUND;
}

/* What is shown */

void
ismb_resume_watch_opened (IsmbResumeWatch *self, const char *header, gsize length)
{
  if (length > 1 && header[1] != '?') /* the XML declaration */
    {
      g_string_truncate (self->header, 0);
      g_string_append_len (self->header, header, length);
    }
}

IsmbResumeWatchVerdict
ismb_resume_watch_came (IsmbResumeWatch *self, const char *element, gsize length, GString *inward,
                        GString *outward, GError **error)
{
  g_auto (Element) read = { NULL };

  if (!element_read (self, &read, element, length, error))
    return ISMB_RESUME_WATCH_REFUSED;
  if (ismb_node_is (read.node, "error", ISMB_NS_STREAM))
    {
      g_string_append_len (inward, element, length);
      return ISMB_RESUME_WATCH_GO_ON;
    }
  if (self->state == FEATURES && ismb_node_is (read.node, "features", ISMB_NS_STREAM))
    return read_features (self, read.node, inward, error);
  if (self->state == RESUMING)
    return read_resume_answer (self, read.node, inward, outward, error);
  if (self->state == BINDING)
    return read_bind_answer (self, read.node, element, length, inward, outward, error);
  if (self->state == SESSION)
    return read_session_answer (self, read.node, element, length, inward, error);
  return refuse_element (error, read.node, "before it was asked for anything");
}

IsmbResumeWatchVerdict
ismb_resume_watch_sent (IsmbResumeWatch *self, const char *element, gsize length, GString *outward,
                        GError **error)
{
  g_autoptr (IsmbTree) tree = NULL;

  if (self->state != REQUEST)
    {
      g_string_append_len (outward, element, length);
      return ISMB_RESUME_WATCH_GO_ON;
    }
  tree = ismb_tree_read (element, length, ISMB_NS_CLIENT, error);
  if (tree == NULL)
    return ISMB_RESUME_WATCH_REFUSED;
  g_string_append_len (self->request, element, length);
  self->request_id = g_strdup (ismb_node_get (ismb_tree_root (tree), "id"));
  self->session.resume_failed = self->previd != NULL && !self->session.offers_sm;
  if (self->previd != NULL && self->session.offers_sm)
    ask_to_resume (self, outward);
  else
    ask_for_resource (self, outward);
  return ISMB_RESUME_WATCH_GO_ON;
}

const IsmbSession *
ismb_resume_watch_get_session (IsmbResumeWatch *self)
{
  return &self->session;
}

const GString *
ismb_resume_watch_get_header (IsmbResumeWatch *self)
{
  return self->header;
}

const GString *
ismb_resume_watch_get_early (IsmbResumeWatch *self)
{
  return self->early;
}

IsmbResumeWatch *
ismb_resume_watch_new (const IsmbResume *resume)
{
  IsmbResumeWatch *self = g_new0 (IsmbResumeWatch, 1);

  if (resume != NULL)
    {
      self->previd = g_strdup (resume->id);
      self->previous_jid = g_strdup (resume->bound_jid);
      self->handled = resume->handled;
    }
  self->header = g_string_new ("<stream>");
  self->request = g_string_new (NULL);
  self->answer = g_string_new (NULL);
  self->early = g_string_new (NULL);
  return self;
}

void
ismb_resume_watch_free (IsmbResumeWatch *self)
{
  g_free (self->previd);
  g_free (self->previous_jid);
  g_free (self->request_id);
  g_string_free (self->header, TRUE);
  g_string_free (self->request, TRUE);
  g_string_free (self->answer, TRUE);
  g_string_free (self->early, TRUE);
  g_clear_pointer (&self->session.features, ismb_tree_unref);
  g_free (self);
}
