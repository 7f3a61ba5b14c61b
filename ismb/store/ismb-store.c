/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "ismb.store"

#include "config.h"
#include "ismb/store/ismb-store.h"

#include <sqlite3.h>
#include <string.h>

#include "ismb/core/ismb-error.h"
#include "ismb/store/ismb-database.h"
#include "ismb/store/ismb-statement.h"

#define GATHER_MICROSECONDS 5000 /* how long a transaction waits for company */
#define GATHER_MAX 4096          /* writes in one transaction */
#define WAITING_MAX 65536        /* writes that nobody waits for */
#define WAITING_BYTES_MAX (32 * 1024 * 1024)
#define AGAIN G_USEC_PER_SEC     /* a disk without room is tried so often at most */

typedef enum
{
  JOB_WRITE,
  JOB_READ,
  JOB_SYNC,
  JOB_SETTLE,
  JOB_STOP,
} JobKind;

/* What the writer thread is asked to do. A write belongs to the thread once it is pushed; the
 * others live on the stack of a caller who waits for `answer`, but for a read with `rows_done`. */
typedef struct
{
  JobKind kind;
  char *sql;
  GVariant *parameters;
  char *row_type; /* of a read */
  GPtrArray *rows;
  GError *error;
  GAsyncQueue *answer; /* somebody waits; or NULL */
  IsmbStoreDone done;
  IsmbStoreRows rows_done; /* of a read that nobody waits for */
  gpointer user_data;
  GMainContext *context; /* where `done` runs */
  gint64 number; /* of a write; of who settles, the first that counts */
  gboolean unfit; /* the write, and not the disk: its maker is told */
} Job;

struct _IsmbStore
{
  GObject parent_instance;
  char *path;        /* ":memory:" for none; for messages */
  GThread *writer;   /* owns all below */
  GAsyncQueue *jobs; /* of Job */
  sqlite3 *db;
  GHashTable *statements; /* sql => sqlite3_stmt, prepared once */
  GError *failure;        /* why the last failed that did, of those that nobody waited for */
  gint64 failed;          /* its number */
  gboolean warned;        /* and nothing was committed since */
  gboolean durable;
  GError *trouble;        /* why it is open for reading alone; or NULL */
  gint64 tried;           /* when it was last tried to open it for writing */
  gint64 next;            /* number of a write; this and the next are not the writer's */
  gint64 refused;         /* the last for which there was no room */
  guint waiting;          /* writes; this and the next are of both threads */
  gsize waiting_bytes;
};

G_DEFINE_FINAL_TYPE (IsmbStore, ismb_store, G_TYPE_OBJECT)

static void
job_free (Job *job)
{
  g_free (job->sql);
  g_clear_pointer (&job->parameters, g_variant_unref);
  g_free (job->row_type);
  g_clear_pointer (&job->rows, g_ptr_array_unref);
  g_clear_error (&job->error);
  g_clear_pointer (&job->context, g_main_context_unref);
  g_free (job);
}

static gboolean
on_done (gpointer data)
{
  Job *job = data;

  if (job->rows_done != NULL)
    job->rows_done (job->rows, job->error, job->user_data);
  else
    job->done (job->error, job->user_data);
  return G_SOURCE_REMOVE;
}

/* A source of our own: g_main_context_invoke () would call from this thread when the context
 * happens to be nobody's at the moment. */
static void
report (Job *job)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_done, job, (GDestroyNotify) job_free);
  g_source_set_static_name (source, "ismb-store-done");
  g_source_attach (source, job->context);
}

/* With a count of our own: who waits may be quicker to drop the queue than we to leave it. */
static void
answer (Job *job)
{
  g_autoptr (GAsyncQueue) queue = g_async_queue_ref (job->answer);

  g_async_queue_push (queue, job);
}

static void
note_failure (IsmbStore *self, const Job *job)
{
  g_clear_error (&self->failure);
  self->failure = g_error_copy (job->error);
  self->failed = job->number;
  if (self->warned || (job->unfit && job->done != NULL))
    return;
  g_warning ("%s; what changes from here on is not stored until it can be", job->error->message);
  self->warned = TRUE;
}

static void
end_write (IsmbStore *self, Job *job)
{
  if (job->error != NULL && job->answer == NULL)
    note_failure (self, job);
  if (job->answer != NULL)
    answer (job);
  else if (job->done != NULL)
    report (job);
  else
    job_free (job);
}

