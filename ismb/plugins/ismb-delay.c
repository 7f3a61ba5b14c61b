/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.plugins.delay"

#include "config.h"
#include "ismb/plugins/ismb-delay.h"

#include "ismb/core/ismb-namespaces.h"

/**
 * IsmbDelay:
 *
 * When a stanza was sent that comes late, as whoever kept it says (XEP-0203): a server that had no
 * receiver for it, as a rule. Ask a stanza for it with [method@Ismb.Stanza.get_payload].
 */
struct _IsmbDelay
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDelay, ismb_delay, ISMB_TYPE_PAYLOAD)

static void
ismb_delay_class_init (IsmbDelayClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "delay", ISMB_NS_DELAY);
}

static void
ismb_delay_init (IsmbDelay *self)
{
}

/**
 * ismb_delay_new:
 * @stamp: when the stanza was sent
 * @from: (nullable): who kept it
 * @reason: (nullable): why it comes late, for a person to read
 *
 * Makes a delay to add to a stanza.
 *
 * Returns: (transfer full): the delay
 */
IsmbDelay *
ismb_delay_new (GDateTime *stamp, IsmbJid *from, const char *reason)
{
  IsmbDelay *self;
  IsmbElement *element;
  g_autoptr (GDateTime) utc = NULL;
  g_autofree char *text = NULL;

  g_return_val_if_fail (stamp != NULL, NULL);
  self = g_object_new (ISMB_TYPE_DELAY, NULL);
  element = ismb_payload_get_element (ISMB_PAYLOAD (self));
  utc = g_date_time_to_utc (stamp);
  text = g_date_time_format (utc, "%Y-%m-%dT%H:%M:%SZ"); /* XEP-0082 */
  ismb_element_set_attribute (element, "stamp", text);
  if (from != NULL)
    ismb_element_set_attribute (element, "from", ismb_jid_get_full (from));
  if (reason != NULL)
    ismb_element_set_text (element, reason);
  return self;
}

/**
 * ismb_delay_get_stamp:
 * @self: a delay
 *
 * When the stanza was sent.
 *
 * Returns: (transfer full) (nullable): the time; %NULL where it is none
 */
GDateTime *
ismb_delay_get_stamp (IsmbDelay *self)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  const char *text;

  g_return_val_if_fail (ISMB_IS_DELAY (self), NULL);
  text = ismb_element_get_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "stamp");
  return text != NULL ? g_date_time_new_from_iso8601 (text, utc) : NULL;
}

/**
 * ismb_delay_get_from:
 * @self: a delay
 *
 * Who kept the stanza.
 *
 * Returns: (transfer full) (nullable): the address; %NULL where none is stated
 */
IsmbJid *
ismb_delay_get_from (IsmbDelay *self)
{
  const char *text;

  g_return_val_if_fail (ISMB_IS_DELAY (self), NULL);
  text = ismb_element_get_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "from");
  return text != NULL ? ismb_jid_new (text, NULL) : NULL;
}

/**
 * ismb_delay_get_text:
 * @self: a delay
 *
 * Why the stanza comes late, for a person to read.
 *
 * Returns: (transfer full): the text; empty where there is none
 */
char *
ismb_delay_get_text (IsmbDelay *self)
{
  g_return_val_if_fail (ISMB_IS_DELAY (self), NULL);
  return ismb_element_get_text (ismb_payload_get_element (ISMB_PAYLOAD (self)));
}

/**
 * IsmbDelayedDelivery:
 *
 * Delayed Delivery (XEP-0203), `xep_0203`: has the client say that it knows [class@Ismb.Delay],
 * whose name in paths is `delay`.
 */
struct _IsmbDelayedDelivery
{
  IsmbPlugin parent_instance;
};

G_DEFINE_FINAL_TYPE (IsmbDelayedDelivery, ismb_delayed_delivery, ISMB_TYPE_PLUGIN)

static void
ismb_delayed_delivery_enabled (IsmbPlugin *plugin)
{
  ismb_payload_register (ISMB_TYPE_DELAY, "delay");
  ismb_plugin_add_feature (plugin, ISMB_NS_DELAY);
}

static void
ismb_delayed_delivery_class_init (IsmbDelayedDeliveryClass *klass)
{
  ISMB_PLUGIN_CLASS (klass)->enabled = ismb_delayed_delivery_enabled;
}

static void
ismb_delayed_delivery_init (IsmbDelayedDelivery *self)
{
}
