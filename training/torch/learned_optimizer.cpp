#include <ATen/Parallel.h>

#include <ATen/Parallel.h>
#include <algorithm>

#include <algorithm>
#include <stdexcept>

#include "agents/models.h"
#include "training/torch/learned_optimizer_torch.h"

namespace rover {
namespace {

TrainedRule find_rule(const TorchRuleOptions& options) {
  const auto shipped = find_shipped_model("lopt-" + options.model);
  TrainedRule rule = load_trained_rule(Checkpoint::read(shipped ? *shipped : model_path(options.model)));
  if (options.learning_rate > 0) rule.rate.learning_rate = options.learning_rate;
  return rule;
}

std::unique_ptr<LearnedOptimizer::Options> with_rate(double rate) {
  auto out = std::make_unique<LearnedOptimizer::Options>();
  out->learning_rate = rate;
  return out;
}

Layout layout_of(const torch::Tensor& parameter) {
  const auto size = static_cast<std::size_t>(parameter.numel());
  if (parameter.dim() < 2 || size == 0) return {{"parameter", Tensor::Kind::bias, 0, size, 1, 0}};
  const auto rows = static_cast<std::size_t>(parameter.size(0));
  return {{"parameter", Tensor::Kind::weights, 0, rows, size / rows, 0}};
}

void check(const torch::Tensor& tensor, const char* what) {
  if (tensor.scalar_type() != torch::kFloat32 || !tensor.device().is_cpu() || tensor.layout() != torch::kStrided)
    throw std::invalid_argument(std::string("a learned optimizer needs dense float tensors on the CPU, and a ") + what +
                                " is none");
}

std::string key(std::string what, std::size_t k) { return what.append("/").append(std::to_string(k)); }

}  // namespace

LearnedOptimizer::LearnedOptimizer(std::vector<torch::Tensor> parameters, const TorchRuleOptions& options)
    : LearnedOptimizer(std::move(parameters), find_rule(options), options.steps) {}

LearnedOptimizer::LearnedOptimizer(std::vector<torch::Tensor> parameters, const TrainedRule& rule, std::uint64_t steps)
    : Optimizer(std::move(parameters), with_rate(rule.rate.learning_rate)), rule_(rule.rule), horizon_(steps) {}

void LearnedOptimizer::make_states() const {
  std::size_t k = 0, matrices = 0;
  for (const auto& group : param_groups())
    for (const torch::Tensor& parameter : group.params()) {
      matrices += parameter.dim() >= 2;
      if (k++ < states_.size()) continue;
      // A layer begins with its matrix; what follows is its bias.
      Layout layout = layout_of(parameter);
      layout[0].layer = matrices > 0 ? matrices - 1 : 0;
      rule_->reset(layout, states_.emplace_back());
      states_.back().horizon = horizon_;
    }
  for (RuleState& state : states_) state.layers = std::max<std::size_t>(matrices, 1);
}

torch::Tensor LearnedOptimizer::step(LossClosure closure) {
  torch::Tensor loss;
  if (closure) {
    const at::AutoGradMode with_gradients(true);
    loss = closure();
  }
  const torch::NoGradGuard no_gradients;
  make_states();
  struct Part {
    torch::Tensor gradient;
    float* point;
    std::size_t size, state;
    float rate;
  };
  std::vector<Part> parts;
  std::size_t k = 0;
  for (auto& group : param_groups())
    for (torch::Tensor& parameter : group.params()) {
      const std::size_t state = k++;
      if (!parameter.grad().defined() || parameter.numel() == 0) continue;
      check(parameter, "parameter"), check(parameter.grad(), "gradient");
      if (!parameter.is_contiguous()) throw std::invalid_argument("a learned optimizer needs contiguous parameters");
      parts.push_back({parameter.grad().contiguous(), parameter.data_ptr<float>(),
                       static_cast<std::size_t>(parameter.numel()), state,
                       static_cast<float>(group.options().get_lr())});
    }
  // A parameter is a job; where there are fewer than threads, blocks of rows are.
  const auto threads = static_cast<std::size_t>(at::get_num_threads());
  const bool by_rows = parts.size() < threads;
  const auto count = static_cast<std::int64_t>(parts.size());
  at::parallel_for(0, count, by_rows ? count : 1, [&](std::int64_t first, std::int64_t last) {
    thread_local std::vector<float> step;
    for (std::int64_t p = first; p < last; ++p) {
      const Part& part = parts[static_cast<std::size_t>(p)];
      step.resize(std::max(step.size(), part.size));
      RuleState& state = states_[part.state];
      state.threads = by_rows ? threads : 1;
      rule_->step({part.gradient.data_ptr<float>(), part.size}, {part.point, part.size}, state,
                  {step.data(), part.size});
      for (std::size_t i = 0; i < part.size; ++i) part.point[i] += part.rate * step[i];
    }
  });
  return loss;
}

void LearnedOptimizer::save(torch::serialize::OutputArchive& archive) const {
  make_states();
  archive.write("rule", c10::IValue(std::string(rule_->name())));
  const auto floats = [](std::span<const float> values) {
    return torch::from_blob(const_cast<float*>(values.data()), {static_cast<std::int64_t>(values.size())}).clone();
  };
  archive.write("weights", floats(rule_->weights()));
  for (std::size_t g = 0; g < param_groups().size(); ++g)
    archive.write(key("rate", g), c10::IValue(param_groups()[g].options().get_lr()));
  for (std::size_t k = 0; k < states_.size(); ++k) {
    archive.write(key("slots", k), floats(states_[k].slots));
    archive.write(key("steps", k), c10::IValue(static_cast<std::int64_t>(states_[k].steps)));
  }
}

void LearnedOptimizer::load(torch::serialize::InputArchive& archive) {
  make_states();
  const auto value = [&](const std::string& name) {
    c10::IValue out;
    if (!archive.try_read(name, out))
      throw std::runtime_error("the archive holds no '" + name + "' of a learned optimizer");
    return out;
  };
  const auto floats = [&](const std::string& name, std::size_t size) {
    torch::Tensor out;
    if (!archive.try_read(name, out) || out.scalar_type() != torch::kFloat32 ||
        out.numel() != static_cast<std::int64_t>(size))
      throw std::runtime_error("the archive's '" + name + "' does not fit the learned optimizer's parameters");
    out = out.contiguous();
    return std::vector<float>(out.data_ptr<float>(), out.data_ptr<float>() + size);
  };
  const c10::IValue rule = value("rule");
  if (!rule.isString() || rule.toStringRef() != rule_->name())
    throw std::runtime_error("the archive is of another rule than '" + std::string(rule_->name()) + "'");
  const auto weights = floats("weights", rule_->weights().size());
  if (!std::equal(weights.begin(), weights.end(), rule_->weights().begin()))
    throw std::runtime_error("the archive is of the rule '" + std::string(rule_->name()) + "' with other weights");
  std::vector<RuleState> read = states_;  // what was good stays good, should a part not fit
  for (std::size_t k = 0; k < read.size(); ++k) {
    read[k].slots = floats(key("slots", k), read[k].slots.size());
    read[k].steps = static_cast<std::uint64_t>(value(key("steps", k)).toInt());
  }
  std::vector<double> rates;
  for (std::size_t g = 0; g < param_groups().size(); ++g) rates.push_back(value(key("rate", g)).to<double>());
  states_ = std::move(read);
  for (std::size_t g = 0; g < rates.size(); ++g) param_groups()[g].options().set_lr(rates[g]);
}

}  // namespace rover
