#include "agents/learned/rule_walk.h"

#include <cmath>
#include <stdexcept>
#include <utility>

#include "agents/classical/bounds.h"
#include "core/settings.h"

namespace rover {

TrainedRule load_trained_rule(const Checkpoint& in) {
  TrainedRule trained{load_update_rule(in)};
  if (!in.contains("learning_rate")) return trained;  // files of 0.2.0 hold none
  trained.rate = {in.number("learning_rate"), in.text("schedule")};
  try {
    check_options(trained.rate);
  } catch (const UsageError& error) { throw std::runtime_error(std::string("the model is damaged: ") + error.what()); }
  return trained;
}

void save_trained_rule(const TrainedRule& trained, Checkpoint& out) {
  trained.rule->save(out);
  out.put_number("learning_rate", trained.rate.learning_rate);
  out.put_text("schedule", trained.rate.schedule);
}

RuleWalk::RuleWalk(TrainedRule trained, const Problem& problem) : trained_(std::move(trained)), box_(problem.domain) {
  state_.horizon = gradient_steps(problem);
  ScheduleOptions rate = trained_.rate;
  if (state_.horizon == 0) rate.schedule = "constant";
  schedule_ = Schedule(rate, problem);
  trained_.rule->reset(problem.layout.empty() ? flat_layout(problem.dimension) : problem.layout, state_);
  gradient_.resize(problem.dimension), point_.resize(problem.dimension), step_.resize(problem.dimension);
}

void RuleWalk::next(Reals pose_d, Reals gradient_d, MutReals move_d) {
  for (std::size_t i = 0; i < step_.size(); ++i) {
    gradient_[i] = static_cast<float>(gradient_d[i]);
    point_[i] = static_cast<float>(pose_d[i]);
  }
  const double rate = schedule_.at(state_.steps);
  trained_.rule->step(gradient_, point_, state_, step_);
  for (std::size_t i = 0; i < step_.size(); ++i) move_d[i] = rate * static_cast<double>(step_[i]);
  keep_inside(pose_d, *box_, move_d);
}

void RuleWalk::save(Checkpoint& out) const {
  out.put<float>("slots", state_.slots);
  out.put_integer("steps", state_.steps);
}

void RuleWalk::load(const Checkpoint& in) {
  state_.slots = in.get<float>("slots", state_.slots.size());
  state_.steps = in.integer("steps");
}

}  // namespace rover
