/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/core/ismb-payload.h"

#include "ismb/core/ismb-message.h"
#include "ismb/core/ismb-payload-private.h"

#define NS "urn:example:weather"

/* As a user writes one. */
#define TEST_TYPE_WEATHER (test_weather_get_type ())
G_DECLARE_FINAL_TYPE (TestWeather, test_weather, TEST, WEATHER, IsmbPayload)
struct _TestWeather
{
  IsmbPayload parent_instance;
};
G_DEFINE_FINAL_TYPE (TestWeather, test_weather, ISMB_TYPE_PAYLOAD)

static void
test_weather_class_init (TestWeatherClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "weather", NS);
}

static void
test_weather_init (TestWeather *self)
{
}

static const char *
test_weather_get_city (TestWeather *self)
{
  return ismb_element_get_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "city");
}

static void
test_weather_set_city (TestWeather *self, const char *city)
{
  ismb_element_set_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "city", city);
}

/* One that has not said which element it is for. */
#define TEST_TYPE_VAGUE (test_vague_get_type ())
G_DECLARE_FINAL_TYPE (TestVague, test_vague, TEST, VAGUE, IsmbPayload)
struct _TestVague
{
  IsmbPayload parent_instance;
};
G_DEFINE_FINAL_TYPE (TestVague, test_vague, ISMB_TYPE_PAYLOAD)

static void
test_vague_class_init (TestVagueClass *klass)
{
}

static void
test_vague_init (TestVague *self)
{
}

static void
assert_xml (gpointer stanza, const char *expected)
{
  g_autofree char *xml = ismb_stanza_to_string (stanza);

  g_assert_cmpstr (xml, ==, expected);
}

static TestWeather *
weather_of (gpointer stanza)
{
  return (TestWeather *) ismb_stanza_get_payload (stanza, TEST_TYPE_WEATHER);
}

static void
test_get_and_create (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, NULL);
  IsmbStanza *stanza = ISMB_STANZA (message);
  g_autoptr (IsmbPayload) made = NULL;
  g_autoptr (IsmbPayload) again = NULL;
  g_autoptr (TestWeather) got = NULL;

  g_assert_null (weather_of (message));
  assert_xml (message, "<message/>"); /* asking adds nothing */
  made = ismb_stanza_create_payload (stanza, TEST_TYPE_WEATHER);
  test_weather_set_city (TEST_WEATHER (made), "Wien");
  again = ismb_stanza_create_payload (stanza, TEST_TYPE_WEATHER);
  g_assert_cmpstr (test_weather_get_city (TEST_WEATHER (again)), ==, "Wien");
  got = weather_of (message);
  test_weather_set_city (got, "Brno");
  g_assert_cmpstr (test_weather_get_city (TEST_WEATHER (made)), ==, "Brno");
  assert_xml (message, "<message><weather xmlns='" NS "' city='Brno'/></message>");
}

static void
test_add (void)
{
  g_autoptr (IsmbMessage) first = ismb_message_new (NULL, NULL);
  g_autoptr (IsmbMessage) second = ismb_message_new (NULL, NULL);
  g_autoptr (TestWeather) weather = g_object_new (TEST_TYPE_WEATHER, NULL);

  test_weather_set_city (weather, "Wien");
  ismb_stanza_add_payload (ISMB_STANZA (first), ISMB_PAYLOAD (weather));
  test_weather_set_city (weather, "Brno"); /* it is that of the first one now */
  ismb_stanza_add_payload (ISMB_STANZA (first), ISMB_PAYLOAD (weather));
  ismb_stanza_add_payload (ISMB_STANZA (second), ISMB_PAYLOAD (weather));
  test_weather_set_city (weather, "Graz");
  assert_xml (first, "<message><weather xmlns='" NS "' city='Graz'/></message>");
  assert_xml (second, "<message><weather xmlns='" NS "' city='Brno'/></message>");
}

static void
test_remove (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "hot");
  IsmbStanza *stanza = ISMB_STANZA (message);
  g_autoptr (TestWeather) one = g_object_new (TEST_TYPE_WEATHER, NULL);
  g_autoptr (TestWeather) two = g_object_new (TEST_TYPE_WEATHER, NULL);
  g_autolist (IsmbPayload) both = NULL;

  test_weather_set_city (one, "1");
  test_weather_set_city (two, "2");
  ismb_stanza_add_payload (stanza, ISMB_PAYLOAD (one));
  ismb_stanza_add_payload (stanza, ISMB_PAYLOAD (two));
  both = ismb_stanza_list_payloads (stanza, TEST_TYPE_WEATHER);
  g_assert_cmpuint (g_list_length (both), ==, 2);
  g_assert_cmpstr (test_weather_get_city (both->next->data), ==, "2");
  g_assert_true (ismb_stanza_remove_payload (stanza, ISMB_PAYLOAD (one)));
  g_assert_false (ismb_stanza_remove_payload (stanza, ISMB_PAYLOAD (one)));
  assert_xml (message, "<message><body>hot</body><weather xmlns='" NS "' city='2'/></message>");
  ismb_stanza_add_payload (stanza, ISMB_PAYLOAD (one));
  ismb_stanza_remove_payloads (stanza, TEST_TYPE_WEATHER);
  assert_xml (message, "<message><body>hot</body></message>");
}

static void
test_registered (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, "hot");
  IsmbStanza *stanza = ISMB_STANZA (message);
  g_autoptr (IsmbPayload) made = ismb_stanza_create_payload (stanza, TEST_TYPE_WEATHER);
  g_autolist (IsmbPayload) payloads = NULL;
  const char *name = NULL, *ns = NULL;

  g_assert_cmpuint (ismb_payload_lookup ("weather"), ==, G_TYPE_INVALID);
  g_assert_null (ismb_stanza_list_payloads (stanza, ISMB_TYPE_PAYLOAD));
  ismb_payload_register (TEST_TYPE_WEATHER, "weather");
  g_assert_cmpuint (ismb_payload_lookup ("weather"), ==, TEST_TYPE_WEATHER);
  g_assert_true (_ismb_payload_find ("weather", &name, &ns));
  g_assert_cmpstr (name, ==, "weather");
  g_assert_cmpstr (ns, ==, NS);
  g_assert_false (_ismb_payload_find ("climate", &name, &ns));
  payloads = ismb_stanza_list_payloads (stanza, ISMB_TYPE_PAYLOAD);
  g_assert_cmpuint (g_list_length (payloads), ==, 1);
  g_assert_true (TEST_IS_WEATHER (payloads->data));
}

static void
test_without_element (void)
{
  g_autoptr (IsmbMessage) message = ismb_message_new (NULL, NULL);

  g_test_expect_message ("ismb.core.payload", G_LOG_LEVEL_CRITICAL, "*get_names*");
  ismb_payload_register (TEST_TYPE_VAGUE, "vague");
  g_test_assert_expected_messages ();
  g_assert_cmpuint (ismb_payload_lookup ("vague"), ==, G_TYPE_INVALID);
  g_assert_null (ismb_stanza_get_payload (ISMB_STANZA (message), TEST_TYPE_VAGUE));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/payload/get-and-create", test_get_and_create);
  g_test_add_func ("/payload/add", test_add);
  g_test_add_func ("/payload/remove", test_remove);
  g_test_add_func ("/payload/registered", test_registered);
  g_test_add_func ("/payload/without-element", test_without_element);
  return g_test_run ();
}
