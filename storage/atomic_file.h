#pragma once
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace rover {

/// The system's words for `error_number` as the end of a sentence: "no space left on device".
std::string system_reason(int error_number);

/// Writes "`path`.tmp", fsync, rename, fsync of the folder: `path` holds the old or the new content, never a part. A
/// symbolic link is followed; a device or a pipe is written directly. Throws std::runtime_error ("cannot write 'x.csv':
/// no space left on device"), removes the temporary file and leaves the old one.
void write_file(const std::filesystem::path& path, std::span<const std::byte> content);
void write_file(const std::filesystem::path& path, std::string_view content);

/// The whole file. Throws std::runtime_error ("cannot open 'x.json': no such file").
std::string read_file(const std::filesystem::path& path);

/// Gives an open, finished temporary file its name: fsync, rename, fsync of the folder. Throws like write_file, and
/// removes `temporary`.
void publish_file(int descriptor, const std::filesystem::path& temporary, const std::filesystem::path& path);

/// Where `path` is written before it is complete, symbolic links resolved.
std::filesystem::path resolved_path(const std::filesystem::path& path);
std::filesystem::path temporary_path(const std::filesystem::path& path);

/// Throws std::runtime_error unless `path` can be opened for reading; "cannot open 'x.h5': no such file".
void require_readable(const std::filesystem::path& path);
/// The first half of write_file: `content` to `temporary`, which is removed when that fails. Throws about `path`.
void write_temporary(const std::filesystem::path& temporary, const std::filesystem::path& path,
                     std::span<const std::byte> content);

}  // namespace rover
