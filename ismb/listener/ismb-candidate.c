/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-candidate.h"

#include <gnutls/crypto.h>
#include <string.h>

#define RETRY_MIN 1000 /* ms */
#define RETRY_MAX 30000
#define NEWS_PAUSE 250 /* ms between two dials, whatever discovery says */
#define NEWS_EVERY (10 * G_USEC_PER_SEC)
#define LUCK 1000
#define NEWS_SPREAD 500 /* ms over which those who were waiting come back */

typedef struct
{
  char *address;
  guint16 port;
  IsmbCandidateMark mark;
} Way;

static void
way_clear (gpointer data)
{
  g_clear_pointer (&((Way *) data)->address, g_free);
}

static GArray *
ways_new (void)
{
  GArray *ways = g_array_new (FALSE, FALSE, sizeof (Way));

  g_array_set_clear_func (ways, way_clear);
  return ways;
}

static void
add_way (GArray *ways, const char *address, guint16 port, const IsmbCandidateMark *mark)
{
  Way way = { g_strdup (address), port, *mark };

  g_array_append_val (ways, way);
}

static guint
count (const IsmbCandidate *self)
{
  return self->addresses != NULL ? g_strv_length (self->addresses) : 0;
}

static int
find (const IsmbCandidate *self, const char *address, guint16 port)
{
  for (guint i = 0; i < count (self); i++)
    if (self->ports[i] == port && g_strcmp0 (self->addresses[i], address) == 0)
      return (int) i;
  return -1;
}

static int
compare_ways (gconstpointer a, gconstpointer b)
{
  const IsmbCandidateMark *one = &((const Way *) a)->mark, *other = &((const Way *) b)->mark;

  if (one->stranger != other->stranger)
    return one->stranger ? 1 : -1;
  if (one->tries != other->tries)
    return one->tries < other->tries ? -1 : 1;
  return one->since < other->since ? -1 : 1;
}

/* All but the one that worked, in the order in which they deserve to be tried. */
static GArray *
list_known (const IsmbCandidate *self)
{
  GArray *ways = ways_new ();

  for (guint i = self->worked ? 1 : 0; i < count (self); i++)
    add_way (ways, self->addresses[i], self->ports[i], &self->marks[i]);
  g_array_sort (ways, compare_ways);
  return ways;
}

static GArray *
list_news (IsmbCandidate *self, const char *const *addresses, guint16 port)
{
  GArray *ways = ways_new ();

  for (; addresses != NULL && *addresses != NULL && port != 0; addresses++)
    if (find (self, *addresses, port) < 0 && ways->len < ISMB_CANDIDATE_WAYS_MAX)
      add_way (ways, *addresses, port, &(IsmbCandidateMark){ .since = ++self->heard });
  return ways;
}

static const Way *
look_at (GArray *ways, guint i)
{
  return i < ways->len ? &g_array_index (ways, Way, i) : NULL;
}

/* One of the news and one of those that were known, in turns; strangers last. */
static GArray *
mix (const IsmbCandidate *self, GArray *news, GArray *known)
{
  GArray *all = ways_new ();
  guint fresh = 0, old = 0;

  if (self->worked)
    add_way (all, self->addresses[0], self->ports[0], &self->marks[0]);
  while (fresh < news->len || old < known->len)
    {
      const Way *next = look_at (known, old);
      gboolean wait = fresh < news->len && (next == NULL || next->mark.stranger || fresh <= old);

      next = wait ? look_at (news, fresh++) : look_at (known, old++);
      add_way (all, next->address, next->port, &next->mark);
    }
  if (all->len > ISMB_CANDIDATE_WAYS_MAX)
    g_array_set_size (all, ISMB_CANDIDATE_WAYS_MAX);
  return all;
}

static void
take_ways (IsmbCandidate *self, GArray *ways)
{
  g_strfreev (self->addresses);
  self->addresses = g_new0 (char *, ways->len + 1);
  for (guint i = 0; i < ways->len; i++)
    {
      Way *way = &g_array_index (ways, Way, i);

      self->addresses[i] = g_steal_pointer (&way->address);
      self->ports[i] = way->port;
      self->marks[i] = way->mark;
    }
}

static void
arrange (IsmbCandidate *self, const char *const *addresses, guint16 port)
{
  g_autoptr (GArray) news = list_news (self, addresses, port);
  g_autoptr (GArray) known = list_known (self);
  g_autoptr (GArray) all = mix (self, news, known);

  take_ways (self, all);
}

/* Not one of many switches that lost the same peer does anything at the moment of another. */
static guint
roll (guint sides)
{
  guint16 dice = 0;

  gnutls_rnd (GNUTLS_RND_NONCE, &dice, sizeof dice);
  return dice % sides;
}

static void
refresh (IsmbCandidate *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->refreshed > 0 && now - self->refreshed < NEWS_EVERY)
    return;
  self->refreshed = now;
  self->held = self->dials > 0 ? now + roll (NEWS_SPREAD) * G_GINT64_CONSTANT (1000) : 0;
  self->dials = 0;
  self->failed = 0;
}

