#pragma once

namespace rover {

/// From now on this process dies of SIGKILL just before its n-th system call (from 0) that changes a folder or a file.
/// For children.
void die_at_file_operation(int n);

}  // namespace rover
