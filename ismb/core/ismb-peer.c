/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.core.peer"
#include "config.h"
#include "ismb/core/ismb-peer.h"

#include "ismb/core/ismb-peer-private.h"

G_DEFINE_ENUM_TYPE (IsmbTrust, ismb_trust,
                    G_DEFINE_ENUM_VALUE (ISMB_TRUST_PENDING, "pending"),
                    G_DEFINE_ENUM_VALUE (ISMB_TRUST_MEMBER, "member"),
                    G_DEFINE_ENUM_VALUE (ISMB_TRUST_REVOKED, "revoked"),
                    G_DEFINE_ENUM_VALUE (ISMB_TRUST_OPEN, "open"))

G_DEFINE_ENUM_TYPE (IsmbLinkState, ismb_link_state,
                    G_DEFINE_ENUM_VALUE (ISMB_LINK_STATE_IDLE, "idle"),
                    G_DEFINE_ENUM_VALUE (ISMB_LINK_STATE_UP, "up"),
                    G_DEFINE_ENUM_VALUE (ISMB_LINK_STATE_LOST, "lost"))

/**
 * IsmbPeer:
 *
 * Another switch (or a virtual router of one) on the bus: where it is, whether it belongs to the
 * fabric, and whether a stream to it is open. Those of [method@Ismb.Client.get_peers] are kept up to
 * date and notify of what changes; all others are as it was known at one moment.
 */
struct _IsmbPeer
{
  GObject parent_instance;
  char *domain;
  char *vr;
  char *id;
  char **addresses;
  guint port;
  IsmbTrust trust;
  IsmbLinkState link;
  gboolean local;
  guint round_trip;
};

G_DEFINE_FINAL_TYPE (IsmbPeer, ismb_peer, G_TYPE_OBJECT)

enum
{
  PROP_DOMAIN = 1,
  PROP_VR,
  PROP_ID,
  PROP_ADDRESSES,
  PROP_PORT,
  PROP_TRUST,
  PROP_LINK,
  PROP_IS_LOCAL,
  PROP_ROUND_TRIP,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

static void
ismb_peer_finalize (GObject *object)
{
  IsmbPeer *self = ISMB_PEER (object);

  g_free (self->domain);
  g_free (self->vr);
  g_free (self->id);
  g_strfreev (self->addresses);
  G_OBJECT_CLASS (ismb_peer_parent_class)->finalize (object);
}

static void
ismb_peer_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  IsmbPeer *self = ISMB_PEER (object);

