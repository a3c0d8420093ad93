#pragma once
#include <xxhash.h>
// The library's functions for the processor's widest vectors, where it has them.
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>
#define CXXHASH_DISPATCH(name) name##_dispatch
#else
#define CXXHASH_DISPATCH(name) name
#endif

static inline XXH128_hash_t cxxhash_128(const void *bytes, size_t count, XXH64_hash_t seed) {
  return CXXHASH_DISPATCH(XXH3_128bits_withSeed)(bytes, count, seed);
}

static inline XXH64_hash_t cxxhash_64(const void *bytes, size_t count, XXH64_hash_t seed) {
  return CXXHASH_DISPATCH(XXH3_64bits_withSeed)(bytes, count, seed);
}

static inline void cxxhash_update(XXH3_state_t *state, const void *bytes, size_t count) {
  CXXHASH_DISPATCH(XXH3_64bits_update)(state, bytes, count);
}
