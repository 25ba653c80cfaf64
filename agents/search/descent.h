#pragma once
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "agents/search/archive.h"
#include "agents/search/controller.h"
#include "agents/search/options.h"
#include "agents/search/quadratic_fit.h"
#include "agents/search/resolution_rule.h"
#include "agents/search/stencil.h"
#include "agents/search/window.h"
#include "core/random.h"

namespace rover {

/// What all descents of a search share.
struct SearchMemory {
  Archive archive;
  RandomStream random;
  double best = std::numeric_limits<double>::infinity(), best_point[2] = {0.5, 0.5};
  std::uint64_t evaluations = 0;
  std::uint64_t descents = 0;  ///< that have ended
  std::uint64_t rounds = 0;    ///< looks over the whole box and rounds of descents that have begun

  void clear();
  void add(double x, double y, double value);
};

/// One descent: rounds of look, decision, try and review, until nothing is gained or expected any more. Driven from
/// outside: evaluate `points`, add them to the memory in order, `advance`.
class Descent {
 public:
  /// Throws UsageError for options out of range.
  explicit Descent(const SearchOptions& options);
  void reserve(std::size_t samples) { near_.make_room(samples); }
  std::size_t most_points() const { return stencil_.size(); }

  /// Starts in a window whose centre has this value; NaN: unknown.
  void begin(SearchMemory& memory, const SearchWindow& window, double value);

  bool ended() const { return stage_ == Stage::ended; }
  bool needs_decision() const { return stage_ == Stage::decision || stage_ == Stage::review; }
  std::span<const double> points() const { return points_; }  ///< [k, 2], k ≥ 1 unless ended or a decision is needed
  void advance(SearchMemory& memory);
  void decide(SearchMemory& memory, std::span<const float> u);
  void features(const SearchMemory& memory,
                std::span<float> out) const;  ///< [SearchFeature::count], while a decision is needed

  const SearchWindow& window() const { return window_; }
  double best() const { return best_; }
  double best_x() const { return best_x_; }
  double best_y() const { return best_y_; }
  std::uint64_t rounds() const { return rounds_; }  ///< finished

 private:
  enum class Stage { look, decision, attempt, review, ended };
  enum class Heading { newton, gradient, random };
  struct Round {
    double before = 0;      // the descent's best when it began
    std::size_t fresh = 0;  // places that the look evaluated
    bool look_improved = false;
    double best_distance = 0;  // from the window's centre to the descent's best after the look
    LocalModel model;
    Eigen2 curvature{0, 0, 1, 0};
    double origin[2] = {0, 0};  // where the step starts, in the square
    double step[2] = {0, 0};    // in half-widths: the heading's, then as it is tried
    double predicted = 0;
    double before_try = 0, multiple = 1;
    std::uint64_t tries = 0;
    Attempt attempt;
  };

  void start_round(SearchMemory& memory);
  bool look(const SearchMemory& memory);
  void see(SearchMemory& memory);
  void choose_step(const float* u);
  void try_at(double multiple);
  void review();
  void finish_round(SearchMemory& memory);
  bool finished(const SearchMemory& memory) const;
  double promise() const;
  bool take(const SearchMemory& memory, std::size_t count);
  std::size_t first_remembered(const SearchMemory& memory) const;

  SearchOptions options_;
  Stencil stencil_;
  Heading heading_;
  ResolutionRule resolution_rule_;
  Neighbours near_;
  std::vector<double> points_, place_a_, place_b_;  // the look's places, in the square and in the window

  Stage stage_ = Stage::ended;
  SearchWindow window_;
  double first_resolution_ = 0, angle_ = 0;
  double best_ = 0, best_x_ = 0, best_y_ = 0;  // of this descent
  std::uint64_t rounds_ = 0, bad_ = 0;
  double recent_gain_ = 0, last_step_[2] = {0, 0}, last_ratio_ = 0, last_limit_ = 1, last_range_ = 0;
  double top_up_ = 0;
  bool leave_out_look_ = false;
  Round round_;
  float u_[SearchDecision::count] = {};
};

}  // namespace rover
