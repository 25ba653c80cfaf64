#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

namespace rover::fuzz {
namespace {

constexpr std::array<std::string_view, 10> kSignatures{"\x89HDF", "OHDR", "TREE", "HEAP", "SNOD",
                                                       "GCOL",    "FRHP", "BTHD", "FAHD", "EAHD"};
constexpr std::array<std::uint64_t, 14> kWords{0,
                                               1,
                                               2,
                                               3,
                                               255,
                                               1u << 16,
                                               (1ull << 31) - 1,
                                               1ull << 31,
                                               1ull << 32,
                                               1ull << 40,
                                               1ull << 57,
                                               1ull << 62,
                                               std::numeric_limits<std::uint64_t>::max() - 1,
                                               std::numeric_limits<std::uint64_t>::max()};

/// Bob Jenkins' lookup3 (hashlittle, public domain, 2006), the checksum of HDF5's metadata.
std::uint32_t lookup3(std::string_view bytes) {
  std::uint32_t a = 0xdeadbeef + static_cast<std::uint32_t>(bytes.size()), b = a, c = a;
  std::size_t at = 0;
  const auto word = [&](std::size_t from) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4 && from + i < bytes.size(); ++i)
      out |= std::uint32_t{static_cast<unsigned char>(bytes[from + i])} << (8 * i);
    return out;
  };
  for (; bytes.size() - at > 12; at += 12) {
    a += word(at), b += word(at + 4), c += word(at + 8);
    a -= c, a ^= std::rotl(c, 4), c += b, b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a, a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c, c -= b, c ^= std::rotl(b, 4), b += a;
  }
  if (at == bytes.size()) return c;
  a += word(at), b += word(at + 4), c += word(at + 8);
  c ^= b, c -= std::rotl(b, 14), a ^= c, a -= std::rotl(c, 11), b ^= a, b -= std::rotl(a, 25);
  c ^= b, c -= std::rotl(b, 16), a ^= c, a -= std::rotl(c, 4), b ^= a, b -= std::rotl(a, 14);
  c ^= b, c -= std::rotl(b, 24);
  return c;
}

void seal(std::string& bytes, std::size_t begin, std::size_t end) {
  if (end < begin || end + 4 > bytes.size()) return;
  const std::uint32_t sum = lookup3(std::string_view(bytes).substr(begin, end - begin));
  for (std::size_t i = 0; i < 4; ++i) bytes[end + i] = static_cast<char>(sum >> (8 * i));
}

void seal_all(std::string& bytes) {
  if (bytes.size() > 48 && (bytes[8] == 2 || bytes[8] == 3)) seal(bytes, 0, 44);
  for (std::size_t at = 0; (at = bytes.find("OHDR", at)) != std::string::npos; at += 4) {
    if (at + 6 > bytes.size()) return;
    const auto flags = static_cast<unsigned char>(bytes[at + 5]);
    std::size_t begin = at + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    std::size_t size = 0;
    for (std::size_t i = 0; i < (std::size_t{1} << (flags & 3)) && begin + i < bytes.size(); ++i)
      size |= std::size_t{static_cast<unsigned char>(bytes[begin + i])} << (8 * i);
    begin += std::size_t{1} << (flags & 3);
    if (size < bytes.size()) seal(bytes, at, begin + size);
  }
}

}  // namespace

std::uint64_t draw(std::uint64_t& state, std::uint64_t below) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);  // splitmix64 (Steele, Lea & Flood 2014)
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9, z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return (z ^ (z >> 31)) % below;
}

void mutate(std::string& bytes, std::uint64_t state) {
  const std::uint64_t changes = 1 + draw(state, draw(state, 4) == 0 ? 32 : 4);
  for (std::uint64_t k = 0; k < changes && bytes.size() > 64; ++k) {
    std::size_t at = draw(state, bytes.size() - 8);
    if (draw(state, 2) == 0) {  // near a signature
      const std::size_t found = bytes.find(kSignatures[draw(state, kSignatures.size())], at);
      if (found != std::string::npos) at = std::min(found + 4 + draw(state, 96), bytes.size() - 8);
    }
    const auto size = static_cast<std::size_t>(1 + draw(state, 64));
    switch (draw(state, 8)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << draw(state, 8)));
        break;
      case 1:
      case 2:
        bytes[at] = static_cast<char>(draw(state, 256));
        break;
      case 3:
        std::memcpy(&bytes[at], &kWords[draw(state, kWords.size())], 8);
        break;
      case 4:
        std::memcpy(&bytes[at / 8 * 8], &kWords[draw(state, kWords.size())], 8);
        break;
      case 5:
        bytes[at] = static_cast<char>(bytes[at] + (draw(state, 2) == 0 ? 1 : -1));
        break;
      case 6: {  // a block over another
        const std::size_t from = draw(state, bytes.size() - 8),
                          n = std::min({size, bytes.size() - from, bytes.size() - at});
        std::memmove(&bytes[at], &bytes[from], n);
        break;
      }
      default:
        if (draw(state, 8) == 0) bytes.resize(at);
        else
          std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), std::min(size, bytes.size() - at),
                      draw(state, 2) == 0 ? '\0' : '\xff');
    }
  }
  if (draw(state, 3) != 0) seal_all(bytes);
}

}  // namespace rover::fuzz
