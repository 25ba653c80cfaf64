#include "agents/classical/lipo.h"

#include <dlfcn.h>
#include <dlib/global_optimization.h>

#include <algorithm>
#include <optional>

#include "agents/classical/bounds.h"

namespace rover {
namespace {

/// dlib hands its small matrices to BLAS. While one of these lives, OpenBLAS works in the calling thread alone: it
/// would spend its time waiting for others, and the number of cores would show in the bits.
class OneThread {
 public:
  OneThread() {
    static const auto parallel = function<int (*)()>("openblas_get_parallel");
    static const int kind = parallel ? parallel() : 0;  // 1: threads of its own, 2: OpenMP's
    static const auto count = function<int (*)()>(kind == 2 ? "omp_get_max_threads" : "openblas_get_num_threads");
    set_ = kind == 0 ? nullptr : function<Set>(kind == 2 ? "omp_set_num_threads" : "openblas_set_num_threads");
    if (!set_ || !count) return;
    before_ = count();
    set_(1);
  }
  ~OneThread() {
    if (set_ && before_ > 0) set_(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  using Set = void (*)(int);
  template <class Function>
  static Function function(const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
  }
  Set set_ = nullptr;
  int before_ = 0;
};

class Lipo final : public Agent {
 public:
  explicit Lipo(const LipoOptions& options) : options_(options) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    box_ = problem.domain, seed_ = seed, runs_ = in_run_ = 0;
    request_.reset(), search_.reset();
    best_.clear();
    first = {};
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    const OneThread alone;
    const double value = seen.values[0];
    if (best_.empty()) asked_.assign(seen.pose.begin(), seen.pose.end()), project(asked_, *box_);
    if (best_.empty() || value < best_value_) best_ = asked_, best_value_ = value;
    if (request_) request_->set(-std::clamp(value, -largest, largest));  // dlib maximises
    if (!search_ || in_run_ == options_.run_length) begin();
    request_.emplace(search_->get_next_x());
    ++in_run_;
    const auto& x = request_->x();
    for (std::size_t i = 0; i < asked_.size(); ++i)
      asked_[i] = box_->low[i] + x(static_cast<long>(i)) * (box_->high[i] - box_->low[i]);
    project(asked_, *box_);
    next.query.kind = Query::Kind::values;
    next.query.points = asked_;
    move_to(best_, seen.pose, *box_, next.move);
  }

 private:
  // In the unit cube, whatever the box.
  void begin() {
    const auto d = static_cast<long>(box_->low.size());
    const dlib::matrix<double, 0, 1> zero = dlib::zeros_matrix<double>(d, 1), one = dlib::ones_matrix<double>(d, 1);
    request_.reset();  // it refers to the search
    search_.emplace(dlib::function_spec(zero, one));
    search_->set_seed(static_cast<time_t>(derive_seed(seed_, runs_++, "lipo") >> 1));
    search_->set_solver_epsilon(options_.epsilon);
    in_run_ = 0;
  }

  static constexpr double largest = 1e100;  // its square is finite

  LipoOptions options_;
  const Box* box_ = nullptr;
  std::uint64_t seed_ = 0, runs_ = 0, in_run_ = 0;
  std::optional<dlib::global_function_search> search_;
  std::optional<dlib::function_evaluation_request> request_;
  std::vector<double> asked_, best_;
  double best_value_ = 0;
};

}  // namespace

std::unique_ptr<Agent> make_lipo(const LipoOptions& options) {
  check_options(options);
  return std::make_unique<Lipo>(options);
}

}  // namespace rover
