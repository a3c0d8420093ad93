#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What CLD2 says of a text.
typedef struct ccld2_result {
  /// CLD2's code, such as "en" or "zh-Hant"; "un" is unknown. A constant of the library.
  const char *code;
  /// The language's share of the text's letters, 0 to 100.
  int percent;
  /// Bytes of letters that were judged.
  int bytes;
  /// CLD2's own word on whether the answer holds: 0 or 1.
  int is_reliable;
} ccld2_result;

/// Detects the language of `length` bytes of valid UTF-8 without markup. Keeps nothing between calls, so that several
/// threads may call it at once. With `best_effort` it answers for short texts as well.
ccld2_result ccld2_detect(const uint8_t *bytes, size_t length, int best_effort);

#ifdef __cplusplus
}
#endif