  switch (id)
    {
    case PROP_DOMAIN: g_value_set_string (value, self->domain); break;
    case PROP_VR: g_value_set_string (value, self->vr); break;
    case PROP_ID: g_value_set_string (value, self->id); break;
    case PROP_ADDRESSES: g_value_set_boxed (value, self->addresses); break;
    case PROP_PORT: g_value_set_uint (value, self->port); break;
    case PROP_TRUST: g_value_set_enum (value, self->trust); break;
    case PROP_LINK: g_value_set_enum (value, self->link); break;
    case PROP_IS_LOCAL: g_value_set_boolean (value, self->local); break;
    case PROP_ROUND_TRIP: g_value_set_uint (value, self->round_trip); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* What is not known is an empty string or an empty list, never NULL. */
static char *
dup_or_empty (const GValue *value)
{
  const char *text = g_value_get_string (value);

  return g_strdup (text != NULL ? text : "");
}

static void
ismb_peer_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  IsmbPeer *self = ISMB_PEER (object);
  static const char *const none[] = { NULL };
  const char *const *addresses;

  switch (id)
    {
    case PROP_DOMAIN: self->domain = dup_or_empty (value); break;
    case PROP_VR: self->vr = dup_or_empty (value); break;
    case PROP_ID: self->id = dup_or_empty (value); break;
    case PROP_ADDRESSES:
      addresses = g_value_get_boxed (value);
      self->addresses = g_strdupv ((char **) (addresses != NULL ? addresses : none));
      break;
    case PROP_PORT: self->port = g_value_get_uint (value); break;
    case PROP_TRUST: self->trust = g_value_get_enum (value); break;
    case PROP_LINK: self->link = g_value_get_enum (value); break;
    case PROP_IS_LOCAL: self->local = g_value_get_boolean (value); break;
    default: G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
ismb_peer_class_init (IsmbPeerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = ismb_peer_finalize;
  object_class->get_property = ismb_peer_get_property;
  object_class->set_property = ismb_peer_set_property;

  /**
   * IsmbPeer:domain: (getter get_domain)
   *
   * The domain of its addresses, e.g. `leaf1.0a1b2c`.
   */
  properties[PROP_DOMAIN] = g_param_spec_string ("domain", NULL, NULL, "", flags);
  /**
   * IsmbPeer:vr: (getter get_vr)
   *
   * The virtual router of ours in which it is seen.
   */
  properties[PROP_VR] = g_param_spec_string ("vr", NULL, NULL, "", flags);
  /**
   * IsmbPeer:id: (getter get_id)
   *
   * The fingerprint of its device key; empty while unknown.
   */
  properties[PROP_ID] = g_param_spec_string ("id", NULL, NULL, "", flags);
  /**
   * IsmbPeer:addresses: (getter get_addresses)
   *
   * Its numeric IP addresses, the best one first.
   */
  properties[PROP_ADDRESSES] = g_param_spec_boxed ("addresses", NULL, NULL, G_TYPE_STRV, flags);
  /**
   * IsmbPeer:port: (getter get_port)
   *
   * The TCP port it listens on; 0 while unknown.
   */
  properties[PROP_PORT] = g_param_spec_uint ("port", NULL, NULL, 0, G_MAXUINT16, 0, flags);
  /**
   * IsmbPeer:trust: (getter get_trust)
   *
   * What it is to this fabric.
   */
  properties[PROP_TRUST] = g_param_spec_enum ("trust", NULL, NULL, ISMB_TYPE_TRUST,
                                              ISMB_TRUST_PENDING, flags);
  /**
   * IsmbPeer:link: (getter get_link)
   *
   * How it is reached.
   */
  properties[PROP_LINK] = g_param_spec_enum ("link", NULL, NULL, ISMB_TYPE_LINK_STATE,
                                             ISMB_LINK_STATE_IDLE, flags);
  /**
   * IsmbPeer:is-local: (getter get_local)
   *
   * Whether it is this switch itself. (`local` alone is a keyword in Lua.)
   */
  properties[PROP_IS_LOCAL] = g_param_spec_boolean ("is-local", NULL, NULL, FALSE, flags);
  /**
   * IsmbPeer:round-trip: (getter get_round_trip)
   *
   * How long a word to it and back takes, in microseconds: as the listener's stream to it was
   * measured of late, when it was quiet. 0 while it is not known, and while no stream is open.
   */
  properties[PROP_ROUND_TRIP] = g_param_spec_uint ("round-trip", NULL, NULL, 0, G_MAXUINT, 0,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
}

static void
ismb_peer_init (IsmbPeer *self)
{
}

/* The nick of an enumeration's value, as it stands on the control bus and in listings. */
static const char *
enum_to_nick (GType type, int value)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (type);
  GEnumValue *found = g_enum_get_value (G_ENUM_CLASS (klass), value);

  return found != NULL ? found->value_nick : NULL;
}

static gboolean
enum_from_nick (GType type, const char *nick, int *value)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (type);
  GEnumValue *found = g_enum_get_value_by_nick (G_ENUM_CLASS (klass), nick);

  if (found == NULL)
    return FALSE;
  *value = found->value;
  return TRUE;
}

/**
 * ismb_trust_to_string:
 * @trust: a trust
 *
 * The word for it: `pending`, `member`, `revoked` or `open`.
 *
 * Returns: (transfer none): the word
 */
const char *
ismb_trust_to_string (IsmbTrust trust)
{
  return enum_to_nick (ISMB_TYPE_TRUST, trust);
}

/**
 * ismb_link_state_to_string:
 * @state: a state of a link
 *
 * The word for it: `idle`, `up` or `lost`.
 *
 * Returns: (transfer none): the word
 */
const char *
ismb_link_state_to_string (IsmbLinkState state)
{
  return enum_to_nick (ISMB_TYPE_LINK_STATE, state);
}

/**
 * ismb_peer_new:
 * @domain: the domain of its addresses
 * @vr: (nullable): the virtual router of ours in which it is seen
 * @id: (nullable): the fingerprint of its device key
 * @addresses: (nullable) (array zero-terminated=1): numeric IP addresses, the best one first
 * @port: the TCP port it listens on, 0 while unknown
 * @trust: what it is to this fabric
 * @link: how it is reached
 * @local: whether it is this switch itself
 *
 * Makes a peer. Everything is copied.
 *
 * Returns: (transfer full): the peer
 */
IsmbPeer *
ismb_peer_new (const char *domain, const char *vr, const char *id, const char *const *addresses,
               guint16 port, IsmbTrust trust, IsmbLinkState link, gboolean local)
{
  g_return_val_if_fail (domain != NULL, NULL);
  return g_object_new (ISMB_TYPE_PEER,
                       "domain", domain,
                       "vr", vr,
                       "id", id,
                       "addresses", addresses,
                       "port", (guint) port,
                       "trust", trust,
                       "link", link,
                       "is-local", local,
                       NULL);
}

/**
 * ismb_peer_get_domain: (get-property domain)
 * @self: a peer
 *
 * The domain of its addresses, e.g. `leaf1.0a1b2c`.
 *
 * Returns: (transfer none): the domain
 */
const char *
ismb_peer_get_domain (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), NULL);
  return self->domain;
}

