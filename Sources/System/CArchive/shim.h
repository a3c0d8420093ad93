#pragma once
#include <archive.h>
#include <archive_entry.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A file in memory, closed in child processes (memfd_create(2) with MFD_CLOEXEC); -1 where there is none.
static inline int carchive_memory_file(void) { return (int)syscall(SYS_memfd_create, "object", 1U); }
