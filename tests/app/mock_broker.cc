// librdkafka's mock broker in a process of its own, for tests of runs against "their" Kafka.
// Usage: mock_broker TOPIC PARTITIONS; prints "ready HOST:PORT" and serves until it is killed.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/io/kafka.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  auto broker = freshet::kafka::EmbeddedBroker::start();
  if (!broker.ok()) return 1;
  if (!(*broker)->create_topic(argv[1], std::atoi(argv[2])).ok()) return 1;
  std::printf("ready %s\n", (*broker)->bootstrap().c_str());
  std::fflush(stdout);
  while (true) ::pause();
}
