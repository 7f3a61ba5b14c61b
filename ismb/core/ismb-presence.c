/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.presence"
#include "config.h"
#include "ismb/core/ismb-presence.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/core/ismb-stanza-text.h"

/**
 * IsmbPresence:
 *
 * A presence (RFC 6121, 4): whether a program on the bus is there, in which mood (`show`) and
 * with which words (`status`), or a request to be told so (a subscription) and the answer to one.
 */
struct _IsmbPresence
{
  IsmbStanza parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbPresence, ismb_presence, ISMB_TYPE_STANZA)

enum
{
  PROP_SHOW = 1,
  PROP_STATUS,
  PROP_PRIORITY,
  PROP_NICK,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static const char *const types[] = {
  "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error", NULL
};
static const char *const shows[] = { "away", "chat", "dnd", "xa", NULL };

static void
set_type_attribute (IsmbStanza *stanza, const char *type)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);

  ismb_tree_set (tree, ismb_tree_root (tree), "type", type);
}

static const char *
ismb_presence_get_stanza_type (IsmbStanza *stanza)
{
  const char *type = ismb_node_get (ismb_tree_root (_ismb_stanza_get_tree (stanza)), "type");
  const char *show = ismb_presence_get_show (ISMB_PRESENCE (stanza));

  if (type != NULL && type[0] != '\0')
    return type;
  return show != NULL ? show : "available";
}

static void
ismb_presence_set_stanza_type (IsmbStanza *stanza, const char *type)
{
  gboolean is_show = type != NULL && g_strv_contains (shows, type);
  gboolean is_available = is_show || type == NULL || g_str_equal (type, "available");

  if (!is_available && !g_strv_contains (types, type))
    {
      g_warning ("A presence has no type '%s'", type);
      return;
    }
  set_type_attribute (stanza, is_available ? NULL : type);
  ismb_presence_set_show (ISMB_PRESENCE (stanza), is_show ? type : NULL);
}

