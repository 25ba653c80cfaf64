#include "experiments/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "experiments/text.h"

using namespace rover;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Evaluation hand_made() {
  Evaluation evaluation;
  evaluation.attributes["budget"] = "250";
  evaluation.curves.push_back({"a", "f", 0, 0, 0, 8, {0, 1, 2, 3}, {1, 3, 200, 250}, {8, 4, 2, 1}});
  evaluation.curves.push_back({"a", "f", 1, 0, 0, 8, {0, 1}, {1, 5}, {8, 0}});
  evaluation.curves.push_back({"a", "f", 0, 1, 0, 8, {0, 1}, {1, 5}, {8, 2e-4}});
  return evaluation;
}

}  // namespace

TEST_CASE("the CSV has a row a checkpoint, and no row twice") {
  Evaluation evaluation = hand_made();
  evaluation.curves.resize(1);
  CHECK(report_csv(evaluation) ==
        "agent,landscape,start,seed,iterations,evaluations,best_value,normalized_regret\n"
        "a,f,0,0,1,3,4,0.5\n"      // after iteration 1
        "a,f,0,0,1,100,4,0.5\n"    // at 100 evaluations, in the middle of iteration 2
        "a,f,0,0,2,200,2,0.25\n"   // after iteration 2, which is also at 200 evaluations
        "a,f,0,0,3,250,1,0.125\n"  // the budget
        "a,f,0,0,5,250,1,0.125\n"  // the run ended before: its last values
        "a,f,0,0,10,250,1,0.125\n"
        "a,f,0,0,20,250,1,0.125\n"
        "a,f,0,0,30,250,1,0.125\n"
        "a,f,0,0,50,250,1,0.125\n"
        "a,f,0,0,100,250,1,0.125\n");
}

TEST_CASE("repetitions have a column of their own, and labels with commas are quoted") {
  const std::string csv = report_csv(hand_made());
  CHECK(contains(csv, "\na,f,1,0,1,5,0,0\n"));
  CHECK(contains(csv, "\na,f,0,1,1,5,2e-04,2.5e-05\n"));
  Evaluation named = hand_made();
  named.curves[0].agent = "mine, \"best\"";
  CHECK(contains(report_csv(named), "\n\"mine, \"\"best\"\"\",f,0,0,1,3,4,0.5\n"));
}

TEST_CASE("validation losses have a table and a column of their own, where there are any") {
  Evaluation evaluation = hand_made();
  evaluation.attributes = {{"iterations", "3"}};
  for (auto& curve : evaluation.curves) curve.optimum = std::nan("");
  CHECK(!contains(report_text(evaluation), "validation"));
  evaluation.curves.resize(1);
  evaluation.curves[0].validation = {std::nan(""), std::nan(""), std::nan(""), 0.75};
  CHECK(contains(report_text(evaluation), "\nvalidation               3 it\na           0.75 [0.75, 0.75]\n"));
  const std::string csv = report_csv(evaluation);
  CHECK(contains(csv, "normalized_regret,validation\na,f,0,0,1,3,4,nan,\n"));
  CHECK(contains(csv, "\na,f,0,0,3,250,1,nan,0.75\n"));
}

TEST_CASE("the tables") {
  Evaluation evaluation = hand_made();
  evaluation.settings["a|f"] = "momentum=0.9;rate=1";
  const std::string text = report_text(evaluation);
  CHECK(contains(text, "f: 2 starts × 2 seeds\n"));
  CHECK(contains(text, "agent  100 it  100 ev  200 ev  250 ev  1e-6: 250 ev"));
  CHECK(contains(text, "\na         67%     67%     67%     67%           33%"));
  CHECK(contains(text, "2.5e-05 [1.3e-05, 0.0625]"));  // of 0, 2.5e-5 and 0.125
  CHECK(contains(text, "\na                      momentum  0.9\na                          rate    1\n"));
  CHECK(contains(text, "all functions with a known optimum: share of 3 runs an agent"));
  CHECK(!contains(text, "best value ["));
  const std::string details = report_text(evaluation, true);
  CHECK(contains(details, "best value ["));
  CHECK(contains(details, "10 it"));
  CHECK(contains(details, "<1e-12"));
}

TEST_CASE("tables fit a hundred columns, and where no optimum is known they hold values") {
  Evaluation evaluation = hand_made();
  for (const char* agent : {"an agent with a long name indeed", "b"})
    for (EvaluationCurve curve : hand_made().curves) {
      curve.agent = agent;
      evaluation.curves.push_back(curve);
      curve.landscape = "secret", curve.optimum = std::nan("");
      evaluation.curves.push_back(curve);
    }
  for (const char* function : {"f", "secret"})
    evaluation.settings["b|" + std::string(function)] = "a_setting=" + std::string(60, 'x');
  const std::string text = report_text(evaluation, true, "a");
  for (const std::string& line : split(text, '\n')) {
    CAPTURE(line);
    CHECK(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }) <= 100);
  }
  CHECK(contains(text, "secret: 2 starts × 2 seeds, no optimum known: median [quartiles]\n"));
}
