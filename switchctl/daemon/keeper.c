/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "switchctld.keeper"

#include "config.h"
#include "switchctl/daemon/keeper.h"

#include "ismb/core/ismb-error.h"
#include "ismb/listener/ismb-listener-private.h"
#include "switchctl/control/duration.h"
#include "switchctl/daemon/vr.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define RETRY_MIN 1 /* seconds */
#define PATIENCE 60 /* seconds between tries, from which on there is something to say */
#define SPREAD 10   /* a tenth of what is left, so that a fabric does not ask all at once */
#define SPREAD_LATE 30 /* seconds, where it is time already */

struct _SwitchKeeper
{
  GObject parent_instance;

  const SwitchConfig *config;
  IsmbFabric *fabric;
  GPtrArray *vrs;

  guint timer;
  gboolean running;
  gint64 due;                /* when the fabric says to ask; 0: never */
  gint64 renewal;            /* the same, spread */
  gint64 retry;              /* seconds, after a failure; 0: none so far */
  GCancellable *cancellable; /* while we ask */
  guint next_vr;             /* whom to ask next of them */
  gint64 clock_warned, expiry_warned; /* monotonic seconds, or G_MININT64 / 2 */
};

G_DEFINE_FINAL_TYPE (SwitchKeeper, switch_keeper, G_TYPE_OBJECT)

static void
switch_keeper_dispose (GObject *object)
{
  SwitchKeeper *self = SWITCH_KEEPER (object);

  switch_keeper_stop (self);
  g_clear_object (&self->fabric);
  G_OBJECT_CLASS (switch_keeper_parent_class)->dispose (object);
}

static void
switch_keeper_class_init (SwitchKeeperClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = switch_keeper_dispose;
}

static void
switch_keeper_init (SwitchKeeper *self)
{
  self->clock_warned = self->expiry_warned = G_MININT64 / 2;
}

static gint64
now_of (SwitchKeeper *self)
{
  return ismb_clock_now (ismb_fabric_get_clock (self->fabric));
}

static gboolean
is_registrar (SwitchKeeper *self)
{
  return ismb_fabric_get_authority (self->fabric) != NULL;
}

/* --- warnings --- */

static gboolean
is_new_day (gint64 *warned)
{
  gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;

  if (now - *warned < DAY)
    return FALSE;
  *warned = now;
  return TRUE;
}

static char *
format_time (gint64 time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (time);

  return date != NULL ? g_date_time_format (date, "%F %R UTC") : g_strdup ("?");
}

static void
warn_of_clock (SwitchKeeper *self)
{
  IsmbClock *clock = ismb_fabric_get_clock (self->fabric);
  g_autofree char *host = format_time (ismb_clock_get_host (clock));
  g_autofree char *floor = format_time (ismb_clock_get_floor (clock));

  if (ismb_clock_is_behind (clock) && is_new_day (&self->clock_warned))
    g_warning ("the clock of this host says %s, and it is %s at least: set it (NTP, or `date -s`); "
               "until then certificates are judged by the later of the two. If it is the later one "
               "that is wrong, as this clock was ahead once, remove %s/clock and restart the daemon",
               host, floor, self->config->state_dir);
}

/* Two thirds are over, and nobody renewed it. In less time than that a switch that has just
 * started, or a registrar that just starts, is not there yet. */
static void
warn_of_expiry (SwitchKeeper *self, const GError *error)
{
  gint64 left = ismb_fabric_get_expiry (self->fabric) - now_of (self);
  g_autofree char *text = switch_duration_to_text (left);

  if (self->retry < MIN (PATIENCE, left / 8) || !is_new_day (&self->expiry_warned))
    return;
  if (left > 0)
    g_warning ("the certificate of this switch ends in %s, and could not be renewed: %s; its "
               "registrar must be up and reachable before that",
               text, error->message);
  else
    g_warning ("the certificate of this switch has ended, and others let it in no more: let it join "
               "again, with `switchctl fabric join` and a new invitation");
}

static void
keep_clock (SwitchKeeper *self)
{
  g_autoptr (GError) error = NULL;

  if (!ismb_clock_keep (ismb_fabric_get_clock (self->fabric), &error))
    g_warning ("%s", error->message);
}

/* --- when --- */

static void turn (SwitchKeeper *self);

static gboolean
on_timer (gpointer user_data)
{
  SwitchKeeper *self = user_data;

  self->timer = 0;
  turn (self);
  return G_SOURCE_REMOVE;
}

/* The fabric says nothing of a registrar's own certificate, which nobody else renews. */
static gint64
find_renewal (SwitchKeeper *self)
{
  if (!is_registrar (self))
    return ismb_fabric_get_renewal (self->fabric);
  return ismb_fabric_get_expiry (self->fabric) - self->config->certificate_lifetime / 3;
}

