#include "CSimdjson.h"

#include <new>
#include <simdjson.h>

struct csimdjson_parser {
  simdjson::dom::parser parser;

  explicit csimdjson_parser(size_t max_length) : parser(max_length) {}
};

size_t csimdjson_padding(void) { return simdjson::SIMDJSON_PADDING; }

csimdjson_parser *csimdjson_parser_create(size_t max_length) {
  return new (std::nothrow) csimdjson_parser(max_length);
}

void csimdjson_parser_destroy(csimdjson_parser *parser) { delete parser; }

int csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *bytes, size_t length, const uint64_t **tape,
    const uint8_t **strings) {
  // Padding is the caller's promise, so nothing is copied.
  auto result = parser->parser.parse(bytes, length, false);
  if (result.error()) {
    return static_cast<int>(result.error());
  }
  *tape = parser->parser.doc.tape.get();
  *strings = parser->parser.doc.string_buf.get();
  return 0;
}
