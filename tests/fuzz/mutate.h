#pragma once
#include <cstdint>
#include <string>

namespace rover::fuzz {

/// Damages the bytes of an HDF5 file: bits, whole words (0, −1, 2^32, 2^57, 2^62), what follows the format's
/// signatures, blocks moved over others, an end cut off. Of three files two get right checksums again (superblock and
/// object headers of the newer format), so that HDF5 reads on into the damaged part. The same state gives the same
/// bytes.
void mutate(std::string& bytes, std::uint64_t state);

/// The next number below `below` of a stream; small and the same everywhere.
std::uint64_t draw(std::uint64_t& state, std::uint64_t below);

}  // namespace rover::fuzz
