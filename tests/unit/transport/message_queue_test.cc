#include "transport/message_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "core/random.h"

namespace fieldweir {
namespace {

std::string text(const MessageQueue::Message& message) {
  return {message.payload.data(), message.payload.size()};
}

TEST(MessageQueue, GivesBackWhatWasPushedInOrderWithANulBehindIt) {
  MessageQueue queue(100, 1000);
  EXPECT_FALSE(queue.front());
  ASSERT_TRUE(queue.push("a/b", "one", 17));
  ASSERT_TRUE(queue.push("c", "", 18, true));
  auto first = queue.front();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->received, 17);
  EXPECT_EQ(first->topic, "a/b");
  EXPECT_FALSE(first->retained);
  EXPECT_EQ(text(*first), "one");
  EXPECT_EQ(first->payload.data()[3], '\0');
  queue.pop();
  EXPECT_EQ(queue.front()->topic, "c");
  EXPECT_TRUE(queue.front()->retained);
  EXPECT_FALSE(queue.front()->too_large);
  EXPECT_EQ(text(*queue.front()), "");
  queue.pop();
  EXPECT_FALSE(queue.front());
}

TEST(MessageQueue, KeepsTheTopicOfWhatIsTooLarge) {
  MessageQueue queue(10, 1000);
  ASSERT_TRUE(queue.push("big", std::string(11, 'x'), 0));
  ASSERT_TRUE(queue.push("fits", std::string(10, 'x'), 0));
  EXPECT_TRUE(queue.front()->too_large);
  EXPECT_EQ(queue.front()->topic, "big");
  EXPECT_TRUE(queue.front()->payload.empty());
  queue.pop();
  EXPECT_FALSE(queue.front()->too_large);
  EXPECT_FALSE(queue.push(std::string(MessageQueue::longest_topic + 1, 't'), "x", 0));
}

TEST(MessageQueue, RefusesWhenFullAndGoesOnWhenThereIsRoomAgain) {
  MessageQueue queue(100, 100);
  int taken = 0;
  while (queue.push("t", std::string(100, 'x'), 0)) ++taken;
  EXPECT_GE(taken, 2);
  EXPECT_LT(taken, 20);
  queue.pop();
  EXPECT_TRUE(queue.push("t", "again", 0));
}

// sizes chosen so that records end at, before and across the end of the storage
TEST(MessageQueue, CarriesAnySizesBetweenTwoThreads) {
  constexpr int messages = 50'000;
  MessageQueue queue(700, 4096);
  std::thread producer([&] {
    Random random(7);
    for (int i = 0; i < messages; ++i) {
      const std::string payload(random.below(701), static_cast<char>('a' + i % 26));
      const std::string topic = std::to_string(i);
      while (!queue.push(topic, payload, i)) std::this_thread::yield();
    }
  });
  Random random(7);
  bool good = true;
  for (int i = 0; i < messages; ++i) {
    std::optional<MessageQueue::Message> message;
    while (!(message = queue.front())) std::this_thread::yield();
    good = good && message->received == i && message->topic == std::to_string(i) &&
           text(*message) == std::string(random.below(701), static_cast<char>('a' + i % 26));
    queue.pop();
  }
  producer.join();
  EXPECT_TRUE(good);
  EXPECT_FALSE(queue.front());
}

}  // namespace
}  // namespace fieldweir
