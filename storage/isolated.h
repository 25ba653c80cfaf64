#pragma once
// HDF5 1.10 crashes, loops or takes all memory on some damaged files, whatever its caller checks. So no file is read in
// the process that uses its content: a child process reads it, with little memory and time and no right to write, and
// sends the values through a pipe. If the child dies, the file is damaged, and its reader says so in one sentence.
// For storage/ only: no header outside includes this one.
#include <sys/types.h>

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace rover {

/// Held by every function of storage/ that calls HDF5, and at a fork, so that in the child no lock of HDF5 is held by a
/// thread that exists in the parent only. Reentrant.
class Hdf5Lock {
 public:
  Hdf5Lock();
  Hdf5Lock(const Hdf5Lock&) = delete;
  Hdf5Lock& operator=(const Hdf5Lock&) = delete;
  ~Hdf5Lock();
};

/// The most that a file of so many bytes may hold in memory, compressed or not: 64 MiB, or 32 times its size. What the
/// program compresses (grids, curves) shrinks to a third, a tenth for the smoothest.
std::uint64_t content_limit(std::uint64_t file_bytes);

/// One end of the pipe: the same calls, in the same order, write values at one end and read them at the other.
class Wire {
 public:
  Wire(int descriptor, bool writes, std::uint64_t limit) : descriptor_(descriptor), writes_(writes), left_(limit) {}

  template <class... T>
  void operator()(T&... values) {
    (value(values), ...);
  }
  /// Throws std::runtime_error when the other end is gone or sends more than the limit.
  void bytes(void* data, std::size_t size);

 private:
  template <class T>
  requires std::is_arithmetic_v<T>
  void value(T& number) { bytes(&number, sizeof number); }
  template <class T>
  void value(std::vector<T>& values) {
    std::uint64_t size = values.size();
    value(size);
    for (std::uint64_t done = 0; done < size;) {  // grows with what arrives: a wrong size allocates nothing
      const std::uint64_t part = std::min<std::uint64_t>(size - done, std::uint64_t{1} << 16);
      if (!writes_) values.resize(done + part);
      if constexpr (std::is_arithmetic_v<T>) bytes(values.data() + done, part * sizeof(T));
      else
        for (std::uint64_t i = done; i < done + part; ++i) value(values[i]);
      done += part;
    }
  }
  void value(std::string& text) {
    std::uint64_t size = text.size();
    value(size);
    for (std::uint64_t done = 0; done < size;) {
      const std::uint64_t part = std::min<std::uint64_t>(size - done, std::uint64_t{1} << 16);
      if (!writes_) text.resize(done + part);
      bytes(text.data() + done, part);
      done += part;
    }
  }
  template <class T>
  void value(std::map<std::string, T>& entries) {
    std::uint64_t size = entries.size();
    value(size);
    if (writes_)
      for (auto& [key, entry] : entries) {
        std::string name = key;
        value(name), value(entry);
      }
    else
      for (std::uint64_t i = 0; i < size; ++i) {
        std::string name;
        value(name), value(entries[name]);
      }
  }
  template <class... T>
  void value(std::variant<T...>& choice) {
    std::uint64_t index = choice.index(), at = 0;
    value(index);
    if (!writes_) ((at++ == index ? void(choice.template emplace<T>()) : void()), ...);
    std::visit([&](auto& chosen) { value(chosen); }, choice);
  }
  template <class T>
  requires requires(Wire& wire, T& any) { transfer(wire, any); }
  void value(T& any) { transfer(*this, any); }

  int descriptor_;
  bool writes_;
  std::uint64_t left_;
};

namespace detail {
/// In the child: `produce` returns what writes its result. In the parent: `receive` reads it. Throws what the child's
/// `produce` threw, as std::runtime_error.
void read_isolated(const std::filesystem::path& path, const std::function<std::function<void(Wire&)>()>& produce,
                   const std::function<void(Wire&)>& receive);
}  // namespace detail

/// True in the child.
bool is_isolated();

/// What read() returns, called in a child process that may take .1 s of processor time (and 1 s for each 20 MB of the
/// file at `path`), about twice content_limit() of memory, and write nothing. Throws std::runtime_error: what read()
/// threw, or that the file is damaged.
template <class Read>
auto isolated(const std::filesystem::path& path, Read&& read) -> decltype(read()) {
  if (is_isolated()) return read();
  decltype(read()) out{};
  detail::read_isolated(
      path,
      [&]() -> std::function<void(Wire&)> {
        out = read();
        return [&](Wire& wire) { wire(out); };
      },
      [&](Wire& wire) { wire(out); });
  return out;
}

}  // namespace rover
