#include "env/query.h"

#include <doctest/doctest.h>

using namespace rover;

TEST_CASE("what a look costs, d = 3") {
  Query query;
  CHECK(cost_of(query, 3).evaluations == 1);
  query.points.resize(12);
  CHECK(cost_of(query, 3).evaluations == 4);
  query.kind = Query::Kind::gradients;
  CHECK(cost_of(query, 3).evaluations == 24);
  CHECK(cost_of(query, 3, 2).evaluations == 8);
  CHECK(cost_of(query, 3).gradients == 4);
  CHECK(cost_of(query, 3).hessians == 0);
  query.kind = Query::Kind::hessians;
  CHECK(cost_of(query, 3).evaluations == 4 * (6 + 18));
  CHECK(cost_of(query, 3).gradients == 4);
  CHECK(cost_of(query, 3).hessians == 4);
  query = {.kind = Query::Kind::slices, .points = {}, .slices = {{0, 1, 1}, {1, 2, 1}}, .grid_size = 5};
  CHECK(cost_of(query, 3).evaluations == 50);
  CHECK(cost_of(query, 3).gradients == 0);
}
