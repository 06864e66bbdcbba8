// librdkafka's mock broker in a process of its own, for tests of runs against "their" Kafka.
// Usage: mock_broker TOPIC PARTITIONS [down | deleted | large]; prints "ready HOST:PORT" and serves until it is killed.
// SIGUSR1 begins the mischief, SIGUSR2 ends it: the broker is away; the topic is deleted; every message is too large.
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "servers/kafka_broker.h"

namespace {

void set_mischief(freshet::kafka::EmbeddedBroker& broker, std::string_view what, const char* topic, bool on) {
  constexpr int kTooLarge = 10;
  constexpr int kRequests = 5;
  if (what == "down") broker.set_down(on);
  if (what == "deleted") broker.set_deleted(topic, on);
  if (what == "large" && on) broker.refuse_messages(kTooLarge, kRequests);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGUSR2);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  auto broker = freshet::kafka::EmbeddedBroker::start();
  if (!broker.ok()) return 1;
  if (!(*broker)->create_topic(argv[1], std::atoi(argv[2])).ok()) return 1;
  std::printf("ready %s\n", (*broker)->bootstrap().c_str());
  std::fflush(stdout);
  for (int number = 0; sigwait(&signals, &number) == 0;) {
    set_mischief(**broker, argc == 4 ? argv[3] : "", argv[1], number == SIGUSR1);
  }
}
