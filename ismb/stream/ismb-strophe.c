/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.stream.strophe"

#include "config.h"
#include "ismb/stream/ismb-strophe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>
#include <strophe.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ismb/core/ismb-error.h"
#include "ismb/core/ismb-namespaces.h"

#define TICK_US (G_USEC_PER_SEC / 2) /* libstrophe's own deadlines, while it has any */
#define TURN_READS 16                /* before others have their turn */
#define STROPHE_READ 4096            /* bytes, of one run */
#define TOLD_MAX 256                 /* bytes of what a stranger wrote, in a message of ours */

typedef struct
{
  GSource source;
  IsmbStrophe *owner;
} Source;

/* What libstrophe allocated. It forgets its SCRAM state when a connection ends before the server's
 * answer (0.12), so that what is left is freed with the connection. */
typedef struct _Block Block;
struct _Block
{
  alignas (max_align_t) Block *next; /* the bytes begin behind it */
  Block *previous;
};

struct _IsmbStrophe
{
  IsmbStropheCallbacks callbacks;
  gpointer user_data;
  Block blocks; /* the list's head */
  xmpp_mem_t memory;
  xmpp_ctx_t *ctx;
  xmpp_conn_t *conn;
  GSource *engine;  /* runs libstrophe; not recursive */
  IsmbOutlet *outlet;
  gpointer tag;     /* of libstrophe's descriptor in `engine`, NULL while there is none */
  int low_fd;       /* kept for libstrophe, -1 while libstrophe has it */
  int engine_fd;    /* libstrophe's descriptor, -1 */
  gsize unread;     /* bytes that wait at libstrophe's end, as far as we were told */
  gboolean kick;
  gboolean ready;
  gboolean closing;
  char *condition;  /* of a stream error */
  char *detail;     /* the text inside that */
};

/* The sockopt callback has no user data: what it works for, and what it found. */
static _Thread_local IsmbStrophe *starting;

static Block *
link_block (IsmbStrophe *self, Block *block)
{
  block->previous = &self->blocks;
  block->next = self->blocks.next;
  block->next->previous = self->blocks.next = block;
  return block;
}

static Block *
unlink_block (void *bytes)
{
  Block *block = (Block *) bytes - 1;

  block->previous->next = block->next;
  block->next->previous = block->previous;
  return block;
}

static void *
allocate (size_t size, void *self)
{
  return link_block (self, g_malloc (sizeof (Block) + size)) + 1;
}

static void
release (void *bytes, void *self)
{
  if (bytes != NULL)
    g_free (unlink_block (bytes));
}

static void *
reallocate (void *bytes, size_t size, void *self)
{
  if (bytes == NULL)
    return allocate (size, self);
  return link_block (self, g_realloc (unlink_block (bytes), sizeof (Block) + size)) + 1;
}

static void
release_all (IsmbStrophe *self)
{
  while (self->blocks.next != &self->blocks)
    release (self->blocks.next + 1, self);
}

/* What leaves by the outlet */

static void
tell_ready (gpointer bound_jid, gpointer user_data)
{
  IsmbStrophe *self = user_data;
  g_autofree char *jid = bound_jid;

  self->callbacks.ready (jid, self->user_data);
}

static void
tell_closed (gpointer stream_error, gpointer user_data)
{
  IsmbStrophe *self = user_data;
  g_autoptr (GError) error = stream_error;

  self->callbacks.closed (error, self->user_data);
}

/* What libstrophe calls */

static void
watch_input (IsmbStrophe *self, gboolean watch)
{
  if (!watch && self->tag != NULL)
    g_source_remove_unix_fd (self->engine, g_steal_pointer (&self->tag));
  else if (watch && self->tag == NULL && self->engine_fd >= 0)
    self->tag = g_source_add_unix_fd (self->engine, self->engine_fd, G_IO_IN);
}

static void
reserve_low_fd (IsmbStrophe *self)
{
  int fd;

  if (self->low_fd >= 0)
    return;
  fd = open ("/dev/null", O_PATH | O_CLOEXEC);
  if (fd >= FD_SETSIZE)
    close (g_steal_fd (&fd));
  self->low_fd = fd;
}

/* Behind a stream error nothing comes (RFC 6120, 4.9.1.1). */
static int
on_stanza (xmpp_conn_t *conn, xmpp_stanza_t *stanza, void *user_data)
{
  if (g_strcmp0 (xmpp_stanza_get_ns (stanza), ISMB_NS_STREAM) == 0)
    ismb_strophe_close (user_data);
  return 1;
}

/* As much as anybody reads of it, and whole characters. */
static char *
shorten (const char *text)
{
  gsize length = strlen (text);

  if (length > TOLD_MAX)
    for (length = TOLD_MAX; length > 0 && (text[length] & 0xc0) == 0x80; length--)
      ;
  return g_strndup (text, length);
}

