#include "daemon/account.h"

#include <algorithm>
#include <functional>

#include "daemon/json.h"

namespace fieldweir {
namespace {

std::string text(std::uint64_t epoch, std::uint64_t seq) {
  return std::to_string(epoch) + "/" + std::to_string(seq);
}

constexpr std::size_t most_listed = 20;

void list(const std::vector<std::string>& what, const std::string& title, std::string& out) {
  if (what.empty()) return;
  out += "  " + title + ":";
  for (std::size_t i = 0; i < std::min(what.size(), most_listed); ++i) out += " " + what[i];
  if (what.size() > most_listed)
    out += " and " + std::to_string(what.size() - most_listed) + " more";
  out += "\n";
}

}  // namespace

struct Account::Read {
  std::string lane;  // gateway, stream, lane
  Place place;
  Place first;
  Place prev;
  Part part;
  bool historical = false;
  std::uint64_t hash = 0;
  std::uint64_t readings = 0;
  std::uint64_t thinned = 0;
  std::map<std::string, std::uint64_t> gaps;
  std::set<std::string> unknown_gaps;

  static Place place_of(const Json& pair) { return {pair.at(0), pair.at(1)}; }

  /// False: it is no message of the json format.
  bool read(std::string_view line) {
    Json json = Json::parse(line, nullptr, false);
    // a line of `journal export --dead-letters`: what was refused is accounted for, too
    if (json.is_object() && json.contains("batch")) json = Json(json["batch"]);
    if (!json.is_object() || !json.contains("v") || json["v"] != 1) return false;
    try {
      lane = json.at("gateway").get<std::string>() + " " + json.at("stream").get<std::string>() +
             " " + json.at("lane").get<std::string>();
      place = {json.at("epoch"), json.at("seq")};
      first = json.contains("replaces") ? place_of(json["replaces"].at(0)) : place;
      if (!json.at("prev").is_null()) prev = place_of(json["prev"]);
      if (json.contains("part")) {
        part = {json["part"].at(0).get<unsigned>(),
                std::max(json["part"].at(1).get<unsigned>(), 1u)};
      }
      historical = json.value("historical", false);
      for (const Json& row : json.at("readings")) count(row);
    } catch (const Json::exception&) {
      return false;
    }
    hash = std::hash<std::string_view>()(line);
    return true;
  }