static void
plan_renewal (SwitchKeeper *self)
{
  gint64 now = now_of (self);
  gint64 left = 0, spread = 0;

  self->retry = 0;
  self->due = self->renewal = find_renewal (self);
  left = ismb_fabric_get_expiry (self->fabric) - MAX (self->due, now);
  spread = CLAMP (left / SPREAD, 0, self->due > now ? DAY : SPREAD_LATE);
  if (self->due > 0 && !is_registrar (self))
    self->renewal += g_random_int_range (0, (gint32) spread + 1);
}

/* A rollover elsewhere is learned by the way. */
static void
plan_again (SwitchKeeper *self)
{
  gint64 due = find_renewal (self);

  if (self->cancellable == NULL && due > 0 && (self->due == 0 || due < self->due))
    plan_renewal (self);
}

static void
schedule (SwitchKeeper *self)
{
  gint64 wait = HOUR;

  g_clear_handle_id (&self->timer, g_source_remove);
  if (!self->running)
    return;
  if (self->renewal > 0 && self->cancellable == NULL)
    wait = CLAMP (self->renewal - now_of (self), RETRY_MIN, HOUR);
  self->timer = g_timeout_add_seconds ((guint) wait, on_timer, self);
}

/* Sooner at first, as a switch that has just started has no links yet; and never so late that
 * what is left is over before the next try. */
static void
retry_later (SwitchKeeper *self)
{
  gint64 left = ismb_fabric_get_expiry (self->fabric) - now_of (self);
  gint64 most = left > 0 ? CLAMP (left / 8, RETRY_MIN, HOUR) : HOUR;

  self->retry = is_registrar (self) ? most : CLAMP (2 * self->retry, RETRY_MIN, most);
  self->renewal = now_of (self) + self->retry;
}

/* --- asking --- */

static void ask_next (SwitchKeeper *self, GError *reason);

static void
on_asked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SwitchKeeper) self = user_data;
  GError *error = NULL;
  gboolean renewed = _ismb_listener_renew_finish (ISMB_LISTENER (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_error_free (error);
      return;
    }
  if (!renewed)
    {
      ask_next (self, error);
      return;
    }
  g_clear_object (&self->cancellable);
  self->expiry_warned = G_MININT64 / 2;
  plan_renewal (self);
  schedule (self);
}

static IsmbListener *
find_next_listener (SwitchKeeper *self)
{
  IsmbListener *listener = NULL;

  while (listener == NULL && self->next_vr < self->vrs->len)
    listener = switch_vr_get_listener (g_ptr_array_index (self->vrs, self->next_vr++));
  return listener;
}

/* Takes `reason`, why the one before was none, or NULL. */
static void
ask_next (SwitchKeeper *self, GError *reason)
{
  g_autoptr (GError) error = reason;
  IsmbListener *listener = find_next_listener (self);

  if (listener != NULL)
    {
      _ismb_listener_renew_async (listener, self->cancellable, on_asked, g_object_ref (self));
      return;
    }
  g_clear_object (&self->cancellable);
  if (error == NULL)
    error = g_error_new_literal (ISMB_ERROR, ISMB_ERROR_NOT_FOUND, "no virtual router is up");
  g_info ("the certificate was not renewed: %s", error->message);
  warn_of_expiry (self, error);
  retry_later (self);
  schedule (self);
}

static void
renew_registrar (SwitchKeeper *self)
{
  g_autoptr (GError) error = NULL;

  if (ismb_fabric_renew_registrar (self->fabric, &error))
    {
      plan_renewal (self);
      if (self->renewal <= now_of (self)) /* it finds that it is not time yet */
        retry_later (self);
      return;
    }
  warn_of_expiry (self, error);
  retry_later (self);
}

static void
renew (SwitchKeeper *self)
{
  if (self->cancellable != NULL)
    return;
  if (is_registrar (self))
    {
      renew_registrar (self);
      return;
    }
  self->next_vr = 0;
  self->cancellable = g_cancellable_new ();
  ask_next (self, NULL);
}

static void
turn (SwitchKeeper *self)
{
  keep_clock (self);
  warn_of_clock (self);
  plan_again (self);
  if (self->renewal > 0 && self->renewal <= now_of (self))
    renew (self);
  schedule (self);
}

/* --- public --- */

static void
on_fabric_changed (SwitchKeeper *self)
{
  if (self->cancellable == NULL)
    plan_renewal (self);
  schedule (self);
}

SwitchKeeper *
switch_keeper_new (const SwitchConfig *config, IsmbFabric *fabric, GPtrArray *vrs)
{
  SwitchKeeper *self = g_object_new (SWITCH_TYPE_KEEPER, NULL);

  self->config = config;
  self->fabric = g_object_ref (fabric);
  self->vrs = vrs;
  g_signal_connect_object (fabric, "changed", G_CALLBACK (on_fabric_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

void
switch_keeper_start (SwitchKeeper *self)
{
  self->running = TRUE;
  plan_renewal (self);
  turn (self);
}

void
switch_keeper_stop (SwitchKeeper *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->running)
    keep_clock (self);
  self->running = FALSE;
}
