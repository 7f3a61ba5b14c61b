/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.net.virtual-router"
#include "config.h"
#include "ismb/net/ismb-virtual-router.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/magic.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"

#define BACKLOG 512
/* Milliseconds, with a host that answers nothing, not even its kernel; of those who come. */
#define PATIENCE 120000

struct _IsmbVirtualRouter
{
  GObject parent_instance;
  char *name;
  char *netns;       /* a path, or NULL for the process's own */
  char *bind_device; /* or NULL */
  char *lack;        /* or NULL */
};

G_DEFINE_FINAL_TYPE (IsmbVirtualRouter, ismb_virtual_router, G_TYPE_OBJECT)

typedef union
{
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

/* One socket to be made inside. */
typedef struct
{
  IsmbVirtualRouter *self;
  const char *address;
  guint16 port;
  int fd; /* or -1 */
  guint16 actual_port;
  GError **error;
} Making;

static void
ismb_virtual_router_finalize (GObject *object)
{
  IsmbVirtualRouter *self = ISMB_VIRTUAL_ROUTER (object);
  g_free (self->name);
  g_free (self->netns);
  g_free (self->bind_device);
  g_free (self->lack);
  G_OBJECT_CLASS (ismb_virtual_router_parent_class)->finalize (object);
}

static void
ismb_virtual_router_class_init (IsmbVirtualRouterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ismb_virtual_router_finalize;
}

static void
ismb_virtual_router_init (IsmbVirtualRouter *self)
{
}

static gboolean
is_set (const char *text)
{
  return text != NULL && *text != '\0';
}

IsmbVirtualRouter *
ismb_virtual_router_new (const char *name, const char *netns, const char *bind_device)
{
  IsmbVirtualRouter *self = g_object_new (ISMB_TYPE_VIRTUAL_ROUTER, NULL);
  self->name = g_strdup (name);
  if (is_set (netns))
    self->netns = g_path_is_absolute (netns) ? g_strdup (netns)
                                             : g_build_filename ("/run/netns", netns, NULL);
  if (is_set (bind_device))
    self->bind_device = g_strdup (bind_device);
  return self;
}

const char *
ismb_virtual_router_get_name (IsmbVirtualRouter *self)
{
  return self->name;
}

const char *
ismb_virtual_router_get_netns (IsmbVirtualRouter *self)
{
  return self->netns;
}

const char *
ismb_virtual_router_get_bind_device (IsmbVirtualRouter *self)
{
  return self->bind_device;
}

static void
close_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
}

static gboolean
refuse_namespace (IsmbVirtualRouter *self, int code, GError **error)
{
  IsmbError kind = code == ENOENT                    ? ISMB_ERROR_NOT_FOUND
                   : code == EPERM || code == EACCES ? ISMB_ERROR_NOT_ALLOWED
                                                     : ISMB_ERROR_FAILED;
  const char *advice = code == ENOENT ? "; make it with `ip netns add`, or correct netns="
                       : kind == ISMB_ERROR_NOT_ALLOWED ? "; it takes CAP_SYS_ADMIN"
                                                        : "";
  g_set_error (error, ISMB_ERROR, kind,
               "virtual router %s: cannot enter network namespace %s: %s%s", self->name,
               self->netns, g_strerror (code), advice);
  return FALSE;
}

gboolean
ismb_virtual_router_run (IsmbVirtualRouter *self, void (*func) (gpointer data), gpointer data,
                         GError **error)
{
  __attribute__ ((cleanup (close_fd))) int home = -1;
  __attribute__ ((cleanup (close_fd))) int away = -1;
  if (self->netns == NULL)
    {
      func (data);
      return TRUE;
    }
  /* Opened each time: a namespace of that name may have been made anew. */
  home = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  away = home >= 0 ? open (self->netns, O_RDONLY | O_CLOEXEC) : -1;
  if (away < 0 || setns (away, CLONE_NEWNET) < 0)
    return refuse_namespace (self, errno, error);
  func (data);
  /* A daemon in the wrong namespace would open the next socket, of another virtual router, to the
   * wrong network. Nothing is worth going on for. */
  if (setns (home, CLONE_NEWNET) < 0)
    g_error ("cannot leave network namespace %s: %s", self->netns, g_strerror (errno));
  return TRUE;
}

/* ------------------------------------------------------------------ is it there? */

/* The file of a namespace that is not mounted there, or no more, is an empty one. */
static gboolean
find_namespace (const char *path, IsmbPlaceIdentity *identity)
{
  struct statfs system;
  struct stat info;

  if (statfs (path, &system) < 0 || system.f_type != NSFS_MAGIC || stat (path, &info) < 0)
    return FALSE;
  identity->device = info.st_dev;
  identity->inode = info.st_ino;
  return TRUE;
}

