#define _GNU_SOURCE
#include "CSandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// The child is a copy of a process with many threads, whose locks may be held: until it executes the command it
// makes system calls only.

/// What the child says over its pipe: where it failed, or how the command ended.
typedef struct {
  int stage;
  int error;
  int status;
} report;

/// The user that the sandboxed program is, inside and where root starts it outside too.
static const unsigned inner_user = 65534;

/// The number of mount_setattr, the same on every architecture, and its argument (Linux 5.12, linux/mount.h), which
/// C libraries before glibc 2.36 lack.
static const long mount_setattr_number = 442;
struct mount_change {
  uint64_t set, clear, propagation, namespace_file;
};
enum { change_read_only = 0x1, change_no_setuid = 0x2, change_no_devices = 0x4 };

static void fail(int pipe, int stage) {
  const report said = {stage, errno, 0};
  (void)!write(pipe, &said, sizeof said);
  _exit(127);
}

/// fork(2) without what the C library does around it.
static pid_t copy_process(unsigned long flags) { return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0); }

static int write_file(const char *path, const char *text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  const ssize_t count = write(file, text, strlen(text));
  const int error = errno;
  close(file);
  errno = error;
  return count == (ssize_t)strlen(text) ? 0 : -1;
}

/// Makes the folders of a path below `root`, its last part left out; `path` ends up holding the whole of it.
static int make_parents(const char *root, const char *below, char *path, size_t room) {
  const size_t length = strlen(root), more = strlen(below);
  if (length + more + 1 > room) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(path, root, length);
  memcpy(path + length, below, more + 1);
  for (char *place = path + length + 1; *place; place++) {
    if (*place != '/') continue;
    *place = 0;
    const int code = mkdir(path, 0755);
    *place = '/';
    if (code != 0 && errno != EEXIST) return -1;
  }
  return 0;
}

static int make_read_only(const char *path, unsigned flags, uint64_t set) {
  const struct mount_change change = {.set = set};
  return (int)syscall(mount_setattr_number, AT_FDCWD, path, flags, &change, sizeof change);
}

/// Shows a folder or a file of outside below the new root, read only; one that does not exist is left out.
static int show(const char *root, const char *outside, const char *inside, uint64_t set) {
  char path[4096];
  struct stat kind;
  if (stat(outside, &kind) != 0) return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -1;
  if (make_parents(root, inside, path, sizeof path) != 0) return -1;
  if (S_ISDIR(kind.st_mode)) {
    if (mkdir(path, 0755) != 0 && errno != EEXIST) return -1;
  } else {
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    close(file);
  }
  if (mount(outside, path, NULL, MS_BIND | MS_REC, NULL) != 0) return -1;
  return make_read_only(path, AT_RECURSIVE, set);
}

/// Puts the inside together: what may be read, a folder to write to, and nothing else.
static int build_root(const csandbox_plan *plan) {
  static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", NULL};
  const uint64_t plain = change_read_only | change_no_setuid | change_no_devices;
  char path[4096], options[96];
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return -1;
  if (mount("tmpfs", plan->root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755") != 0) return -1;
  // The root that is seen is a folder of the new file system's: whoever has changed his root can make no
  // namespaces of users, in which he would be allowed to change it again.
  char top[4096];
  if (make_parents(plan->root, "/top", top, sizeof top) != 0 || mkdir(top, 0755) != 0) return -1;
  if (make_parents(plan->root, "/old", path, sizeof path) != 0 || mkdir(path, 0755) != 0) return -1;
  for (const char *const *one = plan->readable; *one; one++) {
    if (show(top, *one, *one, plain) != 0) return -1;
  }
  for (const char *const *one = devices; *one; one++) {
    if (show(top, *one, *one, change_read_only | change_no_setuid) != 0) return -1;
  }
  if (show(top, plan->program, "/program", plain) != 0) return -1;
  if (make_parents(top, "/work", path, sizeof path) != 0 || mkdir(path, 0777) != 0) return -1;
  snprintf(options, sizeof options, "size=%llu,nr_inodes=4096,mode=0777", (unsigned long long)plan->file_size);
  if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) != 0) return -1;
  if (make_parents(top, "/tmp", path, sizeof path) != 0 || symlink("work", path) != 0) return -1;
  if (make_read_only(plan->root, 0, plain) != 0) return -1;
  if (chdir(plan->root) != 0 || syscall(SYS_pivot_root, ".", "old") != 0) return -1;
  if (umount2("/old", MNT_DETACH) != 0 || chroot("/top") != 0) return -1;
  return chdir("/work");
}

static int limit(__rlimit_resource_t kind, uint64_t soft, uint64_t hard) {
  const struct rlimit both = {soft, hard};
  return setrlimit(kind, &both);
}

