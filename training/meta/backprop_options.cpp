#include "training/meta/backprop_options.h"

namespace rover {
namespace {

MakeBackpropLearner make_learner = nullptr;

}  // namespace

void set_backprop_learner(MakeBackpropLearner make) { make_learner = make; }

MakeBackpropLearner backprop_learner() { return make_learner; }

}  // namespace rover
