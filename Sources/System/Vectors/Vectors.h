#pragma once

#include <stdint.h>
#include <string.h>

// What the kernels in C++ share: functions for the widest vectors that the processor has, which are chosen when the program
// starts, since the program itself is built for any processor of its kind. Arm's are part of the base.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDEST
#endif

// For what such a function calls, which must be compiled with it.
#define INLINE __attribute__((always_inline)) inline

typedef uint8_t Block __attribute__((ext_vector_type(64)));
typedef uint8_t Half __attribute__((ext_vector_type(32)));

// A bit for each byte of which a comparison holds: 64 of a block, 32 of a half. Vectors go by reference: their place in a
// call depends on the processor.
template <typename Bits = uint64_t, typename Comparison>
INLINE Bits bits(const Comparison &comparison) {
  typedef bool Flags __attribute__((ext_vector_type(8 * sizeof(Bits))));
  const Flags flags = __builtin_convertvector(comparison, Flags);
  Bits bits;
  memcpy(&bits, &flags, sizeof bits);
  return bits;
}
