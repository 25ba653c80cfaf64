#pragma once
#include <cstdint>

namespace rover {

/// Fisher's irises (The use of multiple measurements in taxonomic problems, Annals of Eugenics 7, 1936; public domain):
/// sepal length, sepal width, petal length, petal width in millimetres; rows 0–49 setosa, 50–99 versicolor, 100–149
/// virginica. As printed in the paper: row 34 is {49, 31, 15, 2} and row 37 {49, 36, 14, 1}, which a widely copied file
/// has wrong.
extern const std::uint8_t iris_data[150][4];

}  // namespace rover