static int set_limits(const csandbox_plan *plan) {
  // The soft limit of seconds sends a signal that tells, the hard one kills whoever does not heed it.
  if (limit(RLIMIT_CPU, plan->cpu_seconds, plan->cpu_seconds + 1) != 0) return -1;
  if (limit(RLIMIT_AS, plan->memory, plan->memory) != 0) return -1;
  if (limit(RLIMIT_FSIZE, plan->file_size, plan->file_size) != 0) return -1;
  if (limit(RLIMIT_NPROC, plan->processes, plan->processes) != 0) return -1;
  if (limit(RLIMIT_NOFILE, 64, 64) != 0 || limit(RLIMIT_MEMLOCK, 0, 0) != 0) return -1;
  return limit(RLIMIT_CORE, 0, 0);
}

/// What starts the command and says how it ended: the first process inside where it is isolated, the leader of a
/// session where not.
static void be_child(const csandbox_plan *plan, int go, int output, int said) {
  char ready;
  if (read(go, &ready, 1) != 1) _exit(127);
  // Only 0 to 3 stay open: nothing of flywheel's, no lock and no socket, is kept or seen. They are moved up first,
  // since any of them may be where another is to go.
  const int null = open("/dev/null", O_RDONLY);
  const int from = fcntl(null, F_DUPFD, 32), to = fcntl(output, F_DUPFD, 32), report_to = fcntl(said, F_DUPFD, 32);
  if (null < 0 || from < 0 || to < 0 || report_to < 0) fail(said, CSANDBOX_SYSTEM);
  if (dup2(from, 0) < 0 || dup2(to, 1) < 0 || dup2(to, 2) < 0) fail(report_to, CSANDBOX_SYSTEM);
  if (dup3(report_to, 3, O_CLOEXEC) < 0) fail(report_to, CSANDBOX_SYSTEM);
  if (syscall(SYS_close_range, 4u, ~0u, 0u) != 0) fail(3, CSANDBOX_SYSTEM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  setsid();
  umask(077);
  // Whatever memory there is, this is what the system ends first.
  (void)write_file("/proc/self/oom_score_adj", "1000");
  // The system call and not the C library's function, which would stop all threads of the process this was copied from.
  if (plan->isolated || geteuid() == 0) {
    if (geteuid() == 0) (void)syscall(SYS_setgroups, 0, NULL);
    if (syscall(SYS_setresgid, plan->user, plan->user, plan->user) != 0) fail(3, CSANDBOX_NAMESPACES);
    if (syscall(SYS_setresuid, plan->user, plan->user, plan->user) != 0) fail(3, CSANDBOX_NAMESPACES);
  }
  if (plan->isolated && build_root(plan) != 0) fail(3, CSANDBOX_FILES);
  if (!plan->isolated && chdir(plan->program) != 0) fail(3, CSANDBOX_FILES);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail(3, CSANDBOX_LIMITS);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  // The first process of a namespace ignores signals that nothing handles, its own too: the command is another one.
  // Where there is no namespace it ends with this one.
  const pid_t command = copy_process(0);
  if (command < 0) fail(3, CSANDBOX_SYSTEM);
  if (command == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (set_limits(plan) != 0) fail(3, CSANDBOX_LIMITS);
    char *const none_set[] = {NULL};
    execve(plan->command[0], (char *const *)plan->command, none_set);
    fail(3, CSANDBOX_COMMAND);
  }
  while (1) {
    report ended = {CSANDBOX_DONE, 0, 0};
    const pid_t child = waitpid(-1, &ended.status, 0);
    if (child < 0 && errno == EINTR) continue;
    if (child < 0) _exit(127);
    if (child != command) continue;
    (void)!write(3, &ended, sizeof ended);
    // With it the namespace ends, and whatever else runs in it.
    _exit(0);
  }
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void keep(csandbox_result *result, uint8_t *output, size_t room, const uint8_t *block, size_t count) {
  const size_t fits = room - result->kept < count ? room - result->kept : count;
  memcpy(output + result->kept, block, fits);
  result->kept += fits;
  result->written += count;
  const size_t last = count < CSANDBOX_TAIL ? count : CSANDBOX_TAIL;
  const size_t before = result->tail_length < CSANDBOX_TAIL - last ? result->tail_length : CSANDBOX_TAIL - last;
  memmove(result->tail, result->tail + result->tail_length - before, before);
  memcpy(result->tail + before, block + count - last, last);
  result->tail_length = before + last;
}

/// Reads what the command writes until it has ended, or has run for too long.
static void follow(
    const csandbox_plan *plan, pid_t child, int output, int said, uint8_t *bytes, size_t room,
    csandbox_result *result) {
  const int64_t deadline = now() + (int64_t)plan->wall_milliseconds;
  struct pollfd files[2] = {{.fd = output, .events = POLLIN}, {.fd = said, .events = POLLIN}};
  report ended = {CSANDBOX_SYSTEM, ECHILD, 0};
  int has_ended = 0;
  while (files[0].fd >= 0) {
    const int64_t left = deadline - now();
    if (left <= 0 && !has_ended) {
      result->timed_out = 1;
      break;
    }
    // A process that the command left behind may hold the pipe: what is there by then is read, and no more is waited for.
    const int found = poll(files, 2, has_ended ? 0 : (int)(left < 1000 ? left : 1000));
    if (found < 0 && errno == EINTR) continue;
    if (found < 0 || (found == 0 && has_ended)) break;
    if (files[1].fd >= 0 && files[1].revents) {
      has_ended = 1;
      if (read(said, &ended, sizeof ended) != sizeof ended) ended = (report){CSANDBOX_SYSTEM, ECHILD, 0};
      files[1].fd = -1;
    }
    if (files[0].revents) {
      uint8_t block[65536];
      const ssize_t count = read(output, block, sizeof block);
      if (count > 0) keep(result, bytes, room, block, (size_t)count);
      // One that writes without an end is not read for longer than it may run.
      if (count <= 0 || (has_ended && left <= 0)) files[0].fd = -1;
    }
  }
  if (!has_ended && !result->timed_out) {
    // All is closed, and it may go on without a word.
    struct pollfd rest = {.fd = said, .events = POLLIN};
    while (1) {
      const int64_t left = deadline - now();
      const int found = left > 0 ? poll(&rest, 1, (int)(left < 1000 ? left : 1000)) : 0;
      if (found > 0 || (found < 0 && errno != EINTR)) break;
      if (left <= 0) {
        result->timed_out = 1;
        break;
      }
    }
    if (!result->timed_out && read(said, &ended, sizeof ended) != sizeof ended) ended = (report){CSANDBOX_SYSTEM, ECHILD, 0};
  }
  int status = 0;
  kill(-child, SIGKILL);
  kill(child, SIGKILL);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (result->timed_out) ended = (report){CSANDBOX_DONE, 0, SIGKILL};
  result->stage = ended.stage;
  result->error = ended.error;
  result->code = WIFEXITED(ended.status) ? WEXITSTATUS(ended.status) : -1;
  result->signal = WIFSIGNALED(ended.status) ? WTERMSIG(ended.status) : 0;
}

void csandbox_run(const csandbox_plan *plan, uint8_t *output, size_t room, csandbox_result *result) {
  memset(result, 0, sizeof *result);
  result->stage = CSANDBOX_SYSTEM;
  int go[2] = {-1, -1}, out[2] = {-1, -1}, said[2] = {-1, -1};
  if (pipe2(go, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(said, O_CLOEXEC) != 0) {
    result->error = errno;
  } else {
    const unsigned long apart =
        plan->isolated ? CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS : 0;
    csandbox_plan own = *plan;
    // In its own namespace the user is always the same one, which outside is this process's where it is not root.
    const unsigned outer = geteuid() == 0 ? plan->user : geteuid();
    const unsigned outer_group = geteuid() == 0 ? plan->user : getegid();
    if (plan->isolated) own.user = inner_user;
    const pid_t child = copy_process(apart);
    if (child == 0) {
      close(go[1]);
      be_child(&own, go[0], out[1], said[1]);
    }
    close(out[1]);
    close(said[1]);
    out[1] = said[1] = -1;
    if (child < 0) {
      result->stage = plan->isolated ? CSANDBOX_NAMESPACES : CSANDBOX_SYSTEM;
      result->error = errno;
    } else {
      int failed = 0;
      if (plan->isolated) {
        char path[64], map[64];
        snprintf(path, sizeof path, "/proc/%d/setgroups", (int)child);
        failed = geteuid() != 0 && write_file(path, "deny") != 0;
        snprintf(path, sizeof path, "/proc/%d/uid_map", (int)child);
        snprintf(map, sizeof map, "%u %u 1", inner_user, outer);
        failed = failed || write_file(path, map) != 0;
        snprintf(path, sizeof path, "/proc/%d/gid_map", (int)child);
        snprintf(map, sizeof map, "%u %u 1", inner_user, outer_group);
        failed = failed || write_file(path, map) != 0;
      }
      if (failed) {
        result->stage = CSANDBOX_NAMESPACES;
        result->error = errno;
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
      } else {
        (void)!write(go[1], "g", 1);
        follow(plan, child, out[0], said[0], output, room, result);
      }
    }
  }
  for (int end = 0; end < 2; end++) {
    if (go[end] >= 0) close(go[end]);
    if (out[end] >= 0) close(out[end]);
    if (said[end] >= 0) close(said[end]);
  }
}
