/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.message"
#include "config.h"
#include "ismb/core/ismb-message.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-stanza-private.h"
#include "ismb/core/ismb-stanza-text.h"

#define THREAD_MAX 1024 /* bytes of one that a reply repeats */

/**
 * IsmbMessage:
 *
 * A message (RFC 6121, 5): a text or another payload for one receiver, who need not answer. It
 * waits at the receiver's listener if the receiver is away.
 */
struct _IsmbMessage
{
  IsmbStanza parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbMessage, ismb_message, ISMB_TYPE_STANZA)

enum
{
  PROP_BODY = 1,
  PROP_SUBJECT,
  PROP_THREAD,
  PROP_PARENT_THREAD,
  PROP_NICK,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

/* RFC 6121, 5.2.2: a type that is not known is to be taken as `normal`. */
static const char *
known_type (const char *type)
{
  static const char *const types[] = { "normal", "chat", "error", "groupchat", "headline" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      if (g_strcmp0 (types[i], type) == 0)
        return types[i];
    }
  return NULL;
}

static const char *
ismb_message_get_stanza_type (IsmbStanza *stanza)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (stanza));
  const char *type = known_type (ismb_node_get (root, "type"));

  return type != NULL ? type : "normal";
}

static void
ismb_message_set_stanza_type (IsmbStanza *stanza, const char *type)
{
  IsmbTree *tree = _ismb_stanza_get_tree (stanza);

  if (type != NULL && known_type (type) == NULL)
    g_warning ("A message has no type '%s'", type);
  else
    ismb_tree_set (tree, ismb_tree_root (tree), "type", type);
}

