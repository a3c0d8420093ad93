#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A parser that owns its buffers; used by one thread at a time.
typedef struct csimdjson_parser csimdjson_parser;

/// Bytes that must be readable after the end of every document.
size_t csimdjson_padding(void);

/// A parser that refuses documents of more than `max_length` bytes; NULL when memory is out.
csimdjson_parser *csimdjson_parser_create(size_t max_length);

void csimdjson_parser_destroy(csimdjson_parser *parser);

/// Parses `length` bytes at `bytes`, after which `csimdjson_padding()` bytes must be readable.
/// Returns 0 and simdjson's tape and string buffer, which stay valid until the next parse, or
/// simdjson's error code. The tape's layout is described in simdjson's doc/tape.md.
int csimdjson_parse(
    csimdjson_parser *parser, const uint8_t *bytes, size_t length, const uint64_t **tape,
    const uint8_t **strings);

#ifdef __cplusplus
}
#endif
