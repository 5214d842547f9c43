// Driver: speaks one protocol to one device. Owned by the bus worker, called on its thread only.
//
// What an author promises: no threads, sleeps or retries of its own; no call outlives its deadline
// by more than 50 ms, nor a stop request by more than 100 ms; nothing is allocated once open() has
// returned; a value that was not read and verified is never put. What the bus worker does for it:
// scheduling, back-off, marking signals bad while the device is away, counting, logging.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "core/account.h"
#include "core/command.h"
#include "core/result.h"
#include "core/ring.h"
#include "core/stop.h"
#include "core/text_table.h"
#include "core/worker.h"

namespace fieldweir {

/// Where a driver puts its readings: one end of the bus's ring. Full: counted as lost.
class Sink {
 public:
  Sink(Ring<Reading>& ring, BusAccount& account, Doorbell& pipeline)
      : ring_(ring), account_(account), pipeline_(pipeline) {}

  void put(const Reading& reading) {
    account_.sampled.add();
    if (!ring_.push(reading)) account_.lost[Reason::ring_full].add();
  }
  /// Readings that a driver knows of and could not put: a message that it had to drop.
  void lose(Reason reason, std::uint64_t readings) {
    account_.sampled.add(readings);
    account_.lost[reason].add(readings);
  }
  /// Readings that can be put now without loss. A poll that would not fit is better skipped.
  std::size_t room() const { return ring_.free(); }
  /// Tells the pipeline that there is something; the bus worker does so after each poll.
  void announce() { pipeline_.ring(); }

 private:
  Ring<Reading>& ring_;
  BusAccount& account_;
  Doorbell& pipeline_;
};

class Driver {
 public:
  virtual ~Driver() = default;

  /// Connects if that is something the protocol does. Called again after close().
  virtual Result<> open(Time deadline, const Stop& stop) = 0;

  /// Reads what is due at `now`, puts it, and returns when it is due next. Is also called when the
  /// bus's doorbell rings (`never`: only then). An Error means that the device as a whole did not
  /// answer; the worker then closes, marks all its signals bad and opens again after a back-off.
  /// What concerns one signal only (illegal address, invalid code) is put as a bad reading of that
  /// signal and is no Error.
  virtual Result<Time> poll(Time now, Time deadline, Sink& sink, const Stop& stop) = 0;

  virtual void close() = 0;

  /// Writes one of its signals (`signal`: index within the device) and reads it back; the reading
  /// is what the device says afterwards. Called only for a signal whose settings say writable(),
  /// with a value within its limits, while open.
  virtual Result<Reading> write(std::size_t signal, const Reading& value, Time deadline,
                                const Stop& stop);

  // --- what the worker asks about the last call ---

  /// The device must be left alone until then: an answer that it still owes could be taken for the
  /// next. It is neither opened, polled nor written to. 0: at once.
  virtual Time quiet_until() const { return 0; }

  /// After a poll that failed: whether the device stays open and the next poll() asks once more.
  virtual bool retry() const { return false; }

  /// After a poll that did not fail: whether there was nothing to ask, so that it says nothing
  /// about the device.
  virtual bool idle() const { return false; }

  /// open() concerns this machine alone, a serial port: it costs nobody anything and may be tried
  /// again soon.
  virtual bool opens_here() const { return false; }

  /// The longest that open() or poll() may need: the deadline they are given.
  virtual Duration patience() const { return second; }

  /// Polls that were not made in time, or were skipped for want of room in the ring; of a device
  /// that sends messages, values that they should have carried and did not.
  Counter skipped;

  // --- what else the status says of it ---

  /// Polls that its settings ask for in a second, one per group and interval; 0: it speaks when it
  /// has something to say.
  virtual double polls_per_second() const { return 0; }

  /// Of those, polls that were made in time and answered as a whole.
  Counter polled;
  /// Frames that were no answer to what was asked of it: late, duplicate or foreign.
  Counter discarded;
  /// Readings that are uncertain because of the time that their source gave, by why.
  ReasonCounts doubted;
  /// Signals that the device is known not to have at present (a number, not a count of events).
  Counter holes;
};

// --- configuration, common to all drivers ---

struct SignalSettings {
  virtual ~SignalSettings() = default;
  std::string name;
  std::string unit;
  config::Reference profile;
  config::Place place;
  /// What its readings will be.
  virtual Kind kind() const = 0;
  /// Texts that are to be kept for it: what enumerations and serial numbers come to.
  virtual std::size_t texts() const { return kind() == Kind::text ? TextTable::share : 0; }
  /// The limits of its `write:` section; nullptr: it is never written.
  virtual const WriteLimits* writable() const { return nullptr; }
};

struct DeviceSettings {
  virtual ~DeviceSettings() = default;
  std::string name;
  std::string from_template;  // merged in before the driver reads its fields; empty: none
  config::Place place;
  /// How many devices this one stands for: 1, or the bound of a wildcard topic. Signals are
  /// reserved for each instance: id = first + instance * signals + index.
  virtual std::size_t instances() const { return 1; }
  virtual std::vector<const SignalSettings*> signals() const = 0;
};

/// The fields that every signal has; the driver adds its own to what is returned.
template <class S>
config::Fields<S>& declare_common_signal(config::Fields<S>& fields) {
  return fields.text("name", &SignalSettings::name, config::required, "unique within the device")
      .text("unit", &SignalSettings::unit, config::optional, "as shown to people, at most 16 bytes")
      .reference("profile", &SignalSettings::profile, config::optional, "filters from `profiles`");
}

template <class D>
config::Fields<D>& declare_common_device(config::Fields<D>& fields) {
  return fields
      .text("name", &DeviceSettings::name, config::required, "unique; first part of signal names")
      .text("template", &DeviceSettings::from_template, config::optional,
            "VENDOR/MODEL, a register map to start from; what the device says itself wins");
}

/// What DeviceSettings::signals() returns, for a driver's own type of signal.
template <class S>
std::vector<const SignalSettings*> pointers_to(const std::vector<S>& signals) {
  std::vector<const SignalSettings*> all;
  for (const S& signal : signals) all.push_back(&signal);
  return all;
}

}  // namespace fieldweir
