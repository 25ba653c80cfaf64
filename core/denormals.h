#pragma once
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace rover {

/// While it lives, this thread's numbers below the normal range (1e-38 in float) count as 0. Running means of gradients
/// that have vanished decay into that range, where x86 processors are a hundred times slower.
class FlushDenormals {
 public:
#if defined(__SSE2__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040u); }  // flush to zero, denormals are zero
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__)
  unsigned before_;
#endif
};

}  // namespace rover