static char *
lack_namespace (IsmbVirtualRouter *self)
{
  g_autofree char *name = g_path_get_basename (self->netns);

  if (!g_str_has_prefix (self->netns, "/run/netns/"))
    return g_strdup_printf ("the network namespace %s; make it, or correct netns=", self->netns);
  return g_strdup_printf ("the network namespace %s; make it with `ip netns add %s`, or correct "
                          "netns=", name, name);
}

static char *
lack_interface (IsmbVirtualRouter *self)
{
  return g_strdup_printf ("the interface %s%s%s; add it, or correct bind-device=",
                          self->bind_device,
                          self->netns != NULL ? " in the network namespace " : "",
                          self->netns != NULL ? self->netns : "");
}

typedef struct
{
  const char *name;
  guint index;
} Interface;

static void
find_inside (gpointer data)
{
  Interface *interface = data;

  interface->index = if_nametoindex (interface->name);
}

guint
ismb_virtual_router_find_interface (IsmbVirtualRouter *self, const char *name)
{
  Interface interface = { name, 0 };

  ismb_virtual_router_run (self, find_inside, &interface, NULL);
  return interface.index;
}

char *
ismb_virtual_router_identify (IsmbVirtualRouter *self, IsmbPlaceIdentity *identity)
{
  *identity = (IsmbPlaceIdentity) { 0 };
  if (!find_namespace (self->netns != NULL ? self->netns : "/proc/self/ns/net", identity))
    return lack_namespace (self);
  if (self->bind_device == NULL)
    return NULL;
  identity->interface = ismb_virtual_router_find_interface (self, self->bind_device);
  return identity->interface == 0 ? lack_interface (self) : NULL;
}

const char *
ismb_virtual_router_get_lack (IsmbVirtualRouter *self)
{
  return self->lack;
}

void
ismb_virtual_router_set_lack (IsmbVirtualRouter *self, const char *lack)
{
  char *copy = g_strdup (lack);

  g_free (self->lack);
  self->lack = copy;
}

/* ------------------------------------------------------------------ inside */

static char *
describe (const Making *making)
{
  gboolean v6 = strchr (making->address, ':') != NULL;
  g_autofree char *place = making->self->netns != NULL
                               ? g_strdup_printf (" in network namespace %s", making->self->netns)
                               : g_strdup ("");
  return g_strdup_printf (v6 ? "[%s]:%u%s%s%s" : "%s:%u%s%s%s", making->address, making->port,
                          place, making->self->bind_device != NULL ? " on " : "",
                          making->self->bind_device != NULL ? making->self->bind_device : "");
}

static const char *
advice_for (int code)
{
  switch (code)
    {
    case EADDRINUSE:
      return "; another program or virtual router has that port: "
             "choose another with c2s-port= or s2s-port=";
    case EADDRNOTAVAIL:
      return "; no interface has that address: correct listen=";
    case EACCES:
      return "; a port below 1024 takes CAP_NET_BIND_SERVICE";
    case EPERM:
      return "; binding to an interface takes CAP_NET_RAW";
    case ENODEV:
      return "; there is no such interface: correct bind-device=";
    default:
      return "";
    }
}

static IsmbError
kind_of (int code)
{
  switch (code)
    {
    case EADDRINUSE:
      return ISMB_ERROR_EXISTS;
    case EADDRNOTAVAIL:
    case ENODEV:
      return ISMB_ERROR_NOT_FOUND;
    case EACCES:
    case EPERM:
      return ISMB_ERROR_NOT_ALLOWED;
    default:
      return ISMB_ERROR_FAILED;
    }
}

static gboolean
refuse (Making *making, const char *deed, int code)
{
  g_autofree char *where = describe (making);
  g_set_error (making->error, ISMB_ERROR, kind_of (code), "cannot %s %s: %s%s", deed, where,
               g_strerror (code), advice_for (code));
  return FALSE;
}

/* A zone's name means an interface of the namespace we are in now. */
static gboolean
parse_v6 (const char *text, struct sockaddr_in6 *v6)
{
  const char *zone = strchr (text, '%');
  g_autofree char *plain = zone != NULL ? g_strndup (text, zone - text) : g_strdup (text);
  v6->sin6_family = AF_INET6;
  if (zone != NULL)
    v6->sin6_scope_id = if_nametoindex (zone + 1);
  return inet_pton (AF_INET6, plain, &v6->sin6_addr) == 1 &&
         (zone == NULL || v6->sin6_scope_id != 0);
}

