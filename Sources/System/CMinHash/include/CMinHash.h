#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Permutations of a signature.
#define CMINHASH_PERMUTATIONS 120

/// For each permutation p the smallest of values[i] * multipliers[p] + addends[p], modulo 2^32, and of what is
/// in minima[p] already. The three arrays have CMINHASH_PERMUTATIONS numbers each; multipliers are odd.
void cminhash_sign(
    const uint32_t *values, size_t count, const uint32_t *multipliers, const uint32_t *addends, uint32_t *minima);

/// The same for half of the permutations: the arrays have CMINHASH_PERMUTATIONS / 2 numbers each.
void cminhash_sign_half(
    const uint32_t *values, size_t count, const uint32_t *multipliers, const uint32_t *addends, uint32_t *minima);

/// Sorts `count` values and leaves each once, in ascending order at `values`; returns how many those are.
/// `scratch` has room for as many. Takes time linear in `count`, whatever the values are.
size_t cminhash_distinct(uint32_t *values, uint32_t *scratch, size_t count);

#ifdef __cplusplus
}
#endif
