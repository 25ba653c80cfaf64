#include "experiments/studies/rule_contest.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/landscapes/registry.h"

namespace rover {
namespace {

StudyPlace without_memory(std::vector<std::string>* cells = nullptr) {
  StudyPlace place;
  place.threads = 2;
  place.cell = [cells](const std::string& cell, const std::function<std::vector<double>()>& make) {
    if (cells) cells->push_back(cell);
    return make();
  };
  return place;
}

std::vector<Trial> tasks(std::size_t count, std::uint64_t seed) {
  std::vector<Trial> out;
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "start");
    out.push_back(draw_trial(landscapes().make("sinusoid", {{"seed", std::to_string(seed + k)}}), stream));
  }
  return out;
}

}  // namespace

TEST_CASE(
    "an entrant's rate is the candidate with the lowest loss on the tuning trials, and kept rates are not tuned") {
  StudyPlace place = without_memory();
  const auto tuning = tasks(2, 10), fresh = tasks(3, 20);
  for (const RuleEntrant& entrant : classical_entrants()) {
    CAPTURE(entrant.label);
    const RuleRuns tuned = contest(place, "cell", entrant, tuning, fresh, 20);
    REQUIRE(tuned.losses.size() == 3);
    const auto score = [&](double rate) {
      double sum = 0;  // played as the tuning plays: the tuning trials under their own seeds
      for (const double loss : contest(place, "cell", entrant, {}, tuning, 20, rate).losses) sum += std::log(loss);
      return sum;
    };
    // Tasks without minibatches: seeds of the walk do not matter.
    const double chosen = score(tuned.rate);
    double coarse = entrant.middle;
    for (int k = -3; k <= 3; ++k) {
      const double rate = entrant.middle * std::pow(4.0, k);
      CHECK(chosen <= score(rate) + 1e-12);
      if (score(rate) < score(coarse)) coarse = rate;
    }
    for (const double factor : {0.5, 0.7, 1.4, 2.0}) CHECK(chosen <= score(coarse * factor) + 1e-12);
    for (std::size_t k = 0; k < 3; ++k) CHECK(tuned.losses[k] < fresh[k].start_value);
    CHECK(tuned.seconds_a_step > 0);
  }
}

TEST_CASE("runs that diverge count one and a half times the loss at the start") {
  StudyPlace place = without_memory();
  const auto fresh = tasks(2, 30);
  const RuleEntrant wild = classical_entrants()[0];
  const RuleRuns runs = contest(place, "cell", wild, {}, fresh, 30, 1e6);
  for (std::size_t k = 0; k < 2; ++k) CHECK(runs.losses[k] <= 1.5 * fresh[k].start_value);
}

TEST_CASE("quotients are geometric means of pairs") {
  CHECK(quotient({2, 8}, {1, 1}) == doctest::Approx(4));
  CHECK(quotient({1, 1}, {2, 8}) == doctest::Approx(0.25));
  CHECK(mean({1, 2, 6}) == 3);
  CHECK(quotient_text({0.5, 0.5}, {1, 1}) == "0.5 [0.5, 0.5]");
  const ResultLine line = quotient_line("a / b", {1, 2}, {2, 2}, 0.9);
  CHECK(line.seeds == std::vector<double>{0.5, 1});
  CHECK(line.ours == doctest::Approx(std::sqrt(0.5)));
  CHECK(line.passes());
}

TEST_CASE("the untrained rule is orthogonalised momentum, and walks") {
  StudyPlace place = without_memory();
  std::vector<Trial> trials;
  RandomStream stream = make_stream(1, 0, "start");
  trials.push_back(
      draw_trial(landscapes().make("mixture", {{"samples", "200"}, {"inputs", "8"}, {"hidden", "8"}}), stream));
  const RuleRuns runs = contest(place, "cell", untrained_entrant(), {}, trials, 60, 2e-2);
  CHECK(runs.losses[0] < 0.9 * trials[0].start_value);
}

}  // namespace rover