static void
ismb_message_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbMessage *self = ISMB_MESSAGE (object);

  switch (id)
    {
    case PROP_BODY: g_value_set_string (value, ismb_message_get_body (self)); break;
    case PROP_SUBJECT: g_value_set_string (value, ismb_message_get_subject (self)); break;
    case PROP_THREAD: g_value_set_string (value, ismb_message_get_thread (self)); break;
    case PROP_PARENT_THREAD:
      g_value_set_string (value, ismb_message_get_parent_thread (self));
      break;
    case PROP_NICK: g_value_set_string (value, ismb_message_get_nick (self)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_message_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbMessage *self = ISMB_MESSAGE (object);

  switch (id)
    {
    case PROP_BODY: ismb_message_set_body (self, g_value_get_string (value)); break;
    case PROP_SUBJECT: ismb_message_set_subject (self, g_value_get_string (value)); break;
    case PROP_THREAD: ismb_message_set_thread (self, g_value_get_string (value)); break;
    case PROP_PARENT_THREAD:
      ismb_message_set_parent_thread (self, g_value_get_string (value));
      break;
    case PROP_NICK: ismb_message_set_nick (self, g_value_get_string (value)); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_message_class_init (IsmbMessageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  IsmbStanzaClass *stanza_class = ISMB_STANZA_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ismb_message_get_property;
  object_class->set_property = ismb_message_set_property;
  stanza_class->element = "message";
  stanza_class->get_stanza_type = ismb_message_get_stanza_type;
  stanza_class->set_stanza_type = ismb_message_set_stanza_type;

  /**
   * IsmbMessage:body: (getter get_body) (setter set_body)
   *
   * The text.
   */
  properties[PROP_BODY] = g_param_spec_string ("body", NULL, NULL, NULL, flags);
  /**
   * IsmbMessage:subject: (getter get_subject) (setter set_subject)
   *
   * What it is about.
   */
  properties[PROP_SUBJECT] = g_param_spec_string ("subject", NULL, NULL, NULL, flags);
  /**
   * IsmbMessage:thread: (getter get_thread) (setter set_thread)
   *
   * The conversation it belongs to: a word that its messages share.
   */
  properties[PROP_THREAD] = g_param_spec_string ("thread", NULL, NULL, NULL, flags);
  /**
   * IsmbMessage:parent-thread: (getter get_parent_thread) (setter set_parent_thread)
   *
   * The conversation from which that of the message branched off.
   */
  properties[PROP_PARENT_THREAD] = g_param_spec_string ("parent-thread", NULL, NULL, NULL, flags);
  /**
   * IsmbMessage:nick: (getter get_nick) (setter set_nick)
   *
   * What the sender wants to be called.
   */
  properties[PROP_NICK] = g_param_spec_string ("nick", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_message_init (IsmbMessage *self)
{
}

static void
set_text (IsmbMessage *self, const char *name, const char *text, guint property)
{
  _ismb_stanza_set_text (ISMB_STANZA (self), name, text);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * ismb_message_new:
 * @to: (nullable): the receiver; %NULL to state it later
 * @body: (nullable): the text, UTF-8; %NULL for none
 *
 * Makes a message of type `normal`.
 *
 * Returns: (transfer full): the message
 */
IsmbMessage *
ismb_message_new (IsmbJid *to, const char *body)
{
  IsmbMessage *self = g_object_new (ISMB_TYPE_MESSAGE, NULL);

  ismb_stanza_set_to_jid (ISMB_STANZA (self), to);
  ismb_message_set_body (self, body);
  return self;
}

/**
 * ismb_message_get_body: (get-property body)
 * @self: a message
 *
 * The text. If it is there in several languages, the one in the language of the message, else the
 * first.
 *
 * Returns: (transfer none) (nullable): the text; %NULL where there is none
 */
const char *
ismb_message_get_body (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_peek_text (ISMB_STANZA (self), "body");
}

/**
 * ismb_message_set_body: (set-property body)
 * @self: a message
 * @body: (nullable): the text, UTF-8; %NULL for none
 *
 * Sets the text, in the place of the one in the language of the message. Those in other languages
 * stay, unless @body is %NULL.
 */
void
ismb_message_set_body (IsmbMessage *self, const char *body)
{
  g_return_if_fail (ISMB_IS_MESSAGE (self));
  set_text (self, "body", body, PROP_BODY);
}

/**
 * ismb_message_get_body_in:
 * @self: a message
 * @lang: (nullable): a language, e.g. `de`; %NULL for that of the message
 *
 * The text in one language. A text that states none is in that of the message.
 *
 * Returns: (transfer none) (nullable): the text; %NULL where there is none in that language
 */
const char *
ismb_message_get_body_in (IsmbMessage *self, const char *lang)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_peek_text_in (ISMB_STANZA (self), "body", lang);
}

/**
 * ismb_message_set_body_in:
 * @self: a message
 * @lang: (nullable): a language, e.g. `de`; %NULL for that of the message
 * @body: (nullable): the text, UTF-8; %NULL for none in that language
 *
 * Sets the text in one language. Those in others stay.
 */
void
ismb_message_set_body_in (IsmbMessage *self, const char *lang, const char *body)
{
  g_return_if_fail (ISMB_IS_MESSAGE (self));
  _ismb_stanza_set_text_in (ISMB_STANZA (self), "body", lang, body);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BODY]);
}

/**
 * ismb_message_list_body_langs:
 * @self: a message
 *
 * In which languages the text is there; at most 64 of them.
 *
 * Returns: (transfer full): the languages, in their order; an empty one where neither the
 *   text nor the message states it
 */
char **
ismb_message_list_body_langs (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_list_text_langs (ISMB_STANZA (self), "body");
}

/**
 * ismb_message_get_subject: (get-property subject)
 * @self: a message
 *
 * What it is about.
 *
 * Returns: (transfer none) (nullable): the subject; %NULL where there is none
 */
const char *
ismb_message_get_subject (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_peek_text (ISMB_STANZA (self), "subject");
}

/**
 * ismb_message_set_subject: (set-property subject)
 * @self: a message
 * @subject: (nullable): the subject, UTF-8; %NULL for none
 *
 * Says what it is about, in the language of the message. What is said in other languages stays,
 * unless @subject is %NULL.
 */
void
ismb_message_set_subject (IsmbMessage *self, const char *subject)
{
  g_return_if_fail (ISMB_IS_MESSAGE (self));
  set_text (self, "subject", subject, PROP_SUBJECT);
}

/**
 * ismb_message_get_subject_in:
 * @self: a message
 * @lang: (nullable): a language, e.g. `de`; %NULL for that of the message
 *
 * What it is about, in one language. A subject that states none is in that of the message.
 *
 * Returns: (transfer none) (nullable): the subject; %NULL where there is none in that language
 */
const char *
ismb_message_get_subject_in (IsmbMessage *self, const char *lang)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_peek_text_in (ISMB_STANZA (self), "subject", lang);
}

/**
 * ismb_message_set_subject_in:
 * @self: a message
 * @lang: (nullable): a language, e.g. `de`; %NULL for that of the message
 * @subject: (nullable): the subject, UTF-8; %NULL for none in that language
 *
 * Sets the subject in one language. Those in others stay.
 */
void
ismb_message_set_subject_in (IsmbMessage *self, const char *lang, const char *subject)
{
  g_return_if_fail (ISMB_IS_MESSAGE (self));
  _ismb_stanza_set_text_in (ISMB_STANZA (self), "subject", lang, subject);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SUBJECT]);
}

