#include "storage/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "storage/atomic_file.h"

namespace rover {
namespace {

constexpr std::string_view magic = "rover journal 1\n";

/// What stands before each part: its sizes and the checksum of key and part.
struct Head {
  std::uint64_t key_size, part_size, checksum;
};

/// FNV-1a, 64 bits: against truncation and damage, not against malice.
std::uint64_t checksum_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string record_of(std::string_view key, std::span<const std::byte> part) {
  std::string body(key);
  body.append(reinterpret_cast<const char*>(part.data()), part.size());
  const Head head{key.size(), part.size(), checksum_of(body)};
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + body;
}

struct Record {
  std::string_view key, part;
};

/// The record at the beginning of `rest`, which is shortened by it; none where it is cut off or damaged.
std::optional<Record> next_record(std::string_view& rest) {
  Head head{};
  if (rest.size() < sizeof head) return {};
  std::memcpy(&head, rest.data(), sizeof head);
  const std::uint64_t left = rest.size() - sizeof head;
  if (head.key_size > left || head.part_size > left - head.key_size) return {};
  const std::string_view body = rest.substr(sizeof head, head.key_size + head.part_size);
  if (checksum_of(body) != head.checksum) return {};
  rest.remove_prefix(sizeof head + body.size());
  return Record{body.substr(0, head.key_size), body.substr(head.key_size)};
}

}  // namespace

Journal::Journal(std::filesystem::path path, const std::string& purpose, bool anew) : path_(std::move(path)) {
  const auto refuse = [this](const std::string& why) {
    ::close(file_);
    throw std::runtime_error("'" + path_.string() + "' " + why);
  };
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) throw std::runtime_error("cannot write '" + path_.string() + "': " + system_reason(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) refuse("is being written by another process");
  const std::string text = read_file(path_);
  std::string_view rest = text;
  if (text.size() < magic.size() && magic.starts_with(text)) {  // new, or its writer was killed at once
    rest = {};
  } else if (!rest.starts_with(magic)) {
    refuse("is no journal of unfinished runs");
  } else if (anew) {
    rest = {};
  } else {
    rest.remove_prefix(magic.size());
    const auto first = next_record(rest);
    if (!first) rest = {};
    else if (first->key != purpose) refuse("is of another call: " + std::string(first->key));
  }
  if (rest.data() == nullptr) {
    const std::string begin = std::string(magic) + record_of(purpose, {});
    if (::ftruncate(file_, 0) != 0 || ::write(file_, begin.data(), begin.size()) != static_cast<ssize_t>(begin.size()))
      refuse("cannot be written: " + system_reason(errno));
    return;
  }
  while (const auto record = next_record(rest)) {
    const auto bytes = std::as_bytes(std::span(record->part));
    parts_[std::string(record->key)] = Bytes(bytes.begin(), bytes.end());
  }
  if (::ftruncate(file_, static_cast<off_t>(text.size() - rest.size())) != 0)
    refuse("cannot be written: " + system_reason(errno));
}

Journal::~Journal() { ::close(file_); }

const Journal::Bytes* Journal::find(const std::string& key) const {
  const auto found = parts_.find(key);
  return found == parts_.end() ? nullptr : &found->second;
}

void Journal::put(const std::string& key, const Bytes& part) {
  const std::string record = record_of(key, part);
  for (std::size_t done = 0; done < record.size();) {
    const ssize_t written = ::write(file_, record.data() + done, record.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::runtime_error("cannot write '" + path_.string() + "': " + system_reason(errno));
    done += static_cast<std::size_t>(written);
  }
  parts_[key] = part;
}

void Journal::remove() { std::filesystem::remove(path_); }

}  // namespace rover
