#include "agents/learned/update_rule.h"

#include <functional>
#include <stdexcept>

#include "agents/learned/feature_rules.h"
#include "agents/learned/lstm_rule.h"
#include "agents/learned/mlp_rule.h"
#include "agents/learned/relative_rule.h"
#include "agents/learned/transformer_rule.h"
#include "agents/models.h"
#include "core/settings.h"

namespace rover {
namespace {

using Weights = std::span<const float>;

struct Kind {
  std::string name;
  std::function<std::size_t(const RuleOptions&)> parameters;
  std::function<std::shared_ptr<const UpdateRule>(const RuleOptions&, Weights)> make;
  std::function<std::vector<float>(const RuleOptions&, RandomStream&)> initial;
  std::function<std::shared_ptr<const UpdateRule>(const Checkpoint&)> load;
};

Kind feature_kind(const std::string& name) {
  return {name, [=](const RuleOptions&) { return FeatureRule::shape(name).parameters(); },
          [=](const RuleOptions&, Weights weights) { return std::make_shared<FeatureRule>(name, weights); },
          [=](const RuleOptions& options, RandomStream& stream) {
            return FeatureRule::initial(name, stream, options.start == "momentum");
          },
          FeatureRule::load};
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {MlpUpdateRule::kName, [](const RuleOptions&) { return MlpRule::parameters; },
       [](const RuleOptions& options, Weights weights) {
         return std::make_shared<MlpUpdateRule>(weights, options.output_scale);
       },
       [](const RuleOptions&, RandomStream& stream) { return MlpUpdateRule::initial(0.1, stream); },
       MlpUpdateRule::load},
      {LstmRule::kName, [](const RuleOptions& options) { return LstmShape(options).parameters(); },
       [](const RuleOptions& options, Weights weights) { return std::make_shared<LstmRule>(options, weights); },
       LstmRule::initial, LstmRule::load},
      {TransformerRule::kName, [](const RuleOptions& options) { return TransformerShape(options).parameters(); },
       [](const RuleOptions& options, Weights weights) { return std::make_shared<TransformerRule>(options, weights); },
       TransformerRule::initial, TransformerRule::load},
      {RelativeRule::kName, [](const RuleOptions&) { return RelativeRuleShape::parameters; },
       [](const RuleOptions&, Weights weights) { return std::make_shared<RelativeRule>(weights); },
       RelativeRule::initial, RelativeRule::load},
      feature_kind(FeatureRule::kSmallFc),
      feature_kind(FeatureRule::kCelo2),
      feature_kind(FeatureRule::kCelo2Base),
      feature_kind(FeatureRule::kCelo2Rates),
  };
  return all;
}

const Kind& find_kind(const std::string& name) {
  for (const Kind& kind : kinds())
    if (kind.name == name) return kind;
  throw UsageError(unknown_name("update rule", name, rule_names()));
}

}  // namespace

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.push_back(kind.name);
  return names;
}

std::size_t rule_parameters(const RuleOptions& options) { return find_kind(options.rule).parameters(options); }

std::shared_ptr<const UpdateRule> make_update_rule(const RuleOptions& options, Weights weights) {
  return find_kind(options.rule).make(options, weights);
}

void restrict_change(const RuleOptions& options, const std::string& part, std::span<double> change) {
  if (!options.rule.starts_with("celo2") || (part == "rates" && options.rule != FeatureRule::kCelo2Rates))
    throw UsageError("the rule '" + options.rule + "' has no part '" + part + "' to change alone");
  FeatureRule::restrict_change(options.rule, part, change);
}

std::vector<float> initial_weights(const RuleOptions& options, RandomStream& stream) {
  if (options.start != "random" && options.start != "momentum") {
    const auto begun = load_update_rule(Checkpoint::read(model_path(options.start)));
    if (begun->name() != options.rule)
      throw UsageError("start=" + options.start + " is a rule '" + std::string(begun->name()) + "', not '" +
                       options.rule + "'");
    return {begun->weights().begin(), begun->weights().end()};
  }
  return find_kind(options.rule).initial(options, stream);
}

bool holds_update_rule(const Checkpoint& in) { return in.contains("model") && in.text("model") == "update-rule"; }

std::shared_ptr<const UpdateRule> load_update_rule(const Checkpoint& in) {
  if (!holds_update_rule(in)) throw std::runtime_error("the file holds no update rule");
  const std::string& name = in.text("rule");
  for (const Kind& kind : kinds())
    if (kind.name == name) return kind.load(in);
  throw std::runtime_error("the update rule '" + name + "' is not known to this version");
}

}  // namespace rover
