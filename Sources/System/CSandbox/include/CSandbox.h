#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What is to run, and within what.
typedef struct {
  /// The program and its arguments, ended by NULL; the path is that inside.
  const char *const *command;
  /// Folders and files that are seen inside, read only, ended by NULL; those that do not exist are left out.
  const char *const *readable;
  /// An empty folder that the inside is put together on.
  const char *root;
  /// A folder that is seen as `/program`, read only.
  const char *program;
  /// Whether namespaces part it from the network, the file system and other processes; 0 leaves the limits only.
  int isolated;
  /// The user to become where this process is root; `root` and `program` must be his then.
  uint32_t user;
  uint64_t cpu_seconds;
  uint64_t wall_milliseconds;
  /// Bytes of address space of each process.
  uint64_t memory;
  /// Bytes of the largest file, and of all that is written.
  uint64_t file_size;
  /// Processes and threads at a time, those of the same user outside included where it is not isolated.
  uint64_t processes;
} csandbox_plan;

/// Where a sandbox could not be made.
enum { CSANDBOX_DONE = 0, CSANDBOX_SYSTEM, CSANDBOX_NAMESPACES, CSANDBOX_FILES, CSANDBOX_LIMITS, CSANDBOX_COMMAND };

/// How many of the last bytes of an output are kept besides the first ones.
enum { CSANDBOX_TAIL = 512 };

/// What became of it.
typedef struct {
  /// One of the above; the rest says something only where it is CSANDBOX_DONE.
  int stage;
  /// The system's error number where it is not.
  int error;
  /// The exit code, or -1 where a signal ended it.
  int code;
  /// The signal that ended it, or 0.
  int signal;
  /// Whether it ran longer than it may.
  int timed_out;
  /// Bytes of output kept.
  size_t kept;
  /// Bytes of output in all.
  uint64_t written;
  /// The last bytes of output, and how many.
  uint8_t tail[CSANDBOX_TAIL];
  size_t tail_length;
} csandbox_result;

/// Runs a program with nothing on standard input, no environment, `/work` as its folder where it is isolated and
/// the program's folder where not, and waits for its end; all processes it leaves are killed where it is isolated,
/// those of its group where not, so that one that
/// left the group goes on. Its output and its errors, joined, are kept up to `room` bytes.
void csandbox_run(const csandbox_plan *plan, uint8_t *output, size_t room, csandbox_result *result);

#ifdef __cplusplus
}
#endif
