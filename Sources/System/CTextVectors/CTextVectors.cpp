#include "CTextVectors.h"

#include "Vectors.h"

namespace {

INLINE uint64_t of_kind(int kind, const uint8_t *text) {
  Block bytes;
  memcpy(&bytes, text, sizeof bytes);
  if (kind == CTEXT_VISIBLE) {
    return ~bits((bytes - 0x09 < 5) | (bytes == 0x20));
  }
  return bits(((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10) | (bytes >= 0x80));
}

INLINE size_t borders_of(
    int kind, const uint8_t *text, size_t length, size_t *start, int *inside, uint32_t *borders, size_t room) {
  uint64_t before = *inside != 0;
  size_t count = 0;
  size_t block = *start;
  for (; block < length && count + CTEXT_ROOM <= room; block += 64) {
    uint64_t mask;
    if (block + 64 <= length) {
      mask = of_kind(kind, text + block);
    } else {
      uint8_t last[64] = {};
      memcpy(last, text + block, length - block);
      mask = of_kind(kind, last) & ((uint64_t(1) << (length - block)) - 1);
    }
    uint64_t changes = mask ^ (mask << 1 | before);
    before = mask >> 63;
    const size_t found = static_cast<size_t>(__builtin_popcountll(changes));
    // In fours, so that the number of rounds is mostly foreseen; what is written too much is written over.
    for (size_t written = 0; written < found; written += 4) {
      for (size_t offset = 0; offset < 4; ++offset) {
        // The highest bit only keeps the count of zeros defined.
        borders[count + written + offset] =
            static_cast<uint32_t>(block + static_cast<size_t>(__builtin_ctzll(changes | uint64_t(1) << 63)));
        changes &= changes - 1;
      }
    }
    count += found;
  }
  if (block >= length && before) {
    borders[count++] = static_cast<uint32_t>(length);
    before = 0;
  }
  *start = block;
  *inside = before != 0;
  return count;
}

// Which bytes of a block are in words, and how many of the next are those of a character that parts words.
struct Words {
  uint64_t mask;
  unsigned going;
};

INLINE Words words_of(const uint8_t *text, unsigned going) {
  Block bytes, next;
  memcpy(&bytes, text, sizeof bytes);
  memcpy(&next, text + 1, sizeof next);
  const uint64_t word = bits(
      ((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10) | (bytes >= 0x80) | (bytes == '@') | (bytes == '$'));
  // Characters of three bytes and of four that part words.
  const uint64_t three = bits(((bytes == 0xE2) | (bytes == 0xE3)) & (next == 0x80));
  const uint64_t four = bits((bytes == 0xF0) & (next == 0x9F));
  const uint64_t first = three | four;
  const uint64_t gaps = first | first << 1 | first << 2 | four << 3 | ((uint64_t(1) << going) - 1);
  const unsigned over = four >> 63 ? 3 : first >> 63 || four >> 62 & 1 ? 2 : first >> 62 & 1 || four >> 61 & 1 ? 1 : 0;
  return Words{word & ~gaps, over};
}

// Per byte of a block, whether it is no white space, an ASCII letter, a sign that may end a plain word, the first of `lo`, or
// a line feed.
struct Shapes {
  uint64_t visible, letters, signs, lorem, feeds;
};

INLINE Shapes shapes_of(const uint8_t *text) {
  Block bytes, next;
  memcpy(&bytes, text, sizeof bytes);
  memcpy(&next, text + 1, sizeof next);
  return Shapes{
      ~bits((bytes - 0x09 < 5) | (bytes == 0x20)), bits((bytes | 0x20) - 'a' < 26),
      bits(
          (bytes - '!' < 2) | (bytes == '\'') | (bytes == ')') | (bytes == ',') | (bytes == '.') | (bytes - ':' < 2)
          | (bytes == '?')),
      bits(((bytes | 0x20) == 'l') & ((next | 0x20) == 'o')), bits(bytes == 0x0A)};
}

INLINE uint64_t marks(int kind, const uint8_t *text) {
  Block bytes, before, next;
  memcpy(&bytes, text, sizeof bytes);
  memcpy(&before, text - 1, sizeof before);
  memcpy(&next, text + 1, sizeof next);
  switch (kind) {
  case CTEXT_TRIGGER:
    return bits(
        // The first digit of a run.
        ((bytes - '0' < 10) & (before - '0' >= 10))
        // Full stop and hyphen with something behind them.
        | ((bytes - '-' < 2) & (next > ' '))
        // @, B before e, A before a capital, J behind y, and G.
        | (bytes == '@') | ((bytes == 'B') & (next == 'e')) | ((bytes == 'A') & (next - 'A' < 26))
        | ((bytes == 'J') & (before == 'y'))
        | (bytes == 'G')
        // : = _ and ~ behind Q.
        | (bytes == ':') | (bytes == '=') | (bytes == '_') | ((bytes == '~') & (before == 'Q')));
  case CTEXT_FOLDED:
    return bits(
        ((bytes == 0xC2) & ((next == 0xA0) | (next == 0xAD))) | (bytes == 0xD9) | (bytes == 0xDB) | (bytes == 0xE0)
        | ((bytes == 0xE2) & (next < 0x89)) | ((bytes == 0xE3) & (next == 0x80)) | ((bytes == 0xEF) & (next > 0xB8)));
  case CTEXT_OPENING: {
    const auto letter = (next | 0x20) - 'a' < 26;
    return bits(
        (bytes == '`') | ((bytes == '{') & (letter | (next == '{') | (next == ' ')))
        | (((bytes == '[') | (bytes == '<')) & letter));
  }
  default:
    return bits(
        ((bytes == 0xC2) & (next == 0xAD)) | (bytes - 0xCC < 6) | ((bytes == 0xE2) & ((next & 0xFE) == 0x80))
        | ((bytes == 0xEF) & (next - 0xB8 < 6)) | ((bytes == 0xF0) & (next == 0x9D))
        | ((bytes == 0xF3) & (next == 0xA0)));
  }
}

INLINE void marks_of(int kind, const uint8_t *text, size_t start, size_t length, size_t blocks, uint64_t *masks) {
  for (size_t index = 0; index < blocks; ++index) {
    const size_t block = start + 64 * index;
    if (block > 0 && block + 65 <= length) {
      masks[index] = marks(kind, text + block);
    } else {
      // What lies before and behind the text is read as zeros.
      uint8_t edge[66] = {};
      const size_t from = block > 0 ? block - 1 : 0;
      const size_t end = block + 65 < length ? block + 65 : length;
      if (from < end) memcpy(edge + (block > 0 ? 0 : 1), text + from, end - from);
      masks[index] = marks(kind, edge + 1);
    }
  }
}

}  // namespace

extern "C" WIDEST size_t ctext_borders(
    int kind, const uint8_t *text, size_t length, size_t *start, int *inside, uint32_t *borders, size_t room) {
  return kind == CTEXT_WORD ? borders_of(CTEXT_WORD, text, length, start, inside, borders, room)
                            : borders_of(CTEXT_VISIBLE, text, length, start, inside, borders, room);
}

extern "C" WIDEST size_t ctext_odd_runs(
    const uint8_t *text, size_t length, ctext_odd_state *state, ctext_run *runs, size_t room) {
  ctext_odd_state now = *state;
  size_t count = 0;
  // One block more than the text has, so that its end ends a run.
  for (; now.place <= length && count + CTEXT_ODD_ROOM <= room; now.place += 64) {
    Shapes shapes;
    if (now.place + 65 <= length) {
      shapes = shapes_of(text + now.place);
    } else {
      uint8_t last[65] = {};
      memcpy(last, text + now.place, length - now.place);
      shapes = shapes_of(last);
      const size_t left = length - now.place;
      if (left < 64) shapes.visible &= (uint64_t(1) << left) - 1;
    }
    const uint64_t visible = shapes.visible;
    const uint64_t starts = visible & ~(visible << 1 | now.visible);
    const uint64_t ends = ~visible & (visible << 1 | now.visible);
    // A sign is plain behind letters at the end of a word, as far as this block tells; a block without an end is long.
    const uint64_t signs = shapes.signs & ~starts & ~(visible >> 1) & ~(uint64_t(1) << 63);
    uint64_t odd = visible & ~shapes.letters & ~signs;
    odd |= starts & shapes.lorem;
    odd |= ~visible ? 0 : uint64_t(1) << 63;
    // A line feed is carried over what parts words to the start of the next one.
    unsigned long long carry;
    const uint64_t first =
        __builtin_addcll(~visible, ~visible & shapes.feeds, now.first, &carry) & starts;
    now.first = carry;
    odd |= first;
    // What is odd is carried to the end of its run.
    uint64_t left = __builtin_addcll(visible, odd, now.odd, &carry) & ends;
    now.odd = carry;
    // What of the block was counted.
    uint64_t counted = 0;
    for (; left; left &= left - 1) {
      const unsigned at = static_cast<unsigned>(__builtin_ctzll(left));
      const uint64_t below = (uint64_t(1) << at) - 1;
      const uint64_t begun = starts & below;
      uint32_t is_first = now.is_first;
      if (begun) {
        const unsigned begin = 63 - static_cast<unsigned>(__builtin_clzll(begun));
        now.start = static_cast<uint32_t>(now.place + begin);
        is_first = static_cast<uint32_t>(first >> begin & 1);
      }
      const uint32_t stop = static_cast<uint32_t>(now.place + at);
      const uint64_t fresh = below & ~counted;
      // The run itself is among the ends and the visible bytes.
      runs[count++] = ctext_run{
          now.start, stop, is_first, now.words + static_cast<uint32_t>(__builtin_popcountll(ends & fresh)),
          now.bytes + static_cast<uint32_t>(__builtin_popcountll(visible & fresh)) - (stop - now.start)};
      now.words = 0;
      now.bytes = 0;
      counted = below | uint64_t(1) << at;
    }
    now.words += static_cast<uint32_t>(__builtin_popcountll(ends & ~counted));
    now.bytes += static_cast<uint32_t>(__builtin_popcountll(visible & ~counted));
    if (starts) {
      const unsigned begin = 63 - static_cast<unsigned>(__builtin_clzll(starts));
      now.start = static_cast<uint32_t>(now.place + begin);
      now.is_first = static_cast<uint32_t>(first >> begin & 1);
    }
    now.visible = visible >> 63;
  }
  *state = now;
  return count;
}

extern "C" WIDEST size_t ctext_words(
    const uint8_t *text, size_t start, size_t stop, size_t length, uint32_t *state, const uint64_t *set,
    uint32_t *places) {
  // A bit for the byte before, if it is in a word, and how many bytes of a character that parts words go on.
  uint64_t before = *state & 1;
  unsigned going = *state >> 1;
  size_t count = 0;
  for (size_t block = start; block < stop; block += 64) {
    uint8_t last[66] = {};
    const bool isLast = block + 65 > length;
    if (isLast) memcpy(last, text + block, length - block);
    const Words words = words_of(isLast ? last : text + block, going);
    going = words.going;
    uint64_t begins = words.mask & ~(words.mask << 1 | before);
    before = words.mask >> 63;
    for (; begins; begins &= begins - 1) {
      const unsigned at = static_cast<unsigned>(__builtin_ctzll(begins));
      const size_t place = block + at;
      places[count] = static_cast<uint32_t>(place);
      if (at > 61 || place + 4 > length) {
        // Its end is not known here.
        ++count;
        continue;
      }
      uint32_t bytes;
      memcpy(&bytes, text + place, sizeof bytes);
      // The bytes of the word by whether its second and third follow.
      constexpr uint32_t kept[4] = {0x00001F, 0x001F1F, 0x00001F, 0x1F1F1F};
      bytes &= kept[words.mask >> at >> 1 & 3];
      const uint32_t beginning = (bytes & 0x1F) | (bytes >> 3 & 0x3E0) | (bytes >> 6 & 0x7C00);
      count += set[beginning >> 6] >> (beginning & 63) & 1;
    }
  }
  *state = static_cast<uint32_t>(before | going << 1);
  return count;
}

extern "C" WIDEST void ctext_marks(
    int kind, const uint8_t *text, size_t start, size_t length, size_t blocks, uint64_t *masks) {
  switch (kind) {
  case CTEXT_TRIGGER: return marks_of(CTEXT_TRIGGER, text, start, length, blocks, masks);
  case CTEXT_FOLDED: return marks_of(CTEXT_FOLDED, text, start, length, blocks, masks);
  case CTEXT_OPENING: return marks_of(CTEXT_OPENING, text, start, length, blocks, masks);
  default: return marks_of(CTEXT_DISGUISED, text, start, length, blocks, masks);
  }
}

extern "C" WIDEST size_t ctext_normalise(const uint8_t *text, size_t length, uint8_t *target, int *spaced) {
  uint32_t before = *spaced != 0;
  size_t place = 0;
  while (place + 32 <= length) {
    Half bytes;
    memcpy(&bytes, text + place, sizeof bytes);
    const auto space = (bytes - 0x09 < 5) | (bytes == 0x20);
    const uint32_t spaces = bits<uint32_t>(space);
    const uint32_t trouble = bits<uint32_t>(bytes >= 0x80) | (spaces & (spaces << 1 | before));
    const auto capital = bytes - 'A' < 26;
    Half lower = bytes | (__builtin_convertvector(capital, Half) & 0x20);
    lower = space ? Half(0x20) : lower;
    memcpy(target + place, &lower, sizeof lower);
    if (trouble) {
      const unsigned good = static_cast<unsigned>(__builtin_ctz(trouble));
      if (good > 0) before = spaces >> (good - 1) & 1;
      place += good;
      break;
    }
    before = spaces >> 31;
    place += 32;
  }
  *spaced = before != 0;
  return place;
}

extern "C" WIDEST size_t ctext_ascii_length(const uint8_t *text, size_t length) {
  size_t place = 0;
  for (; place + 64 <= length; place += 64) {
    Block bytes;
    memcpy(&bytes, text + place, sizeof bytes);
    if (const uint64_t beyond = bits(bytes >= 0x80)) return place + static_cast<size_t>(__builtin_ctzll(beyond));
  }
  while (place < length && text[place] < 0x80) ++place;
  return place;
}