static socklen_t
parse_address (Making *making, Address *address)
{
  memset (address, 0, sizeof *address);
  if (inet_pton (AF_INET, making->address, &address->v4.sin_addr) == 1)
    {
      address->v4.sin_family = AF_INET;
      address->v4.sin_port = g_htons (making->port);
      return sizeof address->v4;
    }
  if (parse_v6 (making->address, &address->v6))
    {
      address->v6.sin6_port = g_htons (making->port);
      return sizeof address->v6;
    }
  g_set_error (
      making->error, ISMB_ERROR, ISMB_ERROR_BAD_CONFIG,
      "\"%s\" is no address: write 192.0.2.1, 2001:db8::1, or fe80::1%%eth0 with an interface of "
      "virtual router %s",
      making->address, making->self->name);
  return 0;
}

static gboolean
switch_on (int fd, int level, int option)
{
  const int on = 1;
  return setsockopt (fd, level, option, &on, sizeof on) == 0;
}

static gboolean
set_options (Making *making, int fd, int family)
{
  const char *device = making->self->bind_device;
  if (device != NULL &&
      setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen (device) + 1) < 0)
    return refuse (making, "bind a socket for", errno);
  /* IPV6_V6ONLY: "0.0.0.0;::" is two sockets, each with its own family. */
  if (!switch_on (fd, IPPROTO_TCP, TCP_NODELAY) || !switch_on (fd, SOL_SOCKET, SO_REUSEADDR) ||
      (family == AF_INET6 && !switch_on (fd, IPPROTO_IPV6, IPV6_V6ONLY)))
    return refuse (making, "set up a socket for", errno);
  return TRUE;
}

