#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace rover {

/// Every sample so far, a struct of arrays: places in the unit square and values.
class Archive {
 public:
  void reserve(std::size_t size);
  void clear();
  void add(double x, double y, double value);
  std::size_t size() const { return value_.size(); }
  double x(std::size_t k) const { return x_[k]; }
  double y(std::size_t k) const { return y_[k]; }
  double value(std::size_t k) const { return value_[k]; }
  std::span<const double> xs() const { return x_; }
  std::span<const double> ys() const { return y_; }
  std::span<const double> values() const { return value_; }

 private:
  std::vector<double> x_, y_, value_;
};

/// Coordinates of a place relative to a centre: (a, b) = W (x − centre), W symmetric.
struct Whitening {
  double x, y;        ///< the centre
  double xx, xy, yy;  ///< W
};

/// The samples within a radius of a centre, in whitened coordinates, oldest first.
struct Neighbours {
  std::vector<double> a, b, value;
  std::size_t count = 0;

  /// A place not evaluated yet; there is room for a look (256).
  void add(double place_a, double place_b) { a[count] = place_a, b[count] = place_b, ++count; }
  /// Room for `size` samples.
  void make_room(std::size_t size);
};

/// Fills `out` with the samples first, first + 1, … of `archive` whose whitened coordinates have a² + b² ≤ radius².
/// Allocates only when the archive has outgrown `out`.
void find_neighbours(const Archive& archive, std::size_t first, const Whitening& whitening, double radius,
                     Neighbours& out);

/// Whether a neighbour lies nearer than `radius` to the whitened place (a, b).
bool any_within(const Neighbours& neighbours, double a, double b, double radius);

/// The same, one by one: same bits.
bool any_within_reference(const Neighbours& neighbours, double a, double b, double radius);
void find_neighbours_reference(const Archive& archive, std::size_t first, const Whitening& whitening, double radius,
                               Neighbours& out);

}  // namespace rover
