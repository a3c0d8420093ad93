#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern; several threads may search with it at once.
typedef struct cre2_pattern cre2_pattern;

/// Compiles a pattern of RE2's syntax; NULL if RE2 does not take it, or if its program would need more than
/// `max_memory` bytes.
cre2_pattern *cre2_pattern_create(const uint8_t *pattern, size_t length, int64_t max_memory);

void cre2_pattern_destroy(cre2_pattern *pattern);

/// Whether the pattern matches anywhere in the text, in time linear in it: 0 or 1.
int cre2_pattern_matches(const cre2_pattern *pattern, const uint8_t *text, size_t length);

#ifdef __cplusplus
}
#endif
