// Runs the real program in a folder of its own and keeps what it said.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

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

/// `arguments` go through the shell; `before` is put in front of the program (variables, timeout).
inline Said freshet(const Folder& folder, const std::string& arguments, const std::string& before = "") {
  const std::string command = "cd " + folder.path() + " && " + before + " " FRESHET_BINARY_DIR "/freshet " + arguments +
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

inline std::string scenario(const std::string& name) { return FRESHET_SOURCE_DIR "/scenarios/" + name + ".json"; }

/// A load small enough for a shared machine, with whole lives: payments of all kinds within a few seconds.
inline std::string small_load() {
  return "--rate 150/s --for 6s --set /warm_up=1s --set /entities/payment/delay/uniform='[\"2s\",\"40s\"]' "
         "--set /entities/payment/life/captured/after='{\"exponential\":\"10s\",\"min\":\"5s\"}' ";
}

}  // namespace freshet
