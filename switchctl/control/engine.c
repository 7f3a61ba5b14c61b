/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctl.control.engine"
#include "config.h"
#include "switchctl/control/engine.h"

#include <string.h>

G_DEFINE_INTERFACE (SwitchEngine, switch_engine, G_TYPE_OBJECT)

static void
switch_engine_default_init (SwitchEngineInterface *iface)
{
}

GStrv
switch_engine_resolve (SwitchEngine *self, const char *command, GError **error)
{
  return SWITCH_ENGINE_GET_IFACE (self)->resolve (self, command, error);
}

void
switch_engine_run_async (SwitchEngine *self, const char *command, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  SWITCH_ENGINE_GET_IFACE (self)->run_async (self, command, cancellable, callback, user_data);
}

SwitchResult *
switch_engine_run_finish (SwitchEngine *self, GAsyncResult *result, GError **error)
{
  return SWITCH_ENGINE_GET_IFACE (self)->run_finish (self, result, error);
}

/* A command may print anything; a message carries characters of XML 1.0 only. */
static char *
make_sayable (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *out = g_string_sized_new (strlen (valid));

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);
      gboolean blank = character == '\t' || character == '\n' || character == '\r';
      gboolean forbidden
        = (character < 0x20 && !blank) || character == 0xfffe || character == 0xffff;

      g_string_append_unichar (out, forbidden ? 0xfffd : character);
    }
  return g_string_free (out, FALSE);
}

SwitchResult *
switch_result_new (int status, const char *text, gint64 duration)
{
  SwitchResult *self = g_new0 (SwitchResult, 1);

  self->status = status;
  self->text = make_sayable (text);
  self->duration = duration;
  return self;
}

void
switch_result_free (SwitchResult *self)
{
  g_free (self->text);
  g_free (self);
}