/**
 * ismb_message_list_subject_langs:
 * @self: a message
 *
 * In which languages the subject is there; at most 64 of them.
 *
 * Returns: (transfer full): the languages, in their order; an empty one where neither the
 *   subject nor the message states it
 */
char **
ismb_message_list_subject_langs (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_list_text_langs (ISMB_STANZA (self), "subject");
}

/**
 * ismb_message_get_thread: (get-property thread)
 * @self: a message
 *
 * The conversation it belongs to.
 *
 * Returns: (transfer none) (nullable): the thread; %NULL where there is none
 */
const char *
ismb_message_get_thread (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_peek_child (ISMB_STANZA (self), "thread", ISMB_NS_CLIENT);
}

static IsmbNode *
find_thread (IsmbMessage *self)
{
  IsmbNode *root = ismb_tree_root (_ismb_stanza_get_tree (ISMB_STANZA (self)));

  return ismb_node_find (root, "thread", ISMB_NS_CLIENT);
}

/**
 * ismb_message_set_thread: (set-property thread)
 * @self: a message
 * @thread: (nullable): a word no other conversation has; %NULL for none
 *
 * Says which conversation it belongs to. The parent thread stays, unless @thread is %NULL.
 */
void
ismb_message_set_thread (IsmbMessage *self, const char *thread)
{
  IsmbNode *node;

  g_return_if_fail (ISMB_IS_MESSAGE (self));
  node = find_thread (self);
  if (node != NULL && thread != NULL)
    ismb_tree_set_text (_ismb_stanza_get_tree (ISMB_STANZA (self)), node, thread);
  else
    ismb_stanza_set_child_text (ISMB_STANZA (self), "thread", NULL, thread);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_THREAD]);
}

/**
 * ismb_message_get_parent_thread: (get-property parent-thread)
 * @self: a message
 *
 * The conversation from which that of the message branched off (RFC 6121, 5.2.5).
 *
 * Returns: (transfer none) (nullable): the parent thread; %NULL where there is none
 */
const char *
ismb_message_get_parent_thread (IsmbMessage *self)
{
  IsmbNode *node;

  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  node = find_thread (self);
  return node != NULL ? ismb_node_get (node, "parent") : NULL;
}

/**
 * ismb_message_set_parent_thread: (set-property parent-thread)
 * @self: a message
 * @parent_thread: (nullable): the thread of another conversation; %NULL for none
 *
 * Says from which conversation that of the message branched off.
 */
void
ismb_message_set_parent_thread (IsmbMessage *self, const char *parent_thread)
{
  g_return_if_fail (ISMB_IS_MESSAGE (self));
  if (find_thread (self) == NULL && parent_thread != NULL)
    ismb_stanza_set_child_text (ISMB_STANZA (self), "thread", NULL, "");
  if (find_thread (self) != NULL)
    ismb_tree_set (_ismb_stanza_get_tree (ISMB_STANZA (self)), find_thread (self), "parent",
                   parent_thread);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PARENT_THREAD]);
}

/**
 * ismb_message_get_nick: (get-property nick)
 * @self: a message
 *
 * What the sender wants to be called (XEP-0172). Anybody may claim any name.
 *
 * Returns: (transfer none) (nullable): the nickname; %NULL where there is none
 */
const char *
ismb_message_get_nick (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return _ismb_stanza_peek_child (ISMB_STANZA (self), "nick", ISMB_NS_NICK);
}

/**
 * ismb_message_set_nick: (set-property nick)
 * @self: a message
 * @nick: (nullable): a nickname, UTF-8; %NULL for none
 *
 * Says what the sender wants to be called.
 */
void
ismb_message_set_nick (IsmbMessage *self, const char *nick)
{
  g_return_if_fail (ISMB_IS_MESSAGE (self));
  ismb_stanza_set_child_text (ISMB_STANZA (self), "nick", ISMB_NS_NICK, nick);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NICK]);
}

static gboolean
is_of_room (IsmbMessage *self)
{
  return g_str_equal (ismb_stanza_get_stanza_type (ISMB_STANZA (self)), "groupchat")
         && ismb_stanza_get_from_jid (ISMB_STANZA (self)) != NULL;
}

/**
 * ismb_message_get_muc_room:
 * @self: a message
 *
 * The room that a `groupchat` message comes from (XEP-0045).
 *
 * Returns: (transfer none) (nullable): the room's bare address; %NULL for a message of another type
 */