/**
 * ismb_peer_get_vr: (get-property vr)
 * @self: a peer
 *
 * The virtual router of ours in which it is seen.
 *
 * Returns: (transfer none): the name of the virtual router
 */
const char *
ismb_peer_get_vr (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), NULL);
  return self->vr;
}

/**
 * ismb_peer_get_id: (get-property id)
 * @self: a peer
 *
 * The fingerprint of its device key.
 *
 * Returns: (transfer none): the fingerprint; empty while unknown
 */
const char *
ismb_peer_get_id (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), NULL);
  return self->id;
}

/**
 * ismb_peer_get_addresses: (get-property addresses)
 * @self: a peer
 *
 * Its numeric IP addresses, the best one first.
 *
 * Returns: (transfer none) (array zero-terminated=1): the addresses; perhaps none
 */
const char *const *
ismb_peer_get_addresses (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), NULL);
  return (const char *const *) self->addresses;
}

/**
 * ismb_peer_get_port: (get-property port)
 * @self: a peer
 *
 * The TCP port it listens on.
 *
 * Returns: the port; 0 while unknown
 */
guint16
ismb_peer_get_port (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), 0);
  return self->port;
}

/**
 * ismb_peer_get_trust: (get-property trust)
 * @self: a peer
 *
 * What it is to this fabric.
 *
 * Returns: the trust
 */
IsmbTrust
ismb_peer_get_trust (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), ISMB_TRUST_PENDING);
  return self->trust;
}

/**
 * ismb_peer_get_link: (get-property link)
 * @self: a peer
 *
 * How it is reached.
 *
 * Returns: the state of the link to it
 */
IsmbLinkState
ismb_peer_get_link (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), ISMB_LINK_STATE_IDLE);
  return self->link;
}

/**
 * ismb_peer_get_local: (get-property is-local)
 * @self: a peer
 *
 * Whether it is this switch itself.
 *
 * Returns: %TRUE if it is
 */
gboolean
ismb_peer_get_local (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), FALSE);
  return self->local;
}

/**
 * ismb_peer_get_round_trip: (get-property round-trip)
 * @self: a peer
 *
 * How long a word to it and back takes.
 *
 * Returns: microseconds; 0 while unknown
 */
guint
ismb_peer_get_round_trip (IsmbPeer *self)
{
  g_return_val_if_fail (ISMB_IS_PEER (self), 0);
  return self->round_trip;
}

void
_ismb_peer_set_round_trip (IsmbPeer *self, guint microseconds)
{
  if (self->round_trip == microseconds)
    return;
  self->round_trip = microseconds;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ROUND_TRIP]);
}

static void
update_string (IsmbPeer *self, char **held, const char *news, int property)
{
  if (g_str_equal (*held, news))
    return;
  g_free (*held);
  *held = g_strdup (news);
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

static void
update_addresses (IsmbPeer *self, char **news)
{
  if (g_strv_equal ((const char *const *) self->addresses, (const char *const *) news))
    return;
  g_strfreev (self->addresses);
  self->addresses = g_strdupv (news);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ADDRESSES]);
}

#define UPDATE(field, property)                                                                    \
  if (self->field != news->field)                                                                  \
    {                                                                                              \
      self->field = news->field;                                                                   \
      g_object_notify_by_pspec (G_OBJECT (self), properties[property]);                            \
    }

