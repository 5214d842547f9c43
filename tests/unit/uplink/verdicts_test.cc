#include "uplink/verdicts.h"

#include <gtest/gtest.h>

#include "uplink/http_status.h"

namespace fieldweir {
namespace {

TEST(Verdicts, EachHasItsResponse) {
  struct Row {
    Verdict verdict;
    bool close, dead_letter, alarm;
    Wait wait;
  };
  const Row rows[] = {
      {Verdict::ok, false, false, false, Wait::none},
      {Verdict::again, false, false, false, Wait::until},
      {Verdict::retry, true, false, false, Wait::backoff},
      {Verdict::pause, true, false, true, Wait::probe},
      {Verdict::poison, true, true, false, Wait::none},
  };
  for (const Row& row : rows) {
    const Response response = respond(row.verdict);
    SCOPED_TRACE(static_cast<int>(row.verdict));
    EXPECT_EQ(response.close, row.close);
    EXPECT_EQ(response.dead_letter, row.dead_letter);
    EXPECT_EQ(response.alarm, row.alarm);
    EXPECT_EQ(response.wait, row.wait);
  }
}

TEST(HttpStatus, EachHasItsVerdict) {
  const std::pair<Verdict, std::vector<long>> table[] = {
      {Verdict::ok, {200, 201, 202, 204}},
      {Verdict::poison, {400, 413, 415, 422}},
      {Verdict::pause, {401, 403, 404, 405, 407, 410, 301, 302, 307, 308}},
      {Verdict::retry, {408, 425, 429, 500, 502, 503, 504, 599, 409, 418, 100, 0}},
  };
  for (const auto& [verdict, statuses] : table)
    for (const long status : statuses) EXPECT_EQ(meaning_of(status).verdict, verdict) << status;
  EXPECT_EQ(meaning_of(401).reason, Reason::unauthorised);
  EXPECT_EQ(meaning_of(404).reason, Reason::refused);
}

}  // namespace
}  // namespace fieldweir
