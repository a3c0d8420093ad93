#include "CCLD2.h"

// The library's header uses FILE and includes nothing for it.
#include <cstdio>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

ccld2_result ccld2_detect(const uint8_t *bytes, size_t length, int best_effort) {
  CLD2::Language languages[3] = {CLD2::UNKNOWN_LANGUAGE, CLD2::UNKNOWN_LANGUAGE, CLD2::UNKNOWN_LANGUAGE};
  int percents[3] = {0, 0, 0};
  double scores[3] = {0, 0, 0};
  int text_bytes = 0;
  bool is_reliable = false;
  const CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  CLD2::ExtDetectLanguageSummary(
      reinterpret_cast<const char *>(bytes), static_cast<int>(length), true, &hints,
      best_effort ? CLD2::kCLDFlagBestEffort : 0, languages, percents, scores, nullptr, &text_bytes,
      &is_reliable);
  return {CLD2::LanguageCode(languages[0]), percents[0], text_bytes, is_reliable ? 1 : 0};
}