static void
keep_condition (IsmbStrophe *self, xmpp_stanza_t *stanza)
{
  const char *condition = "undefined-condition";
  char *detail = NULL; /* libstrophe's */
  xmpp_stanza_t *child;

  for (child = xmpp_stanza_get_children (stanza); child != NULL;
       child = xmpp_stanza_get_next (child))
    if (g_strcmp0 (xmpp_stanza_get_ns (child), ISMB_NS_STREAMS) == 0
        && g_strcmp0 (xmpp_stanza_get_name (child), "text") != 0)
      {
        condition = xmpp_stanza_get_name (child);
        if (detail != NULL)
          xmpp_free (self->ctx, detail);
        detail = xmpp_stanza_get_text (child);
      }
  g_free (self->condition);
  self->condition = shorten (condition);
  g_free (self->detail);
  self->detail = detail != NULL ? shorten (detail) : NULL;
  if (detail != NULL)
    xmpp_free (self->ctx, detail);
}

static GError *
error_of_stream (IsmbStrophe *self, xmpp_stream_error_t *stream_error)
{
  g_autofree char *text = stream_error->text != NULL ? shorten (stream_error->text) : NULL;

  keep_condition (self, stream_error->stanza);
  if (text == NULL)
    return g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "the server closed the stream: %s",
                        self->condition);
  return g_error_new (ISMB_ERROR, ISMB_ERROR_STREAM, "the server closed the stream: %s (%s)",
                      self->condition, text);
}

static void
on_connection (xmpp_conn_t *conn, xmpp_conn_event_t event, int error,
               xmpp_stream_error_t *stream_error, void *user_data)
{
  IsmbStrophe *self = user_data;

  if (event == XMPP_CONN_CONNECT)
    {
      self->ready = TRUE;
      xmpp_handler_add (conn, on_stanza, NULL, NULL, NULL, self);
      ismb_outlet_put (self->outlet, tell_ready, self, g_strdup (xmpp_conn_get_bound_jid (conn)),
                       g_free);
      return;
    }
  watch_input (self, FALSE); /* the descriptor is closed already */
  self->engine_fd = -1;
  reserve_low_fd (self); /* now, or somebody else has it */
  ismb_outlet_put (self->outlet, tell_closed, self,
                   stream_error != NULL ? error_of_stream (self, stream_error) : NULL,
                   (GDestroyNotify) g_error_free);
}

/* libstrophe is about to connect this socket. No function of its adopts one that is connected, but
 * it is a pointer to the variable that we get: put a datagram socket there, whose connect ()
 * succeeds at once and sends nothing, at the low number kept for it. The socketpair's end takes its
 * place afterwards. */