/* What is bound to one of them sees all of them new. */
void
_ismb_peer_update (IsmbPeer *self, IsmbPeer *news)
{
  g_return_if_fail (g_str_equal (self->domain, news->domain));
  g_object_freeze_notify (G_OBJECT (self));
  update_string (self, &self->vr, news->vr, PROP_VR);
  update_string (self, &self->id, news->id, PROP_ID);
  update_addresses (self, news->addresses);
  UPDATE (port, PROP_PORT);
  UPDATE (trust, PROP_TRUST);
  UPDATE (link, PROP_LINK);
  UPDATE (local, PROP_IS_LOCAL);
  _ismb_peer_set_round_trip (self, news->round_trip);
  g_object_thaw_notify (G_OBJECT (self));
}

gboolean
_ismb_peer_equal (IsmbPeer *self, IsmbPeer *other)
{
  g_autoptr (GVariant) one = g_variant_ref_sink (ismb_peer_to_variant (self));
  g_autoptr (GVariant) another = g_variant_ref_sink (ismb_peer_to_variant (other));

  return g_variant_equal (one, another);
}

/**
 * ismb_peer_to_variant:
 * @self: a peer
 *
 * The peer as it stands on the control bus: an `a{sv}` with `domain` s, `vr` s, `id` s,
 * `addresses` as, `port` q, `trust` s, `link` s, `local` b and `round_trip` u.
 *
 * Returns: (transfer none): a floating #GVariant
 */
GVariant *
ismb_peer_to_variant (IsmbPeer *self)
{
  GVariantDict dict;

  g_return_val_if_fail (ISMB_IS_PEER (self), NULL);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "domain", "s", self->domain);
  g_variant_dict_insert (&dict, "vr", "s", self->vr);
  g_variant_dict_insert (&dict, "id", "s", self->id);
  g_variant_dict_insert (&dict, "addresses", "^as", self->addresses);
  g_variant_dict_insert (&dict, "port", "q", (guint16) self->port);
  g_variant_dict_insert (&dict, "trust", "s", ismb_trust_to_string (self->trust));
  g_variant_dict_insert (&dict, "link", "s", ismb_link_state_to_string (self->link));
  g_variant_dict_insert (&dict, "local", "b", self->local);
  g_variant_dict_insert (&dict, "round_trip", "u", self->round_trip);
  return g_variant_dict_end (&dict);
}

/**
 * ismb_peer_new_from_variant:
 * @variant: what [method@Ismb.Peer.to_variant] made, perhaps in another program
 *
 * Reads a peer from the control bus. Keys it does not know are passed over; `round_trip` may be
 * missing.
 *
 * Returns: (transfer full) (nullable): the peer, or %NULL if a key is missing, of another type, or
 *   holds an unknown word
 */
IsmbPeer *
ismb_peer_new_from_variant (GVariant *variant)
{
  const char *domain, *vr, *id, *trust_nick, *link_nick;
  g_autofree const char **addresses = NULL;
  g_autoptr (GVariantDict) dict = NULL;
  gboolean local;
  guint16 port;
  int trust, link;
  IsmbPeer *self;

  g_return_val_if_fail (variant != NULL, NULL);
  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_VARDICT))
    return NULL;
  dict = g_variant_dict_new (variant);
  if (!g_variant_dict_lookup (dict, "domain", "&s", &domain)
      || !g_variant_dict_lookup (dict, "vr", "&s", &vr)
      || !g_variant_dict_lookup (dict, "id", "&s", &id)
      || !g_variant_dict_lookup (dict, "port", "q", &port)
      || !g_variant_dict_lookup (dict, "local", "b", &local)
      || !g_variant_dict_lookup (dict, "trust", "&s", &trust_nick)
      || !g_variant_dict_lookup (dict, "link", "&s", &link_nick)
      || !enum_from_nick (ISMB_TYPE_TRUST, trust_nick, &trust)
      || !enum_from_nick (ISMB_TYPE_LINK_STATE, link_nick, &link)
      || !g_variant_dict_lookup (dict, "addresses", "^a&s", &addresses))
    return NULL;
  self = ismb_peer_new (domain, vr, id, addresses, port, trust, link, local);
  g_variant_dict_lookup (dict, "round_trip", "u", &self->round_trip);
  return self;
}
