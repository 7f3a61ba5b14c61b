/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"
#include "switchctl/daemon/footprint.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#define START_SECONDS 5 /* by then the members that are there are known */

static gboolean
is_code_of_a_file (const struct dl_phdr_info *object, const ElfW (Phdr) * segment)
{
  return segment->p_type == PT_LOAD && (segment->p_flags & PF_W) == 0
         && !g_str_has_prefix (object->dlpi_name, "linux-vdso");
}

/* Nobody writes to such a page, so that it is the file's for ever and comes back from there. */
static int
give_back (struct dl_phdr_info *object, size_t size, void *data)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);

  for (guint i = 0; i < object->dlpi_phnum; i++)
    {
      const ElfW (Phdr) *segment = &object->dlpi_phdr[i];
      gsize start = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
      gsize end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;

      if (is_code_of_a_file (object, segment))
        madvise ((void *) start, end - start, MADV_DONTNEED);
    }
  return 0;
}

/* The start runs through all libraries once, to set them up, and the kernel maps sixteen pages
 * for each that is touched. Of all that, a daemon that waits needs a quarter; it comes back page
 * by page when it is next touched. A debugger's breakpoints of before are lost with it. */
static gboolean
reduce (gpointer user_data)
{
  malloc_trim (0);
  dl_iterate_phdr (give_back, NULL);
  return G_SOURCE_REMOVE;
}

void
switch_footprint_reduce_later (void)
{
  g_timeout_add_seconds (START_SECONDS, reduce, NULL);
}
