#include "storage/row_file.h"

#include <unistd.h>

#include <stdexcept>

#include "storage/hdf5.h"

namespace rover {

struct RowFile::File {
  std::filesystem::path path;
  h5::Handle file, set;
  std::size_t rows, width;

  ~File() {
    const h5::Quiet quiet;
    set.close(), file.close();
  }

  // Selects one row of the file for a transfer.
  h5::Handle select(std::size_t row, std::size_t size) const {
    if (row >= rows || size != width)
      throw std::logic_error("row " + std::to_string(row) + " does not fit the scratch table");
    h5::Handle space(H5Dget_space(set));
    const hsize_t start[] = {row, 0}, count[] = {1, width};
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, nullptr, count, nullptr);
    return space;
  }
};

RowFile::RowFile(std::filesystem::path path, std::size_t rows, std::size_t width) : file_(std::make_unique<File>()) {
  const h5::Quiet quiet;
  file_->path = std::move(path), file_->rows = rows, file_->width = width;
  file_->file = h5::Handle(H5Fcreate(file_->path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  if (!file_->file) h5::fail_write(file_->path);
  ::unlink(file_->path.c_str());  // so the file is gone when this process ends, however it ends
  const hsize_t shape[] = {rows, width};
  const h5::Handle space(H5Screate_simple(2, shape, nullptr));
  file_->set =
      h5::Handle(H5Dcreate2(file_->file, "rows", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  if (!file_->set) h5::fail_write(file_->path);
}

RowFile::RowFile(RowFile&&) noexcept = default;
RowFile& RowFile::operator=(RowFile&&) noexcept = default;
RowFile::~RowFile() = default;

void RowFile::write(std::size_t row, std::span<const float> values) {
  const h5::Quiet quiet;
  const h5::Handle chosen = file_->select(row, values.size());
  const hsize_t count[] = {values.size()};
  const h5::Handle memory(H5Screate_simple(1, count, nullptr));
  if (H5Dwrite(file_->set, H5T_NATIVE_FLOAT, memory, chosen, H5P_DEFAULT, values.data()) < 0)
    h5::fail_write(file_->path);
}

void RowFile::read(std::size_t row, std::span<float> values) const {
  const h5::Quiet quiet;
  const h5::Handle chosen = file_->select(row, values.size());
  const hsize_t count[] = {values.size()};
  const h5::Handle memory(H5Screate_simple(1, count, nullptr));
  if (H5Dread(file_->set, H5T_NATIVE_FLOAT, memory, chosen, H5P_DEFAULT, values.data()) < 0)
    h5::fail_read(file_->file, "rows");
}

}  // namespace rover
