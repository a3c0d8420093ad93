#include "CMinHash.h"

#include <string.h>

// The widest vectors that the processor has are chosen when the program starts, since the program itself is built for
// any processor of its kind. Arm's are part of the base.
#if defined(__x86_64__) && defined(__gnu_linux__)
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WIDEST
#endif

namespace {

// Minima, multipliers and addends of so many permutations stay in registers while all values go by: 32 take 12 of the
// 16 registers of AVX2.
template <size_t lanes>
__attribute__((always_inline)) inline void sign(
    const uint32_t *values, size_t count, const uint32_t *multipliers, const uint32_t *addends, uint32_t *minima) {
  uint32_t a[lanes], b[lanes], least[lanes];
  memcpy(a, multipliers, sizeof a);
  memcpy(b, addends, sizeof b);
  memcpy(least, minima, sizeof least);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t value = values[i];
    for (size_t lane = 0; lane < lanes; ++lane) {
      const uint32_t image = value * a[lane] + b[lane];
      least[lane] = image < least[lane] ? image : least[lane];
    }
  }
  memcpy(minima, least, sizeof least);
}

}  // namespace

extern "C" WIDEST void cminhash_sign(
    const uint32_t *values, size_t count, const uint32_t *multipliers, const uint32_t *addends, uint32_t *minima) {
  sign<32>(values, count, multipliers, addends, minima);
  sign<32>(values, count, multipliers + 32, addends + 32, minima + 32);
  sign<32>(values, count, multipliers + 64, addends + 64, minima + 64);
  sign<24>(values, count, multipliers + 96, addends + 96, minima + 96);
}

extern "C" WIDEST void cminhash_sign_half(
    const uint32_t *values, size_t count, const uint32_t *multipliers, const uint32_t *addends, uint32_t *minima) {
  sign<32>(values, count, multipliers, addends, minima);
  sign<28>(values, count, multipliers + 32, addends + 32, minima + 32);
}

extern "C" size_t cminhash_distinct(uint32_t *values, uint32_t *scratch, size_t count) {
  if (count < 2) {
    return count;
  }
  // Least significant digit first, four digits of eight bits.
  size_t places[4][256] = {};
  for (size_t i = 0; i < count; ++i) {
    const uint32_t value = values[i];
    ++places[0][value & 255];
    ++places[1][value >> 8 & 255];
    ++places[2][value >> 16 & 255];
    ++places[3][value >> 24];
  }
  for (size_t digit = 0; digit < 4; ++digit) {
    size_t place = 0;
    for (size_t &slot : places[digit]) {
      const size_t here = slot;
      slot = place;
      place += here;
    }
    for (size_t i = 0; i < count; ++i) {
      scratch[places[digit][values[i] >> 8 * digit & 255]++] = values[i];
    }
    uint32_t *const sorted = scratch;
    scratch = values;
    values = sorted;
  }
  size_t kept = 1;
  for (size_t i = 1; i < count; ++i) {
    values[kept] = values[i];
    kept += values[i] != values[kept - 1];
  }
  return kept;
}