  void count(const Json& row) {
    if (!row.contains("gap")) {
      ++readings;
      thinned += row.value("thinned", false) ? 1 : 0;
      return;
    }
    const Json& gap = row["gap"];
    const std::string reason = gap.at("reason");
    if (gap.at("readings").is_null())
      unknown_gaps.insert(reason);
    else
      gaps[reason] += gap["readings"].get<std::uint64_t>();
  }
};

void Account::add(std::string_view line) {
  // subscribers like mosquitto_sub -v write the topic in front
  const std::size_t begin = line.find('{');
  if (line.find_first_not_of(" \r\t") == std::string_view::npos) return;
  Read message;
  if (begin == std::string_view::npos || !message.read(line.substr(begin)))
    ++foreign_;
  else
    take(message, lanes_[message.lane]);
}

void Account::take(const Read& read, Lane& lane) {
  const bool known = lane.messages.contains(read.place);
  Message& message = lane.messages[read.place];
  if (const auto came = message.parts.find(read.part); came != message.parts.end()) {
    if (came->second == read.hash)
      ++lane.identical;
    else
      lane.differing.push_back(text(read.place.epoch, read.place.seq));
    return;
  }
  message.parts[read.part] = read.hash;
  message.first = read.first;
  message.prev = read.prev;
  Place& newest = read.historical ? lane.newest_historical : lane.newest;
  if (!known && read.place < newest) ++lane.unordered;
  newest = std::max(newest, read.place);
  lane.readings += read.readings;
  lane.thinned += read.thinned;
  for (const auto& [reason, readings] : read.gaps) lane.gaps[reason] += readings;
  lane.unknown_gaps.insert(read.unknown_gaps.begin(), read.unknown_gaps.end());
}

bool Account::Message::whole() const {
  double sum = 0;
  for (const auto& [part, hash] : parts) sum += 1.0 / part.of;
  return sum > 1 - 1e-9;
}

bool Account::covered(const Lane& lane, Place place) {
  const auto at = lane.messages.lower_bound(place);
  return at != lane.messages.end() && at->second.first <= place;
}

Account::Open Account::open(const Lane& lane) {
  Open all;
  Place last;  // up to here nothing is open
  for (const auto& [place, message] : lane.messages) {
    const bool begins = last.epoch == 0;
    const std::uint64_t next = place.epoch == last.epoch ? last.seq + 1 : 1;
    const std::uint64_t first = message.first.epoch < place.epoch ? 1 : message.first.seq;
    last = place;
    if (begins) continue;  // what came before this record was made is not its business
    // what `prev` names came before; between it and this batch nothing was for this destination
    const Place prev = message.prev;
    std::uint64_t open_to = first - 1;
    if (prev.epoch > 0)
      open_to = prev.epoch == place.epoch ? std::min(prev.seq, first - 1) : next - 1;
    if (next < first) all.passed_over += first - 1 - std::max(open_to, next - 1);
    if (next <= open_to && next < first)
      (prev.epoch == 0 ? all.before_live : all.missing)
          .push_back(text(place.epoch, next) +
                     (next < open_to ? ".." + text(place.epoch, open_to) : std::string()));
    if (prev.epoch > 0 && prev.epoch < place.epoch && lane.messages.begin()->first <= prev &&
        !covered(lane, prev))
      all.missing.push_back(text(prev.epoch, prev.seq));
    if (!message.whole()) all.missing.push_back("parts of " + text(place.epoch, place.seq));
  }
  return all;
}

bool Account::report(const std::string& name, const Lane& lane, std::string& out) {
  Open all = open(lane);
  if (all.passed_over == 0) {  // it is sent everything
    all.missing.insert(all.missing.end(), all.before_live.begin(), all.before_live.end());
    all.before_live.clear();
  }
  const Place first = lane.messages.begin()->first;
  const Place last = lane.messages.rbegin()->first;
  out += name + ": " + std::to_string(lane.messages.size()) + " batches, " +
         text(first.epoch, first.seq) + " to " + text(last.epoch, last.seq) + ", " +
         std::to_string(lane.readings) + " readings";
  if (lane.thinned > 0) out += ", " + std::to_string(lane.thinned) + " of them thinned";
  out += "\n";
  for (const auto& [reason, readings] : lane.gaps)
    out += "  gap marks: " + std::to_string(readings) + " readings, " + reason + "\n";
  for (const std::string& reason : lane.unknown_gaps)
    out += "  gap marks: nobody knows how many readings, " + reason + "\n";
  if (all.passed_over > 0)
    out += "  nothing for this destination: " + std::to_string(all.passed_over) + " positions\n";
  list(all.before_live, "nothing for this destination, as far as can be told before a live start",
       out);
  if (lane.identical > 0) out += "  again, identical: " + std::to_string(lane.identical) + "\n";
  list(lane.differing, "AGAIN, BUT DIFFERENT", out);
  if (lane.unordered > 0) out += "  OUT OF ORDER: " + std::to_string(lane.unordered) + "\n";
  list(all.missing, "MISSING", out);
  return lane.differing.empty() && lane.unordered == 0 && all.missing.empty();
}

Account::Report Account::report() const {
  Report all{"", foreign_ == 0};
  for (const auto& [name, lane] : lanes_) all.explained &= report(name, lane, all.text);
  if (foreign_ > 0)
    all.text += std::to_string(foreign_) + " LINES ARE NO MESSAGES of the json format\n";
  all.text += all.explained ? "everything is explained\n" : "not everything is explained\n";
  return all;
}

}  // namespace fieldweir
