// Values of the functions of bbob, for compare.py: reads lines "function dimension instance x_1 … x_d", prints f(x).
#include <cstdio>
#include <iostream>
#include <vector>

#include "env/landscapes/bbob.h"

int main() {
  for (std::size_t function, dimension, instance; std::cin >> function >> dimension >> instance;) {
    std::vector<double> x(dimension);
    for (double& xi : x) std::cin >> xi;
    std::printf("%.17g\n", rover::make_bbob(function, dimension, instance)->value(x));
  }
}