static void
ismb_presence_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbPresence *self = ISMB_PRESENCE (object);

  switch (id)
    {
    case PROP_SHOW: g_value_set_string (value, ismb_presence_get_show (self)); break;
    case PROP_STATUS: g_value_set_string (value, ismb_presence_get_status (self)); break;
    case PROP_PRIORITY: g_value_set_int (value, ismb_presence_get_priority (self)); break;
    case PROP_NICK: g_value_set_string (value, ismb_presence_get_nick (self)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_presence_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbPresence *self = ISMB_PRESENCE (object);

  switch (id)
    {
    case PROP_SHOW: ismb_presence_set_show (self, g_value_get_string (value)); break;
    case PROP_STATUS: ismb_presence_set_status (self, g_value_get_string (value)); break;
    case PROP_PRIORITY: ismb_presence_set_priority (self, g_value_get_int (value)); break;
    case PROP_NICK: ismb_presence_set_nick (self, g_value_get_string (value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_presence_class_init (IsmbPresenceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  IsmbStanzaClass *stanza_class = ISMB_STANZA_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ismb_presence_get_property;
  object_class->set_property = ismb_presence_set_property;
  stanza_class->element = "presence";
  stanza_class->get_stanza_type = ismb_presence_get_stanza_type;
  stanza_class->set_stanza_type = ismb_presence_set_stanza_type;

  /**
   * IsmbPresence:show: (getter get_show) (setter set_show)
   *
   * `away`, `chat`, `dnd` or `xa`; %NULL for plainly available.
   */
  properties[PROP_SHOW] = g_param_spec_string ("show", NULL, NULL, NULL, flags);
  /**
   * IsmbPresence:status: (getter get_status) (setter set_status)
   *
   * Words for a person to read.
   */
  properties[PROP_STATUS] = g_param_spec_string ("status", NULL, NULL, NULL, flags);
  /**
   * IsmbPresence:priority: (getter get_priority) (setter set_priority)
   *
   * Which of an account's programs gets what is sent to the account: the one with the highest
   * number, and none with a negative one.
   */
  properties[PROP_PRIORITY] = g_param_spec_int ("priority", NULL, NULL, G_MININT8, G_MAXINT8, 0,
                                                flags);
  /**
   * IsmbPresence:nick: (getter get_nick) (setter set_nick)
   *
   * What the sender wants to be called.
   */
  properties[PROP_NICK] = g_param_spec_string ("nick", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_presence_init (IsmbPresence *self)
{
}

static const char *
peek_child (IsmbPresence *self, const char *name)
{
  return _ismb_stanza_peek_child (ISMB_STANZA (self), name, ISMB_NS_CLIENT);
}

static void
set_child (IsmbPresence *self, const char *name, const char *text, guint property)
{
  ismb_stanza_set_child_text (ISMB_STANZA (self), name, NULL, text);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * ismb_presence_new:
 * @to: (nullable): the receiver; %NULL for everybody who subscribed
 * @stanza_type: (nullable): a type or a show, see [method@Ismb.Stanza.get_stanza_type]; %NULL for
 *   `available`
 *
 * Makes a presence.
 *
 * Returns: (transfer full): the presence
 */
IsmbPresence *
ismb_presence_new (IsmbJid *to, const char *stanza_type)
{
  IsmbPresence *self = g_object_new (ISMB_TYPE_PRESENCE, NULL);

  ismb_stanza_set_to_jid (ISMB_STANZA (self), to);
  ismb_stanza_set_stanza_type (ISMB_STANZA (self), stanza_type);
  return self;
}

/**
 * ismb_presence_get_show: (get-property show)
 * @self: a presence
 *
 * In which way it is available.
 *
 * Returns: (transfer none) (nullable): `away`, `chat`, `dnd` or `xa`; %NULL where it says none of
 *   these
 */
const char *
ismb_presence_get_show (IsmbPresence *self)
{
  const char *show;

  g_return_val_if_fail (ISMB_IS_PRESENCE (self), NULL);
  show = peek_child (self, "show");
  return show != NULL && g_strv_contains (shows, show) ? show : NULL;
}

/**
 * ismb_presence_set_show: (set-property show)
 * @self: a presence
 * @show: (nullable): `away`, `chat`, `dnd` or `xa`; %NULL for plainly available
 *
 * Says in which way it is available. Another word is not taken, and a warning logged.
 */
void
ismb_presence_set_show (IsmbPresence *self, const char *show)
{
  g_return_if_fail (ISMB_IS_PRESENCE (self));
  if (show != NULL && !g_strv_contains (shows, show))
    g_warning ("A presence cannot show '%s'", show);
  else
    set_child (self, "show", show, PROP_SHOW);
}

/**
 * ismb_presence_get_status: (get-property status)
 * @self: a presence
 *
 * Words for a person to read. If they are there in several languages, those in the language of the
 * presence, else the first.
 *
 * Returns: (transfer none) (nullable): the status; %NULL where there is none
 */
const char *
ismb_presence_get_status (IsmbPresence *self)
{
  g_return_val_if_fail (ISMB_IS_PRESENCE (self), NULL);
  return _ismb_stanza_peek_text (ISMB_STANZA (self), "status");
}

/**
 * ismb_presence_set_status: (set-property status)
 * @self: a presence
 * @status: (nullable): words for a person to read, UTF-8; %NULL for none
 *
 * Sets the words in the language of the presence. Those in other languages stay, unless @status is
 * %NULL.
 */
void
ismb_presence_set_status (IsmbPresence *self, const char *status)
{
  g_return_if_fail (ISMB_IS_PRESENCE (self));
  _ismb_stanza_set_text (ISMB_STANZA (self), "status", status);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
}

/**
 * ismb_presence_get_status_in:
 * @self: a presence
 * @lang: (nullable): a language, e.g. `de`; %NULL for that of the presence
 *
 * The words for a person to read in one language. A status that states none is in that of the
 * presence.
 *
 * Returns: (transfer none) (nullable): the status; %NULL where there is none in that language
 */
const char *
ismb_presence_get_status_in (IsmbPresence *self, const char *lang)
{
  g_return_val_if_fail (ISMB_IS_PRESENCE (self), NULL);
  return _ismb_stanza_peek_text_in (ISMB_STANZA (self), "status", lang);
}

/**
 * ismb_presence_set_status_in:
 * @self: a presence
 * @lang: (nullable): a language, e.g. `de`; %NULL for that of the presence
 * @status: (nullable): the status, UTF-8; %NULL for none in that language
 *
 * Sets the status in one language. Those in others stay.
 */
void
ismb_presence_set_status_in (IsmbPresence *self, const char *lang, const char *status)
{
  g_return_if_fail (ISMB_IS_PRESENCE (self));
  _ismb_stanza_set_text_in (ISMB_STANZA (self), "status", lang, status);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
}

/**
 * ismb_presence_list_status_langs:
 * @self: a presence
 *
 * In which languages the status is there; at most 64 of them.
 *
 * Returns: (transfer full): the languages, in their order; an empty one where neither the
 *   status nor the presence states it
 */
char **
ismb_presence_list_status_langs (IsmbPresence *self)
{
  g_return_val_if_fail (ISMB_IS_PRESENCE (self), NULL);
  return _ismb_stanza_list_text_langs (ISMB_STANZA (self), "status");
}

/* White space around it is as good as none (XML Schema's `byte`). */
static int
parse_priority (const char *text)
{
  char *end;
  gint64 number = g_ascii_strtoll (text, &end, 10);

  if (end == text)
    return 0;
  while (g_ascii_isspace (*end))
    end++;
  return *end == '\0' ? (int) CLAMP (number, G_MININT8, G_MAXINT8) : 0;
}

/**
 * ismb_presence_get_priority: (get-property priority)
 * @self: a presence
 *
 * Which of an account's programs gets what is sent to the account: the one with the highest number,
 * and none with a negative one.
 *
 * Returns: -128 to 127, the nearer of them for a number beyond; 0 where there is none, or no number
 */
int
ismb_presence_get_priority (IsmbPresence *self)
{
  const char *text;

  g_return_val_if_fail (ISMB_IS_PRESENCE (self), 0);
  text = peek_child (self, "priority");
  return text != NULL ? parse_priority (text) : 0;
}

/**
 * ismb_presence_set_priority: (set-property priority)
 * @self: a presence
 * @priority: -128 to 127; a number beyond becomes the nearer of them
 *
 * Sets the priority, see [method@Ismb.Presence.get_priority].
 */
void
ismb_presence_set_priority (IsmbPresence *self, int priority)
{
  g_autofree char *text = NULL;

  g_return_if_fail (ISMB_IS_PRESENCE (self));
  priority = CLAMP (priority, G_MININT8, G_MAXINT8);
  text = priority != 0 ? g_strdup_printf ("%d", priority) : NULL; /* 0 is what absence means */
  set_child (self, "priority", text, PROP_PRIORITY);
}

/**
 * ismb_presence_get_nick: (get-property nick)
 * @self: a presence
 *
 * What the sender wants to be called (XEP-0172). Anybody may claim any name.
 *
 * Returns: (transfer none) (nullable): the nickname; %NULL where there is none
 */
const char *
ismb_presence_get_nick (IsmbPresence *self)
{
  g_return_val_if_fail (ISMB_IS_PRESENCE (self), NULL);
  return _ismb_stanza_peek_child (ISMB_STANZA (self), "nick", ISMB_NS_NICK);
}

/**
 * ismb_presence_set_nick: (set-property nick)
 * @self: a presence
 * @nick: (nullable): a nickname, UTF-8; %NULL for none
 *
 * Says what the sender wants to be called.
 */
void
ismb_presence_set_nick (IsmbPresence *self, const char *nick)
{
  g_return_if_fail (ISMB_IS_PRESENCE (self));
  ismb_stanza_set_child_text (ISMB_STANZA (self), "nick", ISMB_NS_NICK, nick);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NICK]);
}

/* RFC 6121, 3.1: what is asked and answered about a subscription is between accounts. */
static IsmbJid *
get_reply_address (IsmbJid *sender, gboolean is_subscription)
{
  if (sender == NULL || !is_subscription)
    return sender != NULL ? g_object_ref (sender) : NULL;
  return ismb_jid_to_bare (sender);
}

/**
 * ismb_presence_reply:
 * @self: a presence that was received
 *
 * Makes the presence its own reply, in place: to its sender, with its id, and with nothing else of
 * what it was. To `subscribe` the reply is `subscribed`, to `unsubscribe` it is `unsubscribed`, and
 * to anything else it has the same type.
 *
 * Returns: (transfer none) (nullable): @self; %NULL where it is an error, which is never answered
 *   (RFC 6120, 8.3.1), and stays what it is
 */
IsmbPresence *
ismb_presence_reply (IsmbPresence *self)
{
  IsmbStanza *stanza = (IsmbStanza *) self;
  g_autoptr (IsmbJid) to = NULL;
  const char *type;
  gboolean asks, leaves;

  g_return_val_if_fail (ISMB_IS_PRESENCE (self), NULL);
  if (ismb_stanza_is_error (stanza))
    return NULL;
  type = ismb_stanza_get_stanza_type (stanza);
  asks = g_str_equal (type, "subscribe");
  leaves = g_str_equal (type, "unsubscribe");
  to = get_reply_address (ismb_stanza_get_from_jid (stanza), asks || leaves);
  _ismb_stanza_turn_round (stanza, to, NULL, ismb_stanza_get_id (stanza));
  ismb_stanza_set_stanza_type (stanza, asks ? "subscribed" : leaves ? "unsubscribed" : type);
  return self;
}
