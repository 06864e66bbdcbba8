// Runs the real program in a folder of its own and keeps what it said.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "servers/child_process.h"

namespace freshet {

inline std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A fresh folder, removed at the end of the test.
class Folder {
 public:
  Folder() {
    std::string name = "/tmp/freshet-test-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
    return path_ + "/" + name;
  }

 private:
  std::string path_;
};

struct Said {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// The same program while it runs, for tests that do something to it. Ends with its owner.
class Running {
 public:
  /// Returns once it has said that it is in `phase`.
  Running(const Folder& folder, const std::string& arguments, const std::string& phase,
          const std::map<std::string, std::string>& environment = {})
      : folder_(folder) {
    ChildProcess::Options options;
    options.command = {"/bin/sh", "-c", "cd " + folder.path() + " && exec " FRESHET_BINARY_DIR "/freshet " + arguments};
    options.output_file = folder.path() + "/output";
    options.environment = environment;
    options.ready_prefix = "freshet: " + phase;
    options.ready_timeout_ms = 60'000;
    const Status started = process_.start(options);
    EXPECT_TRUE(started.ok()) << started.error().message;
  }
  [[nodiscard]] ChildProcess& process() { return process_; }
  /// Waits for its end; what it said is in `out`, both streams together.
  Said ended() {
    EXPECT_TRUE(process_.wait(120'000)) << "it does not end";
    return {process_.exit_code(), read_file(folder_.path() + "/output"), ""};
  }

 private:
  const Folder& folder_;
  ChildProcess process_;
};

/// `arguments` go through the shell; `before` is put in front of the program (variables, timeout).
inline Said freshet(const Folder& folder, const std::string& arguments, const std::string& before = "") {
  const std::string command = "cd " + folder.path() + "; " + before + " " FRESHET_BINARY_DIR "/freshet " + arguments +
                              " >" + folder.path() + "/stdout 2>" + folder.path() + "/stderr </dev/null";
  const int status = std::system(command.c_str());
  Said said;
  said.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  said.out = read_file(folder.path() + "/stdout");
  said.err = read_file(folder.path() + "/stderr");
  return said;
}

inline nlohmann::json result_of(const Folder& folder, const std::string& out = "out") {
  return nlohmann::json::parse(read_file(folder.path() + "/" + out + "/result.json"), nullptr, false);
}

/// The drill of a run's result, which names exactly what was planted.
inline nlohmann::json exact_drill(const Folder& folder, const Said& said, int exit_code) {
  EXPECT_EQ(said.exit_code, exit_code) << said.out << said.err;
  const nlohmann::json drill = result_of(folder)["drill"];
  EXPECT_TRUE(drill["exact"]) << drill.dump(2);
  return drill;
}

inline std::string scenario(const std::string& name) { return FRESHET_SOURCE_DIR "/scenarios/" + name + ".json"; }

/// A load small enough for a shared machine, with whole lives: payments of all kinds within a few seconds.
inline std::string small_load(int seconds = 6) {
  return "--rate 150/s --for " + std::to_string(seconds) +
         "s --set /warm_up=1s --set /entities/payment/delay/uniform='[\"2s\",\"40s\"]' "
         "--set /entities/payment/life/captured/after='{\"exponential\":\"10s\",\"min\":\"5s\"}' ";
}

}  // namespace freshet
