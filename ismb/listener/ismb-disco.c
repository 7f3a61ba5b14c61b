/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "ismb/listener/ismb-disco.h"

#include <string.h>

#include "ismb/core/ismb-namespaces.h"
#include "ismb/listener/ismb-fellows.h"

#define CATEGORY "server"
#define TYPE "im"
#define NAME "ISMB"

struct _IsmbDisco
{
  IsmbRoutes *routes;
  char **of_domain;     /* in order */
  char **of_account;
  char *hash;
};

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* XEP-0115, 5.1: identities, then features, each in the order of their bytes. */
static char *
make_hash (char **features)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize size = sizeof digest;

  g_checksum_update (checksum, (const guchar *) CATEGORY "/" TYPE "//" NAME "<", -1);
  for (guint i = 0; features[i] != NULL; i++)
    {
      g_checksum_update (checksum, (const guchar *) features[i], -1);
      g_checksum_update (checksum, (const guchar *) "<", 1);
    }
  g_checksum_get_digest (checksum, digest, &size);
  return g_base64_encode (digest, size);
}

IsmbDisco *
ismb_disco_new (IsmbRoutes *routes, char **of_domain, char **of_account)
{
  IsmbDisco *self = g_new0 (IsmbDisco, 1);

  self->routes = g_object_ref (routes);
  self->of_domain = of_domain;
  self->of_account = of_account;
  qsort (of_domain, g_strv_length (of_domain), sizeof *of_domain, compare);
  qsort (of_account, g_strv_length (of_account), sizeof *of_account, compare);
  self->hash = make_hash (of_domain);
  return self;
}

void
ismb_disco_free (IsmbDisco *self)
{
  g_object_unref (self->routes);
  g_strfreev (self->of_domain);
  g_strfreev (self->of_account);
  g_free (self->hash);
  g_free (self);
}

const char *
ismb_disco_get_hash (IsmbDisco *self)
{
  return self->hash;
}

static void
add_identity (IsmbTree *reply, IsmbNode *query, const char *category, const char *type,
              const char *name)
{
  IsmbNode *identity = ismb_tree_add (reply, query, "identity", ISMB_NS_DISCO_INFO);

  ismb_tree_set (reply, identity, "category", category);
  ismb_tree_set (reply, identity, "type", type);
  ismb_tree_set (reply, identity, "name", name);
}

static void
add_features (IsmbTree *reply, IsmbNode *query, char **features)
{
  for (guint i = 0; features[i] != NULL; i++)
    ismb_tree_set (reply, ismb_tree_add (reply, query, "feature", ISMB_NS_DISCO_INFO), "var",
                   features[i]);
}

/* The only node is the one that stands in our capabilities. */
static gboolean
knows_node (IsmbDisco *self, IsmbPlace place, const char *node)
{
  return node == NULL
         || (place == ISMB_PLACE_DOMAIN && g_str_has_prefix (node, ISMB_CAPS_NODE "#")
             && strcmp (node + strlen (ISMB_CAPS_NODE "#"), self->hash) == 0);
}

const char *
ismb_disco_info (IsmbDisco *self, const IsmbQuestion *question, IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_DISCO_INFO);
  const char *node = ismb_node_get (question->payload, "node");

  if (!knows_node (self, question->place, node))
    return "item-not-found";
  ismb_tree_set (reply, query, "node", node);
  if (question->place == ISMB_PLACE_DOMAIN)
    add_identity (reply, query, CATEGORY, TYPE, NAME);
  else
    add_identity (reply, query, "account", "registered", NULL);
  add_features (reply, query,
                question->place == ISMB_PLACE_DOMAIN ? self->of_domain : self->of_account);
  return NULL;
}

static void
add_item (IsmbTree *reply, IsmbNode *query, const char *jid)
{
  ismb_tree_set (reply, ismb_tree_add (reply, query, "item", ISMB_NS_DISCO_ITEMS), "jid", jid);
}

/* The members of the fabric, so that any client in it can find them. */
static void
add_fellows (IsmbDisco *self, const char *asker, IsmbTree *reply, IsmbNode *query)
{
  g_autoptr (GPtrArray) domains = ismb_fellows_list (self->routes);

  if (!ismb_fellows_include_address (self->routes, asker))
    return;
  for (guint i = 0; i < domains->len; i++)
    add_item (reply, query, g_ptr_array_index (domains, i));
}

/* Who asks sees them by their presence anyway. */
static void
add_resources (IsmbDisco *self, const char *account, IsmbTree *reply, IsmbNode *query)
{
  GPtrArray *resources = ismb_routes_peek_resources (self->routes, account);

  for (guint i = 0; resources != NULL && i < resources->len; i++)
    {
      const IsmbResource *resource = g_ptr_array_index (resources, i);

      if (resource->available)
        add_item (reply, query, resource->full);
    }
}

const char *
ismb_disco_items (IsmbDisco *self, const IsmbQuestion *question, IsmbTree *reply)
{
  IsmbNode *query = ismb_tree_add (reply, ismb_tree_root (reply), "query", ISMB_NS_DISCO_ITEMS);

  if (ismb_node_get (question->payload, "node") != NULL)
    return "item-not-found";
  if (question->place == ISMB_PLACE_DOMAIN)
    add_fellows (self, question->frame->from, reply, query);
  else
    add_resources (self, question->account, reply, query);
  return NULL;
}
