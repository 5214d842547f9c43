// InFlight: what one uplink has been given and has not confirmed, oldest first: encoded once, kept
// until confirmed, so that a failed attempt costs no second encoding. Owned by the delivery worker;
// fixed memory: so many messages, so many bytes. Full: the caller waits for a confirmation.
//
// Bodies stand in a circle of bytes, each in one piece; what does not fit before the end starts
// again at the beginning.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "buffer/log_reader.h"
#include "uplink/uplink.h"

namespace fieldweir {

/// What the cursor moves over when a message is confirmed.
struct Owed {
  Position through;                // the batch itself, or the last one not selected behind it
  std::uint64_t readings = 0;      // in the message
  bool marks = false;              // and gap marks
  std::uint64_t not_selected = 0;  // of its batch, and of those behind it
  std::size_t batches = 1;         // it, and those behind it; 0 if parts of it are behind
};

class InFlight {
 public:
  InFlight(std::size_t messages, std::size_t bytes);

  bool empty() const { return messages_.empty(); }
  bool full() const { return messages_.size() == limit_; }
  std::span<const Message> messages() const { return messages_; }
  const Message& front() const { return messages_.front(); }
  const Owed& front_owed() const { return owed_.front(); }

  /// Of the newest message that `belongs` says yes to, or nullptr.
  template <class Belongs>
  Owed* newest(Belongs belongs) {
    for (std::size_t i = messages_.size(); i-- > 0;)
      if (belongs(messages_[i])) return &owed_[i];
    return nullptr;
  }

  /// Pieces that are free for the next body, the one to try first; a piece may be empty.
  std::array<std::span<char>, 2> room();

  /// Adds a message whose body was written at the begin of one of the pieces.
  void push(const Message& message, const Owed& owed);
  void pop();
  void clear();

 private:
  std::unique_ptr<char[]> bytes_;
  const std::size_t size_;
  const std::size_t limit_;
  std::vector<Message> messages_;
  std::vector<Owed> owed_;  // of each message
};

}  // namespace fieldweir
