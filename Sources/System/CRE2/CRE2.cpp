#include "CRE2.h"

#include <new>
#include <re2/re2.h>

struct cre2_pattern {
  re2::RE2 expression;

  cre2_pattern(re2::StringPiece pattern, const re2::RE2::Options &options) : expression(pattern, options) {}
};

cre2_pattern *cre2_pattern_create(const uint8_t *pattern, size_t length, int64_t max_memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_memory);
  auto *made = new (std::nothrow)
      cre2_pattern(re2::StringPiece(reinterpret_cast<const char *>(pattern), length), options);
  if (made != nullptr && !made->expression.ok()) {
    delete made;
    return nullptr;
  }
  return made;
}

void cre2_pattern_destroy(cre2_pattern *pattern) { delete pattern; }

int cre2_pattern_matches(const cre2_pattern *pattern, const uint8_t *text, size_t length) {
  const re2::StringPiece piece(reinterpret_cast<const char *>(text), length);
  return pattern->expression.Match(piece, 0, length, re2::RE2::UNANCHORED, nullptr, 0) ? 1 : 0;
}
