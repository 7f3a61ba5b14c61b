/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-inquiries.h"

#include "ismb/core/ismb-namespaces.h"
#include "ismb/core/ismb-random.h"

#define MOST 4096
#define PATIENCE 10000 /* ms */

struct _IsmbInquiries
{
  IsmbPoller *poller;
  IsmbRoutes *routes;
  gboolean closed;
  GHashTable *pending; /* id, its inquiry's, to Inquiry, owned */
};

typedef struct
{
  IsmbInquiries *inquiries;
  IsmbWatch watch; /* no descriptor: the deadline */
  char *id, *domain;
  IsmbInquiryAnswered answered;
  gpointer user_data;
} Inquiry;

static void
inquiry_free (gpointer data)
{
  Inquiry *inquiry = data;

  ismb_poller_remove (inquiry->inquiries->poller, &inquiry->watch);
  g_free (inquiry->id);
  g_free (inquiry->domain);
  g_free (inquiry);
}

/* It is out of the table before anybody hears of it. */
static void
finish (Inquiry *inquiry, IsmbFrame *answer)
{
  g_hash_table_steal (inquiry->inquiries->pending, inquiry->id);
  inquiry->answered (inquiry->domain, answer, inquiry->user_data);
  inquiry_free (inquiry);
}

static void
on_deadline (IsmbWatch *watch)
{
  finish ((Inquiry *) ((char *) watch - G_STRUCT_OFFSET (Inquiry, watch)), NULL);
}

IsmbInquiries *
ismb_inquiries_new (IsmbPoller *poller, IsmbRoutes *routes)
{
  IsmbInquiries *self = g_new0 (IsmbInquiries, 1);

  self->poller = g_object_ref (poller);
  self->routes = g_object_ref (routes);
  self->pending = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, inquiry_free);
  return self;
}

void
ismb_inquiries_free (IsmbInquiries *self)
{
  ismb_inquiries_close (self);
  g_hash_table_unref (self->pending);
  g_object_unref (self->routes);
  g_object_unref (self->poller);
  g_free (self);
}

void
ismb_inquiries_close (IsmbInquiries *self)
{
  GHashTableIter iter;
  gpointer inquiry;

  self->closed = TRUE;
  while (g_hash_table_iter_init (&iter, self->pending),
         g_hash_table_iter_next (&iter, NULL, &inquiry))
    finish (inquiry, NULL);
}

IsmbTree *
ismb_inquiries_make (IsmbInquiries *self, const char *to, const char *type, const char *id)
{
  IsmbTree *tree = ismb_tree_new ("iq", ISMB_NS_CLIENT);
  IsmbNode *root = ismb_tree_root (tree);
  g_autofree char *any = id == NULL ? ismb_random_token () : NULL;

  ismb_tree_set (tree, root, "from", ismb_routes_get_domain (self->routes));
  ismb_tree_set (tree, root, "to", to);
  ismb_tree_set (tree, root, "type", type);
  ismb_tree_set (tree, root, "id", id != NULL ? id : any);
  return tree;
}

static const char *
add (IsmbInquiries *self, const char *domain, IsmbInquiryAnswered answered, gpointer user_data)
{
  Inquiry *inquiry = g_new0 (Inquiry, 1);

  inquiry->inquiries = self;
  inquiry->watch = (IsmbWatch) { .deadline = on_deadline };
  inquiry->id = ismb_random_token ();
  inquiry->domain = g_strdup (domain);
  inquiry->answered = answered;
  inquiry->user_data = user_data;
  g_hash_table_insert (self->pending, inquiry->id, inquiry);
  ismb_poller_set_deadline (self->poller, &inquiry->watch, PATIENCE);
  return inquiry->id;
}

IsmbTree *
ismb_inquiries_begin (IsmbInquiries *self, const char *domain, const char *type,
                      IsmbInquiryAnswered answered, gpointer user_data)
{
  if (self->closed || g_hash_table_size (self->pending) >= MOST)
    return NULL;
  return ismb_inquiries_make (self, domain, type, add (self, domain, answered, user_data));
}

void
ismb_inquiries_send (IsmbInquiries *self, IsmbTree *iq)
{
  g_autoptr (IsmbFrame) frame = ismb_frame_new_from_tree (iq);

  if (!ismb_routes_deliver (self->routes, frame))
    ismb_inquiries_fail (self, frame->id);
}

gboolean
ismb_inquiries_take (IsmbInquiries *self, const char *domain, IsmbFrame *answer)
{
  Inquiry *inquiry = answer->id != NULL ? g_hash_table_lookup (self->pending, answer->id) : NULL;

  if (inquiry == NULL || !g_str_equal (inquiry->domain, domain))
    return FALSE;
  finish (inquiry, answer);
  return TRUE;
}

gboolean
ismb_inquiries_fail (IsmbInquiries *self, const char *id)
{
  Inquiry *inquiry = id != NULL ? g_hash_table_lookup (self->pending, id) : NULL;

  if (inquiry == NULL)
    return FALSE;
  finish (inquiry, NULL);
  return TRUE;
}
