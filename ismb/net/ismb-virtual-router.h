/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/* A place to make sockets in: a network namespace, an interface or VRF, or the process's own. */
#define ISMB_TYPE_VIRTUAL_ROUTER (ismb_virtual_router_get_type ())
G_DECLARE_FINAL_TYPE (IsmbVirtualRouter, ismb_virtual_router, ISMB, VIRTUAL_ROUTER, GObject)

/* One of that name may be another one: all sockets stay behind in the former. */
typedef struct
{
  dev_t device;    /* of the namespace */
  ino_t inode;     /* 0: there is no namespace */
  guint interface; /* index; 0 without bind_device, or where there is none */
} IsmbPlaceIdentity;

/* `netns`: a name in /run/netns, an absolute path, or NULL or "" for our own; `bind_device`: or
 * NULL. */
IsmbVirtualRouter *ismb_virtual_router_new (const char *name, const char *netns,
                                            const char *bind_device);
const char        *ismb_virtual_router_get_name (IsmbVirtualRouter *self);
/* The namespace's file; NULL: the process's own. */
const char        *ismb_virtual_router_get_netns       (IsmbVirtualRouter *self);
const char        *ismb_virtual_router_get_bind_device (IsmbVirtualRouter *self);
/* NULL: it is there, and `identity` says which one; else what it lacks, as get_lack () has it. */
char              *ismb_virtual_router_identify (IsmbVirtualRouter *self,
                                                 IsmbPlaceIdentity *identity);
/* What it waits for, as whoever watches it has found: what follows "it waits for", with how to cure
 * it. NULL: nothing. While it lacks something no socket is made for others. */
const char        *ismb_virtual_router_get_lack (IsmbVirtualRouter *self);
void               ismb_virtual_router_set_lack (IsmbVirtualRouter *self, const char *lack);
/* Runs `func` with the calling thread inside the namespace, and comes back whatever it did. */
gboolean ismb_virtual_router_run (IsmbVirtualRouter *self, void (*func) (gpointer data),
                                  gpointer data, GError **error);
/* Non-blocking, close-on-exec sockets, made inside. They return -1 and set an error that names
 * address and port. Whom a listening one accepts has two minutes' patience, see
 * ismb_socket_set_patience (). */
int ismb_virtual_router_listen (IsmbVirtualRouter *self, const char *address, guint16 port,
                                guint16 *actual_port, GError **error);
/* Starts connecting to a numeric address, `fe80::1%eth0` included; writable when done (SO_ERROR
 * tells). */
int ismb_virtual_router_connect (IsmbVirtualRouter *self, const char *address, guint16 port,
                                 GError **error);
/* The addresses by which others reach us there, IPv4 first; loopback and link-local ones are left
 * out. (transfer full), empty where there is none. */
char             **ismb_virtual_router_list_addresses (IsmbVirtualRouter *self);
/* The index of an interface there, 0 where there is none. */
guint              ismb_virtual_router_find_interface (IsmbVirtualRouter *self, const char *name);
/* Its other end is as good as gone: reading ends at once, and closing leaves nothing behind that
 * would keep a namespace alive. */
void               ismb_socket_cut              (int fd);
/* A host that confirms nothing for so long, neither what was written nor what its kernel is asked
 * in the silence between, is gone. That costs no wake-up of ours. TCP only: elsewhere ends are
 * told. */
void               ismb_socket_set_patience     (int fd, guint milliseconds);
/* A listening unix socket; the old one at that path is removed if nobody answers on it. */
int                ismb_unix_listen             (const char *path, guint mode, GError **error);

G_END_DECLS
