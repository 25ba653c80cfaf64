#pragma once

namespace rover {

/// From now on SIGKILL ends this process just before its n-th system call (from 0) that changes a folder or a file. For
/// child processes.
void die_at_file_operation(int n);

}  // namespace rover
