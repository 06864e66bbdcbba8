// FileOutput: bytes to a file or to standard output. A file grows under another name and gets its own when it is whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/interruptible_output.h"
#include "base/result.h"

namespace freshet {

/// One thread at a time. SIGPIPE must be ignored.
class FileOutput {
 public:
  /// Opens "PATH.partial", and takes over what somebody who was killed left of it. An existing PATH is refused (Usage)
  /// unless `overwrite`; then it stays until finish(). So is a PATH that somebody else is writing.
  [[nodiscard]] static Result<FileOutput> create(const std::string& path, bool overwrite);
  /// `stopped` ends the wait for a reader that does not read.
  [[nodiscard]] static FileOutput standard_output(InterruptibleOutput::Stopped stopped);
  FileOutput(FileOutput&& other) noexcept;
  FileOutput& operator=(FileOutput&& other) noexcept;
  /// Removes what was not finished.
  ~FileOutput();

  /// Writes all. False: the reader of the pipe has gone and nothing more will be read. A full disk is an error, and so
  /// (Interrupted) is a stop while nobody reads.
  Result<bool> write(std::string_view bytes);
  /// Gives the file its name. Nothing may be written afterwards.
  Status finish();

 private:
  FileOutput(std::string path, std::unique_ptr<InterruptibleOutput> output, int descriptor);
  [[nodiscard]] std::string partial() const { return path_ + ".partial"; }
  void abandon();
  [[nodiscard]] Status close_and_rename();

  std::string path_;  ///< empty: standard output
  int descriptor_ = -1;
  std::unique_ptr<InterruptibleOutput> output_;  ///< what is written to the descriptor goes through it
};

}  // namespace freshet
