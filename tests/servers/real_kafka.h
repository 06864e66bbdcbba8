// A private Apache Kafka, broker and controller in one, from the class path that script/stack fetched.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "clients/kafka/kafka.h"
#include "servers/child_process.h"
#include "servers/fetched_tree.h"
#include "servers/private_directory.h"

namespace freshet::fixture {

class RealKafka {
 public:
  /// The class path that script/test stack names; empty outside of it.
  static std::string tree() { return fetched_tree("FRESHET_STACK_KAFKA"); }

  /// Returns when it answers. `properties` are the broker's.
  explicit RealKafka(const std::map<std::string, std::string>& properties = {}) : ports_{free_port(), free_port()} {
    directory_ = PrivateDirectory::create().value();
    configure(properties);
    const std::vector<std::string> format =
        java("-Xmx128m", {"kafka.tools.StorageTool", "format", "-t", "freshetfreshetfreshetA", "-c", settings_file()});
    FRESHET_CHECK(process_.start({.command = format, .output_file = log_file()}).ok(), "java");
    FRESHET_CHECK(process_.wait(120'000) && process_.exit_code() == 0, tail_of(log_file(), 20).c_str());
    start();
  }
  ~RealKafka() { process_.stop(0); }
  RealKafka(const RealKafka&) = delete;
  RealKafka& operator=(const RealKafka&) = delete;

  void start() {
    const std::vector<std::string> serve = java("-Xmx512m", {"kafka.Kafka", settings_file()});
    FRESHET_CHECK(process_.start({.command = serve, .output_file = log_file()}).ok(), "java");
    for (int i = 0; i < 120 && !kafka::topics(address(), 1'000).ok(); ++i) {
      FRESHET_CHECK(process_.died().empty(), tail_of(log_file(), 20).c_str());
    }
  }
  void kill() {
    process_.signal(SIGKILL);
    process_.stop(0);
  }
  void pause() { process_.signal(SIGSTOP); }
  void resume() { process_.signal(SIGCONT); }
  [[nodiscard]] kafka::Address address() const { return {"127.0.0.1:" + std::to_string(ports_[0]), {}}; }

 private:
  /// A port that is free at present. If another process takes it before the broker does, the broker reports it.
  static int free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    FRESHET_CHECK(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    FRESHET_CHECK(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
    ::close(descriptor);
    return ntohs(address.sin_port);
  }

  void configure(const std::map<std::string, std::string>& properties) {
    const std::string broker = "127.0.0.1:" + std::to_string(ports_[0]);
    const std::string controller = "127.0.0.1:" + std::to_string(ports_[1]);
    std::map<std::string, std::string> all = {
        {"process.roles", "broker,controller"},
        {"node.id", "1"},
        {"controller.quorum.voters", "1@" + controller},
        {"listeners", "BROKER://" + broker + ",CONTROLLER://" + controller},
        {"advertised.listeners", "BROKER://" + broker},
        {"listener.security.protocol.map", "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT"},
        {"inter.broker.listener.name", "BROKER"},
        {"controller.listener.names", "CONTROLLER"},
        {"log.dirs", directory_->path() + "/data"},
        {"auto.create.topics.enable", "false"},
        {"offsets.topic.replication.factor", "1"},
        {"transaction.state.log.replication.factor", "1"},
        {"transaction.state.log.min.isr", "1"},
        {"transaction.state.log.num.partitions", "4"},
        {"group.initial.rebalance.delay.ms", "0"},
        {"log.cleaner.dedupe.buffer.size", "8388608"},  // less memory
        // It is back 3 s after it was killed, instead of 11 s.
        {"broker.session.timeout.ms", "2000"},
        {"broker.heartbeat.interval.ms", "500"},
    };
    for (const auto& [name, value] : properties) all[name] = value;
    std::ofstream file(settings_file());
    for (const auto& [name, value] : all) file << name << '=' << value << '\n';
  }

  [[nodiscard]] std::string settings_file() const { return directory_->path() + "/server.properties"; }
  [[nodiscard]] std::string log_file() const { return directory_->path() + "/kafka.log"; }
  [[nodiscard]] static std::vector<std::string> java(const std::string& heap, const std::vector<std::string>& more) {
    std::vector<std::string> command = {
        "java", heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", tree() + "/libs/*"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  const int ports_[2];
  std::unique_ptr<PrivateDirectory> directory_;
  ChildProcess process_;
};

}  // namespace freshet::fixture
