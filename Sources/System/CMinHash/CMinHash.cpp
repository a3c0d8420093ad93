#include "CMinHash.h"

#include "Vectors.h"

namespace {

// Minima, multipliers and addends of so many permutations stay in registers while all values go by: 32 take
// 12 of the 16 registers of AVX2.
template <size_t lanes>
INLINE void sign(
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

// Sorts by the digits of eight bits from the given one on, 0 or 2; the last is the fourth.
void by_digits(uint32_t *values, uint32_t *scratch, size_t count, unsigned first) {
  for (unsigned digit = first; digit < 4; digit += 2) {
    const unsigned low = 8 * digit, high = low + 8;
    uint32_t places[2][256] = {};
    for (size_t i = 0; i < count; ++i) {
      ++places[0][values[i] >> low & 255];
      ++places[1][values[i] >> high & 255];
    }
    uint32_t place[2] = {};
    for (size_t slot = 0; slot < 256; ++slot) {
      for (size_t pass = 0; pass < 2; ++pass) {
        const uint32_t here = places[pass][slot];
        places[pass][slot] = place[pass];
        place[pass] += here;
      }
    }
    for (size_t i = 0; i < count; ++i) {
      scratch[places[0][values[i] >> low & 255]++] = values[i];
    }
    for (size_t i = 0; i < count; ++i) {
      values[places[1][scratch[i] >> high & 255]++] = scratch[i];
    }
  }
}

// Brings numbers that are spread evenly into the order of their first bits: about as many as tell them apart.
void by_first_bits(uint32_t *values, uint32_t *scratch, size_t count) {
  constexpr unsigned most = 11;
  unsigned bits = 5;
  while (bits < most && size_t(1) << bits < count) ++bits;
  uint32_t places[1 << most];
  memset(places, 0, sizeof *places << bits);
  for (size_t i = 0; i < count; ++i) ++places[values[i] >> (32 - bits)];
  uint32_t place = 0;
  for (size_t slot = 0; slot < size_t(1) << bits; ++slot) {
    const uint32_t here = places[slot];
    places[slot] = place;
    place += here;
  }
  memcpy(scratch, values, count * sizeof *values);
  for (size_t i = 0; i < count; ++i) values[places[scratch[i] >> (32 - bits)]++] = scratch[i];
}

// Sorts what is nearly sorted; gives up, and returns false, after as many moves as there are values.
bool insert(uint32_t *values, size_t count) {
  size_t left = count;
  for (size_t i = 1; i < count; ++i) {
    const uint32_t value = values[i];
    size_t place = i;
    for (; place > 0 && values[place - 1] > value; --place) {
      values[place] = values[place - 1];
      if (left-- == 0) {
        values[place - 1] = value;
        return false;
      }
    }
    values[place] = value;
  }
  return true;
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
  // Numbers that are spread evenly are nearly sorted by their upper halves, up to twice as many as those can
  // tell apart.
  bool sorted = false;
  if (count <= 1 << 12) {
    by_first_bits(values, scratch, count);
    sorted = insert(values, count);
  } else if (count <= 1 << 17) {
    by_digits(values, scratch, count, 2);
    sorted = insert(values, count);
  }
  if (!sorted) {
    by_digits(values, scratch, count, 0);
  }
  size_t kept = 1;
  for (size_t i = 1; i < count; ++i) {
    values[kept] = values[i];
    kept += values[i] != values[kept - 1];
  }
  return kept;
}
