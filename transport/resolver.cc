#include "transport/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <chrono>
#include <memory>

namespace fieldweir {
namespace {

constexpr Duration fresh = minute;
// so often a waiting caller looks at its deadline and the stop request
constexpr std::chrono::milliseconds glance{20};

bool is_literal(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

Result<Resolver::Address> Resolver::system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found); failed != 0)
    return error(Reason::unreachable, "cannot look up %s: %s", host.c_str(), gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  const addrinfo* best = found;
  while (best != nullptr && best->ai_family != AF_INET) best = best->ai_next;
  if (best == nullptr) best = found;
  char text[Address::capacity() + 1];
  if (const int failed = getnameinfo(best->ai_addr, best->ai_addrlen, text, sizeof text, nullptr, 0,
                                     NI_NUMERICHOST);
      failed != 0)
    return error(Reason::unreachable, "cannot look up %s: %s", host.c_str(), gai_strerror(failed));
  return Address(text);
}

Resolver::Resolver(const Clock& clock, Lookup lookup) : clock_(clock), lookup_(std::move(lookup)) {}

void Resolver::expect(const std::string& host) {
  if (is_literal(host)) return;
  for (const Entry& known : entries_)
    if (known.host == host) return;
  entries_.emplace_back().host = host;
}

Resolver::Entry& Resolver::entry(const std::string& host) {
  for (Entry& known : entries_)
    if (known.host == host) return known;
  FIELDWEIR_CHECK(!"a name that nobody expected");
  return entries_.front();
}

Result<Resolver::Address> Resolver::resolve(const std::string& host, Time deadline,
                                            const Stop& stop) {
  if (is_literal(host)) return Address(host);
  std::unique_lock lock(mutex_);
  Entry& known = entry(host);
  if (!known.good || clock_.now() - known.answered > fresh) {
    known.wanted = true;
    doorbell().ring();
  }
  if (known.good) return known.address;
  for (const std::uint64_t before = known.lookups; known.lookups == before;) {
    if (stop.requested())
      return error(Reason::stopped, "stopped while looking up %s", host.c_str());
    if (clock_.now() >= deadline)
      return error(Reason::unreachable, "looking up %s takes too long", host.c_str());
    answered_.wait_for(lock, glance);
  }
  if (!known.good) return known.why;
  return known.address;
}

Time Resolver::turn(Time) {
  std::unique_lock lock(mutex_);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    Entry& wanted = entries_[(next_ + i) % entries_.size()];
    if (!wanted.wanted) continue;
    lock.unlock();
    const Result<Address> answer = lookup_(wanted.host);  // `host` never changes
    lock.lock();
    wanted.answered = clock_.now();
    wanted.wanted = false;
    ++wanted.lookups;
    if (answer) {
      wanted.address = answer.value();
      wanted.good = true;
    } else {
      wanted.why = answer.error();
      // otherwise those who wait for the answer report it
      if (wanted.good && refresh_failed_.allow(wanted.answered))
        log(LogLevel::warning, name(), "%s; the last good address stays in use",
            std::string(answer.error().text.view()).c_str());
    }
    answered_.notify_all();
    next_ = (next_ + i + 1) % entries_.size();
    return wanted.answered;  // at once: perhaps another name waits
  }
  return never;
}

}  // namespace fieldweir
