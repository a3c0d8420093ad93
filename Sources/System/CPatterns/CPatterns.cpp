#include "CPatterns.h"
#include "Vectors.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <re2/re2.h>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr size_t hash_bits = 14;

/// What RE2 may keep of its states for one group, in bytes; beyond it, it starts anew or falls back to a slower
/// machine that is linear as well.
constexpr int64_t state_memory = 16 << 20;

struct Group {
  std::unique_ptr<re2::RE2> all;
  std::vector<std::unique_ptr<re2::RE2>> each;
  size_t first = 0;
  size_t before = 0;
  size_t after = 0;
  bool everywhere = false;
};

struct Key {
  std::string text;
  uint32_t group;
  /// Its first eight bytes with the bit that makes letters small, and which of them it has.
  uint64_t head = 0, mask = 0;
};

/// Matches may lie between these; `end` 0 is none yet.
struct Window {
  size_t start = 0;
  size_t end = 0;
};

/// What a scan knows of a group: the window that is open, and places found.
struct State {
  Window window;
  size_t found = 0;
};

inline uint8_t lowered(uint8_t byte) { return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte; }

/// The bucket of four bytes in either case, or of the three below the highest.
INLINE uint32_t bucket(uint32_t bytes, bool four) {
  const uint32_t folded = (bytes | 0x20202020u) & (four ? 0xFFFFFFFFu : 0x00FFFFFFu);
  return folded * 0x9E3779B1u >> (32 - hash_bits);
}

INLINE uint32_t four_bytes(const void *place) {
  uint32_t bytes;
  std::memcpy(&bytes, place, sizeof bytes);
  return bytes;
}

/// Per byte of a block of 64, whether it belongs to a word, begins a letter that needs no space before it (three
/// bytes and more from U+3000 on), or lies beyond ASCII.
struct Masks {
  uint64_t word = 0;
  uint64_t wide = 0;
  uint64_t beyond = 0;
};

INLINE Masks masks_of(const uint8_t *text) {
  Block bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  const auto beyond = bytes >= 0x80;
  return Masks{
      bits(((bytes | 0x20) - 'a' < 26) | (bytes - '0' < 10) | beyond), bits(bytes - 0xE3 < 0xF5 - 0xE3), bits(beyond)};
}

/// The keys of one kind by the bucket of their first bytes.
struct KeyTable {
  std::vector<Key> keys;
  /// The keys of bucket b are those from `starts[b]` to `starts[b + 1]`.
  std::vector<uint32_t> starts;
  std::vector<uint64_t> used;

  void add(std::string text, uint32_t group) {
    Key key{std::move(text), group};
    uint8_t head[8] = {}, mask[8] = {};
    for (size_t at = 0; at < std::min<size_t>(8, key.text.size()); at++) {
      head[at] = static_cast<uint8_t>(key.text[at]) | 0x20;
      mask[at] = 0xFF;
    }
    std::memcpy(&key.head, head, 8);
    std::memcpy(&key.mask, mask, 8);
    keys.push_back(std::move(key));
  }

  void index(bool four) {
    auto of = [four](const Key &key) { return bucket(four_bytes(key.text.c_str()), four); };
    std::sort(keys.begin(), keys.end(), [&](const Key &left, const Key &right) {
      return std::make_pair(of(left), left.group) < std::make_pair(of(right), right.group);
    });
    starts.assign((size_t(1) << hash_bits) + 1, 0);
    used.assign((size_t(1) << hash_bits) / 64, 0);
    for (const Key &key : keys) {
      starts[of(key) + 1]++;
      used[of(key) / 64] |= uint64_t(1) << (of(key) % 64);
    }
    for (size_t at = 1; at < starts.size(); at++) starts[at] += starts[at - 1];
  }
};

INLINE uint64_t is_used(const uint64_t *used, uint32_t at) { return used[at / 64] >> (at % 64) & 1; }

} // namespace

struct cpatterns {
  std::vector<Group> groups;
  /// Keys of four bytes and more, and of three.
  KeyTable longer, shorter;
  size_t total = 0;
};

