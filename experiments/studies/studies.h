#pragma once
#include "experiments/reproduce.h"

namespace rover {

// One function a study, each in the file of its name. All are listed in studies.cpp.
StudyResult run_table1(StudyPlace& place);
StudyResult run_figure4(StudyPlace& place);
StudyResult run_figure5(StudyPlace& place);
StudyResult run_figure6(StudyPlace& place);
StudyResult run_figure7(StudyPlace& place);
StudyResult run_dimensions(StudyPlace& place);
StudyResult run_ablations(StudyPlace& place);
StudyResult run_looks(StudyPlace& place);

/// Experiments A, B and C on meta-trained update rules, beside their nulls. Needs no LibTorch.
StudyResult run_manifold(StudyPlace& place);
/// Base networks that grow and shrink along a ladder of tasks while their rule is meta-trained. Needs no LibTorch.
StudyResult run_expand_compress(StudyPlace& place);
/// A rule on tasks that differ from those of its meta-training, with and without a safeguard.
StudyResult run_generalization(StudyPlace& place);
/// LSTMs and Transformers that were trained to optimize functions of two variables.
StudyResult run_l2l_2d(StudyPlace& place);
/// The shipped rule Celo2 on image classifiers, and on every task of the suite `tasks`.
StudyResult run_l2l_images(StudyPlace& place);
StudyResult run_tasks(StudyPlace& place);

/// Attention search, its hybrids with gradient descent, and their peers.
StudyResult run_attention(StudyPlace& place);
/// rover-search among noise, and with several evaluations at a time, beside the classical field.
StudyResult run_steering(StudyPlace& place);
StudyResult run_search(StudyPlace& place);
StudyResult run_noise(StudyPlace& place);

}  // namespace rover