void
ismb_candidate_set (IsmbCandidate *self, const char *const *addresses, guint16 port,
                    const char *device_id)
{
  arrange (self, addresses, port);
  g_free (self->device_id);
  self->device_id = device_id != NULL && *device_id != '\0' ? g_strdup (device_id) : NULL;
  refresh (self);
}

void
ismb_candidate_clear (IsmbCandidate *self)
{
  g_clear_pointer (&self->addresses, g_strfreev);
  g_clear_pointer (&self->device_id, g_free);
  g_clear_pointer (&self->fabric, g_free);
}

void
ismb_candidate_set_fabric (IsmbCandidate *self, const char *fabric)
{
  g_free (self->fabric);
  self->fabric = fabric != NULL && *fabric != '\0' ? g_strdup (fabric) : NULL;
}

gboolean
ismb_candidate_is_of (const IsmbCandidate *self, const char *fabric_id)
{
  return self->fabric != NULL
         && g_ascii_strncasecmp (fabric_id, self->fabric, strlen (self->fabric)) == 0;
}

int
ismb_candidate_compare (const IsmbCandidate *one, const IsmbCandidate *other,
                        const char *fabric_id)
{
  gboolean first = ismb_candidate_is_of (one, fabric_id);
  gboolean second = ismb_candidate_is_of (other, fabric_id);

  if (first != second)
    return first ? -1 : 1;
  return one->marks[0].tries < other->marks[0].tries   ? -1
         : one->marks[0].tries > other->marks[0].tries ? 1
                                                       : 0;
}

const char *const *
ismb_candidate_get_addresses (const IsmbCandidate *self)
{
  static const char *const none[] = { NULL };

  return self->addresses != NULL ? (const char *const *) self->addresses : none;
}

char **
ismb_candidate_dup_addresses_at_port (const IsmbCandidate *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < count (self); i++)
    if (self->ports[i] == self->ports[0])
      g_strv_builder_add (builder, self->addresses[i]);
  return g_strv_builder_end (builder);
}

gboolean
ismb_candidate_is_somewhere (const IsmbCandidate *self)
{
  return self->addresses != NULL && self->addresses[0] != NULL;
}

void
ismb_candidate_note_dial (IsmbCandidate *self)
{
  self->dials++;
  self->dialled = g_get_monotonic_time ();
  self->luck = roll (LUCK);
}

/* It is tried first from now on. */
void
ismb_candidate_note_success (IsmbCandidate *self, const char *address, guint16 port)
{
  IsmbCandidateMark mark = { .since = ++self->heard };
  g_autoptr (GArray) all = ways_new ();

  add_way (all, address, port, &mark);
  for (guint i = 0; i < count (self) && all->len < ISMB_CANDIDATE_WAYS_MAX; i++)
    if ((int) i != find (self, address, port))
      add_way (all, self->addresses[i], self->ports[i], &self->marks[i]);
  take_ways (self, all);
  self->worked = TRUE;
  self->failed = 0;
}

/* Where a stranger is now, who was there before is no more. */
void
ismb_candidate_note_vain (IsmbCandidate *self, const char *address, guint16 port, gboolean stranger)
{
  int way = find (self, address, port);

  if (way < 0)
    return;
  self->marks[way].tries += 2;
  self->marks[way].stranger |= stranger;
  self->worked = self->worked && !(way == 0 && stranger);
  arrange (self, NULL, 0);
}

/* What had its chance goes behind what is announced from now on. */
void
ismb_candidate_note_failure (IsmbCandidate *self)
{
  for (guint i = 0; i < count (self); i++)
    self->marks[i].tries = MAX (self->marks[i].tries, 1);
  self->failed = g_get_monotonic_time ();
}

void
ismb_candidate_note_steady (IsmbCandidate *self)
{
  self->dials = 0;
  self->held = 0;
}

gboolean
ismb_candidate_has_just_failed (const IsmbCandidate *self)
{
  return self->failed > 0 &&
         g_get_monotonic_time () - self->failed < RETRY_MIN * G_GINT64_CONSTANT (1000);
}

/* Since the last dial: from 5/8 to 12/8 of a base that doubles. */
static guint
full_pause (const IsmbCandidate *self, guint rest)
{
  guint base;

  if (self->dials == 0)
    return rest > 0 ? rest : NEWS_PAUSE;
  base = MIN (RETRY_MIN << (MIN (self->dials, 6) - 1), RETRY_MAX * 2 / 3);
  return base * 5 / 8 + (guint) ((guint64) base * 7 / 8 * self->luck / LUCK);
}

guint
ismb_candidate_get_pause (const IsmbCandidate *self, guint rest)
{
  gint64 due = self->dialled + full_pause (self, rest) * G_GINT64_CONSTANT (1000);

  return MAX (1, (MAX (due, self->held) - g_get_monotonic_time ()) / 1000);
}
