#pragma once
#include <concepts>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace rover {

using Bytes = std::vector<std::byte>;

/// Writes a result as bytes: trivially copyable types, and strings, vectors and maps of writable types. A struct is
/// written member by member, as its `template <class Self, class Visit> static void parts(Self&, Visit&&)` visits them.
/// The layout is this machine's: for processes of one run, and for files that only the same program reads.
class BytesWriter {
 public:
  template <class T>
  void operator()(const T& value) {
    if constexpr (requires(BytesWriter & w) { T::parts(value, w); }) {
      T::parts(value, *this);
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      append(&value, sizeof value);
    } else {
      const std::size_t size = value.size();
      append(&size, sizeof size);
      if constexpr (requires { typename T::mapped_type; })
        for (const auto& [key, mapped] : value) (*this)(key), (*this)(mapped);
      else if constexpr (std::is_trivially_copyable_v<typename T::value_type>)
        append(value.data(), size * sizeof(typename T::value_type));
      else
        for (const auto& one : value) (*this)(one);
    }
  }
  Bytes take() { return std::move(bytes_); }

 private:
  void append(const void* data, std::size_t size) {
    const auto* first = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), first, first + size);
  }
  Bytes bytes_;
};

/// Reads what BytesWriter wrote. Throws std::runtime_error when the bytes end too early.
class BytesReader {
 public:
  explicit BytesReader(std::span<const std::byte> bytes) : bytes_(bytes) {}
  template <class T>
  void operator()(T& value) {
    if constexpr (requires(BytesReader & r) { T::parts(value, r); }) {
      T::parts(value, *this);
    } else if constexpr (std::is_trivially_copyable_v<T>) {
      extract(&value, sizeof value);
    } else {
      std::size_t size = 0;
      extract(&size, sizeof size);
      if (size > bytes_.size()) throw std::runtime_error("a result is cut off");
      if constexpr (requires { typename T::mapped_type; }) {
        for (std::size_t k = 0; k < size; ++k) {
          typename T::key_type key;
          (*this)(key), (*this)(value[key]);
        }
      } else {
        value.resize(size);
        if constexpr (std::is_trivially_copyable_v<typename T::value_type>)
          extract(value.data(), size * sizeof(typename T::value_type));
        else
          for (auto& one : value) (*this)(one);
      }
    }
  }
  bool empty() const { return bytes_.empty(); }

 private:
  void extract(void* to, std::size_t size) {
    if (size > bytes_.size()) throw std::runtime_error("a result is cut off");
    if (size > 0) std::memcpy(to, bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
  }
  std::span<const std::byte> bytes_;
};

template <class T>
Bytes to_bytes(const T& value) {
  BytesWriter writer;
  writer(value);
  return writer.take();
}

/// Throws std::runtime_error for bytes that do not hold such a value.
template <class T>
T from_bytes(std::span<const std::byte> bytes) {
  BytesReader reader(bytes);
  T value{};
  reader(value);
  if (!reader.empty()) throw std::runtime_error("a result is longer than it should be");
  return value;
}

/// Thrown by a map that `stop` ended; results finished before have been handed to `done`.
struct Stopped : std::runtime_error {
  Stopped() : std::runtime_error("stopped") {}
};

/// Runs independent jobs, today in threads. Results come back as bytes, so that another implementation may run jobs in
/// other processes or on other machines.
class Executor {
 public:
  virtual ~Executor() = default;
  /// Jobs that run at a time, so that a caller can hold scratch memory for each.
  virtual std::size_t workers() const = 0;

  /// job(k) or job(k, worker) for k = 0 … count − 1, taken in order: the results in order, the same for any number of
  /// workers. After a failure no further job begins; what is thrown is the first failure in job order. `done(k,
  /// result)` is called here after each job, one call at a time, in any order and from any thread. `stop` is asked
  /// before each job; when it says so, no further job begins and Stopped is thrown once the others have ended.
  template <class Job>
  auto map(std::size_t count, Job&& job) {
    return map(count, job, [](std::size_t, const auto&) {});
  }
  template <class Job, class Done>
  auto map(std::size_t count, Job&& job, Done&& done, const std::function<bool()>& stop = {}) {
    const auto call = [&](std::size_t k, std::size_t worker) {
      if constexpr (std::invocable<Job, std::size_t, std::size_t>) return job(k, worker);
      else return job(k);
    };
    using Result = decltype(call(0, 0));
    std::vector<Result> out(count);
    run(
        count, [&](std::size_t k, std::size_t worker) { return to_bytes(call(k, worker)); },
        [&](std::size_t k, const Bytes& bytes) {
          out[k] = from_bytes<Result>(bytes);
          done(k, std::as_const(out[k]));
        },
        stop);
    return out;
  }

 protected:
  /// Runs the jobs and calls `keep` with each result, one call at a time.
  virtual void run(std::size_t count, const std::function<Bytes(std::size_t job, std::size_t worker)>& job,
                   const std::function<void(std::size_t job, const Bytes& result)>& keep,
                   const std::function<bool()>& stop) = 0;
};

/// Threads of this process. `threads` 0: one a core; the caller is worker 0.
std::unique_ptr<Executor> make_thread_executor(std::size_t threads);

}  // namespace rover
