// A private MySQL 9 from the tree that script/stack fetched, run on the loader and libraries of that tree.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "clients/mysql/mysql.h"
#include "servers/child_process.h"
#include "servers/fetched_tree.h"
#include "servers/private_directory.h"

namespace freshet::fixture {

class Mysql9Server {
 public:
  /// The tree that script/test stack names; empty outside of it.
  static std::string tree() { return fetched_tree("FRESHET_STACK_MYSQL9"); }

  Mysql9Server() {
    directory_ = PrivateDirectory::create().value();
    FRESHET_CHECK(process_.start({.command = command({"--initialize-insecure"}), .output_file = log_file()}).ok(), "");
    FRESHET_CHECK(process_.wait(300'000) && process_.exit_code() == 0, tail_of(log_file(), 20).c_str());
    start();
  }
  ~Mysql9Server() { process_.stop(5'000); }
  Mysql9Server(const Mysql9Server&) = delete;
  Mysql9Server& operator=(const Mysql9Server&) = delete;

  void start() {
    const Status started = process_.start(
        {.command = command({"--socket=" + address().socket, "--skip-networking", "--mysqlx=OFF", "--server-id=1",
                             "--log-bin=binlog", "--binlog-row-metadata=FULL", "--gtid-mode=ON",
                             "--enforce-gtid-consistency=ON", "--performance-schema=OFF",
                             "--innodb-flush-log-at-trx-commit=2", "--sync-binlog=0"}),
         .output_file = log_file()});
    FRESHET_CHECK(started.ok(), "mysqld");
    await_answer(process_, address(), log_file());
  }
  void kill() {
    process_.signal(SIGKILL);
    process_.stop(0);
  }
  [[nodiscard]] mysql::Address address() const {
    mysql::Address address;
    address.socket = directory_->path() + "/nine.sock";
    address.user = "root";
    return address;
  }

 private:
  [[nodiscard]] std::string log_file() const { return directory_->path() + "/nine.log"; }
  [[nodiscard]] std::vector<std::string> command(const std::vector<std::string>& more) const {
    const std::string usr = tree() + "/usr";
    const std::string libraries = usr + "/lib/x86_64-linux-gnu";
    std::vector<std::string> all = {libraries + "/ld-linux-x86-64.so.2",
                                    "--library-path",
                                    libraries,
                                    usr + "/sbin/mysqld",
                                    "--no-defaults",
                                    "--user=root",
                                    "--basedir=" + usr,
                                    "--datadir=" + directory_->path() + "/data",
                                    "--tmpdir=" + directory_->path(),
                                    "--lc-messages-dir=" + usr + "/share/mysql",
                                    "--character-sets-dir=" + usr + "/share/mysql/charsets",
                                    "--plugin-dir=" + usr + "/lib/mysql/plugin",
                                    "--secure-file-priv=",
                                    "--pid-file=" + directory_->path() + "/nine.pid",
                                    "--innodb-buffer-pool-size=64M"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::unique_ptr<PrivateDirectory> directory_;
  ChildProcess process_;
};

}  // namespace freshet::fixture