static gsize
weigh (const Job *job)
{
  return sizeof *job + strlen (job->sql) +
         (job->parameters != NULL ? g_variant_get_size (job->parameters) : 0);
}

static void
finish_write (IsmbStore *self, Job *job)
{
  if (job->answer == NULL)
    {
      g_atomic_int_add (&self->waiting, -1);
      g_atomic_pointer_add (&self->waiting_bytes, -(gssize) weigh (job));
    }
  end_write (self, job);
}

/* Back to a file that is written, if that is possible again. */
static gboolean
mend (IsmbStore *self)
{
  g_autoptr (GError) error = NULL;
  gboolean no_room = FALSE;
  sqlite3 *db;

  if (g_get_monotonic_time () < self->tried + AGAIN)
    return FALSE;
  self->tried = g_get_monotonic_time ();
  db = ismb_database_open (self->path, self->durable, &no_room, &error);
  if (db == NULL)
    return FALSE;
  g_hash_table_remove_all (self->statements);
  sqlite3_close (self->db);
  self->db = db;
  g_clear_error (&self->trouble);
  return TRUE;
}

static gboolean
execute (IsmbStore *self, const char *sql, GError **error)
{
  if (sqlite3_exec (self->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  ismb_statement_set_error (error, self->db, self->path);
  return FALSE;
}

/* A statement stays prepared: there are few, and each is used again and again. */
static sqlite3_stmt *
prepare (IsmbStore *self, const char *sql, GError **error)
{
  sqlite3_stmt *statement = g_hash_table_lookup (self->statements, sql);

  if (statement != NULL)
    return statement;
  if (sqlite3_prepare_v3 (self->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
      SQLITE_OK)
    {
      ismb_statement_set_error (error, self->db, self->path);
      return NULL;
    }
  g_hash_table_insert (self->statements, g_strdup (sql), statement);
  return statement;
}

static void
write_one (IsmbStore *self, Job *job)
{
  sqlite3_stmt *statement = prepare (self, job->sql, &job->error);

  if (statement == NULL)
    return;
  if (!ismb_statement_bind (statement, job->parameters) || !ismb_statement_run (statement))
    ismb_statement_set_error (&job->error, self->db, self->path);
  job->unfit = job->error != NULL && (sqlite3_errcode (self->db) & 0xff) == SQLITE_CONSTRAINT;
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

static void
fail_all (GPtrArray *batch, const GError *error)
{
  for (guint i = 0; i < batch->len; i++)
    {
      Job *job = g_ptr_array_index (batch, i);
      if (job->error == NULL)
        job->error = g_error_copy (error);
    }
}

/* A full disk makes SQLite undo the whole transaction, with the writes in it that had gone well. */
static void
write_in_transaction (IsmbStore *self, Job *job, GPtrArray *batch)
{
  if (self->trouble != NULL && !mend (self))
    {
      job->error = g_error_copy (self->trouble);
      return;
    }
  if (sqlite3_get_autocommit (self->db) && !execute (self, "BEGIN IMMEDIATE", &job->error))
    return;
  write_one (self, job);
  if (job->error != NULL && sqlite3_get_autocommit (self->db))
    fail_all (batch, job->error);
}

static gboolean
all_went_well (GPtrArray *batch)
{
  for (guint i = 0; i < batch->len; i++)
    if (((Job *) g_ptr_array_index (batch, i))->error != NULL)
      return FALSE;
  return TRUE;
}

static void
commit (IsmbStore *self, GPtrArray *batch)
{
  g_autoptr (GError) error = NULL;

  if (!sqlite3_get_autocommit (self->db) && !execute (self, "COMMIT", &error))
    {
      fail_all (batch, error);
      sqlite3_exec (self->db, "ROLLBACK", NULL, NULL, NULL);
    }
  if (error == NULL && self->warned && all_went_well (batch))
    {
      g_message ("the store %s can be written again", self->path);
      self->warned = FALSE;
    }
  for (guint i = 0; i < batch->len; i++)
    finish_write (self, g_ptr_array_index (batch, i));
}

/* Writes `job` and those that follow within a moment, and commits them together. Somebody who waits
 * ends the gathering. Returns a job that was taken from the queue and is still to do, or NULL. */
static Job *
write_batch (IsmbStore *self, Job *job)
{
  g_autoptr (GPtrArray) batch = g_ptr_array_new ();
  gint64 end = g_get_monotonic_time () + GATHER_MICROSECONDS;
  gint64 left = 0;
  gboolean hurry = FALSE;

  do
    {
      hurry |= job->answer != NULL;
      g_ptr_array_add (batch, job);
      write_in_transaction (self, job, batch);
      left = end - g_get_monotonic_time ();
      if (left > 0 && !hurry)
        job = g_async_queue_timeout_pop (self->jobs, left);
      else
        job = batch->len < GATHER_MAX ? g_async_queue_try_pop (self->jobs) : NULL;
    }
  while (job != NULL && job->kind == JOB_WRITE && batch->len < GATHER_MAX);

  commit (self, batch);
  return job;
}

static void
read_all (IsmbStore *self, Job *job)
{
  sqlite3_stmt *statement = prepare (self, job->sql, &job->error);

  if (statement == NULL)
    return;
  if (ismb_statement_bind (statement, job->parameters))
    job->rows = ismb_statement_read (statement, job->row_type, self->path, &job->error);
  else
    ismb_statement_set_error (&job->error, self->db, self->path);
  sqlite3_reset (statement);
  sqlite3_clear_bindings (statement);
}

static GError *
make_refusal (IsmbStore *self)
{
  return g_error_new (ISMB_ERROR, ISMB_ERROR_FAILED,
                      "the store %s: too much waits to be written", self->path);
}

/* Does one job, or a batch of writes. Returns a job that was taken from the queue and is still to
 * do, or NULL. */
static Job *
do_job (IsmbStore *self, Job *job)
{
  if (job->kind == JOB_WRITE)
    return write_batch (self, job);
  if (job->kind == JOB_READ)
    read_all (self, job);
  if (job->kind == JOB_SETTLE && self->failed >= job->number && job->error == NULL)
    job->error = g_error_copy (self->failure);
  if (job->rows_done != NULL || job->done != NULL)
    report (job);
  else
    answer (job);
  return NULL;
}

static gpointer
run (gpointer data)
{
  IsmbStore *self = data;
  Job *job = g_async_queue_pop (self->jobs);

  while (job->kind != JOB_STOP)
    {
      job = do_job (self, job);
      if (job == NULL)
        job = g_async_queue_pop (self->jobs);
    }
  return NULL;
}

/* Has the writer thread do `job`, in its turn, and waits. */
static gboolean
ask (IsmbStore *self, Job *job, GError **error)
{
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();

  job->answer = queue;
  g_async_queue_push (self->jobs, job);
  g_async_queue_pop (queue);
  if (job->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&job->error));
  return FALSE;
}

static void
ismb_store_dispose (GObject *object)
{
  IsmbStore *self = ISMB_STORE (object);
  Job stop = { JOB_STOP };

  if (self->writer != NULL)
    {
      g_async_queue_push (self->jobs, &stop);
      g_thread_join (g_steal_pointer (&self->writer));
    }
  G_OBJECT_CLASS (ismb_store_parent_class)->dispose (object);
}

static void
ismb_store_finalize (GObject *object)
{
  IsmbStore *self = ISMB_STORE (object);

  g_clear_error (&self->failure);
  g_hash_table_unref (self->statements);
  sqlite3_close (self->db);
  g_async_queue_unref (self->jobs);
  g_free (self->path);
  g_clear_error (&self->trouble);
  G_OBJECT_CLASS (ismb_store_parent_class)->finalize (object);
}

static void
ismb_store_class_init (IsmbStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = ismb_store_dispose;
  object_class->finalize = ismb_store_finalize;
}

static void
ismb_store_init (IsmbStore *self)
{
  self->next = 1;
  self->jobs = g_async_queue_new ();
  self->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) sqlite3_finalize);
}

/* A disk without room is no reason to stop everything else: what is there is read, and writes fail
 * until they can be made. */
static gboolean
open_somehow (IsmbStore *self, const char *path, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gboolean no_room = FALSE;

  self->db = ismb_database_open (path, self->durable, &no_room, &cause);
  if (self->db != NULL)
    return TRUE;
  if (no_room && path != NULL)
    {
      self->db = ismb_database_open_reading (path, error);
      self->trouble = self->db != NULL ? g_steal_pointer (&cause) : NULL;
      self->warned = self->db != NULL;
      if (self->warned)
        g_warning ("%s; nothing is stored until it can be", self->trouble->message);
      return self->db != NULL;
    }
  g_propagate_error (error, g_steal_pointer (&cause));
  return FALSE;
}

static IsmbStore *
open_store (const char *path, gboolean durable, GError **error)
{
  g_autoptr (IsmbStore) self = g_object_new (ISMB_TYPE_STORE, NULL);

  self->path = g_strdup (path != NULL ? path : ":memory:");
  self->durable = durable;
  if (!open_somehow (self, path, error))
    return NULL;
  self->writer = g_thread_new ("ismb-store", run, self);
  return g_steal_pointer (&self);
}

IsmbStore *
ismb_store_open (const char *path, GError **error)
{
  return open_store (path, FALSE, error);
}

IsmbStore *
ismb_store_open_durable (const char *path, GError **error)
{
  return open_store (path, TRUE, error);
}

static Job *
job_new (JobKind kind, const char *sql, GVariant *parameters)
{
  Job *job = g_new0 (Job, 1);

  job->kind = kind;
  job->sql = g_strdup (sql);
  job->parameters = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  return job;
}

/* A disk that is slower than those who write must not fill the memory. */
static gboolean
admit (IsmbStore *self, Job *job)
{
  gsize weight = weigh (job);

  if (g_atomic_int_get (&self->waiting) < WAITING_MAX &&
      (gsize) g_atomic_pointer_get (&self->waiting_bytes) + weight <= WAITING_BYTES_MAX)
    {
      g_atomic_int_inc (&self->waiting);
      g_atomic_pointer_add (&self->waiting_bytes, (gssize) weight);
      return TRUE;
    }
  job->error = make_refusal (self);
  return FALSE;
}

void
ismb_store_write (IsmbStore *self, const char *sql, GVariant *parameters, IsmbStoreDone done,
                  gpointer user_data)
{
  Job *job = job_new (JOB_WRITE, sql, parameters);

  job->done = done;
  job->user_data = user_data;
  job->context = done != NULL ? g_main_context_ref_thread_default () : NULL;
  job->number = self->next++;
  if (admit (self, job))
    {
      g_async_queue_push (self->jobs, job);
      return;
    }
  self->refused = job->number;
  if (done != NULL)
    report (job);
  else
    job_free (job);
}

gboolean
ismb_store_write_now (IsmbStore *self, const char *sql, GVariant *parameters, GError **error)
{
  Job *job = job_new (JOB_WRITE, sql, parameters);
  gboolean written = ask (self, job, error);

  job_free (job);
  return written;
}

gboolean
ismb_store_read (IsmbStore *self, const char *sql, const char *row_type, IsmbStoreRow row,
                 gpointer user_data, GError **error)
{
  Job job = { JOB_READ, .sql = (char *) sql, .row_type = (char *) row_type };
  g_autoptr (GPtrArray) rows = NULL;

  if (!ask (self, &job, error))
    return FALSE;
  rows = job.rows;
  for (guint i = 0; i < rows->len; i++)
    row (g_ptr_array_index (rows, i), user_data);
  return TRUE;
}

void
ismb_store_query (IsmbStore *self, const char *sql, GVariant *parameters, const char *row_type,
                  IsmbStoreRows done, gpointer user_data)
{
  Job *job = job_new (JOB_READ, sql, parameters);

  job->row_type = g_strdup (row_type);
  job->rows_done = done;
  job->user_data = user_data;
  job->context = g_main_context_ref_thread_default ();
  g_async_queue_push (self->jobs, job);
}

gint64
ismb_store_mark (IsmbStore *self)
{
  return self->next;
}

void
ismb_store_settle (IsmbStore *self, gint64 mark, IsmbStoreDone done, gpointer user_data)
{
  Job *job = job_new (JOB_SETTLE, NULL, NULL);

  job->done = done;
  job->user_data = user_data;
  job->context = g_main_context_ref_thread_default ();
  job->number = mark;
  job->error = self->refused >= mark ? make_refusal (self) : NULL;
  g_async_queue_push (self->jobs, job);
}

gboolean
ismb_store_sync (IsmbStore *self, GError **error)
{
  Job job = { JOB_SYNC };

  return ask (self, &job, error);
}
