// Account: what a receiver recorded of our json messages, checked: is every position there or
// explained, did anything come twice or out of order, how many readings. Pure, for the command
// `fieldweir account` and for tests. About 40 bytes of memory per message.
//
// A position is explained if its batch came, if a gap mark replaces it, or if the `prev` of a later
// batch passes over it: then nothing in it was selected for this destination. A batch that begins
// anew (`prev` null, with `order: live_first`) passes over nothing; what stands between it and the
// one before is explained only where other batches show that not everything is selected.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace fieldweir {

class Account {
 public:
  /// One message. Lines that are empty are nothing; what is not a message is unexplained.
  void add(std::string_view line);

  struct Report {
    std::string text;
    bool explained = false;  // everything
  };
  Report report() const;

 private:
  struct Place {
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Part {  // a refused one is sent as halves of it: 2/2 as 3/4 and 4/4
    unsigned number = 1;
    unsigned of = 1;
    friend auto operator<=>(const Part&, const Part&) = default;
  };
  struct Message {
    Place first;                          // of the positions that it stands for
    Place prev;                           // epoch 0: none
    std::map<Part, std::uint64_t> parts;  // hashes of what came
    bool whole() const;
  };
  struct Lane {
    std::map<Place, Message> messages;
    Place newest;
    Place newest_historical;
    std::uint64_t readings = 0;
    std::uint64_t thinned = 0;
    std::uint64_t identical = 0;
    std::uint64_t unordered = 0;
    std::vector<std::string> differing;
    std::map<std::string, std::uint64_t> gaps;  // readings by reason
    std::set<std::string> unknown_gaps;         // reasons of those of unknown size
  };

  struct Read;  // a message taken apart
  static void take(const Read& message, Lane& lane);
  static bool covered(const Lane& lane, Place place);
  struct Open {
    std::vector<std::string> missing;
    std::vector<std::string> before_live;  // missing, or not for this destination
    std::uint64_t passed_over = 0;
  };
  static Open open(const Lane& lane);
  static bool report(const std::string& name, const Lane& lane, std::string& out);

  std::map<std::string, Lane> lanes_;  // by gateway, stream and lane
  std::uint64_t foreign_ = 0;          // lines that are no message
};

}  // namespace fieldweir
