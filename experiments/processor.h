#pragma once

namespace rover {

/// Sets the process up for big matrix products; call first in main.
///
/// Big temporaries stay in the process: a fresh mapping for each costs three times their work in page faults. And
/// OpenBLAS takes a processor that is newer than itself for one of 2004 (SSE3, a third of the speed); only its
/// environment variable, read when it is loaded, can set another. So, where that happened, the program starts itself
/// anew.
///
/// `deterministic`: the same bits on every processor of this architecture. Our kernels, OpenBLAS, LibTorch and the C
/// library's functions then use the instructions that all have; the last three are told so by the environment, with
/// which the program starts itself anew.
void prepare_process(char** arguments, bool deterministic);

}  // namespace rover
