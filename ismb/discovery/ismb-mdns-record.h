/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <avahi-common/address.h>
#include <avahi-common/strlst.h>
#include <gio/gio.h>

G_BEGIN_DECLS

/* What an announcement says, and what of a stranger's is believed to be well formed. */
#define ISMB_MDNS_SERVICE "_xmpp-server._tcp"
#define ISMB_MDNS_DOMAIN "local"

/* `sw1.001122` in `blue` -> `sw1-001122-3f29ab.local`: one label, another one for each virtual
 * router, and for another device (which may be NULL) that calls itself the same. */
char            *ismb_mdns_host_name  (const char *domain, const char *vr, const char *device_id);
AvahiStringList *ismb_mdns_txt_new    (const char *vr, const char *device_id,
                                       const char *fabric_id);
/* The instance name as a domain, or NULL if it is none. */
char            *ismb_mdns_dup_domain (const char *instance);
/* Values of a TXT record; "" where absent or not of the shape they must have. */
char            *ismb_mdns_dup_vr     (AvahiStringList *txt);
char            *ismb_mdns_dup_id     (AvahiStringList *txt);
char            *ismb_mdns_dup_fabric (AvahiStringList *txt);
/* The text of an address of one host, or NULL where none can be reached at it; `scope` is the name
 * of the interface it was heard on, for link-local ones. */
char            *ismb_mdns_dup_address (const AvahiAddress *address, const char *scope);
gboolean         ismb_mdns_needs_scope (const AvahiAddress *address);
/* For g_ptr_array_sort (): IPv4, IPv6, link-local. */
int              ismb_mdns_compare_addresses (gconstpointer a, gconstpointer b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (AvahiStringList, avahi_string_list_free)

G_END_DECLS