const char *
ismb_message_get_muc_room (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return is_of_room (self) ? ismb_jid_get_bare (ismb_stanza_get_from_jid (ISMB_STANZA (self)))
                           : NULL;
}

/**
 * ismb_message_get_muc_nick:
 * @self: a message
 *
 * Who in the room has said what a `groupchat` message says (XEP-0045).
 *
 * Returns: (transfer none) (nullable): the nickname in the room; %NULL where it is the room itself,
 *   and for a message of another type
 */
const char *
ismb_message_get_muc_nick (IsmbMessage *self)
{
  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  return is_of_room (self) ? ismb_jid_get_resource (ismb_stanza_get_from_jid (ISMB_STANZA (self)))
                           : NULL;
}

/* What a conversation is known by, of a message that is about to be another. */
typedef struct
{
  const char *thread;
  const char *parent;
} Conversation;

static Conversation
get_conversation (IsmbMessage *self)
{
  Conversation found = { ismb_message_get_thread (self), ismb_message_get_parent_thread (self) };

  if (found.thread != NULL && strlen (found.thread) > THREAD_MAX)
    found.thread = found.parent = NULL;
  if (found.parent != NULL && strlen (found.parent) > THREAD_MAX)
    found.parent = NULL;
  return found;
}

static void
turn_round (IsmbMessage *self, IsmbJid *to, const char *type, const char *id)
{
  Conversation conversation = get_conversation (self);

  _ismb_stanza_turn_round (ISMB_STANZA (self), to, g_str_equal (type, "normal") ? NULL : type, id);
  if (conversation.thread != NULL)
    ismb_message_set_thread (self, conversation.thread);
  if (conversation.parent != NULL)
    ismb_message_set_parent_thread (self, conversation.parent);
}

/**
 * ismb_message_reply:
 * @self: a message that was received
 * @body: (nullable): the text of the reply, UTF-8; %NULL for none
 *
 * Makes the message its own reply, in place: to its sender, or to the room where it is a
 * `groupchat`, with its type and its thread, and with nothing else of what it was. A thread longer
 * than 1,024 bytes is not repeated: what a stranger chose must not make the reply too long to be
 * sent. Whoever still needs the message copies it before ([method@Ismb.Stanza.copy]).
 *
 * Returns: (transfer none) (nullable): @self; %NULL where it is an error, which is never answered
 *   (RFC 6120, 8.3.1), and stays what it is
 */
IsmbMessage *
ismb_message_reply (IsmbMessage *self, const char *body)
{
  g_autoptr (IsmbJid) room = NULL;
  IsmbJid *sender;
  const char *type;

  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  type = ismb_stanza_get_stanza_type (ISMB_STANZA (self));
  sender = ismb_stanza_get_from_jid (ISMB_STANZA (self));
  if (g_str_equal (type, "error"))
    return NULL;
  if (sender != NULL && g_str_equal (type, "groupchat"))
    room = ismb_jid_to_bare (sender);
  turn_round (self, room != NULL ? room : sender, type, NULL);
  if (body != NULL)
    ismb_message_set_body (self, body);
  return self;
}

/**
 * ismb_message_reply_error:
 * @self: a message that was received
 * @condition: why it failed: a condition of RFC 6120, 8.3.3, e.g. `not-acceptable`
 * @text: (nullable): why, for a person to read, UTF-8 in English; %NULL for none
 *
 * Makes the message the error that answers it, in place: to its sender, with its id and its thread,
 * and with nothing else of what it was.
 *
 * Returns: (transfer none) (nullable): @self; %NULL where it is an error, which is never answered
 *   (RFC 6120, 8.3.1), and stays what it is
 */
IsmbMessage *
ismb_message_reply_error (IsmbMessage *self, const char *condition, const char *text)
{
  IsmbStanza *stanza = (IsmbStanza *) self;
  const char *error_type;

  g_return_val_if_fail (ISMB_IS_MESSAGE (self), NULL);
  g_return_val_if_fail (condition != NULL, NULL);
  error_type = _ismb_stanza_error_type_of (condition);
  if (error_type == NULL)
    {
      g_critical ("\"%s\" is no condition of RFC 6120, 8.3.3; one is item-not-found", condition);
      return NULL;
    }
  if (ismb_stanza_is_error (stanza))
    return NULL;
  turn_round (self, ismb_stanza_get_from_jid (stanza), "error", ismb_stanza_get_id (stanza));
  _ismb_tree_add_error (_ismb_stanza_get_tree (stanza), error_type, condition, text);
  return self;
}
