// A MariaDB server for tests that treat one badly: options of their choice, killed, stopped and started again on the
// same data, and a disk that can be full.
#pragma once

#include <sys/mount.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/io/mysql.h"
#include "servers/child_process.h"
#include "servers/private_directory.h"

namespace freshet::fixture {

class OwnServer {
 public:
  /// `arguments` are added to those of every start. `disk_bytes`: put the data on a file system of that size, 0 = on
  /// the ordinary one.
  explicit OwnServer(std::vector<std::string> arguments = {}, std::int64_t disk_bytes = 0)
      : arguments_(std::move(arguments)) {
    auto directory = PrivateDirectory::create();
    FRESHET_CHECK(directory.ok(), "directory");
    directory_ = std::move(*directory);
    data_ = directory_->path() + "/data";
    std::filesystem::create_directory(data_);
    if (disk_bytes > 0) {
      const std::string size = "size=" + std::to_string(disk_bytes);
      small_disk_ = ::mount("tmpfs", data_.c_str(), "tmpfs", 0, size.c_str()) == 0;
      if (!small_disk_) return;
    }
    install();
    start();
  }
  ~OwnServer() {
    resume();
    process_.stop(0);
    if (small_disk_) ::umount2(data_.c_str(), MNT_DETACH);
  }
  OwnServer(const OwnServer&) = delete;
  OwnServer& operator=(const OwnServer&) = delete;

  /// Whether there is a file system of the size asked for; nothing was started when there is none.
  [[nodiscard]] bool small_disk() const { return small_disk_; }
  [[nodiscard]] const std::string& directory() const { return directory_->path(); }
  [[nodiscard]] mysql::Address address() const {
    mysql::Address address;
    address.socket = directory_->path() + "/own.sock";
    address.user = "root";
    return address;
  }

  /// Returns when it answers.
  void start() {
    std::vector<std::string> command = {"mariadbd",
                                        "--no-defaults",
                                        "--user=root",
                                        "--datadir=" + data_,
                                        "--socket=" + address().socket,
                                        "--skip-networking",
                                        "--performance-schema=OFF",
                                        "--innodb-flush-log-at-trx-commit=2",
                                        "--innodb-buffer-pool-size=32M",
                                        "--innodb-log-file-size=16M",
                                        "--innodb-lock-wait-timeout=10"};
    command.insert(command.end(), arguments_.begin(), arguments_.end());
    const Status started = process_.start({.command = command, .output_file = log_file()});
    FRESHET_CHECK(started.ok(), "mariadbd");
    const SystemClock clock;
    while (!mysql::Connection::open(address(), 1).ok()) {
      FRESHET_CHECK(process_.died().empty(), tail_of(log_file(), 12).c_str());
      clock.sleep_until(clock.now() + 20 * kNanosPerMilli, {});
    }
  }
  void kill() {
    process_.signal(SIGKILL);
    process_.stop(0);
  }
  void pause() { process_.signal(SIGSTOP); }
  void resume() { process_.signal(SIGCONT); }

  /// Takes all but `spare_bytes` of the file system, until let_go().
  void fill_disk(std::int64_t spare_bytes) {
    const auto space = std::filesystem::space(data_);
    std::ofstream ballast(data_ + "/ballast", std::ios::binary);
    const std::string block(std::size_t{1} << 16, 'x');
    for (auto left = static_cast<std::int64_t>(space.available) - spare_bytes; left > 0;
         left -= static_cast<std::int64_t>(block.size())) {
      ballast << block;
    }
  }
  void let_go() { std::filesystem::remove(data_ + "/ballast"); }

 private:
  [[nodiscard]] std::string log_file() const { return directory_->path() + "/own.log"; }
  void install() {
    FRESHET_CHECK(process_
                      .start({.command = {"mariadb-install-db", "--no-defaults", "--force", "--skip-test-db",
                                          "--auth-root-authentication-method=normal", "--datadir=" + data_,
                                          "--innodb-log-file-size=16M"},
                              .output_file = log_file()})
                      .ok(),
                  "mariadb-install-db");
    FRESHET_CHECK(process_.wait(120'000) && process_.exit_code() == 0, tail_of(log_file(), 60).c_str());
  }

  const std::vector<std::string> arguments_;
  std::unique_ptr<PrivateDirectory> directory_;
  ChildProcess process_;
  std::string data_;
  bool small_disk_ = false;
};

}  // namespace freshet::fixture
