/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A protocol of one's own: switches that tell each other their temperature. It has a payload, which
 * gives an element a class; a plugin, which answers who asks and asks others; and a program that
 * enables it by its name.
 *
 *   cc plugin.c $(pkg-config --cflags --libs ismb-1) -o plugin
 *   ./plugin sensor pencil                           answers, until it is interrupted
 *   ./plugin operator pencil sensor@sw2.001122/desk  asks, prints what comes, and leaves */
#include <ismb/ismb.h>

#include <stdio.h>

#define NAMESPACE "urn:example:temperature"

/* The payload: <temperature xmlns='urn:example:temperature' celsius='41'/> */

#define TYPE_TEMPERATURE (temperature_get_type ())
G_DECLARE_FINAL_TYPE (Temperature, temperature, EXAMPLE, TEMPERATURE, IsmbPayload)

struct _Temperature
{
  IsmbPayload parent_instance;
};

G_DEFINE_FINAL_TYPE (Temperature, temperature, ISMB_TYPE_PAYLOAD)

static void
temperature_class_init (TemperatureClass *klass)
{
  ismb_payload_class_set_element (ISMB_PAYLOAD_CLASS (klass), "temperature", NAMESPACE);
}

static void
temperature_init (Temperature *self)
{
}

static int
temperature_get_celsius (Temperature *self)
{
  IsmbElement *element = ismb_payload_get_element (ISMB_PAYLOAD (self));
  const char *text = ismb_element_get_attribute (element, "celsius");

  return text != NULL ? (int) g_ascii_strtoll (text, NULL, 10) : 0;
}

static void
temperature_set_celsius (Temperature *self, int celsius)
{
  g_autofree char *text = g_strdup_printf ("%d", celsius);

  ismb_element_set_attribute (ismb_payload_get_element (ISMB_PAYLOAD (self)), "celsius", text);
}

/* The plugin */

#define TYPE_SENSOR (sensor_get_type ())
G_DECLARE_FINAL_TYPE (Sensor, sensor, EXAMPLE, SENSOR, IsmbPlugin)

struct _Sensor
{
  IsmbPlugin parent_instance;
  int celsius;
};

G_DEFINE_FINAL_TYPE (Sensor, sensor, ISMB_TYPE_PLUGIN)

enum { PROP_CELSIUS = 1 };

/* Returns TRUE: it is answered. With an error, the client answers with that. */
static gboolean
on_question (IsmbClient *client, IsmbStanza *stanza, gpointer user_data, GError **error)
{
  Sensor *self = user_data;
  g_autoptr (Temperature) temperature = NULL;

  if (self->celsius == G_MININT)
    {
      g_set_error_literal (error, ISMB_STANZA_ERROR, ISMB_STANZA_ERROR_ITEM_NOT_FOUND,
                           "there is no sensor here");
      return FALSE;
    }
  ismb_iq_reply (ISMB_IQ (stanza));
  temperature = g_object_new (TYPE_TEMPERATURE, NULL);
  temperature_set_celsius (temperature, self->celsius);
  ismb_stanza_add_payload (stanza, ISMB_PAYLOAD (temperature));
  return ismb_client_send (client, stanza, error);
}

static void
sensor_enabled (IsmbPlugin *plugin)
{
  g_autoptr (IsmbMatcher) matcher = ismb_matcher_new_path ("iq@type=get/temperature", NULL);

  ismb_plugin_add_stanza_handler (plugin, matcher, on_question, plugin, NULL);
  ismb_plugin_add_feature (plugin, NAMESPACE);
}

/* A plugin's settings are its properties. */
static void
sensor_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  EXAMPLE_SENSOR (object)->celsius = g_value_get_int (value);
}

static void
sensor_class_init (SensorClass *klass)
{
  G_OBJECT_CLASS (klass)->set_property = sensor_set_property;
  ISMB_PLUGIN_CLASS (klass)->enabled = sensor_enabled;
  g_object_class_install_property (
      G_OBJECT_CLASS (klass), PROP_CELSIUS,
      g_param_spec_int ("celsius", NULL, NULL, G_MININT, G_MAXINT, G_MININT,
                        G_PARAM_WRITABLE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
sensor_init (Sensor *self)
{
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = G_TASK (user_data);
  GError *error = NULL;
  g_autoptr (IsmbIq) answer = ismb_client_query_finish (ISMB_CLIENT (source), result, &error);
  g_autoptr (IsmbPayload) said = NULL;

  if (answer != NULL)
    said = ismb_stanza_get_payload (ISMB_STANZA (answer), TYPE_TEMPERATURE);
  if (said != NULL)
    g_task_return_int (task, temperature_get_celsius (EXAMPLE_TEMPERATURE (said)));
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, ISMB_ERROR, ISMB_ERROR_BAD_STANZA, "an answer without any");
}

static void
sensor_ask_async (Sensor *self, IsmbJid *to, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (IsmbIq) iq = ismb_iq_new (to, "get");
  g_autoptr (IsmbPayload) question
      = ismb_stanza_create_payload (ISMB_STANZA (iq), TYPE_TEMPERATURE);

  ismb_client_query_async (ismb_plugin_get_client (ISMB_PLUGIN (self)), iq, 0, NULL, on_answer,
                           task);
}

/* The program */

static GMainLoop *loop;

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gssize celsius = g_task_propagate_int (G_TASK (result), &error);

  if (error != NULL)
    g_print ("it does not say: %s\n", error->message);
  else
    g_print ("it has %d degrees\n", (int) celsius);
  g_main_loop_quit (loop);
}

static void
on_session_start (IsmbClient *client, gpointer whom)
{
  Sensor *sensor = EXAMPLE_SENSOR (ismb_client_get_plugin (client, "example_sensor"));
  g_autoptr (IsmbJid) to = whom != NULL ? ismb_jid_new (whom, NULL) : NULL;

  g_print ("here as %s\n", ismb_jid_get_full (ismb_client_get_bound_jid (client)));
  ismb_client_send_presence (client, NULL, NULL, NULL);
  if (to != NULL)
    sensor_ask_async (sensor, to, on_asked, NULL);
}

static void
on_connection_failed (IsmbClient *client, IsmbFailure *reason, gpointer user_data)
{
  g_printerr ("%s\n", ismb_failure_get_message (reason));
  g_main_loop_quit (loop);
}

int
main (int argc, char **argv)
{
  g_autoptr (IsmbClient) client = NULL;
  g_autoptr (GError) error = NULL;
  GVariantDict settings;

  if (argc < 3)
    g_error ("usage: plugin NAME PASSWORD [WHOM-TO-ASK]");
  setvbuf (stdout, NULL, _IOLBF, 0);
  loop = g_main_loop_new (NULL, FALSE);
  ismb_payload_register (TYPE_TEMPERATURE, "temperature");
  ismb_plugin_register ("example_sensor", "Temperatures", TYPE_SENSOR, NULL);
  client = ismb_client_new (argv[1], argv[2], NULL);
  g_variant_dict_init (&settings, NULL);
  if (argc == 3)
    g_variant_dict_insert (&settings, "celsius", "i", 41);
  if (ismb_client_enable_plugin (client, "example_sensor", g_variant_dict_end (&settings), &error)
      == NULL)
    g_error ("%s", error->message);
  g_signal_connect (client, "session-start", G_CALLBACK (on_session_start), argv[3]);
  g_signal_connect (client, "connection-failed", G_CALLBACK (on_connection_failed), NULL);
  ismb_client_open_async (client, NULL, NULL, NULL);
  g_main_loop_run (loop);
  g_main_loop_unref (loop);
}