static int
on_socket (xmpp_conn_t *conn, void *socket_variable)
{
  int *variable = socket_variable;
  socklen_t length = sizeof (int);
  int family = AF_INET;
  int datagram;

  if (starting->low_fd < 0)
    return -1;
  getsockopt (*variable, SOL_SOCKET, SO_DOMAIN, &family, &length);
  datagram = socket (family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (datagram < 0 || dup3 (datagram, starting->low_fd, O_CLOEXEC) < 0)
    {
      if (datagram >= 0)
        close (datagram);
      return -1;
    }
  close (datagram);
  close (*variable);
  *variable = starting->engine_fd = g_steal_fd (&starting->low_fd);
  return 0;
}

/* The sources */

/* A reply that libstrophe's own handlers queued leaves with the next run, hence the extra ones
 * until we are signed in; afterwards they have nothing to say but the end. */
static void
run (IsmbStrophe *self)
{
  int extra = self->ready && !self->closing ? 0 : 3;
  int reads = 0;

  self->kick = FALSE;
  do
    {
      xmpp_run_once (self->ctx, 0);
      self->unread -= MIN (self->unread, STROPHE_READ);
    }
  while (self->unread > 0 && ++reads < TURN_READS && self->engine_fd >= 0);
  while (extra-- > 0 && self->engine_fd >= 0)
    xmpp_run_once (self->ctx, 0);
  g_source_set_ready_time (self->engine, self->engine_fd >= 0 && (!self->ready || self->closing)
                                             ? g_get_monotonic_time () + TICK_US : -1);
}

static gboolean
engine_prepare (GSource *source, int *timeout)
{
  *timeout = -1;
  return ((Source *) source)->owner->kick;
}

static gboolean
engine_check (GSource *source)
{
  IsmbStrophe *self = ((Source *) source)->owner;

  return self->kick || (self->tag != NULL && g_source_query_unix_fd (source, self->tag) != 0);
}

static gboolean
engine_dispatch (GSource *source, GSourceFunc func, gpointer data)
{
  run (((Source *) source)->owner);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs engine_funcs = { engine_prepare, engine_check, engine_dispatch, NULL };

static void
attach_engine (IsmbStrophe *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  self->engine = g_source_new (&engine_funcs, sizeof (Source));
  ((Source *) self->engine)->owner = self;
  g_source_set_static_name (self->engine, "[ismb] libstrophe");
  g_source_set_can_recurse (self->engine, TRUE); /* it does not, but may: see the pump's */
  g_source_attach (self->engine, context);
}

/* Without xmpp_initialize (): on what has sockets by itself it only readies libstrophe's TLS, which
 * nobody uses here, and that would take more memory than all of a daemon's own. */
IsmbStrophe *
ismb_strophe_new (IsmbOutlet *outlet, const IsmbStropheCallbacks *callbacks, gpointer user_data)
{
  IsmbStrophe *self = g_new0 (IsmbStrophe, 1);

  self->callbacks = *callbacks;
  self->user_data = user_data;
  self->memory = (xmpp_mem_t){ allocate, release, reallocate, self };
  self->blocks.next = self->blocks.previous = &self->blocks;
  self->low_fd = self->engine_fd = -1;
  self->outlet = outlet;
  reserve_low_fd (self);
  return self;
}

static gboolean
begin (IsmbStrophe *self, const char *jid, const char *password)
{
  static const char *const loopbacks[] = { "127.0.0.1", "::1" }; /* whichever this namespace has */
  gboolean connected = FALSE;

  /* No logger: at its debug level libstrophe shows passwords and bodies. */
  self->ctx = xmpp_ctx_new (&self->memory, NULL);
  self->conn = xmpp_conn_new (self->ctx);
  xmpp_conn_set_flags (self->conn, XMPP_CONN_FLAG_DISABLE_TLS | XMPP_CONN_FLAG_DISABLE_SM);
  xmpp_conn_set_jid (self->conn, jid);
  xmpp_conn_set_pass (self->conn, password);
  xmpp_conn_set_sockopt_callback (self->conn, on_socket);
  starting = self;
  for (gsize i = 0; i < G_N_ELEMENTS (loopbacks) && !connected; i++)
    {
      reserve_low_fd (self);
      connected =
          xmpp_connect_client (self->conn, loopbacks[i], 9, on_connection, self) == XMPP_EOK;
    }
  starting = NULL;
  return connected;
}

int
ismb_strophe_start (IsmbStrophe *self, const char *jid, const char *password, GError **error)
{
  int ends[2];

  g_return_val_if_fail (self->engine == NULL, -1);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
    {
      g_set_error (error, ISMB_ERROR, ISMB_ERROR_FAILED, "cannot make a socketpair: %s",
                   g_strerror (errno));
      return -1;
    }
  g_clear_pointer (&self->condition, g_free);
  g_clear_pointer (&self->detail, g_free);
  attach_engine (self);
  if (!begin (self, jid, password) || dup3 (ends[0], self->engine_fd, O_CLOEXEC) < 0)
    {
      close (ends[0]);
      close (ends[1]);
      ismb_strophe_stop (self);
      g_set_error (
          error, ISMB_ERROR, ISMB_ERROR_FAILED,
          "cannot start an XMPP stream: it takes a descriptor below %d and a loopback address",
          FD_SETSIZE);
      return -1;
    }
  close (ends[0]);
  watch_input (self, TRUE);
  self->kick = TRUE;
  return ends[1];
}

const char *
ismb_strophe_get_stream_condition (IsmbStrophe *self)
{
  return self->condition;
}

const char *
ismb_strophe_get_stream_detail (IsmbStrophe *self)
{
  return self->detail;
}

gsize
ismb_strophe_run (IsmbStrophe *self, gsize bytes)
{
  self->unread += bytes;
  if (self->conn != NULL)
    run (self);
  return self->unread;
}

void
ismb_strophe_close (IsmbStrophe *self)
{
  if (self->conn == NULL || self->closing)
    return;
  self->closing = TRUE;
  self->kick = TRUE;
  xmpp_disconnect (self->conn);
}

void
ismb_strophe_stop (IsmbStrophe *self)
{
  g_clear_pointer (&self->conn, xmpp_conn_release);
  g_clear_pointer (&self->ctx, xmpp_ctx_free);
  release_all (self);
  self->tag = NULL;
  if (self->engine != NULL)
    g_source_destroy (self->engine);
  g_clear_pointer (&self->engine, g_source_unref);
  self->engine_fd = -1;
  self->unread = 0;
  self->kick = self->ready = self->closing = FALSE;
  reserve_low_fd (self);
}

void
ismb_strophe_free (IsmbStrophe *self)
{
  ismb_strophe_stop (self);
  if (self->low_fd >= 0)
    close (self->low_fd);
  g_free (self->condition);
  g_free (self->detail);
  g_free (self);
}
