#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What the bytes of a run are.
enum {
  /// ASCII letters and digits, and bytes beyond ASCII.
  CTEXT_WORD = 0,
  /// All but ASCII white space: tab, line feed, vertical tab, form feed, carriage return, space.
  CTEXT_VISIBLE = 1,
};

/// Writes where runs begin and end, from `*start` on, which is 0 before the first call and moved to where the next call
/// goes on: behind the end when all is read.
///
/// `inside` says whether a run goes on from before, and afterwards whether one goes on behind; the text's end ends a run.
/// What is written begins with a run's start, or with the end of the run that goes on. `borders` has room for `room`
/// places, at least CTEXT_ROOM. Returns how many were written.
size_t ctext_borders(
    int kind, const uint8_t *text, size_t length, size_t *start, int *inside, uint32_t *borders, size_t room);

/// The fewest places of borders that a call needs: those of 64 bytes, and some that may be written over behind the last.
enum { CTEXT_ROOM = 72 };

/// A run of bytes that are no ASCII white space, and what lies between it and the one before.
typedef struct {
  uint32_t start, stop;
  /// Whether a line begins before it, as one does at the text's beginning.
  uint32_t is_first;
  /// Plain words before it and their bytes, since the run that was written last.
  uint32_t words, bytes;
} ctext_run;

/// Where ctext_odd_runs goes on; zeros before its first call, but for `first`, which is 1.
typedef struct {
  size_t place;
  uint64_t visible, odd, first;
  uint32_t start, is_first, words, bytes;
} ctext_odd_state;

/// Writes the runs of visible bytes that are no plain words, at most `room` of them, at least CTEXT_ODD_ROOM.
///
/// A plain word is ASCII letters, no more than 190, with at most one of ! " ' ) , . : ; ? behind them, is not the first of
/// its line, and does not begin with `lo` in either case. Some plain words are written as if they were none. All is read
/// when `place` lies behind the end; `words` and `bytes` are then those behind the last run.
size_t ctext_odd_runs(const uint8_t *text, size_t length, ctext_odd_state *state, ctext_run *runs, size_t room);

/// The most runs that end within 64 bytes.
enum { CTEXT_ODD_ROOM = 33 };

/// Writes where words begin of which a set may hold the beginning, from `start`, a multiple of 64 above the text's first
/// byte, to `stop`, which is another one or `length`.
///
/// A word is made of ASCII letters and digits, `@`, `$`, and bytes beyond ASCII, but for those of U+2000 to U+203F, U+3000
/// to U+303F and U+1F000 to U+1FFFF. The set has a bit for each 15 bits of a beginning: the lower five of its first byte,
/// then those of the second and third, zeros where the word has none. `state` is 0 before the first call and left alone
/// between calls. `places` has room for `(stop - start) / 2 + 1` places. Returns how many were written.
size_t ctext_words(
    const uint8_t *text, size_t start, size_t stop, size_t length, uint32_t *state, const uint64_t *set,
    uint32_t *places);

/// Which bytes are marked. Some are for nothing, none is missing.
enum {
  /// What personal data or a secret may hang on.
  CTEXT_TRIGGER = 0,
  /// The first byte of a character that is read as another in personal data: digits, signs, dashes and spaces of other
  /// scripts and widths, and what nobody sees.
  CTEXT_FOLDED = 1,
  /// The first byte of a character that dresses a letter up: what nobody sees, other widths and alphabets, marks, and
  /// letters that look like Latin ones.
  CTEXT_DISGUISED = 2,
  /// A backquote, and what may open a place of a template: a brace, a bracket or an angle before what a name begins with.
  CTEXT_OPENING = 3,
};

/// A bit for each byte of 64 * `blocks` from `start` on that is marked, the first byte's the lowest of masks[0], none behind
/// `length`.
void ctext_marks(int kind, const uint8_t *text, size_t start, size_t length, size_t blocks, uint64_t *masks);

/// Copies ASCII in lower case, with a space for each byte of white space, as long as no white space follows another, and in
/// steps of 32 bytes.
///
/// `spaced` says whether white space went before, and afterwards whether it was the last. Returns how many bytes were
/// copied; `target` has room for `length` bytes, all of which may be written.
size_t ctext_normalise(const uint8_t *text, size_t length, uint8_t *target, int *spaced);

/// The bytes before the first beyond ASCII, `length` if there is none.
size_t ctext_ascii_length(const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