namespace {

class Scan {
public:
  Scan(const cpatterns &set, const uint8_t *text, size_t length, size_t limit, cpatterns_report report, void *context)
      : set(set), text(text), length(length), limit(limit), report(report), context(context),
        many(set.groups.size() > few ? set.groups.size() : 0), groups(many.empty() ? some : many.data()) {
    std::fill_n(groups, set.groups.size(), State{});
  }

  INLINE int run() {
    for (size_t index = 0; index < set.groups.size() && !stopped; index++) {
      if (set.groups[index].everywhere) search(index, Window{0, length});
    }
    // In local variables, so that they stay in registers.
    const uint8_t *const text = this->text;
    const size_t length = this->length;
    const uint64_t *const longer = set.longer.used.data(), *const shorter = set.shorter.used.data();
    uint64_t before = 0; // the last byte of the block before, if it belongs to a word
    uint64_t beyond = 0, spelled = 0;
    for (size_t block = 0; block < length && !stopped; block += 64) {
      uint8_t last[64] = {};
      if (block + 64 > length) std::memcpy(last, text + block, length - block);
      const Masks masks = masks_of(block + 64 > length ? last : text + block);
      const uint64_t begins = masks.word & ~(masks.word << 1 | before);
      const uint64_t alone = begins & ~(masks.word >> 1);
      beyond |= masks.beyond;
      spelled |= alone & alone >> 2 & alone >> 4 & alone >> 6 & alone >> 8;
      before = masks.word >> 63;
      for (uint64_t left = begins | masks.wide; left; left &= left - 1) {
        const size_t place = block + static_cast<size_t>(__builtin_ctzll(left));
        const uint32_t bytes = place + 4 <= length ? four_bytes(text + place) : last_bytes(place);
        const uint32_t of_three = bucket(bytes, false), of_four = bucket(bytes, true);
        // One branch, which is seldom taken, for both.
        if (is_used(longer, of_four) | is_used(shorter, of_three)) try_keys(of_four, of_three, place);
      }
    }
    if (beyond) flags |= CPATTERNS_BEYOND_ASCII;
    if (spelled) flags |= CPATTERNS_SPELLED_OUT;
    for (size_t index = 0; index < set.groups.size() && !stopped; index++) flush(index);
    return flags;
  }

private:
  /// The bytes from a place on that is less than four before the end, and zeros.
  __attribute__((noinline)) uint32_t last_bytes(size_t place) const {
    uint32_t bytes = 0;
    std::memcpy(&bytes, text + place, length - place);
    return bytes;
  }

  __attribute__((noinline)) void try_keys(uint32_t of_four, uint32_t of_three, size_t place) {
    if (is_used(set.longer.used.data(), of_four)) try_keys(set.longer, of_four, place);
    if (is_used(set.shorter.used.data(), of_three)) try_keys(set.shorter, of_three, place);
  }

  void try_keys(const KeyTable &table, uint32_t at, size_t place) {
    uint64_t head = 0;
    if (place + 8 <= length) {
      std::memcpy(&head, text + place, 8);
    } else {
      std::memcpy(&head, text + place, length - place);
    }
    head |= 0x2020202020202020u;
    for (uint32_t slot = table.starts[at]; slot < table.starts[at + 1]; slot++) {
      const Key &key = table.keys[slot];
      if ((head ^ key.head) & key.mask) continue;
      const size_t size = key.text.size();
      if (place + size > length) continue;
      size_t index = 0;
      while (index < size && lowered(text[place + index]) == static_cast<uint8_t>(key.text[index])) index++;
      if (index == size) open(key.group, place);
    }
  }

  /// Asks for a search around a key; windows that touch become one, so that no byte is searched twice.
  void open(uint32_t group, size_t place) {
    const size_t before = set.groups[group].before;
    const size_t start = place > before ? place - before : 0;
    Window &window = groups[group].window;
    if (window.end && start > window.end) flush(group);
    if (!window.end) window.start = start;
    window.end = std::min(length, place + set.groups[group].after);
  }