static int
make_socket (Making *making, Address *address, socklen_t *size)
{
  int fd;
  *size = parse_address (making, address);
  if (*size == 0)
    return -1;
  fd = socket (address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    refuse (making, "make a socket for", errno);
  else if (!set_options (making, fd, address->any.sa_family))
    {
      close (fd);
      return -1;
    }
  return fd;
}

static void
listen_inside (gpointer data)
{
  Making *making = data;
  __attribute__ ((cleanup (close_fd))) int fd = -1;
  Address address;
  socklen_t size;
  fd = make_socket (making, &address, &size);
  if (fd < 0)
    return;
  ismb_socket_set_patience (fd, PATIENCE); /* whom we accept inherits it */
  if (bind (fd, &address.any, size) < 0 || listen (fd, BACKLOG) < 0 ||
      getsockname (fd, &address.any, &size) < 0)
    {
      refuse (making, "listen on", errno);
      return;
    }
  making->actual_port =
      g_ntohs (address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
  making->fd = fd;
  fd = -1;
}

static void
connect_inside (gpointer data)
{
  Making *making = data;
  __attribute__ ((cleanup (close_fd))) int fd = -1;
  Address address;
  socklen_t size;
  fd = make_socket (making, &address, &size);
  if (fd < 0)
    return;
  if (connect (fd, &address.any, size) < 0 && errno != EINPROGRESS)
    {
      refuse (making, "connect to", errno);
      return;
    }
  making->fd = fd;
  fd = -1;
}

/* Addresses being listed. */
typedef struct
{
  IsmbVirtualRouter *self;
  GPtrArray *v4, *v6; /* of text */
} Listing;

static gboolean
is_reachable (const struct ifaddrs *entry)
{
  const Address *address = (const Address *) entry->ifa_addr;

  if (address == NULL || !(entry->ifa_flags & IFF_UP) || (entry->ifa_flags & IFF_LOOPBACK))
    return FALSE;
  return address->any.sa_family == AF_INET
         || (address->any.sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL (&address->v6.sin6_addr));
}

static void
list_inside (gpointer data)
{
  Listing *listing = data;
  const char *device = listing->self->bind_device;
  struct ifaddrs *all = NULL;
  struct ifaddrs *entry;

  if (getifaddrs (&all) < 0)
    return;
  for (entry = all; entry != NULL; entry = entry->ifa_next)
    {
      const Address *address = (const Address *) entry->ifa_addr;
      char text[INET6_ADDRSTRLEN];

      if (!is_reachable (entry) || (device != NULL && !g_str_equal (entry->ifa_name, device)))
        continue;
      if (address->any.sa_family == AF_INET)
        g_ptr_array_add (listing->v4,
                         g_strdup (inet_ntop (AF_INET, &address->v4.sin_addr, text, sizeof text)));
      else
        g_ptr_array_add (listing->v6, g_strdup (inet_ntop (AF_INET6, &address->v6.sin6_addr, text,
                                                           sizeof text)));
    }
  freeifaddrs (all);
}

char **
ismb_virtual_router_list_addresses (IsmbVirtualRouter *self)
{
  Listing listing = { self, g_ptr_array_new (), g_ptr_array_new () };

  ismb_virtual_router_run (self, list_inside, &listing, NULL);
  g_ptr_array_extend_and_steal (listing.v4, listing.v6);
  g_ptr_array_add (listing.v4, NULL);
  return (char **) g_ptr_array_free (listing.v4, FALSE);
}

int
ismb_virtual_router_listen (IsmbVirtualRouter *self, const char *address, guint16 port,
                            guint16 *actual_port, GError **error)
{
  Making making = { .self = self, .address = address, .port = port, .fd = -1, .error = error };
  if (!ismb_virtual_router_run (self, listen_inside, &making, error))
    return -1;
  if (actual_port != NULL)
    *actual_port = making.actual_port;
  return making.fd;
}

int
ismb_virtual_router_connect (IsmbVirtualRouter *self, const char *address, guint16 port,
                             GError **error)
{
  Making making = { .self = self, .address = address, .port = port, .fd = -1, .error = error };
  if (!ismb_virtual_router_run (self, connect_inside, &making, error))
    return -1;
  return making.fd;
}

void
ismb_socket_cut (int fd)
{
  const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  shutdown (fd, SHUT_RDWR);
}

void
ismb_socket_set_patience (int fd, guint milliseconds)
{
  const int seconds = (int) (milliseconds / 1000);
  /* TCP_USER_TIMEOUT ends keep-alive too, whatever the number of its probes. */
  const struct
  {
    int level, option, value;
  } options[] = {
    { IPPROTO_TCP, TCP_USER_TIMEOUT, (int) milliseconds },
    { IPPROTO_TCP, TCP_KEEPIDLE, MAX (1, seconds / 2) },
    { IPPROTO_TCP, TCP_KEEPINTVL, MAX (1, seconds / 8) },
    { SOL_SOCKET, SO_KEEPALIVE, TRUE },
  };
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    setsockopt (fd, options[i].level, options[i].option, &options[i].value,
                sizeof options[i].value);
}

/* ------------------------------------------------------------------ unix */

static gboolean
refuse_path (const char *path, IsmbError kind, const char *why, GError **error)
{
  g_set_error (error, ISMB_ERROR, kind, "cannot listen on %s: %s", path, why);
  return FALSE;
}

static gboolean
answers (const struct sockaddr_un *address)
{
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  /* EAGAIN: its queue is full, so somebody has it. */
  gboolean alive =
      connect (fd, (const struct sockaddr *) address, sizeof *address) == 0 || errno == EAGAIN;
  close (fd);
  return alive;
}

static gboolean
remove_stale (const struct sockaddr_un *address, GError **error)
{
  struct stat info;
  if (lstat (address->sun_path, &info) < 0)
    return TRUE;
  if (!S_ISSOCK (info.st_mode))
    return refuse_path (address->sun_path, ISMB_ERROR_EXISTS,
                        "there is something else of that name", error);
  if (answers (address))
    return refuse_path (
        address->sun_path, ISMB_ERROR_EXISTS,
        "another program answers there; stop it, or choose another runtime-dir=", error);
  unlink (address->sun_path);
  return TRUE;
}

int
ismb_unix_listen (const char *path, guint mode, GError **error)
{
  __attribute__ ((cleanup (close_fd))) int fd = -1;
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int made;
  if (g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    {
      refuse_path (path, ISMB_ERROR_BAD_CONFIG,
                   "a socket's path has at most 107 bytes; choose a shorter runtime-dir=", error);
      return -1;
    }
  if (!remove_stale (&address, error))
    return -1;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  /* Linux makes the file with the mode of the socket, less the umask: it is never open to more than
   * it shall be, and chmod () then gives back what the umask took. */
  if (fd < 0 || fchmod (fd, mode) < 0 ||
      bind (fd, (struct sockaddr *) &address, sizeof address) < 0 || chmod (path, mode) < 0 ||
      listen (fd, BACKLOG) < 0)
    {
      refuse_path (path, errno == EACCES ? ISMB_ERROR_NOT_ALLOWED : ISMB_ERROR_FAILED,
                   g_strerror (errno), error);
      return -1;
    }
  made = fd;
  fd = -1;
  return made;
}
