// A MariaDB server for tests that treat one badly: options of their choice, killed, stopped and started again on the
// same data, and a disk that can be full.
#pragma once

#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "clients/mysql/mysql.h"
#include "servers/child_process.h"
#include "servers/fetched_tree.h"
#include "servers/private_directory.h"

namespace freshet::fixture {

class OwnServer {
 public:
  /// `arguments` are added to those of every start. `disk_bytes`: put the data on a file system of that size, where we
  /// may mount one; 0 = on the ordinary one.
  explicit OwnServer(std::vector<std::string> arguments = {}, std::int64_t disk_bytes = 0)
      : arguments_(std::move(arguments)) {
    directory_ = PrivateDirectory::create().value();
    data_ = directory_->path() + "/data";
    std::filesystem::create_directory(data_);
    if (disk_bytes > 0) {
      const std::string size = "size=" + std::to_string(disk_bytes);
      small_disk_ = ::mount("tmpfs", data_.c_str(), "tmpfs", 0, size.c_str()) == 0;
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

  [[nodiscard]] const std::string& directory() const { return directory_->path(); }
  [[nodiscard]] mysql::Address address() const {
    mysql::Address address;
    address.socket = directory_->path() + "/own.sock";
    address.user = "root";
    return address;
  }

  /// Returns when it answers.
  void start() {
    // A process that writes beyond a limit gets a signal first, which ends it unless it ignores the signal.
    std::vector<std::string> command = {"env",
                                        "--ignore-signal=XFSZ",
                                        "mariadbd",
                                        "--no-defaults",
                                        "--user=root",
                                        "--datadir=" + data_,
                                        "--tmpdir=" + directory_->path(),
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
    await_answer(process_, address(), log_file());
  }
  void kill() {
    process_.signal(SIGKILL);
    process_.stop(0);
  }
  void pause() { process_.signal(SIGSTOP); }
  void resume() { process_.signal(SIGCONT); }

  /// Until let_go() the server gets about so much more space, and then none. On a file system of its own the rest is
  /// taken; elsewhere no file may grow beyond a size (ulimit -f), which needs no rights: the server's answer is the
  /// same.
  void fill_disk(std::int64_t spare_bytes) {
    if (!small_disk_) return limit_files(std::max(largest_file(""), largest_file(".ibd") + spare_bytes));
    const auto space = std::filesystem::space(data_);
    std::ofstream ballast(data_ + "/ballast", std::ios::binary);
    const std::string block(std::size_t{1} << 16, 'x');
    for (auto left = static_cast<std::int64_t>(space.available) - spare_bytes; left > 0;
         left -= static_cast<std::int64_t>(block.size())) {
      ballast << block;
    }
  }
  void let_go() {
    if (!small_disk_) return limit_files(-1);
    std::filesystem::remove(data_ + "/ballast");
  }

 private:
  [[nodiscard]] std::string log_file() const { return directory_->path() + "/own.log"; }
  /// Bytes of the largest file whose name ends so; all of them have to fit, for the limit holds for every write.
  [[nodiscard]] std::int64_t largest_file(std::string_view ending) const {
    std::int64_t largest = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(data_)) {
      if (!file.is_regular_file() || !file.path().native().ends_with(ending)) continue;
      largest = std::max(largest, static_cast<std::int64_t>(file.file_size()));
    }
    return largest;
  }
  void limit_files(std::int64_t bytes) const {
    rlimit limit{};
    FRESHET_CHECK(::prlimit(process_.pid(), RLIMIT_FSIZE, nullptr, &limit) == 0, "prlimit");
    limit.rlim_cur = bytes < 0 ? limit.rlim_max : static_cast<rlim_t>(bytes);
    FRESHET_CHECK(::prlimit(process_.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0, "prlimit");
  }
  // A server that starts removes the temporary tables of all who share its tmpdir.
  void install() {
    FRESHET_CHECK(process_
                      .start({.command = {"mariadb-install-db", "--no-defaults", "--force", "--skip-test-db",
                                          "--auth-root-authentication-method=normal", "--datadir=" + data_,
                                          "--tmpdir=" + directory_->path(), "--innodb-log-file-size=16M"},
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
