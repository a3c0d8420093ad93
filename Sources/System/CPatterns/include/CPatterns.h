#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Groups of regular expressions, each looked for near its keys only; after its last group is added it never
/// changes, and many threads may scan with it at once.
typedef struct cpatterns cpatterns;

/// What a scan saw of a text besides matches.
enum {
  /// There are bytes beyond ASCII.
  CPATTERNS_BEYOND_ASCII = 1,
  /// Five or more single letters or digits stand apart, one byte between each: `i g n o r e`.
  CPATTERNS_SPELLED_OUT = 2,
};

/// What to do after a match.
enum { CPATTERNS_GO_ON = 0, CPATTERNS_STOP = 1 };

/// A match: the expression's number over all groups, where it begins, how many bytes it has. Returns
/// `CPATTERNS_GO_ON` or `CPATTERNS_STOP`.
typedef int (*cpatterns_report)(void *context, size_t number, size_t offset, size_t length);

/// An empty set; NULL when memory is out.
cpatterns *cpatterns_create(void);

void cpatterns_destroy(cpatterns *patterns);

/// Adds a group of expressions in RE2's syntax, in either case unless they say otherwise.
///
/// Every match must begin at most `before` bytes before one of the keys and end at most `after` bytes behind its first
/// byte. Keys begin at the start of a word: ASCII in lower case, of three bytes or more, found in either case; bytes beyond ASCII as they are. Without keys
/// the group is looked for everywhere. Returns 0, or the number of the bad expression plus 1, with what RE2 says of
/// it in `message`; -1 when memory is out.
int cpatterns_add(
    cpatterns *patterns, const char *const *expressions, size_t count, const char *const *keys, size_t key_count,
    size_t before, size_t after, char *message, size_t message_size);

/// Reports the matches in `length` bytes at `text`, of each group in reading order, at most `limit` places a group.
///
/// At a place every expression of the group that matches there is reported; the next place lies behind it. Takes
/// time linear in `length` for any text. Returns the flags above; -1 when memory is out.
int cpatterns_scan(
    const cpatterns *patterns, const uint8_t *text, size_t length, size_t limit, cpatterns_report report,
    void *context);

/// Where `needle` stands first in `text`, or -1; linear in both lengths (glibc's memmem).
ptrdiff_t cpatterns_find(const uint8_t *text, size_t length, const uint8_t *needle, size_t needle_length);

#ifdef __cplusplus
}
#endif