  __attribute__((noinline)) void flush(size_t group) {
    if (groups[group].window.end && !stopped) search(group, groups[group].window);
    groups[group].window = Window{};
  }

  __attribute__((noinline)) void search(size_t number, Window window) {
    const Group &group = set.groups[number];
    const re2::StringPiece whole(reinterpret_cast<const char *>(text), length);
    size_t place = window.start;
    re2::StringPiece span;
    while (place < window.end && groups[number].found < limit && !stopped) {
      if (!group.all->Match(whole, place, window.end, re2::RE2::UNANCHORED, &span, 1)) return;
      groups[number].found++;
      const size_t offset = static_cast<size_t>(span.data() - whole.data());
      for (size_t index = 0; index < group.each.size() && !stopped; index++) {
        re2::StringPiece own;
        if (group.each[index]->Match(whole, offset, window.end, re2::RE2::ANCHOR_START, &own, 1)) {
          stopped = report(context, group.first + index, offset, own.size()) != CPATTERNS_GO_ON;
        }
      }
      place = offset + std::max<size_t>(span.size(), 1);
    }
  }

  const cpatterns &set;
  const uint8_t *text;
  const size_t length;
  const size_t limit;
  const cpatterns_report report;
  void *const context;
  // Most sets have few groups, whose state then costs no allocation for each text.
  static constexpr size_t few = 64;
  State some[few];
  std::vector<State> many;
  State *const groups;
  int flags = 0;
  bool stopped = false;
};

} // namespace

cpatterns *cpatterns_create(void) {
  try {
    auto patterns = std::make_unique<cpatterns>();
    patterns->longer.index(true);
    patterns->shorter.index(false);
    return patterns.release();
  } catch (...) {
    return nullptr;
  }
}

void cpatterns_destroy(cpatterns *patterns) { delete patterns; }

int cpatterns_add(
    cpatterns *patterns, const char *const *expressions, size_t count, const char *const *keys, size_t key_count,
    size_t before, size_t after, char *message, size_t message_size) {
  try {
    re2::RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(state_memory);
    Group group;
    std::string all;
    for (size_t index = 0; index < count; index++) {
      auto compiled = std::make_unique<re2::RE2>(expressions[index], options);
      if (!compiled->ok()) {
        if (message_size) {
          const size_t size = std::min(message_size - 1, compiled->error().size());
          std::memcpy(message, compiled->error().data(), size);
          message[size] = 0;
        }
        return static_cast<int>(index) + 1;
      }
      all += (index ? "|(?:" : "(?:");
      all += expressions[index];
      all += ")";
      group.each.push_back(std::move(compiled));
    }
    group.all = std::make_unique<re2::RE2>(all, options);
    if (!group.all->ok()) return static_cast<int>(count);
    group.first = patterns->total;
    group.before = before;
    group.after = after;
    group.everywhere = key_count == 0;
    const auto number = static_cast<uint32_t>(patterns->groups.size());
    for (size_t index = 0; index < key_count; index++) {
      const size_t size = std::strlen(keys[index]);
      if (size >= 3) (size == 3 ? patterns->shorter : patterns->longer).add(keys[index], number);
    }
    patterns->groups.push_back(std::move(group));
    patterns->total += count;
    patterns->longer.index(true);
    patterns->shorter.index(false);
    return 0;
  } catch (...) {
    return -1;
  }
}

extern "C" WIDEST int cpatterns_scan(
    const cpatterns *patterns, const uint8_t *text, size_t length, size_t limit, cpatterns_report report,
    void *context) {
  if (!length) return 0;
  try {
    return Scan(*patterns, text, length, limit, report, context).run();
  } catch (...) {
    return -1;
  }
}

ptrdiff_t cpatterns_find(const uint8_t *text, size_t length, const uint8_t *needle, size_t needle_length) {
  const void *found = memmem(text, length, needle, needle_length);
  return found ? static_cast<const uint8_t *>(found) - text : -1;
}
