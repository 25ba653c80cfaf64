#pragma once
#include "agents/classical/fiber_agent.h"
#include "agents/search/descent.h"
#include "agents/search/population.h"
#include "agents/search/restarts.h"
#include "agents/search/steering.h"

namespace rover::search {

/// The search as a sequence of slices: descents, populations and sweeps, each of which can be left and gone on with.
/// The rule ends what it begins, and gives each kind its share of the evaluations.
class Portfolio {
 public:
  /// `steering` null: the rule.
  Portfolio(const SearchOptions& options, Evaluator& evaluator, SearchSteering* steering);
  /// Until the evaluator ends it.
  void run();

 private:
  using Kind = SearchDecision::Index;
  enum class Process { none, descent, population };
  Kind rule() const;
  Kind decide();
  void begin(Kind kind);
  void begin_descent(Reals point, double value, double half_width, double rival);
  void begin_population(const Vector& mean, std::size_t size, double sigma);
  void make_room();
  void slice();
  void end_descent();
  void charge();
  void observe(Kind rule);
  double logarithm(double gain) const;

  SearchOptions options_;
  Probe probe_;
  RandomStream stream_;
  SearchSteering* steering_;
  Descent first_, second_;
  Descent *descent_ = &first_, *left_ = nullptr;  // that of the last window; the one that was left, if any
  PopulationSearch populate_;
  Restarts restarts_;
  Accounts spent_;
  Process process_ = Process::none;
  bool descent_alive_ = false, population_alive_ = false, sweeping_ = false, by_sweep_ = false;
  double rival_ = 0, left_rival_ = 0, best_ = 0, sweep_price_ = 1, width_ = 1, candidates_ = 1;
  std::size_t doublings_ = 1;

  // For the features.
  struct End {
    double value;
    Vector point;
  };
  std::vector<End> ends_;
  std::size_t ended_ = 0, better_ = 0;
  double gain_ = 0, earlier_gain_ = 0, sweep_gain_ = -1, population_size_ = 1;
  std::uint64_t process_begin_ = 0;
  std::vector<std::pair<std::uint64_t, double>> history_;  // evaluations and best value, at each decision
  std::size_t half_ = 0;
  std::vector<float> features_, u_;
};

}  // namespace rover::search
