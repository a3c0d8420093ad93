#pragma once
#include <malloc.h>

/// Blocks of up to so many bytes come from the heap, which gives memory back only beyond as many again; without
/// effect where the C library is another than glibc.
static inline void cmalloc_keep_blocks(int bytes) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, bytes);
  mallopt(M_TRIM_THRESHOLD, bytes);
#else
  (void)bytes;
#endif
}
